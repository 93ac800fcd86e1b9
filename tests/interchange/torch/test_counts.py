"""Modules of PyTorch against numbers computed by hand, and what they compute against PyTorch.

Counters that hook modules see no function that is called in ``forward``, and a module only as often as they are told;
those that follow functions see a transposed convolution by its output, too much by the square of the stride.
"""

import pytest

from cnnmath import zoo
from cnnmath.graph import analyze, propagate, shapes
from cnnmath.interchange import import_torch
from cnnmath.ops import ChannelShuffle
from tests.interchange.torch.exact import counts, image, integers, names, nn, read, torch
from tests.support import table

functional = nn.functional


def conv(inputs, filters, kernel=3, **settings):
    return nn.Conv2d(inputs, filters, kernel, **{"padding": "same", "bias": False, **settings})


def field(model, node=None):
    layers = {layer.name: layer for layer in propagate(model.network)}
    found = layers[node or model.network.last].field
    return [(window.extent, window.stride, window.before) for window in found]


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = conv(4, 4), nn.BatchNorm2d(4)
        self.conv2, self.bn2 = conv(4, 4), nn.BatchNorm2d(4)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + x)


def test_a_residual_block():
    model = read(Residual(), 4, 6, 7)
    assert names(model) == ["conv1", "bn1", "relu", "conv2", "bn2", "add", "relu_1"]
    assert counts(model) == (304, 12096)  # 2 * (4*4*9 + 2*4), 2 * 4*4*9 * 6*7
    assert field(model) == [(5, 1, 2)] * 2
    assert model.notes == ()


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = conv(4, 4, bias=True)

    def forward(self, x):
        return self.conv(torch.relu(self.conv(x)))


def test_a_module_that_is_called_twice_has_its_parameters_once_and_its_products_twice():
    model = read(Twice(), 4, 6, 7)
    assert names(model) == ["conv", "relu", "conv_1"]
    assert model.network.shares("conv_1") == "conv"
    assert counts(model) == (148, 12096)  # 4*4*9 + 4, 2 * 4*4*9 * 6*7
    assert set(model.parameters) == {"conv.w", "conv.b"}


class TwoSizes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = conv(2, 3, bias=True)

    def forward(self, x):
        large, small = self.conv(x), self.conv(functional.avg_pool2d(x, 2))
        return torch.cat([large.mean((2, 3)), small.amax((2, 3))], 1)


def test_a_module_that_is_called_at_two_sizes():
    model = read(TwoSizes(), 2, 8, 8)
    assert counts(model) == (57, 4320)  # 3*2*9 + 3, 3*2*9 * (8*8 + 4*4)
    found = shapes(model.network)
    assert (found["conv"], found["conv_1"], found["cat"]) == ((1, 3, 8, 8), (1, 3, 4, 4), (1, 6, 1, 1))


class Functions(nn.Module):
    def __init__(self):
        super().__init__()
        self.k, self.c = nn.Parameter(torch.zeros(3, 1, 3, 3)), nn.Parameter(torch.zeros(3))
        self.w, self.v = nn.Parameter(torch.zeros(5, 27)), nn.Parameter(torch.zeros(5, 4))

    def forward(self, x):
        y = functional.max_pool2d(functional.relu(functional.conv2d(x, self.k, self.c)), 2)
        return torch.matmul(functional.linear(torch.flatten(y, 1), self.w), self.v)


def test_functions_on_bare_parameters():
    model = read(Functions(), 1, 8, 8)
    assert names(model) == ["conv2d", "relu", "max_pool2d", "flatten", "linear", "matmul"]
    assert counts(model) == (185, 1127)  # 3*9 + 3 + 5*27 + 5*4, 3*9 * 6*6 + 5*27 + 5*4


def test_a_depthwise_separable_convolution():
    model = read(nn.Sequential(conv(8, 8, groups=8), conv(8, 16, 1)), 8, 5, 6)
    assert counts(model) == (200, 6000)  # 8*9 + 16*8, (8*9 + 16*8) * 5*6


class Upsampling(nn.Sequential):
    def __init__(self):
        super().__init__(nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1))


def test_a_transposed_convolution_costs_what_its_inputs_cost():
    model = read(Upsampling(), 6, 5, 7)
    assert shapes(model.network)["0"] == (1, 4, 10, 14)  # 2*(5 - 1) - 2*1 + 3 + 1, 2*(7 - 1) - 2*1 + 3 + 1
    assert counts(model) == (220, 7560)  # 6*4*9 + 4, 6*4*9 * 5*7


def test_dilated_convolutions():
    model = read(nn.Sequential(conv(2, 3, dilation=2, bias=True), nn.Conv2d(3, 2, 3, dilation=3)), 2, 12, 13)
    assert counts(model) == (113, 10692)  # 3*2*9 + 3 + 2*3*9 + 2, 54 * 12*13 + 54 * 6*7
    assert field(model) == [(11, 1, 2)] * 2  # 1 + 2*2 + 2*3


