"""ResNet in every published form, from its own formulas: a second route to every total."""

import pytest
import sympy

from cnnmath import ops, zoo
from cnnmath.graph import analyze, propagate
from cnnmath.window import Window, compose
from tests.zoo.sums import parameters

PLANS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
every_depth = pytest.mark.parametrize("depth", PLANS)
every_stride = pytest.mark.parametrize("stride", ["3x3", "1x1", "last"])


def convolutions(depth, stride="3x3", shortcut="B"):
    """Input channels, filters, kernel and output size of each convolution at 224, projections included."""
    yield 3, 64, 7, 112
    channels, size = 64, 56
    for stage, (width, blocks) in enumerate(zip((64, 128, 256, 512), PLANS[depth], strict=True)):
        for block in range(blocks):
            before = size
            if stage < 3 and block == blocks - 1 if stride == "last" else stage and block == 0:
                size //= 2
            if depth < 50:
                body = [(channels, width, 3, size), (width, width, 3, size)]
            else:
                first = size if stride == "1x1" else before
                body = [(channels, width, 1, first), (width, width, 3, size), (width, 4 * width, 1, size)]
            yield from body
            out = body[-1][1]
            if shortcut == "B" and out != channels:
                yield channels, out, 1, size
            channels = out


@every_depth
@every_stride
@pytest.mark.parametrize("bias", [False, True])
def test_parameters_and_multiplications_are_those_of_its_blocks(depth, stride, bias):
    summary = analyze(zoo.resnet(depth, stride=stride, bias=bias))
    convs = list(convolutions(depth, stride))
    features = 512 if depth < 50 else 2048
    weights = sum(c * f * k * k for c, f, k, _ in convs)
    channels = sum(f for _, f, *_ in convs)
    assert summary.parameters == weights + (3 if bias else 2) * channels + features * 1000 + 1000
    assert summary.macs == sum(c * f * k * k * n * n for c, f, k, n in convs) + features * 1000
    assert sum(layer.buffers for layer in summary.layers) == 2 * channels


@every_depth
def test_its_depth_is_its_number_of_weighted_layers_beside_the_projections(depth):
    weighted = [name for name, op in zoo.resnet(depth) if isinstance(op, ops.Conv | ops.Linear)]
    projections = [name for name in weighted if "downsample" in name]
    assert (len(weighted) - len(projections), len(projections)) == (depth, 3 if depth < 50 else 4)


def longest(depth, stride):
    """Field of the longest way, at 224: every convolution of every block."""
    pool = Window(3, 2, before=0, after=1) if stride == "last" else Window(3, 2, before=1, after=1)
    chain = [Window(7, 2, before=3, after=3), pool]
    for stage, blocks in enumerate(PLANS[depth]):
        for block in range(blocks):
            halves = stage < 3 and block == blocks - 1 if stride == "last" else stage and block == 0
            step = 2 if halves else 1
            if depth < 50:
                chain += [Window(3, step, before=1, after=1), Window(3, before=1, after=1)]
            elif stride == "1x1":
                chain += [Window(1, step), Window(3, before=1, after=1)]
            else:
                chain += [Window(3, step, before=1, after=1)]
    return compose(chain)


@every_depth
@every_stride
def test_the_field_is_that_of_the_longest_way(depth, stride):
    summary = analyze(zoo.resnet(depth, stride=stride))
    whole = longest(depth, stride)
    assert [(w.extent, w.stride, w.before) for w in summary.field] == [(whole.extent, 32, whole.before)] * 2
    last = next(layer for layer in reversed(summary.layers) if layer.field)
    assert last.output_shape[2:] == (7, 7)
    assert whole.placements(224) == 7


def test_the_three_places_of_the_stride_have_the_published_numbers():
    found = {stride: analyze(zoo.resnet(50, stride=stride)) for stride in ("3x3", "1x1", "last")}
    assert {k: (s.macs, s.field[0].extent, s.field[0].before) for k, s in found.items()} == {
        "3x3": (4_089_184_256, 427, 213),
        "1x1": (3_857_973_248, 483, 241),
        "last": (3_482_255_360, 483, 239),
    }
    assert {s.parameters for s in found.values()} == {25_557_032}


