"""The grid reader against the two exact readers, number by number, and where arrays could lead it astray."""

import tracemalloc
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.errors import DataError
from cnnmath.ops import operands
from cnnmath.readers import Tensor, exact
from cnnmath.readers import gradient as duals
from cnnmath.verify import Case, cases, grid
from cnnmath.verify.data import draw, mode
from cnnmath.verify.grid import terms
from cnnmath.verify.grid.domain import exactly
from tests.support import TRANSCENDENTAL, each, every_operator, fractions_of, gamma, simple

few = settings(max_examples=min(8, settings.default.max_examples))
SUMS = (
    *(ops.Conv, ops.ConvTranspose, ops.AveragePool, ops.AdaptiveAveragePool, ops.MaxUnpool, ops.LinearUpsample),
    *(ops.LSTMCell, ops.LpPool, ops.GroupNorm, ops.LocalResponseNorm, ops.CrossEntropy, ops.BinaryCrossEntropy),
)
"""Operators with sums of every kind: under conditions, of unequal extents, in each other, in branches and maxima."""
seeds = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Trial:
    """An operator, its operands and a gradient from above, in the domain in which the operator is exact."""

    op: Any
    arrays: dict[str, Any]
    dy: Any

    @classmethod
    def of(cls, case, seed=0):
        op, inputs, rng = case.op, case.inputs, np.random.default_rng(seed)
        arrays = {name: draw(op, name, shape, inputs, rng) for name, shape in operands(op, *inputs).items()}
        return cls(op, arrays, draw(op, "dy", op.shape(*inputs), inputs, rng))

    def mapped(self, change):
        return Trial(self.op, {name: change(array) for name, array in self.arrays.items()}, change(self.dy))

    def astype(self, dtype):
        return self.mapped(lambda array: array.astype(dtype))

    def read(self):
        """The output and all gradients, as the grid reader has them."""
        return {"y": grid.forward(self.op, self.arrays)} | grid.gradient(self.op, self.dy, self.arrays, self.arrays)

    def truth(self):
        """The same, as the exact and the gradient reader have them."""
        tensors = {name: Tensor.of(array) for name, array in self.arrays.items()}
        y = exact.forward(self.op, self.dy.shape, *tensors.values())
        grads = duals.backward(self.op, Tensor.of(self.dy), tensors)
        return {name: fractions_of(tensor) for name, tensor in ({"y": y} | grads).items()}


def small(op, *inputs):
    return Trial.of(Case(op, inputs))


def agree(found, truth, slack=0):
    """Whether all arrays are equal, or as near as a share of the largest number, or of 1."""
    assert list(found) == list(truth)
    assert [a.shape for a in found.values()] == [a.shape for a in truth.values()]
    apart = {name: abs(exactly(found[name]) - truth[name]) for name in truth}
    return all(np.all(apart[name] <= slack * np.max(abs(truth[name]), initial=1)) for name in truth)


def dtypes(found):
    return {array.dtype for array in found.values()}


@every_operator
def test_every_number_of_every_operator_is_that_of_the_exact_readers(kind):
    @few
    @given(cases(kind), seeds)
    def check(case, seed):
        trial, how = Trial.of(case, seed), mode(case.op, *case.inputs)
        found = trial.read()
        assert agree(found, trial.truth(), Fraction(1, 10**40) if how == "digits" else 0)
        assert dtypes(found) == {np.dtype(float if how == "integers" else object)}

    check()


@each((*TRANSCENDENTAL, ops.BatchNorm, ops.LeakyReLU, ops.Dropout))
@few
@given(data=st.data())
def test_what_floats_round_is_near_what_fractions_are(kind, data):
    floats = Trial.of(data.draw(cases(kind)), data.draw(seeds)).astype(float)
    # A number passes through fewer than 2^6 roundings. What they round is below 2^9 times the largest result, or 1:
    # exponentials of 4 and their sums, and 1/sqrt(epsilon) = 317 where a block has no variance.
    assert agree(floats.read(), floats.mapped(exactly).read(), Fraction(gamma(2**15)))
    assert dtypes(floats.read()) == {np.dtype(float)}


@each(SUMS)
@settings(max_examples=4)
@given(data=st.data())
def test_terms_one_at_a_time_and_many_at_a_time_are_the_same(kind, data):
    trial = Trial.of(data.draw(cases(kind)), data.draw(seeds))
    at_once = trial.read()
    for most in (1, 7):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(terms, "BLOCK", most)
            assert agree(trial.read(), at_once, Fraction(1, 10**40))


