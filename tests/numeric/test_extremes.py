"""NaN, infinities, and the ends of the integers: what kernels do with them is what their sentences say."""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.numeric import choose_method, using
from cnnmath.numeric.methods import adjoint
from cnnmath.numeric.methods import problem as problem_of_all
from cnnmath.readers.reach import reach
from tests.readers.test_magnitude import WHOLE
from tests.support import LINEAR, each, every_operator, few, problems

AVERAGES = (ops.AveragePool, ops.GlobalAveragePool, ops.AdaptiveAveragePool)
ARITHMETIC = tuple(
    kind for kind in dict.fromkeys((*WHOLE, *AVERAGES, *LINEAR)) if kind not in (ops.Maximum, ops.Minimum, ops.Resize)
)


@dataclass(frozen=True)
class Slope:
    """A float and its derivatives by leaf, in IEEE arithmetic."""

    value: float
    partials: dict

    def chain(self, value, slope):
        return Slope(value, {leaf: slope * partial for leaf, partial in self.partials.items()})

    def __add__(self, other):
        other = slope_of(other)
        leaves = self.partials | other.partials
        both = {
            leaf: self.partials[leaf] + other.partials[leaf] for leaf in self.partials.keys() & other.partials.keys()
        }
        return Slope(self.value + other.value, leaves | both)

    def __mul__(self, other):
        other = slope_of(other)
        left, right = self.chain(0.0, other.value), other.chain(0.0, self.value)
        return Slope(self.value * other.value, (left + right).partials)

    def __truediv__(self, other):
        return self.chain(self.value / other, 1 / other)

    def __neg__(self):
        return self.chain(-self.value, -1.0)

    def __sub__(self, other):
        return self + -slope_of(other)

    def __gt__(self, other):
        return self.value > slope_of(other).value

    __radd__, __rmul__ = __add__, __mul__


def slope_of(number):
    return number if isinstance(number, Slope) else Slope(float(number), {})


class Machine:
    """The verbs in IEEE arithmetic, where the first NaN wins a maximum."""

    def sum(self, body, *extents, where=None):
        terms = [body(*at) for at in product(*map(range, extents)) if where is None or all(where(*at))]
        return sum(terms[1:], terms[0]) if terms else slope_of(0)

    def max(self, body, *extents, where=None):
        terms = [body(*at) for at in product(*map(range, extents)) if where is None or all(where(*at))]
        broken = [term for term in terms if term.value != term.value]
        return broken[0] if broken else max(terms, key=lambda term: term.value)

    def when(self, condition, then, otherwise):
        return then() if condition else otherwise()


@dataclass(frozen=True)
class Leaves:
    name: str
    array: np.ndarray

    @property
    def shape(self):
        return self.array.shape

    def __getitem__(self, at):
        at = at if isinstance(at, tuple) else (at,)
        return Slope(float(self.array[at]), {(self.name, at): 1.0})


def in_ieee_arithmetic(problem):
    """Output and gradients as the sentence gives them."""
    operands = [Leaves(name, a) for name, a in problem.arrays.items()]
    y, grads = np.empty(problem.dy.shape), {name: np.zeros(a.shape) for name, a in problem.arrays.items()}
    for at in np.ndindex(y.shape):
        found = slope_of(problem.op.element(Machine(), at, *operands))
        y[at] = found.value
        for (name, position), partial in found.partials.items():
            grads[name][position] += problem.dy[at] * partial
    return y, {name: grads[name] for name in problem.trained}


def same(ours, theirs):
    """NaN and infinities at the same places, and fewer than 2^7 roundings of numbers below 2^12 elsewhere."""
    return np.allclose(ours, theirs, rtol=0, atol=2.0**-34, equal_nan=True)


def spoilt(data, problem):
    """Some number of some arrays, the gradient from above among them, NaN or infinite."""
    whole = problem.op.levels(*problem.case.inputs)
    arrays = {name: a for name, a in (problem.arrays | {"dy": problem.dy}).items() if name not in whole}
    for name in sorted(data.draw(st.sets(st.sampled_from(sorted(arrays)), min_size=1))):
        at = tuple(data.draw(st.integers(0, n - 1)) for n in arrays[name].shape)
        arrays[name][at] = data.draw(st.sampled_from((math.nan, math.inf, -math.inf)))
    return problem


PASSING = (ops.ReLU, ops.ThresholdedReLU, ops.Clip, ops.Abs)
"""Operators that pass a NaN on, where a comparison in the sentence would fail and take it for a small number."""


