"""Fits: descents as written out by hand, the same by the same seed, interrupted without a loss, stopped at NaN."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from cnnmath import ops
from cnnmath.errors import DataError, SettingError, ShapeError, TrainingError
from cnnmath.graph import buffers, loss_and_gradients, parameters
from cnnmath.training import SGD, Adam, Shifts, evaluate, fit, initialise, transfer
from tests.graph.nets import chain


def rings(samples=120):
    """Points and whether they lie within a circle, which no line tells."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, (samples, 2))
    return x, ((x**2).sum(axis=1) < 0.6).astype(int)


def dense():
    return chain(ops.Linear(16), ops.Tanh(), ops.Linear(2), shape=(2,))


def conv():
    """A network with all that training changes: a normalisation and a dropout."""
    return chain(
        ops.Conv(3, 3), ops.BatchNorm(), ops.ReLU(), ops.Dropout(0.3), ops.Flatten(), ops.Linear(2), shape=(1, 4, 4)
    )


def images(samples=20):
    rng = np.random.default_rng(1)
    return rng.standard_normal((samples, 1, 4, 4)).astype(np.float32), rng.integers(0, 2, samples)


def quiet(net, begun, data, **options):
    return fit(net, begun, data, progress=False, **options)


def test_a_fit_is_the_descent_written_out():
    net, (x, t) = dense(), rings(10)
    begun, sgd = initialise(net, dtype=float), SGD(0.1, 0.9)
    fitted = quiet(net, begun, (x, t), optimiser=sgd, epochs=3, batch=10, schedule=lambda epoch: 0.1 / epoch)
    p, state, losses = begun, sgd.start(begun), []
    for epoch in (1, 2, 3):
        found = loss_and_gradients(net, x, t, p)
        losses.append(float(found.loss))
        p, state = replace(sgd, rate=0.1 / epoch).step(p, found.gradients, state)
    assert [epoch.rate for epoch in fitted.history.epochs] == [0.1, 0.05, 0.1 / 3]
    assert np.allclose([epoch.loss for epoch in fitted.history.epochs], losses, rtol=1e-12)  # another order of samples
    assert all(np.allclose(fitted.parameters[name], p[name], rtol=1e-11) for name in p)
    assert losses[0] > losses[1] > losses[2]


def test_a_fit_learns_what_no_line_tells():
    net, data = dense(), rings()
    fitted = quiet(net, initialise(net, "lecun"), data, held_out=rings(60), epochs=60, optimiser=Adam(0.02))
    assert fitted.history.epochs[0].accuracy < 0.9 < 0.95 < fitted.history.epochs[-1].accuracy
    assert evaluate(net, fitted.parameters, rings(60)).accuracy == fitted.history.epochs[-1].accuracy
    assert len(fitted.history.epochs) == 60


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    net, data = conv(), images()
    options = {"epochs": 2, "batch": 8, "augment": Shifts(1), "held_out": data}
    one, two, other = (quiet(net, initialise(net), data, seed=seed, **options) for seed in (1, 1, 2))
    assert one.history == two.history != other.history
    assert all((one.parameters[name] == two.parameters[name]).all() for name in one.parameters)
    assert (one.parameters["conv0.w"] != other.parameters["conv0.w"]).any()


def test_a_fit_writes_to_nothing_it_is_given_and_moves_all_that_is_trained():
    net, data = conv(), images()
    begun = initialise(net)
    for array in (*begun.values(), *data):
        array.flags.writeable = False
    fitted = quiet(net, begun, data, epochs=1, batch=8)
    assert set(fitted.parameters) == set(parameters(net) | buffers(net))
    assert all((fitted.parameters[name] != begun[name]).any() for name in begun)
    assert {a.dtype for a in fitted.parameters.values()} == {np.dtype(np.float32)}


def test_a_frozen_trunk_stays_to_the_bit():
    net, data = conv(), images()
    trunk = transfer(net, initialise(net), "flatten4", {"head": ops.Linear(2)})
    fitted = quiet(trunk.net, trunk.parameters, data, epochs=1, frozen=trunk.trunk)
    moved = {name for name, a in fitted.parameters.items() if (a != trunk.parameters[name]).any()}
    assert moved == {"head.w", "head.b"}


def test_batches_are_as_equal_as_they_can_be_and_every_sample_is_in_one(monkeypatch):
    from importlib import import_module

    seen = []

    def watched(net, x, t, *others, **options):
        seen.append(list(t))
        return loss_and_gradients(net, x, t, *others, **options)

    module = import_module("cnnmath.training.fit")
    monkeypatch.setattr(module, "loss_and_gradients", watched)
    net = chain(ops.Linear(1), shape=(1,))
    x = t = np.arange(33.0)[:, None]
    quiet(net, initialise(net), (x, t), loss=ops.SquaredError(), optimiser=SGD(0.0), epochs=2, batch=32)
    assert [len(rows) for rows in seen] == [17, 16, 17, 16]
    first, second = (sorted(float(v[0]) for rows in part for v in rows) for part in (seen[:2], seen[2:]))
    assert first == second == list(range(33))
    assert [float(v[0]) for v in seen[0]] != [float(v[0]) for v in seen[2]]


class Interrupted:
    """Augmentation that presses Ctrl-C in a given batch."""

    def __init__(self, at):
        self.at, self.calls = at, 0

    def __call__(self, x, _):
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return x