@each((ops.Conv, ops.MaxPool, ops.AdaptiveMaxPool, ops.RadialBasis, ops.MaxUnpool, ops.ReLU))
@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.float32, np.longdouble])
def test_integers_stay_integers_and_floats_keep_their_precision(kind, dtype):
    trial = Trial.of(simple(kind))
    found = trial.astype(dtype).read()
    assert agree(found, trial.truth())
    assert dtypes(found) == {np.dtype(np.int64 if np.dtype(dtype).kind == "i" else dtype)}


def test_a_quotient_of_integers_is_a_fraction():
    trial = small(ops.AveragePool((2,), stride=1, padding=1), (1, 1, 3))
    odd = trial.mapped(lambda array: array + 1)
    for integers in (odd.astype(np.int64), odd.astype(int).mapped(exactly)):
        found = integers.read()
        assert agree(found, odd.truth())
        assert dtypes(found) == {np.dtype(object)}
        assert Fraction(1, 2) in {y % 1 for y in found["y"].flat}


def test_integers_of_any_length_are_exact_as_objects():
    trial = small(ops.Conv(1, (2,)), (1, 1, 3)).mapped(lambda array: exactly(array) + 10**30)
    assert agree(trial.read(), trial.truth())


def test_where_one_operand_is_exact_all_are_and_labels_have_no_say():
    trial = small(ops.Linear(2), (1, 3))
    trial.arrays["w"] = exactly(trial.arrays["w"]) / Fraction(3)
    assert agree(trial.read(), trial.mapped(exactly).truth())
    loss = small(ops.CrossEntropy("none"), (2, 3)).astype(float)
    loss.arrays["t"] = exactly(loss.arrays["t"])
    assert dtypes(loss.read()) == {np.dtype(float)}


class Flipped(ops.Conv):
    """A convolution whose kernel is flipped: right in its own way, but another operator."""

    def element(self, m, at, x, w, b=None):
        n, f, o = at
        (window,) = self.windows(x.shape[2:])
        y = m.sum(
            lambda c, k: w[f, c, w.shape[2] - 1 - k] * x[n, c, window.tap(o, k)],
            *w.shape[1:],
            where=lambda _, k: [window.tap(o, k) >= 0, window.tap(o, k) < x.shape[2]],
        )
        return y + b[f]


def test_another_sentence_is_noticed_by_the_sentence_that_it_is_not():
    right = small(ops.Conv(2, (3,), padding=1), (1, 2, 4))
    flipped = Trial(Flipped(2, (3,), padding=1), right.arrays, right.dy)
    assert agree(flipped.read(), flipped.truth())
    assert not agree(flipped.read(), right.truth())
    for name in ("y", "x", "w"):
        assert np.any(flipped.read()[name] != right.read()[name])
    assert np.all(flipped.read()["b"] == right.read()["b"])


class Careless(ops.Conv):
    """A convolution that forgets to ask whether it reads inside."""

    def element(self, m, at, x, w):
        n, f, o = at
        (window,) = self.windows(x.shape[2:])
        return m.sum(lambda c, k: w[f, c, k] * x[n, c, window.tap(o, k)], *w.shape[1:])


@pytest.mark.parametrize("padding", [(1, 0), (0, 1)])
def test_a_position_outside_an_operand_is_refused_unless_a_condition_keeps_from_it(padding):
    trial = small(Careless(1, (2,), padding=(padding,), bias=False), (1, 1, 3))
    with pytest.raises(IndexError, match=r"a position lies outside shape \(1, 1, 3\)"):
        trial.read()
    with pytest.raises(IndexError, match="lies outside shape"):
        trial.truth()


class Unguarded(ops.ReLU):
    """Branches that would fail where they are not taken: a quotient by 0, a logarithm, a root, an exponential."""

    def element(self, m, at, x):
        quotient = m.when(x[at] > 0, lambda: 1 / x[at], lambda: m.when(-x[at] > 0, lambda: 2 / x[at], lambda: x[at]))
        logarithm = m.when(x[at] > 0, lambda: m.log(x[at]) + m.power(x[at], Fraction(1, 2)), lambda: x[at])
        return quotient + logarithm + m.when(-x[at] > 0, lambda: m.exp(x[at]), lambda: 0)