def test_the_biases_of_keras_are_26_560_more_parameters():
    keras, plain = analyze(zoo.named("resnet50_v1_bias")), analyze(zoo.named("resnet50_v1"))
    assert keras.parameters - plain.parameters == 26_560
    assert keras.parameters + sum(layer.buffers for layer in keras.layers) == 25_636_712


@pytest.mark.parametrize("depth", [18, 34])
def test_where_a_block_has_two_3x3_the_stride_is_in_the_first_either_way(depth):
    paper, torchvision = zoo.resnet(depth, stride="1x1"), zoo.resnet(depth)
    assert dict(paper) == dict(torchvision)


@every_depth
def test_the_plain_twin_is_the_network_without_its_shortcuts(depth):
    plain = {layer.name: layer for layer in propagate(zoo.resnet(depth, shortcut="none"))}
    whole = parameters(propagate(zoo.resnet(depth)))
    assert parameters(plain.values()) == {k: v for k, v in whole.items() if "downsample" not in k}
    assert all(len(layer.inputs) == 1 for layer in plain.values())
    assert zoo.resnet(depth, shortcut="none").name == f"plain{depth}"


def test_in_slim_the_last_block_of_a_stage_subsamples_its_shortcut():
    net = zoo.named("resnet50_slim")
    pools = [name for name, op in net if op == ops.MaxPool(1, stride=2)]
    assert pools == [f"{unit}.downsample.pool" for unit in ("layer1.2", "layer2.3", "layer3.5")]
    assert net.inputs("layer1.2.add") == ("layer1.2.bn3", "layer1.2.downsample.pool")
    assert net.op("maxpool").padding == "same"


@every_depth
def test_symbolic_width_and_classes_give_the_totals_of_every_width(depth):
    w, classes = sympy.symbols("w K", integer=True, positive=True)
    formula = analyze(zoo.resnet(depth, classes=classes, width=w))
    for width, number in ((16, 10), (64, 1000)):
        concrete = analyze(zoo.resnet(depth, classes=number, width=width))
        values = {w: width, classes: number}
        assert formula.parameters.subs(values) == concrete.parameters
        assert formula.macs.subs(values) == concrete.macs


@every_stride
def test_symbolic_sizes_become_the_numbers_at_every_layer(stride):
    sizes = sympy.symbols("H W", integer=True, positive=True)
    formulas = propagate(zoo.resnet(50, (3, *sizes), stride=stride))
    for given in ((224, 224), (225, 321)):
        numbers = propagate(zoo.resnet(50, (3, *given), stride=stride))
        for formula, number in zip(formulas, numbers, strict=True):
            found = tuple(sympy.sympify(v).subs(dict(zip(sizes, given, strict=True))) for v in formula.output_shape)
            assert found == number.output_shape, number.name
            assert sympy.sympify(formula.macs).subs(dict(zip(sizes, given, strict=True))) == number.macs


def test_an_array_of_widths_gives_the_totals_of_each():
    np = pytest.importorskip("numpy")
    widths = np.array([8, 16, 64])
    for build in (lambda w: zoo.resnet(50, width=w), lambda w: zoo.resnet(18, width=w), lambda w: zoo.vgg(16, width=w)):
        many = analyze(build(widths))
        each = [analyze(build(int(width))) for width in widths]
        assert many.parameters.tolist() == [summary.parameters for summary in each]
        assert many.macs.tolist() == [summary.macs for summary in each]


def test_blocks_of_equal_width_hold_the_identical_number():
    width = sympy.Symbol("w", integer=True, positive=True)
    filters = [layer.op.filters for layer in propagate(zoo.resnet(101, width=width)) if isinstance(layer.op, ops.Conv)]
    assert len(set(map(id, filters))) == 4 + 4