def test_ctrl_c_returns_what_is_trained_so_far():
    net, data = conv(), images()
    whole = quiet(net, initialise(net), data, epochs=1, batch=10)
    cut = quiet(net, initialise(net), data, epochs=5, batch=10, augment=Interrupted(4))
    assert whole.history.epochs == cut.history.epochs
    assert (whole.history.interrupted, cut.history.interrupted) == (False, True)
    assert (cut.parameters["conv0.w"] != whole.parameters["conv0.w"]).any()  # one batch of epoch 2 is in it
    at_once = quiet(net, initialise(net), data, augment=Interrupted(1))
    assert at_once.history.epochs == ()
    assert all((at_once.parameters[name] == a).all() for name, a in initialise(net).items())


def test_a_loss_that_is_no_number_stops_the_fit_and_says_where():
    net, (x, t) = dense(), rings(40)
    with pytest.raises(TrainingError) as caught:
        quiet(
            net,
            initialise(net),
            (x, x * 0),
            loss=ops.SquaredError(),
            optimiser=SGD(1e200),
            batch=20,
            schedule=lambda epoch: 0 if epoch == 1 else 1e200,
        )
    assert str(caught.value).startswith("epoch 2, batch 2: the loss is not finite.\n  here    loss ")
    assert str(caught.value).endswith(
        ", rate 1e+200\n  fix     use a smaller rate, or initialise with a smaller variance"
    )
    x[7] = np.nan
    with pytest.raises(TrainingError) as caught:
        quiet(net, initialise(net), (x, t), batch=40)
    assert str(caught.value) == (
        "epoch 1, batch 1: the loss is not finite.\n  here    loss nan, rate 0.01\n"
        "  fix     remove what is not finite from x"
    )


def shown(**options):
    """What a fit shows on a console of this kind."""
    net, data, file = dense(), rings(12), io.StringIO()
    console = Console(file=file, width=100, **options)
    fit(net, initialise(net), data, held_out=data, epochs=2, batch=4, console=console)
    return file.getvalue()


def test_each_epoch_leaves_a_line_and_a_terminal_shows_a_bar():
    lines = shown().splitlines()
    assert len(lines) == 2
    for number, line in enumerate(lines, 1):
        assert line.startswith(f"epoch   {number}  loss ")
        assert "  held out 0." in line
        assert "  accuracy  " in line
        assert line.endswith(" s")
    terminal = shown(force_terminal=True)
    assert "━" in terminal
    assert "chain epoch 1/2" in terminal


def test_a_quiet_fit_shows_nothing(capsys):
    net, data = dense(), rings(12)
    quiet(net, initialise(net), data, epochs=1)
    assert capsys.readouterr() == ("", "")


def test_targets_that_are_no_labels_have_no_accuracy():
    net = chain(ops.Linear(2), shape=(2,))
    x = rings()[0]
    fitted = quiet(net, initialise(net), (x, 2 * x), held_out=(x, 2 * x), loss=ops.SquaredError(), optimiser=SGD(0.5))
    assert fitted.history.epochs[-1].accuracy is None
    assert fitted.history.epochs[-1].held_out < 1e-6


def test_labels_that_stand_for_no_class_count_in_no_accuracy():
    net = chain(ops.Linear(2, bias=False), shape=(1,))
    arrays = {"linear0.w": np.array([[-1.0], [1.0]])}
    x, t = np.array([[-1.0], [1.0], [1.0], [1.0]]), np.array([0, 1, 0, -7])
    assert evaluate(net, arrays, (x, t), loss=ops.CrossEntropy(ignored=-7)).accuracy == 2 / 3


def test_a_score_does_not_depend_on_the_batch():
    net, data = dense(), rings(50)
    arrays = initialise(net, dtype=float)
    whole, parts = evaluate(net, arrays, data), evaluate(net, arrays, data, batch=7)
    assert whole.accuracy == parts.accuracy
    assert abs(whole.loss - parts.loss) < 1e-12


def test_a_history_is_text_and_plain_data():
    net, data = dense(), rings(12)
    history = quiet(net, initialise(net), data, epochs=2).history
    assert len(str(history).splitlines()) == 2
    assert history.record()["epochs"][1]["number"] == 2
    assert history.seconds == sum(epoch.seconds for epoch in history.epochs)


REFUSED = {
    "no pair": ({"data": 3}, DataError, "data is no pair of samples and targets.\n  here    int"),
    "fewer targets": (
        {"data": (np.zeros((3, 2)), [0])},
        DataError,
        "data has not one target for each of its samples.\n  input   x (3, 2), t (1,)",
    ),
    "no samples": (
        {"data": (np.zeros((0, 2)), [])},
        DataError,
        "data has not one target for each of its samples.\n  input   x (0, 2), t (0,)",
    ),
    "held out": ({"held_out": (np.zeros((3, 2)), [0])}, DataError, "held_out has not one target"),
    "no epochs": ({"epochs": 0}, SettingError, "the number of epochs must be at least 1"),
    "no batch": ({"batch": 0}, SettingError, "the batch must be at least 1"),
    "other samples": (
        {"data": (np.zeros((3, 5)), [0, 1, 0])},
        ShapeError,
        "network 'chain': the input has another shape than the network takes.",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_cannot_be_fitted_is_refused(mistake):
    options, kind, message = REFUSED[mistake]
    with pytest.raises(kind) as caught:
        quiet(dense(), initialise(dense()), **{"data": rings(), **options})
    assert str(caught.value).startswith(message)