@pytest.mark.parametrize("change", [exactly, lambda array: array])
def test_a_branch_that_is_not_taken_cannot_fail(change):
    x = np.array([[-4.0, 0, 1, 4, 1000]])
    trial = Trial(Unguarded(), {"x": change(x)}, change(x + 7))
    assert agree(trial.read(), trial.truth(), Fraction(gamma(2**6)))


class Pairs(ops.ReLU):
    """Each number and the next, where there is one."""

    def element(self, m, at, x):
        n, c = at
        return m.when(c + 1 < x.shape[1], lambda: m.sum(lambda i: x[n, c + i], 2), lambda: x[at])


def test_the_terms_of_a_sum_stand_under_the_conditions_around_it():
    trial = small(Pairs(), (2, 3))
    assert agree(trial.read(), trial.truth())


class Never(ops.ReLU):
    """Branches that fail where they are read, for numbers that are not positive."""

    def element(self, m, at, x):
        def nothing():
            return m.max(lambda _: x[at], 0)

        return m.when(x[at] > 0, lambda: x[at], nothing) + m.when(-x[at] > -1, nothing, lambda: x[at])


def test_a_branch_that_holds_nowhere_is_not_read():
    assert grid.forward(Never(), {"x": np.array([[1.0, 2]])}).tolist() == [[2, 4]]
    with pytest.raises(ValueError, match="a maximum of nothing"):
        grid.forward(Never(), {"x": np.array([[0.0, 2]])})


@pytest.mark.parametrize(("most", "readings"), [(1, 100), (2 * 33, 4), (1000, 2)])
def test_small_terms_are_read_many_at_a_time(monkeypatch, most, readings):
    read = []

    class Watched(ops.ReLU):
        def element(self, m, at, x):
            return m.sum(lambda c: read.append(c) or x[at[0], c], x.shape[1])

    monkeypatch.setattr(terms, "BLOCK", most)
    x = np.arange(200.0).reshape(2, 100)
    assert np.all(grid.forward(Watched(), {"x": x}) == x.sum(axis=1, keepdims=True))
    assert len(read) == readings


class Nothing(ops.ReLU):
    """A maximum of no term, where x is positive."""

    def element(self, m, at, x):
        return m.max(lambda _: x[at], 2, where=lambda _: [-x[at] > -1])


def test_a_maximum_of_nothing_is_refused():
    assert grid.forward(Nothing(), {"x": np.array([[0.0, -1]])}).tolist() == [[0, -1]]
    for x in ([[0.0, 1]], [[1.0, 1]]):
        with pytest.raises(ValueError, match="a maximum of nothing"):
            grid.forward(Nothing(), {"x": np.array(x)})


class Constant(ops.ReLU):
    """Ones, whatever x is."""

    def element(self, m, *_):
        return m.sum(lambda _: 1, 3) - 2


def test_a_number_that_depends_on_nothing_is_the_same_everywhere_and_has_no_gradient():
    trial = small(Constant(), (2, 3)).astype(np.float32)
    found = trial.read()
    assert agree(found, trial.truth())
    assert (found["y"].shape, found["y"].dtype, found["y"].flags.writeable) == ((2, 3), np.float32, True)


@pytest.mark.parametrize(
    ("op", "x", "dy", "dx"),
    [
        (ops.MaxPool((4,)), [1, 2, 2, 2], [1], [0, 1, 0, 0]),
        (ops.MaxPool((2,), stride=1), [1, 3, 3, 0], [1, 10, 100], [0, 11, 100, 0]),
        (ops.MaxPool((2,), stride=1, padding=1), [-1, -1], [1, 10, 100], [11, 100]),
        (ops.AdaptiveMaxPool((2,)), [5, 5, 5], [1, 10], [1, 10, 0]),
        (ops.ReLU(), [-1, 0, 2], [1, 10, 100], [0, 0, 100]),
        (ops.LpPool((2,)), [3, -4, 0, 0], [10, 100], [6, -8, 0, 0]),
    ],
)
def test_ties_and_kinks_are_those_of_the_sentence(op, x, dy, dx):
    found = grid.gradient(op, np.array([[dy]], float), {"x": np.array([[x]], float)}, {"x"})
    assert found["x"].tolist() == [[dx]]


def test_a_window_of_padding_alone_is_the_bias():
    trial = small(ops.Conv(2, (2,), stride=2, padding=2), (1, 1, 2))
    found = trial.read()
    assert agree(found, trial.truth())
    assert found["y"][0, :, 0].tolist() == found["y"][0, :, 2].tolist() == trial.arrays["b"].tolist()
    nowhere = small(ops.Conv(1, (1,), stride=3, padding=((1, 0),), bias=False), (1, 1, 1))
    assert nowhere.read() == {"y": 0, "x": 0, "w": 0}


