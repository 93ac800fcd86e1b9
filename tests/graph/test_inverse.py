"""Questions asked backwards, against brute force over the sizes 1 to 300."""

from dataclasses import dataclass
from functools import cache

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import CnnmathError, SettingError, ShapeError, UnknownNameError
from cnnmath.graph import (
    INPUT,
    Architecture,
    Opaque,
    accepted_inputs,
    exact_inputs,
    inputs_for,
    shapes,
    smallest_input,
)
from cnnmath.graph import steps as rules
from cnnmath.graph.lengths import Track, along
from cnnmath.graph.progression import Sizes, canonical
from cnnmath.graph.rests import leaving_least, opposed
from cnnmath.window import Window, compose
from tests.graph.nets import chain, residual
from tests.graph.sizes import Longer, chains, diamonds, rests, taken, unet, walk, whole

LAST = 300
NETS = {name: zoo.named(name) for name in ("lenet5", "alexnet", "vgg16", "resnet50")}
NETS |= {"residual": residual(), "unet": unet()}
each_net = pytest.mark.parametrize("name", NETS)


@cache
def brute(name):
    """Sizes that a network takes, with the shapes of all nodes."""
    return taken(NETS[name], LAST)


def members(sizes, last=LAST):
    return {n for n in range(1, last + 1) if n in sizes}


@each_net
def test_the_sizes_of_a_network_are_those_that_its_shapes_take(name):
    found = set(brute(name))
    for along_axis in accepted_inputs(NETS[name]).axes:
        assert members(along_axis.sizes) == found
        assert along_axis.sizes.least == min(found)
    assert smallest_input(NETS[name])[1:] == (min(found),) * 2


@each_net
def test_the_exact_sizes_of_a_network_are_those_that_leave_nothing_over(name):
    for along_axis in exact_inputs(NETS[name]).axes:
        assert members(along_axis.sizes) == whole(NETS[name], brute(name))


@each_net
def test_every_output_has_the_inputs_that_give_it_and_no_others(name):
    net, known = NETS[name], brute(name)
    node = inputs_for(net, 1).question.split("'")[1]
    lengths = {n: shape[node][-1] for n, shape in known.items()}
    top = lengths[max(lengths)]
    for output in {*range(1, min(top, 20)), *range(1, top, 17)}:
        found = {n for n, length in lengths.items() if length == output}
        for along_axis in inputs_for(net, output).axes:
            assert members(along_axis.sizes) == found
            if not found:
                nearest = [max((m for m in lengths.values() if m < output), default=None)]
                nearest.append(min(m for m in lengths.values() if m > output))
                assert list(along_axis.nearest) == [m for m in nearest if m is not None]


@given(st.one_of(chains().map(lambda drawn: drawn[0]), diamonds()))
def test_drawn_networks_take_what_brute_force_finds(net):
    track = along(net, 0)
    known = taken(net, LAST)
    found = set(known)
    assert members(track.taken()) == found
    assert track.following(1, track.last()) == track.taken().least
    if found:
        assert smallest_input(net) == (1, min(found))
        assert members(track.taken(exact=True)) == whole(net, known)
        assert members(exact_inputs(net).axes[0].sizes) == whole(net, known)
    elif track.taken().least is None:
        with pytest.raises(ShapeError, match="no size of the input fits"):
            smallest_input(net)


@given(diamonds(), st.integers(1, 12))
def test_drawn_networks_have_the_inputs_that_give_an_output(net, output):
    found = taken(net, LAST)
    for node in [*net.order(), INPUT] if found else []:
        (answer,) = inputs_for(net, output, node).axes
        assert members(answer.sizes) == {n for n, known in found.items() if known[node][-1] == output}, node
        assert bool(answer.nearest) != bool(answer.sizes) or not answer.sizes
        assert output not in answer.nearest


@given(diamonds())
def test_lengths_repeat_with_their_rhythm_and_stay_within_its_bounds(net):
    """Of inputs of which one is repeated, from where the one that grows faster is the longer."""
    track = along(net, 0)
    start = track.horizon() or track.settled() if any(step.repeats for step in track.steps.values()) else 1
    for node in track.steps:
        rhythm = track.rhythm(node)
        for n in range(1, 2 * rhythm.period + 10):
            length = track.lengths(n)[node]
            assert n < start or track.lengths(n + rhythm.period)[node] == length + rhythm.growth
            assert rhythm.rate * n + rhythm.low <= length <= rhythm.rate * n + rhythm.high
            assert track.lengths(n + 1)[node] >= length


