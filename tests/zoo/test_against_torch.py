"""Counts against the same networks written in PyTorch, with PyTorch's counter of operations."""

import pytest

from cnnmath import zoo
from cnnmath.graph import analyze

pytest.importorskip("torch")

from tests.zoo import twins

SMALL = {
    f"{kind}{depth}{suffix}": lambda depth=depth, shortcut=shortcut: twins.ResNet(
        (depth // 6,) * 3, 16, 10, shortcut=shortcut, small=True
    )
    for depth in (20, 56)
    for kind, suffix, shortcut in (("resnet", "", "A"), ("resnet", "_b", "B"), ("plain", "", "none"))
}
LARGE = {
    "resnet18": lambda: twins.ResNet((2, 2, 2, 2)),
    "resnet34_a": lambda: twins.ResNet((3, 4, 6, 3), shortcut="A"),
    "plain34": lambda: twins.ResNet((3, 4, 6, 3), shortcut="none"),
    "resnet50": lambda: twins.ResNet((3, 4, 6, 3), bottleneck=True),
    "resnet50_a": lambda: twins.ResNet((3, 4, 6, 3), bottleneck=True, shortcut="A"),
    "resnet101_v1": lambda: twins.ResNet((3, 4, 23, 3), bottleneck=True, place="1x1"),
    "resnet50_slim": lambda: twins.ResNet((3, 4, 6, 3), bottleneck=True, place="last"),
    "resnet200_slim": lambda: twins.ResNet((3, 24, 36, 3), bottleneck=True, place="last"),
    "vgg13_bn": lambda: twins.vgg((2, 2, 2, 2, 2), batch_norm=True),
    "vgg16": lambda: twins.vgg((2, 2, 3, 3, 3)),
    "alexnet_2012": twins.alexnet_2012,
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", [*SMALL, *LARGE])
def test_parameters_statistics_and_multiplications_are_equal(name):
    net = zoo.named(name)
    summary = analyze(net)
    ours = (summary.parameters, sum(layer.buffers for layer in summary.layers), summary.macs)
    assert ours == twins.counts((SMALL | LARGE)[name], net.input_shape[1])


@pytest.mark.parametrize("name", [name for name in LARGE if "resnet" in name])
def test_every_stage_has_the_same_shape(name):
    import torch

    with torch.device("meta"):
        twin = LARGE[name]().eval()
        twin(torch.empty(1, 3, 225, 225))
    layers = analyze(zoo.named(name).with_input((3, 225, 225))).layers
    ends = [[layer for layer in layers if layer.name.startswith(f"layer{i}.")][-1] for i in (1, 2, 3, 4)]
    assert [layer.output_shape for layer in ends] == twin.sizes


def test_a_twin_with_the_stride_elsewhere_would_be_seen():
    assert analyze(zoo.named("resnet101_v1")).macs != twins.counts(LARGE["resnet50"], 224)[2]
    other = twins.counts(lambda: twins.ResNet((3, 4, 6, 3), bottleneck=True, place="1x1"), 224)
    ours = analyze(zoo.resnet50())
    assert (other[0], other[2] == ours.macs) == (ours.parameters, False)