def test_labels_are_looked_up_and_the_ignored_one_is_not():
    op, x = ops.CrossEntropy("none", weighted=True, ignored=-100), np.zeros((3, 2))
    arrays = {"x": x, "t": np.array([1, -100, 0]), "weights": np.array([3.0, 5])}
    assert np.allclose(grid.forward(op, arrays), [5 * np.log(2), 0, 3 * np.log(2)], rtol=1e-15, atol=0)
    grads = grid.gradient(op, np.array([2.0, 7, 10]), arrays, {"x", "t"})
    assert grads["x"].tolist() == [[5, -5], [0, 0], [-15, 15]]
    assert grads["t"].tolist() == [0, 0, 0]
    with pytest.raises(IndexError, match="outside shape"):
        grid.forward(op, arrays | {"t": np.array([1, 2, 0])})
    with pytest.raises(TypeError, match=r"0.5 is no index"):
        grid.forward(op, arrays | {"t": np.array([1, 0.5, 0])})


def test_a_batch_of_no_samples_has_an_output_of_none_and_gradients_of_zero():
    arrays = {"x": np.zeros((0, 2, 4)), "w": np.ones((3, 2, 2)), "b": np.ones(3)}
    op = ops.Conv(3, (2,))
    assert grid.forward(op, arrays).shape == (0, 3, 3)
    grads = grid.gradient(op, np.zeros((0, 3, 3)), arrays, ["x", "w"])
    assert {name: g.shape for name, g in grads.items()} == {"x": (0, 2, 4), "w": (3, 2, 2)}
    assert not grads["w"].any()
    assert grid.forward(ops.SquaredError("sum"), {"x": np.zeros((0, 2)), "t": np.zeros((0, 2))}) == 0
    for none in (np.zeros((0, 2)), np.zeros((0, 2), object)):
        with pytest.raises(ZeroDivisionError, match="a number is divided by 0"):
            grid.forward(ops.SquaredError(), {"x": none, "t": none})


@pytest.mark.parametrize("name", ["x", "h", "c", "w", "u", "b"])
def test_the_gradient_by_one_operand_is_the_same_alone(name):
    trial = small(ops.LSTMCell(2), (2, 2), (2, 2), (2, 2))
    together = grid.gradient(trial.op, trial.dy, trial.arrays, trial.arrays)
    alone = grid.gradient(trial.op, trial.dy, trial.arrays, [name])
    assert list(alone) == [name]
    assert np.all(alone[name] == together[name])
    assert alone[name].any()


def test_nothing_is_written_into_and_the_order_of_names_does_not_matter():
    trial = small(ops.Conv(2, (2,)), (1, 2, 3))
    before = trial.mapped(np.copy)
    backwards = Trial(trial.op, dict(reversed(trial.arrays.items())), trial.dy)
    assert agree(dict(sorted(backwards.read().items())), dict(sorted(trial.truth().items())))
    assert all(np.all(before.arrays[name] == trial.arrays[name]) for name in trial.arrays)


def test_memory_does_not_grow_with_the_number_of_terms(monkeypatch):
    monkeypatch.setattr(terms, "BLOCK", 1)
    trial = small(ops.Conv(8, 5, padding=2, bias=False), (1, 4, 24, 24))  # 100 terms, each as large as the output
    tracemalloc.start()
    trial.read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * trial.dy.nbytes


def test_arrays_that_are_not_the_operands_are_refused():
    op, x, w = ops.Conv(1, (2,), bias=False), np.zeros((1, 1, 3)), np.zeros((1, 1, 2))
    with pytest.raises(DataError, match="these are not the operands of the sentence"):
        grid.forward(op, {"x": x, "w": w[:, :, :1]})
    with pytest.raises(DataError, match="these are not the operands of the sentence"):
        grid.forward(op, {"x": x, "w": w, "b": np.zeros(1)})
    with pytest.raises(DataError, match="these are no real numbers"):
        grid.forward(op, {"x": x, "w": w + 1j})
    with pytest.raises(DataError, match="dy has another shape than the output"):
        grid.gradient(op, np.zeros((1, 1, 3)), {"x": x, "w": w}, {"x"})
    with pytest.raises(DataError, match="there is no operand 'b'"):
        grid.gradient(op, np.zeros((1, 1, 2)), {"x": x, "w": w}, {"x", "b"})
