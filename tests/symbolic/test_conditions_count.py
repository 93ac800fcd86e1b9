"""Every condition of a derived formula counts: without it, or weakened by one, the derivation can not be built.

A mutant that survives its check must be equal to the original on every entry of other inputs too: then the condition
says nothing that the others do not. The few settings of which such conditions are left in the result are listed, each
with the reason.
"""

from dataclasses import replace
from itertools import product

import pytest
import sympy as sp

from cnnmath import ops
from cnnmath.errors import DerivationError
from cnnmath.symbolic import general, targets
from cnnmath.symbolic.terms import Bracket, Quantified
from cnnmath.verify import Case
from tests.symbolic.instances import Instance, derived, small

GENERAL = [general(kind, 1) for kind in (ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.AveragePool, ops.Subsample)]
GENERAL += [general(kind, 1, groups=3) for kind in (ops.Conv, ops.ConvTranspose)]
GENERAL += [general(ops.MaxPool, 1, ceil=True), general(ops.AveragePool, 1, count_padding=False)]
GENERAL += [general(ops.Conv, 2), general(ops.MaxPool, 2)]
CONVOLUTIONS = [
    ops.Conv(2, (kernel,), stride=stride, dilation=dilation, padding=(padding,), groups=groups, bias=False)
    for kernel, stride, dilation in product((2, 3), (1, 2, 3), (1, 2))
    for padding, groups in (((1, 0), 1), ((0, 2), 2))
]
TRANSPOSES = [
    ops.ConvTranspose(2, (2,), stride=stride, dilation=3, padding=((0, 1),), output_padding=1, bias=False)
    for stride in (1, 2, 3)
]
POOLS = [
    pool
    for stride, padding in product((2, 3), ((1, 0), (0, 1)))
    for pool in (
        ops.MaxPool((2,), stride=stride, padding=(padding,), ceil=True),
        ops.AveragePool((3,), stride=stride, padding=(padding,), ceil=True, count_padding=False),
    )
]
NAMED = [
    op
    for name in ("valid", "same", "same_lower")
    for op in (ops.Conv(2, (3,), stride=3, dilation=2, padding=name), ops.AveragePool((2,), stride=1, padding=name))
]
SIGNALS = [(2, 4, n) for n in range(5, 14)]
REDUNDANT = {
    small(ops.AdaptiveMaxPool).op: [(1, 2, h, w) for h, w in product((4, 5, 7), (3, 5, 8))],
    small(ops.EdgePad).op: [(1, 2, h, w) for h, w in product((1, 2, 5), (1, 3, 4))],
    ops.Conv(2, (3,), stride=2, padding="same"): SIGNALS,
    ops.Conv(2, (3,), stride=2, padding="same_lower"): SIGNALS,
    ops.MaxPool((3,), stride=2, padding="same"): SIGNALS,
    ops.MaxPool((3,), stride=2, padding="same_lower"): SIGNALS,
    ops.ConvTranspose(4, (3,), stride=2, dilation=2, padding=((2, 1),), groups=2, bias=False): SIGNALS,
    ops.ConvTranspose(4, (3,), stride=3, dilation=2, padding=((2, 1),), groups=2, bias=False): SIGNALS,
}
"""Settings whose results have a condition that the others imply, with shapes on which that is seen.

Adaptive pooling: a tap at which the maximum is attained lies in its bin. Padding by name: it is a maximum of two
numbers, which the algebra does not compare. A repeated border: what lies behind the last input does not lie ahead of
the first. Transposes: positions move in steps that pass over -1, so that a bound of
-1 is one of 0.
"""

LINEAR = [small(ops.LinearUpsample).op, ops.LinearUpsample((3,), align_corners=True)]
"""Settings at whose bounds there are weights of zero, so that a bound moved by one says the same."""

SETTINGS = [small(kind).op for kind in ops.ALL] + GENERAL + CONVOLUTIONS + TRANSPOSES + POOLS + NAMED


SPATIAL = ("kernel", "outputs", "scale", "padding")
"""Settings with a number for each axis."""


def rank(op):
    """Axes of the windows of an operator; one of an operator that takes any."""
    if isinstance(op, ops.Resize):
        return op.rank
    return next((len(v) for v in (getattr(op, n, None) for n in SPATIAL) if isinstance(v, tuple)), 1)


def weakened(condition):
    """The conditions that say a little less than this one: none, or a bound moved by one."""
    if isinstance(condition, (sp.Ge, sp.Gt)):
        return [], [condition.func(condition.lhs, condition.rhs - 1)]
    if isinstance(condition, (sp.Le, sp.Lt)):
        return [], [condition.func(condition.lhs, condition.rhs + 1)]
    return ([],)


def mutants(formula):
    """A formula with one condition dropped or weakened: that condition, what is left of it, and the formula."""
    for node in dict.fromkeys(sp.preorder_traversal(formula)):
        if not isinstance(node, (Quantified, Bracket)):
            continue
        conditions = node.conditions if isinstance(node, Quantified) else list(node.args)
        for i, condition in enumerate(conditions):
            for left in weakened(condition):
                held = [*conditions[:i], *left, *conditions[i + 1 :]]
                changed = node.func(node.body, node.ranges, held) if isinstance(node, Quantified) else Bracket(*held)
                yield condition, left, formula.xreplace({node: changed})


def survives(derivation, step, formula):
    """Whether a derivation of the step alone can be built with another right side."""
    try:
        replace(derivation, steps=(replace(step, right=formula),))
    except DerivationError:
        return False
    return True


def survivors(op):
    """How many mutants of an operator's derivations there are, and those that can be built."""
    counted, built = 0, []
    for wrt in targets(op, rank=rank(op)):
        derivation = derived(op, wrt, rank=rank(op))
        for step in derivation.steps[wrt != "y" :]:
            for condition, left, formula in mutants(step.right):
                counted += 1
                if survives(derivation, step, formula):
                    built.append((derivation, step, f"{condition} -> {left}", formula))
    return counted, built


@pytest.mark.parametrize("op", [op for op in SETTINGS if op not in REDUNDANT and op not in LINEAR], ids=str)
def test_every_condition_of_a_derivation_counts(op):
    counted, built = survivors(op)
    assert [(step, change) for _, step, change, _ in built] == []
    derivations = [derived(op, wrt, rank=rank(op)) for wrt in targets(op)]
    assert counted or not any(step.right.has(Bracket) for derivation in derivations for step in derivation.steps)


@pytest.mark.parametrize("op", REDUNDANT, ids=str)
def test_a_condition_that_can_be_left_out_is_implied_by_the_others(op):
    counted, built = survivors(op)
    assert 0 < len(built) < counted
    for derivation, step, change, formula in built:
        assert step == derivation.result, change
        for shape in REDUNDANT[op]:
            assert Instance(Case(op, (shape,))).mistakes(derivation, formula) == {}, change


@pytest.mark.parametrize("op", LINEAR, ids=str)
def test_no_condition_of_a_linear_upsampling_can_be_left_out_though_bounds_may_move_to_where_nothing_weighs(op):
    counted, built = survivors(op)
    assert 0 < len(built) < counted
    assert [change for _, _, change, _ in built if change.endswith("[]")] == []
    for derivation, step, change, formula in built:
        if step == derivation.result:
            for shape in [(1, 1, 4, 5), (1, 1, 3, 2)]:
                case = Case(op, (shape[: 2 + rank(op)],))
                assert Instance(case).mistakes(derivation, formula) == {}, change
