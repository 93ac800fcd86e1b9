"""Networks in prose: built, or answered with what is not understood."""

import pytest

from cnnmath import zoo
from cnnmath.audit.findings import NotCoveredError
from cnnmath.audit.prose import network
from cnnmath.errors import CnnmathError
from cnnmath.graph import Architecture, analyze
from cnnmath.ops import AveragePool, Conv, Flatten, Linear, MaxPool, ReLU, Softmax


def test_layers_between_semicolons_become_operators():
    text = "28x28x1; conv 32 3x3 relu; maxpool 2; conv 8 filters 5x5 stride 2 padding 1; avgpool 3 stride 1; "
    net = Architecture("described", (1, 28, 28))
    net.add("conv1", Conv(32, 3))
    net.add("conv1.relu", ReLU())
    net.add("maxpool1", MaxPool(2))
    net.add("conv2", Conv(8, 5, stride=2, padding=1))
    net.add("avgpool1", AveragePool(3, stride=1))
    net.add("flatten", Flatten())
    net.add("fc1", Linear(10))
    net.add("fc1.softmax", Softmax())
    assert network(f"{text}FC 10 softmax") == net


def test_a_flattening_that_is_named_is_not_added_again():
    assert [name for name, _ in network("4x4x2; flatten; dense 3; dense 2")] == ["flatten", "dense1", "dense2"]


def test_groups_are_read():
    assert network("8x8x4; conv 6 3x3 groups 2").op("conv1") == Conv(6, 3, groups=2)


def test_the_table_after_lenet_is_the_network_of_the_zoo():
    text = "input 32x32x3; conv 8 filters 5x5; pool 2; conv 16 filters 5x5; pool 2; FC 120; FC 84; softmax 10"
    ours, theirs = analyze(network(text)), analyze(zoo.lenet5_rgb())
    assert ours.parameters == theirs.parameters == 608 + 3216 + 48_120 + 10_164 + 850
    assert ours.macs == theirs.macs


@pytest.mark.parametrize("text", ["784 - 500 - 10", "784-500-10", "784 \u2013 500 \u2013 10"])
def test_widths_are_a_perceptron(text):
    assert analyze(network(text)).parameters == 784 * 500 + 500 + 500 * 10 + 10


@pytest.mark.parametrize(
    ("text", "name", "shape"),
    [
        ("AlexNet", "alexnet", (3, 224, 224)),
        ("AlexNet as published in 2012, two groups in L2, L4, L5, 227 input", "alexnet_2012", (3, 227, 227)),
        ("LeNet-5, 32x32x1, average pooling", "lenet5", (1, 32, 32)),
        ("LeNet-5 with a 28x28x1 input", None, None),
        ("VGG-16, 320 input", "vgg16", (3, 320, 320)),
        ("ResNet-50", "resnet50", (3, 224, 224)),
    ],
)
def test_a_known_network_is_found_by_its_name(text, name, shape):
    if name is None:
        with pytest.raises(NotCoveredError, match="'input'"):
            network(text)
    else:
        assert (network(text).name, network(text).input_shape) == (name, shape)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("LeNet-5, max pooling", "the known lenet5 is another: 'max pooling' does not hold of it"),
        ("AlexNet, two groups in L2, L4, L5", "does not hold of it"),
        ("AlexNet 2012, two groups in L2, L4", "does not hold of it"),
        ("AlexNet with extra cheese", "what is said of alexnet is not understood: 'cheese'"),
        ("MegaNet", "the network is not known: 'MegaNet'"),
        ("", "the network is not known"),
        (";", "the input of the network is not understood: ''"),
        ("big image; conv 3 3x3", "the input of the network is not understood: 'big image'"),
        ("8x8x1; convolve 3 3x3", "a layer of the network is not understood: 'convolve 3 3x3'"),
        ("8x8x1; conv 3", "a layer of the network is not understood: 'conv 3'"),
        ("8x8x1; conv 3 3x3 wide", "a layer of the network is not understood"),
    ],
)
def test_what_is_not_understood_is_said(text, why):
    with pytest.raises(NotCoveredError) as raised:
        network(text)
    assert why in str(raised.value)


@pytest.mark.parametrize("text", ["8x8x1; conv 0 3x3", "8x8x1; conv 2 3x3 stride 0", "8x8x1; conv 3 3x3 groups 2"])
def test_settings_that_no_operator_has_are_answered_as_ever(text):
    with pytest.raises(CnnmathError):
        network(text)
