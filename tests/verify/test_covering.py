"""Classes divide the space of settings; few settings hold every pair of them; what is called impossible never is."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.errors import SettingError
from cnnmath.graph import shapes
from cnnmath.numeric import KERNELS, Kernel, kernel
from cnnmath.ops.reduction import HOW as HOW_TO_REDUCE
from cnnmath.verify import Counterexample, climb
from cnnmath.verify.data import mode
from cnnmath.verify.mistakes import MISTAKES
from cnnmath.verify.strategies import (
    Case,
    architectures,
    cases,
    classes,
    classify,
    covering,
    inputs,
    planned,
    plans,
    possible,
)
from cnnmath.verify.strategies.along import PLACES
from cnnmath.verify.strategies.empty import empty_axes, without
from cnnmath.verify.strategies.pairs import possible_pairs
from tests.support import every_operator
from tests.verify.kernels import KNOWN, MUTANTS

HOW = settings(database=None, derandomize=True, phases=[Phase.generate], deadline=None)
SHRUNK = settings(database=None, phases=[Phase.generate, Phase.shrink])
RARE = {
    "stride-clipped-to-the-input": "a stride beyond the whole input, padding, and two outputs",
    "same-padding-of-the-first-stride": "padding by name, several axes, and strides that differ",
    "cross-entropy-mean-over-ignored-labels": "a mean, a class that is ignored, and labels some of which are it",
}
"""Mistakes that show where three settings meet."""


def pairs_of(plan):
    return {frozenset(two) for two in combinations(plan.items(), 2)}


@every_operator
def test_every_case_is_in_the_classes_that_it_was_planned_for(kind):
    for empty in (False, True):
        rows = plans(kind, empty=empty)
        assert tuple(classify(case) for case in covering(kind, empty=empty)) == rows
        assert set().union(*map(pairs_of, rows)) == set(possible_pairs(kind, empty=empty))


@every_operator
def test_every_pair_that_is_not_covered_is_impossible_and_never_drawn(kind):
    covered = set().union(*map(pairs_of, plans(kind, empty=True)))

    @HOW
    @given(cases(kind))
    def check(case):
        found = classify(case)
        assert possible(kind, found) or kind.__name__.endswith("Norm")  # some are left out because they are slow
        assert pairs_of(found) <= covered

    check()


@every_operator
def test_every_setting_is_in_exactly_one_class_of_each_feature(kind):
    table = classes(kind)

    @HOW
    @given(cases(kind, empty=True))
    def check(case):
        if 0 not in case.inputs[0][1:]:
            for named in table.values():
                assert sum(holds(case) for holds in named.values()) == 1

    check()


@every_operator
def test_the_package_agrees_with_the_sentences_at_those_that_are_empty(kind):
    """At all others `search` asks it."""
    for case in covering(kind, empty=True):
        if 0 in case.inputs[0]:
            assert not isinstance(climb(KERNELS[kind], case, rungs=[2]), Counterexample), case


@pytest.mark.parametrize("kind", [ops.Conv, ops.ConvTranspose, ops.AveragePool, ops.Pad])
def test_every_draw_of_a_plan_is_in_its_classes(kind):
    @HOW
    @given(st.sampled_from(plans(kind)).flatmap(lambda plan: st.tuples(st.just(plan), planned(kind, plan))))
    def check(drawn):
        plan, case = drawn
        assert classify(case) == plan

    check()


def test_there_are_few_and_they_are_the_same_every_time():
    assert len(covering(ops.Conv)) <= 24
    assert max(len(covering(kind)) for kind in ops.ALL if kind is not ops.Reduce) <= 30
    assert len(covering(ops.Reduce)) == len(HOW_TO_REDUCE) * len(PLACES), "each pair of these in a setting of its own"
    first = covering(ops.MaxPool)
    for made in (covering, plans, possible_pairs):
        made.cache_clear()
    assert covering(ops.MaxPool) == first


def test_known_mistakes_are_caught_by_them():
    missed = {
        m.name
        for m in MISTAKES
        if m.rung == "exact"
        and (m.corpus or m.name in {*KNOWN, *RARE})
        and not any(m.shows(c.op, c.inputs) and not climb(m.kernel, c, rungs=[2]).certified for c in covering(m.kind))
    }
    assert missed == set(RARE)


@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in KNOWN])
def test_kernels_that_fail_to_give_numbers_are_caught_by_them(name):
    kind, broken, _ = MUTANTS[name]
    assert any(not climb(broken, case, rungs=[2]).certified for case in covering(kind))


def test_a_class_that_is_not_there_is_seen():
    """A kernel that is wrong for one pair alone: a bias on a depthwise convolution."""
    own = kernel(ops.Conv(1, 1))

    def forward(op, x, w, *b):
        return own.forward(op, x, w, *b) + (op.bias and op.groups == x.shape[1] > 1)

    assert any(not climb(Kernel(forward, own.backward), c, rungs=[2]).certified for c in covering(ops.Conv))


@every_operator
def test_axes_that_may_be_empty_are(kind):
    @settings(HOW, max_examples=10)
    @given(cases(kind))
    def check(case):
        for axis in empty_axes(case):
            empty = without(case, axis)
            empty.op.shape(*empty.inputs)
            assert not isinstance(climb(KERNELS[type(empty.op)], empty, rungs=[2]), Counterexample), (case, axis)

    check()


def test_failures_shrink_to_the_smallest_settings():
    def smallest(kind, wanted):
        how = settings(SHRUNK, max_examples=1000, derandomize=True)
        return str(find(cases(kind), lambda case: wanted(case.op, case.inputs[0]), settings=how))

    assert (
        smallest(ops.Conv, lambda op, _: max(op.dilation) > 1) == "conv(1, (1,), dilation=2, bias=False) on (1, 1, 1)"
    )
    assert smallest(ops.MaxPool, lambda op, _: op.ceil) == "maxpool((1,), ceil=True) on (1, 1, 1)"
    assert smallest(ops.Add, lambda _, x: x[1] == 3) == "add() on (1, 3, 1) and (1, 3, 1)"
    assert smallest(ops.Softmax, lambda _, x: x[1] > 6) == "softmax() on (1, 8, 1)"
    assert smallest(ops.Upsample, lambda op, _: 2 in op.scale) == "upsample((2,)) on (1, 1, 1)"


def test_arrays_follow_from_a_seed_that_shrinks_to_0():
    case = Case(ops.Conv(2, (3,)), ((2, 1, 5),))
    arrays, dy = find(inputs(case), lambda _: True, settings=SHRUNK)
    again, _ = find(inputs(case), lambda drawn: drawn[1].shape == dy.shape, settings=SHRUNK)
    assert all((arrays[name] == again[name]).all() for name in "xwb")
    assert {name: a.shape for name, a in arrays.items()} == {"x": (2, 1, 5), "w": (2, 1, 3), "b": (2,)}
    assert dy.dtype == float
    assert (arrays["x"] == np.rint(arrays["x"])).all()


@every_operator
def test_arrays_are_those_of_the_sentence(kind):
    @settings(HOW, max_examples=5)
    @given(cases(kind).flatmap(lambda case: st.tuples(st.just(case), inputs(case))))
    def check(drawn):
        case, (arrays, dy) = drawn
        assert {name: a.shape for name, a in arrays.items()} == ops.operands(case.op, *case.inputs)
        assert dy.shape == case.op.shape(*case.inputs)
        assert (dy.dtype == float) == (mode(case.op, *case.inputs) == "integers")

    check()


def test_arrays_of_other_types_are_refused():
    case = Case(ops.ReLU(), ((1, 1, 1),))
    with pytest.raises(SettingError, match="arrays hold real numbers"):
        find(inputs(case, "complex128"), lambda _: True)


@given(architectures())
def test_every_architecture_fits_its_input(net):
    assert 1 <= len(net) <= 5
    assert all(min(shape) >= 1 for shape in shapes(net).values())


def test_architectures_shrink_to_one_operator():
    assert [op for _, op in find(architectures(), lambda _: True, settings=SHRUNK)] == [ops.ReLU()]
    assert find(architectures(rank=3), lambda _: True, settings=SHRUNK).input_shape == (1, 5, 5, 5)
