"""Two networks side by side: which layers belong together, and how many changes are told in few lines."""

import pytest

from cnnmath import zoo
from cnnmath.graph import Architecture, diff, parse, propagate
from cnnmath.graph.aligned import aligned
from cnnmath.ops import Conv, ReLU


def chain(text, shape=(3, 16, 16), name="net"):
    return parse(text, shape, name)


def pairs(old, new):
    both = aligned(propagate(chain(old)), propagate(chain(new)))
    return [(a and a.name, b and b.name) for a, b in both]


def test_a_longer_residual_network_has_whole_blocks_more_in_its_stages():
    found = diff(zoo.resnet18(), zoo.resnet34())
    assert (found.same, {change.kind for change in found.changes}) == (69, {"added"})
    heads = [line for line in found.lines() if line.startswith("+")]
    assert [line.split()[1] for line in heads] == [
        *("layer1.2", "layer2.2", "layer2.3", "layer3.2", "layer3.3", "layer3.4", "layer3.5", "layer4.2"),
    ]
    assert heads[0] == "+ layer1.2  7 layers -> 64x56x56, 73,984 parameters, 231,211,008 MACs"
    assert sum(line.startswith("+") for line in found.lines(whole=True)) == 56


def test_layers_more_at_several_places_are_told_at_their_places():
    found = [line.split()[:2] for line in diff(zoo.vgg16(), zoo.vgg19()).lines() if line.startswith("+")]
    assert found == [["+", f"features.{i}"] for i in (16, 17, 25, 26, 34, 35)]


def test_a_shorter_network_is_the_same_the_other_way_round():
    found = diff(zoo.resnet34(), zoo.resnet18())
    assert (found.same, {change.kind for change in found.changes}) == (69, {"removed"})


def test_sizes_that_follow_from_one_change_are_told_in_one():
    layers = " > ".join(["conv(4, 3, padding=1)", "relu"] * 4)
    lines = list(diff(chain(f"conv(4, 3, padding=1) > {layers}"), chain(f"conv(4, 3, stride=2) > {layers}")).lines())
    assert lines[:8] == [
        "net -> net: 0 equal layers, 9 changed",
        "~ conv1  Conv",
        "    stride       1 -> 2",
        "    padding      1 -> 0",
        "    output       4x16x16 -> 4x7x7",
        "    MACs         27,648 -> 5,292",
        "~ 8 layers of other sizes, with the same settings",
        "    output       4x16x16 -> 4x7x7, and so on",
    ]
    assert lines[8] == "    of           conv2, relu1, conv3 and 5 more"


def test_the_same_change_of_many_layers_is_told_once_with_the_sums():
    old, new = (" > ".join([f"conv(4, 3, bias={bias})"] * 5) for bias in ("False", "True"))
    assert list(diff(chain(old), chain(new)).lines())[1:5] == [
        "~ 5 x Conv",
        "    bias         False -> True",
        "    parameters   684 -> 704 in all",
        "    of           conv1, conv2, conv3 and 2 more",
    ]


def test_layers_of_one_kind_that_are_gone_everywhere_are_told_once():
    old = " > ".join(["conv(4, 3)", "batchnorm", "relu"] * 4)
    lines = list(diff(chain(old), chain(old.replace(" > batchnorm", ""))).lines())
    assert lines[0] == "net -> net: 8 equal layers, 4 removed"
    assert lines[1:3] == [
        "- 4 x batchnorm, 32 parameters",
        "    of           batchnorm1, batchnorm2, batchnorm3 and 1 more",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("relu > relu", "relu > relu > relu", [("relu1", "relu1"), ("relu2", "relu2"), (None, "relu3")]),
        ("conv(4, 3)", "conv(8, 3) > conv(4, 3)", [(None, "conv1"), ("conv1", "conv2")]),
        (
            "conv(4, 3) > maxpool(2) > conv(8, 3)",
            "conv(4, 3) > conv(8, 3)",
            [("conv1", "conv1"), ("maxpool1", None), ("conv2", "conv2")],
        ),
        ("tanh > relu", "relu > tanh", [("tanh1", None), ("relu1", "relu1"), (None, "tanh1")]),
        ("conv(4, 3)", "relu", [("conv1", None), (None, "relu1")]),
    ],
)
def test_layers_are_paired_in_order_with_the_most_alike(old, new, expected):
    assert sorted(pairs(old, new), key=str) == sorted(expected, key=str)


def test_names_tell_where_nothing_else_does():
    nets = []
    for names in ("abcd", "abxcd"):
        net = Architecture("net", (3, 8, 8))
        for name in names:
            net.add(name, ReLU())
        nets.append(net)
    assert [change.name for change in diff(*nets).changes] == ["x"]


def test_an_operator_of_another_kind_under_the_same_name_is_a_change():
    nets = []
    for op in (ReLU(), Conv(3, 1)):
        net = Architecture("net", (3, 8, 8))
        net.add("first", op)
        nets.append(net)
    (change,) = diff(*nets).changes
    assert (change.kind, change.changed["operator"]) == ("changed", ("relu()", "conv(3, 1)"))


def test_blocks_of_a_file_are_known_by_their_paths():
    nets = []
    for blocks in (1, 3):
        net = Architecture("net", (4, 8, 8))
        for i in range(blocks):
            for part in ("conv1/Conv", "conv2/Conv", "conv3/Conv", "act/Relu"):
                net.add(f"/layer1/layer1.{i}/{part}", Conv(4, 1) if "conv" in part else ReLU())
        nets.append(net)
    lines = list(diff(*nets).lines())
    assert [line for line in lines if line.startswith("+")] == [
        f"+ /layer1/layer1.{i}  4 layers -> 4x8x8, 60 parameters, 3,072 MACs" for i in (1, 2)
    ]
    assert lines[2] == "    conv(4, 1) x3 > relu()"