@pytest.mark.parametrize(
    "net",
    [
        chain(ops.Conv(1, (3,), stride=2), ops.ReflectPad(((2, 5),)), ops.MaxPool((2,)), shape=(1, 30)),
        chain(ops.ReflectPad((3,)), ops.Conv(1, (7,), stride=3), ops.ReflectPad((1,)), shape=(1, 30)),
        chain(ops.EdgePad((9,)), ops.Conv(1, (19,), stride=2), ops.LinearUpsample((3,)), shape=(1, 30)),
        chain(ops.LinearUpsample((3,), align_corners=True), ops.ReflectPad((7,)), ops.MaxPool((4,)), shape=(1, 30)),
    ],
    ids=lambda net: " > ".join(name for name, _ in net),
)
def test_mirrors_and_stretches_take_what_brute_force_finds(net):
    assert members(along(net, 0).taken()) == set(taken(net, LAST))


def test_a_mirror_that_is_too_short_is_answered_with_the_input_that_would_do():
    with pytest.raises(ShapeError, match="mirrors more numbers than there are") as caught:
        shapes(chain(ops.Conv(1, (3,), stride=2), ops.ReflectPad((5,)), shape=(1, 9)))
    assert str(caught.value).endswith("network chain takes inputs from 1x13")


def test_axes_are_answered_each_for_itself():
    net = chain(ops.Conv(1, (5, 3), stride=(2, 1)), ops.MaxPool((2, 1)), shape=(2, 16, 16))
    fits = {(h, w) for h in range(1, 12) for w in range(1, 6) if walk(net, (2, h, w))}
    assert smallest_input(net) == (2, 7, 3) == (2, *min(fits))
    assert repr(inputs_for(net, (2, 4))) == (
        "chain: inputs for 2x4 at 'maxpool1'\n"
        "  height: 11..14\n"
        "    at 10 it is 1, at 15 it is 3\n"
        "  width: 6\n"
        "    at 5 it is 3, at 7 it is 5"
    )


def test_an_upsampling_network_takes_multiples_of_16():
    assert repr(accepted_inputs(unet())) == (
        "unet: inputs that every layer takes\n"
        "  height, width: n = 0 mod 16, n >= 16\n"
        "    at 15, maxpool 'pool3': its input has length 1, it takes 2 and above"
    )
    assert smallest_input(unet(9)) == (1, 512, 512)
    assert smallest_input(unet(12)) == (1, 4096, 4096)


def test_a_smallest_input_beyond_any_scan_is_found_at_once():
    deep = chain(*[ops.MaxPool(10)] * 7, shape=(1, 5, 5))
    assert smallest_input(deep) == (1, 10**7, 10**7)


def test_branches_of_unequal_strides_meet_at_a_few_sizes_or_at_none():
    net = Architecture("unequal", (1, 8))
    net.add("a", ops.Conv(1, (1,), stride=2), INPUT)
    net.add("b", ops.Conv(1, (4,)), INPUT)
    net.add("concat", ops.Concat(), "a", "b")
    assert members(accepted_inputs(net).axes[0].sizes) == set(taken(net, LAST)) == {6, 7}
    assert accepted_inputs(net).axes[0].reason == "at 5, concat 'concat': 'b' has length 2, 'a' 3"
    never = Architecture("never", (1, 8))
    never.add("a", ops.Conv(1, (3,)), INPUT)
    never.add("concat", ops.Concat(), "a", INPUT)
    with pytest.raises(ShapeError) as caught:
        smallest_input(never)
    assert str(caught.value) == (
        "concat 'concat' of 'never': no size of the input fits.\n"
        "  here    length 3 comes furthest: 'a' has length 1, 'input' 3\n"
        "  rule    every window fits its input, and branches that merge have equal sizes\n"
        "  fix     pad the window, or give the branches equal strides and matching padding"
    )