def agrees_with_the_sentence(data, kind, among=lambda _: True):
    problem = spoilt(data, data.draw(problems(kind, whole=True).filter(lambda p: among(p.case))).astype(float))
    with np.errstate(invalid="ignore"):
        y, grads = in_ieee_arithmetic(problem)
        assert kind in PASSING or same(problem.forward(), y)
        assert all(same(grad, grads[name]) for name, grad in problem.backward().items())


@each(ARITHMETIC)
@few
@given(data=st.data())
def test_what_is_not_finite_goes_where_the_sentence_takes_it_and_no_padding_is_multiplied(kind, data):
    agrees_with_the_sentence(data, kind)


@given(data=st.data())
def test_a_resize_reads_what_is_not_finite_where_its_weights_have_one_sign(data):
    agrees_with_the_sentence(data, ops.Resize, lambda case: case.op.mode != "cubic")


@pytest.mark.parametrize("method", ["gemm", "winograd", "fft"])
@given(data=st.data())
def test_no_method_spreads_what_is_not_finite(method, data):
    problem = data.draw(problems(ops.Conv, whole=True)).astype(float)
    if choose_method(problem.op, problem.inputs[0]).predictions[method].refused:
        return
    with using(method=method, tolerance=1.0), np.errstate(invalid="ignore"):
        y, _ = in_ieee_arithmetic(spoilt(data, problem))
        assert same(problem.forward(), y) or np.allclose(problem.forward(), y, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("module", [problem_of_all, adjoint], ids=lambda module: module.__name__)
def test_padding_that_is_multiplied_is_seen(module, monkeypatch):
    monkeypatch.setattr(module, "check_finite", lambda *_: None)

    @settings(max_examples=300, derandomize=True, database=None, phases=[Phase.generate])
    @given(st.data())
    def check(data):
        with using(method="gemm"):
            agrees_with_the_sentence(data, ops.Conv)

    with pytest.raises(AssertionError):
        check()


@every_operator
@few
@given(data=st.data())
def test_every_output_that_sees_a_nan_is_nan_and_no_other(kind, data):
    problem = data.draw(problems(kind, whole=True)).astype(float)
    x = problem.inputs[0]
    if kind is ops.Pow:
        assume(problem.inputs[1].all())  # to the power of 0 all numbers are 1, and NaN is, as IEEE 754 has it
    at = tuple(data.draw(st.integers(0, n - 1)) for n in x.shape)
    x[at] = math.nan
    with np.errstate(invalid="ignore"):
        y = problem.forward()
    found = set(map(tuple, np.argwhere(np.isnan(y)).tolist()))
    seen = {o for o in np.ndindex(y.shape) if at in reach(problem.op, o, *problem.case.inputs)}
    if kind in (ops.MaxUnpool, ops.CrossEntropy):  # switches and labels choose what counts: reach says what may
        assert found <= seen
        return
    assert found == seen if len(problem.case.inputs) == 1 else found  # reach does not say in which input a position is


ENDS = np.array([[[-math.inf, math.inf, math.nan, 1.0]]])
POINTWISE = {
    ops.ReLU(): ([0, math.inf, math.nan, 1], [0, 1, 0, 1]),
    ops.LeakyReLU(0.5): ([-math.inf, math.inf, math.nan, 1], [0.5, 1, 0.5, 1]),
    ops.ELU(2.0): ([-2, math.inf, math.nan, 1], [0, 1, math.nan, 1]),
    ops.Sigmoid(): ([0, 1, math.nan, None], [0, 0, math.nan, None]),
    ops.Tanh(): ([-1, 1, math.nan, None], [0, 0, math.nan, None]),
    ops.Erf(): ([-1, 1, math.nan, None], [0, 0, math.nan, None]),
    ops.HardSigmoid(): ([0, 1, math.nan, None], [0, 0, 0, None]),
    **dict.fromkeys(
        (ops.GELU(), ops.GELU(approximate=True), ops.SiLU(), ops.SiLU(3), ops.Mish(), ops.HardSwish()),
        ([0, math.inf, math.nan, None], [0, 1, math.nan, None]),
    ),
    ops.SiLU(-1): ([-math.inf, 0, math.nan, None], [1, 0, math.nan, None]),
    ops.Softplus(): ([0, math.inf, math.nan, None], [0, 1, math.nan, None]),
    ops.LogSigmoid(): ([-math.inf, 0, math.nan, None], [1, 0, math.nan, None]),
    ops.SELU(2, 0.5): ([-1, math.inf, math.nan, 0.5], [0, 0.5, math.nan, 0.5]),
    ops.CELU(2): ([-2, math.inf, math.nan, 1], [0, 1, math.nan, 1]),
    ops.ThresholdedReLU(0.5): ([0, math.inf, math.nan, 1], [0, 1, 0, 1]),
    ops.Softsign(): ([-1, 1, math.nan, 0.5], [0, 0, math.nan, 0.25]),
    ops.Clip(0, 6): ([0, 6, math.nan, 1], [0, 0, 0, 1]),
    ops.Abs(): ([math.inf, math.inf, math.nan, 1], [-1, 1, 0, 1]),
    ops.Exp(): ([0, math.inf, math.nan, math.e], [0, math.inf, math.nan, math.e]),
    ops.Log(): ([math.nan, math.inf, math.nan, 0], [0, 0, math.nan, 1]),
    ops.Power(-1): ([0, 0, math.nan, 1], [0, 0, math.nan, -1]),
}


@pytest.mark.parametrize("op", POINTWISE, ids=str)
def test_activations_have_their_limits_at_infinity(op):
    with np.errstate(invalid="ignore"):
        found = numeric.forward(op, ENDS)[0, 0], numeric.backward(op, np.ones(ENDS.shape), ENDS)["x"][0, 0]
    for ours, limits in zip(found, POINTWISE[op], strict=True):
        known = [i for i, limit in enumerate(limits) if limit is not None]
        assert np.array_equal(ours[known], np.array([limits[i] for i in known], float), equal_nan=True)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([-math.inf, 0, 0], [0, 0.5, 0.5]),
        ([-math.inf] * 3, [math.nan] * 3),
        ([math.inf, 0, 0], [math.nan] * 3),
        ([math.nan, 0, 0], [math.nan] * 3),
    ],
    ids=str,
)
def test_a_softmax_gives_no_share_to_minus_infinity_and_has_no_meaning_at_infinity(x, y):
    with np.errstate(invalid="ignore"):
        found = numeric.forward(ops.Softmax(), np.array([x]))[0]
    assert np.array_equal(found, y, equal_nan=True)


