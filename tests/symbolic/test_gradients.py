"""Derived formulas against the exact readers, on other instances than those that the derivation checked itself on."""

import pytest
import sympy as sp
from hypothesis import given, settings

from cnnmath import ops
from cnnmath.ops.reduced import reduced
from cnnmath.symbolic import general, targets
from cnnmath.verify import Case, cases
from tests.support import each, every_operator
from tests.symbolic.instances import Instance, clipped, derivations, derived, small

SLIDING = (ops.Conv, ops.MaxPool, ops.AveragePool)
CUBES = (
    Case(ops.Conv(2, (2, 1, 2), stride=(1, 2, 2), dilation=(2, 1, 1), padding=((1, 0), 0, (0, 1))), ((2, 3, 3, 4, 5),)),
    Case(ops.ConvTranspose(2, (2, 1, 2), stride=(1, 2, 2), padding=((1, 0), 0, 0)), ((1, 2, 3, 2, 1),)),
    Case(ops.MaxPool((2, 1, 2), stride=(1, 2, 1), padding=((1, 0), 0, 0), ceil=True), ((1, 2, 3, 4, 5),)),
    Case(ops.AveragePool((2, 1, 2), stride=(1, 2, 1), padding=((1, 0), 0, 0), count_padding=False), ((1, 2, 3, 4, 5),)),
)
WINDOWS = {
    1: Case(ops.Conv(2, (3,), stride=2, dilation=3, padding=2), ((2, 2, 8),)),
    2: Case(ops.Conv(1, (2, 3), stride=(3, 1), dilation=(2, 1), padding=(1, 2)), ((1, 2, 5, 4),)),
}
SPREAD = {
    1: Case(ops.ConvTranspose(2, (3,), stride=2, dilation=3, padding=2), ((2, 2, 4),)),
    2: Case(ops.ConvTranspose(1, (2, 3), stride=(3, 1), dilation=(2, 1), padding=(1, 2)), ((1, 2, 2, 4),)),
}


NORMS = (
    Case(ops.BatchNorm(training=True), ((2, 2, 3),)),
    Case(ops.BatchNorm(training=True), ((3, 2),)),
    Case(ops.GroupNorm(3), ((2, 6, 2),)),
    Case(ops.GroupNorm(1), ((1, 3, 2),)),
    Case(ops.LayerNorm(each_position=True), ((1, 4, 2),)),
    Case(ops.LayerNorm(), ((2, 5),)),
)


def agrees(case):
    instance = Instance(case)
    return all(instance.mistakes(derivation) == {} for derivation in derivations(case))


@every_operator
def test_every_formula_of_every_operator_is_what_the_readers_say(kind):
    assert small(kind).inputs != reduced(small(kind).op, len(small(kind).inputs[0]) - 2)[1]
    assert agrees(small(kind))


@each((*SLIDING, ops.ConvTranspose))
def test_the_formulas_of_drawn_signals_are_what_the_readers_say(kind):
    @settings(max_examples=max(6, settings.default.max_examples // 20))
    @given(cases(kind))
    def check(case):
        assert agrees(clipped(case, 1))

    check()


@each(SLIDING)
def test_the_formulas_of_drawn_images_are_what_the_readers_say(kind):
    @settings(max_examples=max(2, settings.default.max_examples // 60))
    @given(cases(kind))
    def check(case):
        assert agrees(clipped(case, 2))

    check()


@pytest.mark.parametrize("case", CUBES, ids=lambda case: type(case.op).__name__)
def test_the_formulas_of_volumes_are_what_the_readers_say(case):
    assert agrees(case)


@pytest.mark.parametrize("case", NORMS, ids=str)
def test_the_formulas_of_a_normalisation_are_what_the_readers_say(case):
    assert agrees(case)


def test_the_formulas_of_symbolic_groups_hold_for_numbers_of_groups_that_no_check_has_seen():
    instance, op = Instance(Case(ops.GroupNorm(4), ((1, 8, 2),))), general(ops.GroupNorm)
    for wrt in targets(op, rank=1):
        assert instance.mistakes(derived(op, wrt, rank=1)) == {}


@pytest.mark.parametrize("rank", WINDOWS)
def test_the_formulas_of_a_symbolic_window_hold_for_windows_that_no_check_has_seen(rank):
    instance, op = Instance(WINDOWS[rank]), general(ops.Conv, rank)
    for wrt in targets(op, rank=rank):
        derivation = derived(op, wrt, rank=rank)
        assert instance.mistakes(derivation) == {}


@pytest.mark.parametrize("rank", SPREAD)
def test_the_formulas_of_a_symbolic_transpose_hold_for_settings_that_no_check_has_seen(rank):
    instance, op = Instance(SPREAD[rank]), general(ops.ConvTranspose, rank)
    for wrt in targets(op, rank=rank):
        assert instance.mistakes(derived(op, wrt, rank=rank)) == {}


@each(SLIDING)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_general_window_has_symbols_of_its_own_on_every_axis(kind, rank):
    op = general(kind, rank)
    symbols = [*op.kernel, *op.stride, *op.dilation, *(before for before, _ in op.padding)]
    assert len(set(symbols)) == 4 * rank
    assert all(isinstance(symbol, sp.Symbol) for symbol in symbols)
    assert all(before == after for before, after in op.padding)
    assert {*op.kernel, *op.stride} <= derived(op, "y", rank=rank).result.right.free_symbols


@every_operator
def test_targets_are_the_output_the_inputs_and_what_is_trained(kind):
    op, inputs = small(kind).op, small(kind).inputs
    names = ["x1", "x2"] if op.variadic else op.reads
    assert targets(op) == ["y", *names, *op.parameters(*inputs)]


@pytest.mark.parametrize("wrt", ["x", "w", "b"])
def test_a_wrong_formula_is_seen_on_the_other_instance(wrt):
    case = small(ops.Conv)
    derivation = derived(case.op, wrt)
    assert Instance(case).mistakes(derivation) == {}
    assert Instance(case).mistakes(derivation, -derivation.result.right) != {}
