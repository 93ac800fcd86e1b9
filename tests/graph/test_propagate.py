"""What travels along a graph: shapes, parameters, cost, and the receptive field with its branches."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import ShapeError
from cnnmath.graph import INPUT, Architecture, parse, propagate, shapes
from cnnmath.readers import reach
from cnnmath.verify.strategies import windows
from cnnmath.window import IDENTITY, Window, compose
from tests.graph.nets import TOYS, chain, residual, toy, two_adds

ALIGNED = ("aligned_1", "aligned_2_maxpool")


def fields(net):
    return {layer.name: layer.field for layer in propagate(net)}


def seen_by(net, name, at):
    """Input positions that one output of a node depends on, by reading every sentence on the way: a second route."""
    known = shapes(net)
    wanted, found = {(name, at)}, set()
    while wanted:
        node, here = wanted.pop()
        if node == INPUT:
            found.add(here)
            continue
        for read in dict.fromkeys(net.inputs(node)):
            inputs = [known[r] for r in net.inputs(node)]
            wanted |= {(read, there) for there in reach(net.op(node), here, *inputs)}
    return found


def hull(positions, axis):
    along = [position[axis] for position in positions]
    return min(along), max(along)


def interior(window, n):
    """An output whose whole field lies inside an input of length n."""
    o = -(-window.before // window.stride)
    assert window.tap(o, 0) >= 0
    assert window.tap(o, window.kernel - 1) < n
    return o


def test_a_merge_sees_the_hull_of_its_branches():
    field = fields(residual())["add"]
    body = compose([Window(3, 2, before=1, after=1), Window(3, before=1, after=1), Window(5, before=2, after=2)])
    assert [(w.extent, w.stride, w.before) for w in field] == [(body.extent, 2, body.before)] * 2 == [(15, 2, 7)] * 2


def test_the_field_of_a_merge_is_what_its_sentences_reach():
    net = residual((8, 32, 32))
    for name, field in fields(net).items():
        o = tuple(interior(w, 32) for w in field)
        seen = seen_by(net, name, (0, 0, *o))
        for axis, (window, i) in enumerate(zip(field, o, strict=True), 2):
            assert hull(seen, axis) == (window.tap(i, 0), window.tap(i, window.kernel - 1)), name


@given(st.data())
def test_two_branches_of_equal_stride_see_the_hull_of_both(data):
    (a, _), (b, _) = data.draw(windows(blind=True)), data.draw(windows(blind=True))
    b = Window(b.kernel, a.stride, b.dilation, b.before, b.after)
    n = max(a.preimage(12)[0], b.preimage(12)[0])
    padded = [(w.before, n_after(w, n, max(a.placements(n), b.placements(n)))) for w in (a, b)]
    net = Architecture("two", (1, n))
    for name, w, padding in zip("ab", (a, b), padded, strict=True):
        op = ops.Conv(1, (w.kernel,), stride=w.stride, dilation=w.dilation, padding=(padding,))
        net.add(name, op, INPUT)
    net.add("add", ops.Add(), "a", "b")
    (field,) = fields(net)["add"]
    for o in range(shapes(net)["add"][-1]):
        taps = {w.tap(o, k) for w in (a, b) for k in range(w.kernel)}
        assert (min(taps), max(taps)) == (field.tap(o, 0), field.tap(o, field.kernel - 1))
        assert seen_by(net, "add", (0, 0, o)) == {(0, 0, t) for t in taps if 0 <= t < n}


def n_after(window, n, outputs):
    """Padding after with which a window has that many outputs."""
    return (
        (outputs - 1) * window.stride + window.extent - n - window.before
        if outputs > window.placements(n)
        else window.after
    )


@pytest.mark.parametrize("name", ALIGNED)
def test_toy_graphs_have_the_published_field(name):
    expected = TOYS[name]["expect"]
    net = toy(name)
    field = fields(net)["add"]
    assert [(w.extent, w.stride, w.before) for w in field] == [
        tuple(expected[k] for k in ("rf", "stride", "padding"))
    ] * 2
    seen = seen_by(net, "add", (0, 0, 2, 2))
    assert hull(seen, 2) == (field[0].tap(2, 0), field[0].tap(2, field[0].kernel - 1))


def test_a_toy_graph_that_is_not_square_has_the_published_field_an_axis():
    expected = TOYS["nonsquare_5"]["expect"]
    *_, last = propagate(toy("nonsquare_5"))
    assert [w.extent for w in last.field] == [expected["rf_y"], expected["rf_x"]]
    assert {(w.stride, w.before) for w in last.field} == {(expected["stride"], expected["padding"])}


def test_a_toy_graph_of_two_merges_has_the_published_field():
    expected = TOYS["two_adds_8"]["expect"]
    net = two_adds()
    field = fields(net)["add2"]
    assert [(w.extent, w.stride, w.before) for w in field] == [
        tuple(expected[k] for k in ("rf", "stride", "padding"))
    ] * 2
    seen = seen_by(net, "add2", (0, 0, 1, 1))
    assert hull(seen, 3) == (field[1].tap(1, 0), field[1].tap(1, field[1].kernel - 1))


def test_branches_of_unequal_strides_have_no_single_field_and_a_note_that_says_so():
    assert "strides differ" in TOYS["unaligned_3"]["expect"]
    net = toy("unaligned_3", (1, 8, 8))  # the one size at which these branches have equal shapes
    *_, last = propagate(net)
    assert last.field is None
    assert last.note == "branches of strides 1 and 2 meet: the field depends on the position"
    lengths = {o: hull(seen_by(net, "add", (0, 0, o, o)), 2) for o in range(4)}
    assert len({high - low for low, high in lengths.values()}) > 1


@pytest.mark.parametrize("op", [ops.GlobalAveragePool(), ops.AdaptiveAveragePool(2), ops.Flatten()], ids=str)
def test_beyond_an_operator_without_a_window_there_is_no_field(op):
    assert [layer.field for layer in propagate(chain(ops.Conv(2, 3), op, ops.Dropout()))][1:] == [None, None]


def test_an_input_may_be_merged_with_itself():
    net = Architecture("double", (2, 5))
    net.add("add", ops.Add(), INPUT, INPUT)
    (layer,) = propagate(net)
    assert (layer.output_shape, layer.inputs, layer.field) == ((1, 2, 5), (INPUT, INPUT), (IDENTITY,))


def test_a_layer_counts_its_parameters_its_buffers_and_its_arithmetic():
    conv, norm, _ = propagate(chain(ops.Conv(4, 3, padding=1), ops.BatchNorm(), ops.ReLU(), shape=(3, 8, 8)))
    assert (conv.parameters, conv.buffers, conv.macs) == (4 * 3 * 9 + 4, 0, 4 * 3 * 9 * 64)
    assert (norm.parameters, norm.buffers, norm.macs) == (8, 8, 0)
    assert norm.census.multiplications == 4 * 64


def test_a_merge_of_unequal_shapes_names_its_node():
    net = Architecture("net", (4, 8, 8))
    net.add("conv", ops.Conv(8, 3, padding=1))
    net.add("sum", ops.Add(), "conv", INPUT)
    with pytest.raises(ShapeError, match=r"^add 'sum': the inputs have unequal shapes\."):
        propagate(net)


def test_a_relu_of_two_inputs_is_refused_at_its_node():
    net = Architecture("net", (4, 8, 8))
    net.add("relu", ops.ReLU(), INPUT, INPUT)
    with pytest.raises(ShapeError, match=r"^relu 'relu': it takes one input\."):
        propagate(net)


@pytest.mark.parametrize("build", [zoo.lenet5, zoo.alexnet, zoo.resnet50])
def test_symbolic_sizes_become_the_numbers_at_every_layer(build):
    size = sympy.Symbol("H", integer=True, positive=True)
    channels, *spatial = build().input_shape
    formulas, numbers = propagate(build((channels, size, size))), propagate(build())
    assert len(formulas) == len(numbers)
    for formula, number in zip(formulas, numbers, strict=True):
        values = (*formula.output_shape, formula.parameters, formula.macs)
        expected = (*number.output_shape, number.parameters, number.macs)
        assert tuple(sympy.sympify(v).subs(size, spatial[0]) for v in values) == expected, number.name
        if not isinstance(number.op, ops.AdaptiveAveragePool):  # the identity at some sizes, bins at others
            assert formula.field == number.field


def test_hundreds_of_branches_meet():
    net = Architecture("wide", (1, 4, 4))
    branches = [net.add(f"relu{i}", ops.ReLU(), INPUT) for i in range(600)]
    net.add("concat", ops.Concat(), *branches)
    assert propagate(net)[-1].output_shape == (1, 600, 4, 4)


def test_unequal_branches_are_named_in_the_order_in_which_they_are_read():
    net = Architecture("branches", (16, 8, 8))
    body = net.add("body", ops.Conv(32, 3, padding=1))
    net.add("add", ops.Add(), body, "input")
    for ask in (shapes, propagate):
        with pytest.raises(ShapeError) as caught:
            ask(net)
        assert str(caught.value).splitlines()[:5] == [
            "add 'add': the inputs have unequal shapes.",
            "  reads   'body' and 'input'",
            "  input   (1, 32, 8, 8)  and  (1, 16, 8, 8)",
            "  rule    lengths of an axis, counted from the last, are equal or 1",
            "  here    axis -3: 32 against 16",
        ]


@pytest.mark.parametrize("ask", [shapes, propagate])
@pytest.mark.parametrize("text", ["flatten > conv(8, 3)", "conv(8, 3) > flatten > relu > maxpool(2)"])
def test_a_wrong_rank_that_an_operator_has_made_is_not_the_inputs(text, ask):
    with pytest.raises(ShapeError) as caught:
        ask(parse(text, (3, 8, 8)))
    assert caught.value.fact == "the input has the wrong rank."
    assert caught.value.lines["fix"] == (
        "an operator ahead of it, such as flatten, has changed the number of axes: exchange the two, or leave one out"
    )


@pytest.mark.parametrize("text", ["conv(8, 5) > relu", "relu > conv(8, 5)"])
@pytest.mark.parametrize("shape", [(32, 32), (1, 3, 32, 32)])
def test_a_wrong_rank_inside_a_network_is_told_that_its_input_has_no_batch_axis(shape, text):
    with pytest.raises(ShapeError) as caught:
        shapes(parse(text, shape))
    assert caught.value.lines["fix"] == (
        "the input of a network is CxHxW, without a batch axis; "
        "a kernel for signals is a tuple of one entry, such as (3,)"
    )


@pytest.mark.parametrize(
    ("name", "said"), [("network", "takes inputs from 3x5x5"), ("mine", "mine takes inputs from 3x5x5")]
)
def test_a_network_without_a_name_of_its_own_is_not_named(name, said):
    with pytest.raises(ShapeError) as caught:
        shapes(parse("conv(8, 5)", (3, 4, 4), name))
    assert caught.value.lines["network"] == said
    assert "layout" not in caught.value.lines


def test_an_image_too_small_along_its_last_axis_may_have_its_channels_there():
    with pytest.raises(ShapeError) as caught:
        shapes(parse("conv(8, 5)", (32, 32, 1)))
    assert caught.value.lines["layout"] == "CxHxW, channels first: 32 channels were given; is it 1x32x32?"
