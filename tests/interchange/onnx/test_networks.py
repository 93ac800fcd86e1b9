"""Networks of the zoo, written as PyTorch modules and exported to ONNX, come in as they are there."""

import warnings

import pytest

from cnnmath import ops, zoo
from cnnmath.graph import analyze
from cnnmath.interchange import import_onnx

pytest.importorskip("onnx")
torch = pytest.importorskip("torch")
nn = torch.nn


def alexnet():
    """One tower, as torchvision has it."""
    sizes = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
    convs = [nn.Sequential(nn.Conv2d(*size), nn.ReLU()) for size in sizes]
    pools = [nn.MaxPool2d(3, 2) for _ in range(3)]
    features = [convs[0], pools[0], convs[1], pools[1], *convs[2:], pools[2]]
    dense = [nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    return nn.Sequential(*features, nn.Flatten(), *dense)


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut, the stride in the 3x3."""

    def __init__(self, channels, inner, stride):
        super().__init__()
        out = 4 * inner
        self.body = nn.Sequential(
            *self.normed(channels, inner, 1),
            nn.ReLU(),
            *self.normed(inner, inner, 3, stride, 1),
            nn.ReLU(),
            *self.normed(inner, out, 1),
        )
        same = (channels, stride) == (out, 1)
        self.shortcut = nn.Identity() if same else nn.Sequential(*self.normed(channels, out, 1, stride))

    @staticmethod
    def normed(*size):
        return nn.Conv2d(*size, bias=False), nn.BatchNorm2d(size[1])

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet50():
    """Stages of 3, 4, 6 and 3 bottlenecks."""
    layers, channels = [*Bottleneck.normed(3, 64, 7, 2, 3), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            layers.append(Bottleneck(channels, 64 << stage, 2 if stage and not block else 1))
            channels = 256 << stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


def filled(build):
    """The module, its arrays drawn from between 1/100 and 2/100, which takes less time than PyTorch's own."""
    with torch.device("meta"):
        module = build()
    draw = torch.Generator().manual_seed(0)
    module = module.to_empty(device="cpu").eval()
    with torch.no_grad():
        for array in (*module.parameters(), *(b for b in module.buffers() if b.is_floating_point())):
            array.uniform_(0.01, 0.02, generator=draw)
    return module


def exported(module, path, *, folded):
    """The path of a file, its batch normalisations in the convolutions before them or not."""
    mode = torch.onnx.TrainingMode.EVAL if folded else torch.onnx.TrainingMode.PRESERVE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (torch.zeros(1, 3, 224, 224),),
            path,
            input_names=["x"],
            training=mode,
            do_constant_folding=folded,
            dynamo=False,
        )
    return path


def layers(net):
    """Settings, cost, sizes and field of each convolution, pooling and dense layer, in no order."""
    kinds = (ops.Conv, ops.MaxPool, ops.GlobalAveragePool, ops.Linear)
    return sorted(
        str((_unbiased(layer.op), layer.macs, layer.output_shape, layer.field))
        for layer in analyze(net).layers
        if isinstance(layer.op, kinds)
    )


def _unbiased(op):
    return ops.Conv(op.filters, op.kernel, stride=op.stride, padding=op.padding) if isinstance(op, ops.Conv) else op


@pytest.mark.parametrize(
    ("build", "net", "folded", "gone"),
    [
        (alexnet, zoo.alexnet, True, 0),
        (resnet50, zoo.resnet50, True, 26_560),  # scale and shift of a channel become one bias
        (resnet50, zoo.resnet50, False, 0),
    ],
)
def test_an_exported_network_has_the_parameters_costs_shapes_and_fields_of_the_zoo(tmp_path, build, net, folded, gone):
    found = import_onnx(exported(filled(build), tmp_path / "model.onnx", folded=folded))
    expected, read = analyze(net()), analyze(found.network)
    assert found.notes == ()
    assert read.parameters == expected.parameters - gone
    assert read.macs == expected.macs
    assert layers(found.network) == layers(net())
