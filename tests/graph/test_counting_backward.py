"""Forward and backward together, against PyTorch's own counter."""

import pytest

from cnnmath import ops, zoo
from cnnmath.graph import analyze
from tests.graph.nets import chain

torch = pytest.importorskip("torch")
nn = torch.nn

CASES = {
    "a convolution alone owes no dx": ((3, 8, 8), [(ops.Conv(4, 3, padding=1), nn.Conv2d(3, 4, 3, padding=1))]),
    "the second convolution owes both": (
        (3, 9, 9),
        [
            (ops.Conv(4, 3, stride=2, bias=False), nn.Conv2d(3, 4, 3, stride=2, bias=False)),
            (ops.ReLU(), nn.ReLU()),
            (ops.Conv(5, 2, dilation=2), nn.Conv2d(4, 5, 2, dilation=2)),
        ],
    ),
    "behind a normalisation that is trained the first convolution owes dx": (
        (3, 8, 8),
        [(ops.BatchNorm(), nn.BatchNorm2d(3)), (ops.Conv(4, 3), nn.Conv2d(3, 4, 3))],
    ),
    "behind what is not trained it owes none": (
        (3, 8, 8),
        [(ops.AveragePool(2), nn.AvgPool2d(2)), (ops.ReLU(), nn.ReLU()), (ops.Conv(4, 3), nn.Conv2d(3, 4, 3))],
    ),
    "dense layers": (
        (2, 4, 4),
        [
            (ops.Flatten(), nn.Flatten()),
            (ops.Linear(5), nn.Linear(32, 5)),
            (ops.ReLU(), nn.ReLU()),
            (ops.Linear(3, bias=False), nn.Linear(5, 3, bias=False)),
        ],
    ),
}


def counted_by_torch(model, shape):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(torch.ones(1, *shape)).sum().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("name", CASES)
def test_training_counts_what_pytorch_counts(name):
    shape, layers = CASES[name]
    ours, theirs = zip(*layers, strict=True)
    assert 2 * analyze(chain(*ours, shape=shape)).count("training").total == counted_by_torch(
        nn.Sequential(*theirs).eval(), shape
    )


def test_training_a_network_of_many_layers_costs_three_forwards_less_one_dx():
    summary = analyze(zoo.resnet50())
    first = summary.layers[0]
    assert summary.count("training").total == 3 * summary.macs - first.macs
    assert [layer.name for layer in summary.layers if not layer.trained_below] == ["conv1"]


def test_groups_change_nothing_of_the_rule():
    """PyTorch's counter is not asked: for groups it counts the backward pass as if there were none."""
    net = chain(ops.Conv(4, 1), ops.Conv(8, 3, groups=4), shape=(2, 5, 5))
    first, second = (layer.macs for layer in analyze(net).layers)
    assert analyze(net).count("training").total == 2 * first + 3 * second