def test_layers_that_contradict_each_other_are_named_with_the_size_that_leaves_least():
    net = Architecture("contrary", (1, 8))
    net.add("even", ops.MaxPool((2,)), INPUT)
    net.add("odd", ops.MaxPool((3,), stride=2, padding=((0, 1),)), INPUT)
    net.add("cut", ops.Conv(1, (2,), stride=2), INPUT)
    net.add("short", ops.Conv(1, (3,), stride=2), INPUT)
    (answer,) = exact_inputs(net).axes
    left = {n: sum(map(sum, rests(net, known).values())) for n, known in taken(net, LAST).items()}
    assert 0 not in left.values()
    assert answer.nearest == (min(left, key=lambda n: (left[n], n)),) == (4,)
    assert answer.layers == ("even", "short")
    assert answer.reason == "maxpool 'even' and conv 'short' are never exact together; 4 leaves least: conv 'short' 1"


def test_a_layer_that_is_never_exact_is_named_alone():
    net = chain(Longer(2), ops.Conv(1, (3,), stride=2), shape=(1, 8))
    (answer,) = exact_inputs(net).axes
    assert answer.reason == "conv 'conv1' is never exact; 2 leaves least: conv 'conv1' 1"
    assert (answer.layers, answer.nearest, answer.sizes) == (("conv1",), (2,), Sizes())


def test_an_output_that_no_input_gives_is_answered_with_the_nearest():
    net = chain(ops.Conv(1, 3), Longer(2), shape=(1, 8, 8))
    assert repr(inputs_for(net, 7)) == (
        "chain: inputs for 7x7 at 'longer1'\n  height, width: none\n    at 5 it is 6, at 6 it is 8"
    )
    assert inputs_for(net, 7).axes[0].nearest == (6, 8)
    assert inputs_for(net, 7).least is None
    (height, _) = inputs_for(zoo.alexnet(), 5, "avgpool").axes
    assert (height.sizes, height.nearest, height.reason) == (Sizes(), (6,), "it is always 6")


def test_same_and_ceil_depend_on_the_size_and_are_still_ranges():
    same = chain(ops.Conv(1, (3,), stride=2, padding="same"), shape=(1, 9))
    ceil = chain(ops.MaxPool((3,), stride=2, ceil=True), shape=(1, 9))
    assert [inputs_for(net, 7).axes[0].sizes for net in (same, ceil)] == [Sizes((13, 14)), Sizes((14, 15))]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda net: inputs_for(net, 7, "linear3"),
            "node 'linear3': it has no spatial axes.\n"
            "  rule    an output of some height and width is a feature map\n"
            "  fix     name a node ahead of flattening",
        ),
        (
            lambda net: inputs_for(net, (7, 7, 7)),
            "node 'pool2': this is no size of an output.\n"
            "  here    (7, 7, 7)\n"
            "  rule    positive integers, one for each of the 2 axes\n"
            "  fix     give (7, 7)",
        ),
    ],
)
def test_a_question_that_makes_no_sense_is_answered_with_what_would(ask, message):
    with pytest.raises(SettingError) as caught:
        ask(zoo.lenet5())
    assert str(caught.value) == message


def test_a_node_that_is_not_there_is_answered_with_its_neighbours():
    with pytest.raises(UnknownNameError, match=r"near +pool2"):
        inputs_for(zoo.lenet5(), 7, "poool2")


def test_what_no_size_mends_is_the_operators_own_error():
    with pytest.raises(ShapeError, match=r"conv 'conv0': the groups do not divide the input channels"):
        smallest_input(chain(ops.Conv(2, 3, groups=2), shape=(3, 8, 8)))
    with pytest.raises(ShapeError, match=r"conv 'conv0': the input has the wrong rank"):
        smallest_input(chain(ops.Conv(2, 3), shape=(3, 8)))
    with pytest.raises(ShapeError, match=r"linear 'linear0': the input has the wrong rank"):
        smallest_input(chain(ops.Linear(2), shape=(3, 8)))
    with pytest.raises(ShapeError, match=r"conv 'conv0': the input has the wrong rank"):
        shapes(chain(ops.Conv(2, 3), shape=(3, 8)))
    kernel = sympy.Symbol("K", integer=True, positive=True)
    with pytest.raises(SettingError, match=r"conv 'conv0': its lengths are formulas"):
        smallest_input(chain(ops.Conv(2, (kernel,)), shape=(3, 8)))


