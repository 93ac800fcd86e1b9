"""Learning curves: every epoch is a point, losses are logarithmic where they can be, accuracy stands beside them."""

import pytest

from cnnmath.errors import DataError
from cnnmath.plot import learning, save_figure
from cnnmath.training import Epoch, History


def history(**others):
    """Three epochs; what is given replaces what each of them has."""
    settings = {"rate": 0.1, "held_out": 0.5, "accuracy": 0.75, "seconds": 1.0} | others
    return History(tuple(Epoch(number=i, **{"loss": 1 / i, **settings}) for i in (1, 2, 3)))


def test_every_epoch_is_a_point_and_the_legends_name_the_last_values():
    loss, accuracy = learning(history(), "net on data").axes
    training, held_out = loss.lines
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert training.get_ydata().tolist() == [1, 1 / 2, 1 / 3]
    assert held_out.get_ydata().tolist() == [0.5] * 3
    assert accuracy.lines[0].get_ydata().tolist() == [75] * 3
    texts = [text.get_text() for axes in (loss, accuracy) for text in axes.get_legend().get_texts()]
    assert texts == ["training, before each step: 0.333", "held out, after the epoch: 0.500", "held out: 75.00 %"]
    assert (loss.get_title(loc="left"), loss.get_yscale()) == ("net on data", "log")


def test_without_labels_the_loss_stands_alone():
    (loss,) = learning(history(held_out=None, accuracy=None)).axes
    assert len(loss.lines) == 1


@pytest.mark.parametrize("others", [{"loss": 0.0}, {"loss": -1.0}, {"held_out": 0.0}])
def test_a_loss_that_is_not_positive_has_a_linear_scale(others):
    assert learning(history(**others)).axes[0].get_yscale() == "linear"


def test_the_same_history_gives_the_same_file(tmp_path):
    one, two = (save_figure(learning(history()), tmp_path / f"{name}.svg").read_bytes() for name in "ab")
    assert one == two


def test_a_fit_without_an_epoch_has_no_curve():
    with pytest.raises(DataError, match="no epoch was finished"):
        learning(History((), interrupted=True))
