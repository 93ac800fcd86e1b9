"""Bounds are bounds, of every output and of every gradient, at every drawn setting; and some are reached."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.ops import operands
from cnnmath.ops.algebra import rational
from cnnmath.readers.magnitude import UNKNOWN, Bounds, bounds
from tests.support import each, every_operator, few, problems, simple


def most(array):
    return int(abs(array).max(initial=0))


def of(problem):
    return bounds(problem.op, {name: most(a) for name, a in problem.arrays.items()}, *problem.case.inputs)


def whole(kind):
    case = simple(kind)
    return bounds(case.op, dict.fromkeys(operands(case.op, *case.inputs), 1), *case.inputs).whole


WHOLE = tuple(kind for kind in ops.ALL if whole(kind))


def divides(op):
    """Whether a setting takes an operator of whole numbers out of them: a constant, or the share that is kept."""
    constants = {ops.Pad: ("value",), ops.Affine: ("scale", "shift")}.get(type(op), ())
    return any(rational(getattr(op, name)).denominator > 1 for name in constants) or (
        isinstance(op, ops.Dropout) and op.training
    )


def test_whole_operators_are_those_that_neither_divide_nor_take_roots():
    known = {ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.Subsample, ops.Linear, ops.RadialBasis, ops.Add, ops.Select}
    known |= {ops.LinearLast, ops.WrapPad}
    assert known <= set(WHOLE)
    broken = {ops.AveragePool, ops.AdaptiveAveragePool, ops.LeakyReLU, ops.BatchNorm, ops.Sigmoid, ops.LpPool, ops.ELU}
    assert broken.isdisjoint(WHOLE)


def test_settings_decide_whether_padding_and_dropout_stay_among_whole_numbers():
    assert bounds(ops.Pad((1,), value=-3), {"x": 2}, (1, 1, 3)) == Bounds(whole=True, value=3, slopes={"x": 1})
    assert bounds(ops.Pad((1,), value=-3.0), {"x": 5}, (1, 1, 3)) == Bounds(whole=True, value=5, slopes={"x": 1})
    assert not bounds(ops.Pad((1,), value=-0.5), {"x": 2}, (1, 1, 3)).whole
    assert bounds(ops.Dropout(), {"x": 2}, (1, 1, 3)).whole
    assert not bounds(ops.Dropout(training=True), {"x": 2, "mask": 1}, (1, 1, 3)).whole


@each(WHOLE)
@few
@given(data=st.data())
def test_no_output_and_no_gradient_is_beyond_its_bound(kind, data):
    problem = data.draw(problems(kind, whole=True).filter(lambda p: not divides(p.op)))
    found = of(problem)
    assert found.whole
    assert most(problem.forward()) <= found.value
    for name, grad in problem.backward().items():
        assert most(grad) <= prod(problem.dy.shape) * most(problem.dy) * found.slopes[name]


@every_operator
def test_larger_operands_have_larger_bounds(kind):
    case = simple(kind)
    one, ten = (bounds(case.op, dict.fromkeys(operands(case.op, *case.inputs), m), *case.inputs) for m in (1, 10))
    assert one.whole == ten.whole
    assert one.value < ten.value or not one.whole


@pytest.mark.parametrize(
    ("op", "x", "value"),
    [(ops.Add(), (1, 2, 3), 14), (ops.MaxPool((2,)), (1, 2, 4), 7), (ops.Subsample((2,)), (1, 1, 4), 2 * 49 + 7)],
    ids=str,
)
def test_bounds_are_reached(op, x, value):
    inputs = [x] * (2 if op.variadic else 1)
    arrays = {name: np.full(shape, 7) for name, shape in operands(op, *inputs).items()}
    assert bounds(op, dict.fromkeys(arrays, 7), *inputs).value == value


def test_a_sum_over_a_bin_has_no_bound_and_a_maximum_over_it_has():
    assert bounds(ops.AdaptiveMaxPool((2,)), {"x": 5}, (1, 1, 5)).value == 5
    assert bounds(ops.AdaptiveAveragePool((2,)), {"x": 5}, (1, 1, 5)).value == 5 * UNKNOWN