@dataclass(frozen=True, slots=True)
class Halved(ops.Operator):
    """An operator whose author forgot to say what an output reads."""

    def output(self, x):
        return (*x[:2], *((n + 1) // 2 for n in x[2:]))

    def element(self, m, at, x):
        raise NotImplementedError("only its shapes are asked for")


def test_an_operator_whose_axes_do_not_say_its_shape_is_found():
    with pytest.raises(ShapeError, match="maxpool 'maxpool2': the kernel does not fit the input"):
        smallest_input(chain(ops.Conv(1, (3,)), Halved(), ops.MaxPool((2,)), shape=(1, 8)))
    with pytest.raises(ShapeError) as caught:
        smallest_input(chain(ops.Conv(1, (4,), padding=1), ops.Conv(1, (2,), padding=1), Halved(), shape=(1, 8)))
    assert str(caught.value) == (
        "node 'halved2': its shape and its axes disagree.\n"
        "  input   length 2 of 'chain'\n"
        "  rule    output(x)[2:] = placements of axes(x[2:])\n"
        "  here    1 against 2\n"
        "  fix     let the operator's windows or axes say what an output reads"
    )


def test_a_loss_at_every_position_has_its_spatial_axes_right_behind_the_batch():
    net = chain(ops.Conv(3, 2, stride=2), ops.CrossEntropy("none"), shape=(2, 3, 4))
    assert smallest_input(net) == (2, 2, 2)
    assert repr(inputs_for(net, (1, 2))).endswith(
        "height: 2..3\n    at 4 it is 2\n  width: 4..5\n    at 3 it is 1, at 6 it is 3"
    )


def test_a_network_without_spatial_axes_is_answered_too():
    net = chain(ops.Linear(10), shape=(784,))
    assert smallest_input(net) == (784,)
    assert repr(accepted_inputs(net)) == "chain: inputs that every layer takes\n  no spatial axis"
    with pytest.raises(CnnmathError, match="it has no spatial axes"):
        inputs_for(net, 7)


def test_sizes_that_are_symbols_do_not_matter_to_the_answer():
    n = sympy.Symbol("H", integer=True, positive=True)
    assert smallest_input(zoo.alexnet((3, n, n))) == (3, 63, 63)
    assert exact_inputs(zoo.alexnet((3, n, n))).axes[0].reason == "every division is exact"


@given(st.sets(st.integers(1, 40)), st.integers(1, 40), st.integers(1, 12), st.sets(st.integers(0, 11)))
def test_the_canonical_form_is_the_same_set(few, start, period, residues):
    sizes = Sizes(
        tuple(sorted(n for n in few if n < start)), start, period, tuple(sorted({r % period for r in residues}))
    )
    short = canonical(sizes)
    assert members(short) == members(sizes)
    assert (short.period, short.start) <= (sizes.period, sizes.start)
    for n in range(1, 60):
        assert short.following(n) == min((m for m in range(n, 120) if m in sizes), default=None)
        assert short.preceding(n) == max((m for m in range(1, n + 1) if m in sizes), default=None)
        assert members(short.between(n, n + 7)) == {m for m in range(n, n + 8) if m in sizes}


def blind():
    return chain(ops.MaxPool((2,), stride=3, padding=((0, 1),)), ops.MaxPool((2,), dilation=3, padding=1), shape=(1, 9))


def mirrored():
    return chain(ops.Conv(1, (3,), stride=2), ops.ReflectPad(((2, 5),)), ops.MaxPool((2,)), shape=(1, 30))


PLANTED = {
    "the period is forgotten": (unet, lambda m: m.setattr(Track, "period", lambda *_, **__: 1)),
    "the start is too early": (blind, lambda m: m.setattr(Track, "settled", lambda _: 1)),
    "a jump is too long": (unet, lambda m: m.setattr(Track, "reach", lambda *a: a[3] + 16)),
    "padding alone is overlooked": (blind, lambda m: m.setattr(rules.Step, "blind", lambda *_: False)),
    "a mirror that is too short is overlooked": (mirrored, lambda m: m.setattr(rules.Step, "folds", lambda *_: False)),
    "unequal branches are overlooked": (unet, lambda m: m.setattr("cnnmath.graph.lengths.unequal", lambda *_: None)),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_disagrees_with_brute_force(mistake, monkeypatch):
    build, plant = PLANTED[mistake]
    net = build()
    found = set(taken(net, 60))
    assert members(along(net, 0).taken(), 60) == found
    plant(monkeypatch)
    assert members(along(net, 0).taken(), 60) != found


EXACT = {
    "padding is left out of the rest": lambda m: m.setattr(
        rules.Step, "rest", lambda step, n: (n - step.axis(n).extent) % step.axis(n).stride
    ),
    "a rest is overlooked": lambda m: m.setattr("cnnmath.graph.lengths.inexact", lambda *_: None),
    "the period of the strides is forgotten": lambda m: m.setattr(Track, "period", lambda *_, **__: 2),
}


@pytest.mark.parametrize("mistake", EXACT)
def test_a_planted_mistake_about_rests_disagrees_with_brute_force(mistake, monkeypatch):
    net = chain(ops.Conv(1, (5,), stride=4, padding=1), ops.MaxPool((3,), stride=2), shape=(1, 30))
    found = whole(net, taken(net, LAST))
    assert members(along(net, 0).taken(exact=True)) == found
    EXACT[mistake](monkeypatch)
    assert members(along(net, 0).taken(exact=True)) != found


def test_a_preimage_that_is_one_too_long_is_seen(monkeypatch):
    net = chain(ops.Conv(1, (5,), stride=4), shape=(1, 30))
    right = inputs_for(net, 3).axes[0].sizes
    assert members(right) == {n for n, known in taken(net, 60).items() if known["conv0"][-1] == 3}
    between = Sizes.between
    monkeypatch.setattr(Sizes, "between", lambda sizes, low, high: between(sizes, low, high + 1))
    assert inputs_for(net, 3).axes[0].sizes != right


def deep(depth=40, before=0, start=None):
    """Convolutions that halve, over and over."""
    net = start or Architecture("deep", (1, 2 ** (depth + 4)))
    node = INPUT if start is None else net.last
    for i in range(depth):
        node = net.add(f"conv{i}", ops.Conv(1, (3,), stride=2, padding=before), node)
    return net


def test_forty_halvings_are_answered_with_the_window_that_they_make():
    """A period of 2^40 can be named, not listed."""
    answers = [exact_inputs(deep()), accepted_inputs(deep())]
    whole_chain = compose([Window(3, stride=2)] * 40)
    exact, accepted = (answer.axes[0].sizes for answer in answers)
    assert (exact.least, exact.period, exact.residues) == (whole_chain.extent, 2**40, (whole_chain.extent % 2**40,))
    assert repr(exact) == "n = 1099511627775 mod 1099511627776, n >= 2199023255551"
    assert accepted == Sizes((), whole_chain.extent, 1, (0,))
    assert exact_inputs(deep(before=1)).axes[0].sizes == Sizes((), 1, 2**40, (1,))


def contrary(depth):
    """Two layers that want even and odd sizes, ahead of a deep chain."""
    net = Architecture("contrary", (1, 2 ** (depth + 4)))
    net.add("odd", ops.Conv(1, (3,), stride=2), INPUT)
    net.add("even", ops.MaxPool((2,)), INPUT)
    return deep(depth, start=net)


def test_layers_that_contradict_each_other_are_found_ahead_of_a_deep_chain():
    (answer,) = exact_inputs(contrary(38)).axes
    assert answer.layers == ("odd", "even")
    chain_of_all = compose([Window(2, stride=2), *[Window(3, stride=2)] * 38])
    assert answer.nearest == (chain_of_all.extent,)
    assert answer.reason.endswith(f"{chain_of_all.extent} leaves least: conv 'odd' 1")


def least_by_brute_force(net, track):
    known = taken(net, max(track.last(), track.last(exact=True)))
    left = {n: sum(map(sum, rests(net, shape).values())) for n, shape in known.items()}
    return min(left, key=lambda n: (left[n], n))


def opposed_by_brute_force(net, track):
    """The layers that the sets of exact sizes name."""
    known = taken(net, max(track.last(), track.last(exact=True)))
    left = {n: rests(net, shape) for n, shape in known.items()}
    strided = [step.name for step in track.steps.values() if step.own.period > 1]
    exact = {name: {n for n, rest in left.items() if not any(rest[name])} for name in strided}
    for i, b in enumerate(strided):
        for a in strided[: i + 1]:
            if not exact[a] & exact[b]:
                return (a,) if not exact[a] else (b,) if not exact[b] else (a, b)
    return tuple(strided)


@given(st.one_of(chains().map(lambda drawn: drawn[0]), diamonds()))
def test_the_size_that_leaves_least_is_that_of_brute_force(net):
    track = along(net, 0)
    if track.taken():
        assert leaving_least(track) == least_by_brute_force(net, track)


@given(st.one_of(chains().map(lambda drawn: drawn[0]), diamonds()))
def test_layers_that_are_opposed_are_those_of_brute_force(net):
    track = along(net, 0)
    if track.taken() and not track.taken(exact=True):
        assert tuple(step.name for step in opposed(track, leaving_least(track))) == opposed_by_brute_force(net, track)


LEFT = {
    "a jump is too long": lambda m: m.setattr(
        "cnnmath.graph.rests._changes", lambda _, n, steps: [n + 4 for _ in steps]
    ),
    "a rest is overlooked": lambda m: m.setattr(rules.Step, "rest", lambda *_: 0),
}


@pytest.mark.parametrize("mistake", LEFT)
def test_a_planted_mistake_about_what_is_left_disagrees_with_brute_force(mistake, monkeypatch):
    net = Architecture("contrary", (1, 30))
    net.add("odd", ops.Conv(1, (7,), stride=2), INPUT)
    net.add("even", ops.MaxPool((2,)), INPUT)
    net.add("thirds", ops.Conv(1, (3,), stride=3, padding=((0, 1),)))
    track = along(net, 0)
    expected = least_by_brute_force(net, track)
    assert leaving_least(track) == expected
    LEFT[mistake](monkeypatch)
    assert leaving_least(track) != expected


def partly_known():
    net = Architecture("partly", (1, 9))
    net.add("first", ops.Conv(1, (3,)))
    net.add("mix", Opaque("attention(2)", (1, 7)))
    net.add("last", ops.Conv(1, (3,)))
    return net


@pytest.mark.parametrize("ask", [smallest_input, accepted_inputs, exact_inputs, lambda net: inputs_for(net, 5)])
def test_an_unknown_operator_has_no_answer_for_other_inputs(ask):
    with pytest.raises(SettingError) as caught:
        ask(partly_known())
    assert str(caught.value) == (
        "node 'mix': an unknown operator declares its output shape for one input.\n"
        "  here    sizes of other inputs are asked for\n"
        "  rule    the network's own input is 1x9\n"
        "  fix     ask the part of the network ahead of it, or replace it by operators of cnnmath.ops"
    )


def squeezed(shape=(2, 9, 9)):
    """A squeeze-and-excitation block behind a strided convolution."""
    net = Architecture("squeezed", shape)
    x = net.add("conv", ops.Conv(4, 3, stride=2), INPUT)
    node = net.add("squeeze", ops.GlobalAveragePool(), x)
    node = net.add("excite", ops.Conv(4, 1), node)
    net.add("scale", ops.Multiply(), x, net.add("gate", ops.Sigmoid(), node))
    net.add("pool", ops.MaxPool(2))
    return net


def test_a_gate_that_is_repeated_fits_every_size():
    net = squeezed()
    assert [axis.sizes for axis in accepted_inputs(net).axes] == [Sizes(start=5, residues=(0,))] * 2
    assert smallest_input(net) == (2, 5, 5)
    assert [members(axis.sizes) for axis in inputs_for(net, 4, "scale").axes] == [{9, 10}] * 2


@st.composite
def repeated(draw):
    """Three branches, some of them of length 1 always or at a few sizes, added, scaled or compared."""
    net = Architecture("repeated", (1, 9))
    branches = [ops.Conv(1, (3,)), ops.Conv(1, (2,), stride=2), ops.AdaptiveAveragePool((3,)), ops.GlobalAveragePool()]
    ends = [net.add(f"a{i}", draw(st.sampled_from(branches)), INPUT) for i in range(2)]
    merged = net.add("two", draw(st.sampled_from([ops.Multiply(), ops.Add()])), *ends)
    if draw(st.booleans()):
        merged = net.add("expand", ops.Expand((draw(st.integers(1, 4)),)), merged)
    net.add("three", ops.Maximum(), draw(st.sampled_from([INPUT, ends[0]])), merged)
    return net


@given(repeated())
def test_where_lengths_of_1_fit_any_brute_force_finds_the_same_sizes(net):
    assert members(along(net, 0).taken()) == set(taken(net, LAST))


def test_what_mixes_axes_or_has_a_length_of_its_own_is_refused_by_name():
    net = Architecture("scores", (2, 4, 4))
    net.add("scores", ops.MatMul(), INPUT, INPUT)
    with pytest.raises(SettingError, match="it mixes axes") as caught:
        accepted_inputs(net)
    assert "matmul 'scores'" in str(caught.value)