def test_a_grouped_convolution_of_unequal_sides():
    model = read(nn.Sequential(nn.Conv2d(6, 9, (3, 1), stride=(2, 1), groups=3)), 6, 7, 4)
    assert counts(model) == (63, 648)  # 9*2*3 + 9, 9*2*3 * 3*4
    assert field(model) == [(3, 2, 0), (1, 1, 0)]


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.three, self.pooled = conv(4, 2, 1), nn.Sequential(conv(4, 3, 1), conv(3, 4)), conv(4, 2, 1)

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.pooled(functional.max_pool2d(x, 3, 1, 1))], 1)


def test_branches_of_an_inception_block():
    model = read(Inception(), 4, 6, 6)
    assert names(model) == ["one", "three.0", "three.1", "max_pool2d", "pooled", "cat"]
    assert counts(model) == (136, 4896)  # 2*4 + 3*4 + 4*3*9 + 2*4, 136 * 6*6
    assert shapes(model.network)["cat"] == (1, 8, 6, 6)
    assert field(model) == [(3, 1, 1)] * 2


def test_tied_weights_are_counted_once():
    net = nn.Sequential(nn.Linear(6, 6, bias=False), nn.ReLU(), nn.Linear(6, 6, bias=False))
    net[2].weight = net[0].weight
    model = read(net, 6)
    assert model.network.shares("2") == "0"
    assert model.notes == ()
    assert counts(model) == (36, 72)


def test_a_module_of_modules_gives_its_names():
    net = nn.Sequential(nn.Sequential(conv(1, 2), nn.Sequential(nn.ReLU(inplace=True), nn.MaxPool2d(2))), nn.Flatten())
    model = read(net, 1, 4, 4)
    assert names(model) == ["0.0", "0.1.0", "0.1.1", "1"]
    assert counts(model) == (18, 288)  # 2*9, 2*9 * 4*4


class ChannelsLast(nn.Module):
    def __init__(self):
        super().__init__()
        self.dwconv, self.wide, self.narrow = conv(4, 4, 7, groups=4), nn.Linear(4, 16), nn.Linear(16, 4)

    def forward(self, x):
        y = self.dwconv(x).permute(0, 2, 3, 1)
        return x + self.narrow(torch.relu(self.wide(y))).permute(0, 3, 1, 2)


def test_dense_layers_at_every_position_are_convolutions_and_no_axis_moves():
    model = read(ChannelsLast(), 4, 8, 9)
    assert names(model) == ["dwconv", "wide", "relu", "narrow", "add"]
    assert counts(model) == (344, 23328)  # 4*49 + 16*4 + 16 + 4*16 + 4, (4*49 + 2*4*16) * 8*9
    assert field(model) == [(7, 1, 3)] * 2


class Shuffled(nn.Module):
    def forward(self, x):
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)


def test_a_channel_shuffle_by_views_is_one_operator():
    model = read(Shuffled(), 6, 4, 5)
    (shuffle,) = [op for _, op in model.network]
    assert shuffle == ChannelShuffle(2)
    assert field(model) == [(1, 1, 0)] * 2


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.idle = nn.Linear(5, 3), nn.Linear(7, 2)

    def forward(self, x):
        return self.fc(x)


def test_a_layer_that_forward_does_not_call_is_not_counted_and_named():
    model = read(Unused(), 5)
    assert counts(model) == (18, 15)
    assert model.notes == ("2 parameters of the module are not used, 16 numbers: idle.weight, idle.bias",)


def test_a_network_of_the_zoo_as_pytorch_writes_it():
    ours = zoo.lenet5()
    tanh = nn.Tanh()
    net = nn.Sequential(
        *(nn.Conv2d(1, 6, 5), tanh, nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), tanh, nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), tanh, nn.Linear(120, 84), tanh, nn.Linear(84, 10)),
    )
    model = import_torch(integers(net), image(1, 1, 32, 32))
    summary = analyze(model.network)
    assert (summary.parameters, summary.macs) == (analyze(ours).parameters, analyze(ours).macs)
    assert summary.field == analyze(ours).field


MODULES = {kind.__name__: kind for kind in (Twice, TwoSizes, Functions, Residual, Upsampling)}


@pytest.mark.parametrize("row", table("counters_on_modules.csv"), ids=lambda row: row["module"])
def test_what_counters_give_is_told_from_what_is_there(row):
    kind = MODULES[row["module"]]
    found = counts(read(kind(), *map(int, row["input"].split("x"))))
    assert found == (int(row["hand_parameters"]), int(row["hand"]))
    wrong = {tool for tool in ("torchinfo", "fvcore", "thop", "pytorch") if int(row[tool]) != found[1]}
    assert wrong
    assert "pytorch" not in wrong