@pytest.mark.parametrize(
    "op", [ops.MaxPool((2,), stride=1, padding=1), ops.AdaptiveMaxPool((2,)), ops.Maxout(2)], ids=str
)
def test_a_maximum_of_nothing_but_minus_infinity_is_that_and_its_first_takes_the_gradient(op):
    x = np.full((1, 2, 2), -math.inf)
    y = numeric.forward(op, x)
    assert (y == -math.inf).all()
    assert numeric.backward(op, np.ones(y.shape), x)["x"].sum() == y.size


@pytest.mark.parametrize("at", range(4))
def test_a_nan_anywhere_in_a_window_wins_it_and_takes_its_gradient(at):
    x = np.arange(4.0).reshape(1, 1, 2, 2)
    x.flat[at] = math.nan
    assert np.isnan(numeric.forward(ops.MaxPool(2), x)).all()
    assert numeric.backward(ops.MaxPool(2), np.ones((1, 1, 1, 1)), x)["x"].ravel().tolist() == np.eye(4)[at].tolist()


@pytest.mark.parametrize("kind", [ops.Maximum, ops.Minimum])
def test_a_nan_in_any_input_wins_and_takes_the_gradient(kind):
    x1, x2, x3 = np.array([math.nan, 1.0, 2.0]), np.array([1.0, math.nan, 2.0]), np.array([math.nan])
    assert np.isnan(numeric.forward(kind(), x1, x2, x3)).all()
    assert np.array_equal(numeric.forward(kind(), x1, x2), [math.nan, math.nan, 2], equal_nan=True)
    grads = numeric.backward(kind(), np.array([1.0, 1.0, 1.0]), x1, x2)
    assert {name: grad.tolist() for name, grad in grads.items()} == {"x1": [1, 0, 1], "x2": [0, 1, 0]}


def test_infinity_in_one_bin_leaves_the_others_alone():
    x = np.array([[[math.inf, 1.0, 2.0, 4.0]]])
    assert numeric.forward(ops.AdaptiveAveragePool((2,)), x).tolist() == [[[math.inf, 3]]]
    dy = np.array([[[math.nan, 1.0]]])
    assert numeric.backward(ops.AdaptiveAveragePool((2,)), dy, x)["x"][0, 0, 2:].tolist() == [0.5, 0.5]
