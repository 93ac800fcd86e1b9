"""The kinds of numbers: floats and integers promote as in NumPy, integers never wrap around, symbols pass through."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import DataError, ShapeError
from cnnmath.numeric import arrays
from cnnmath.ops import operands
from cnnmath.readers.magnitude import Bounds, bounds
from tests.readers.test_magnitude import WHOLE
from tests.support import LINEAR, RATIONAL, Problem, each, every_operator, few, problems, simple

FLOATS = (np.float16, np.float32, np.float64, np.longdouble)
INTEGERS = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
BROKEN = tuple(kind for kind in ops.ALL if kind not in WHOLE)
LIMIT = 1 << 63


def filled(kind, inputs, others):
    """The simple case of a kind with arrays of small positive numbers: its inputs of one dtype, all else of another."""
    case = simple(kind)
    given = operands(case.op, *case.inputs).items()
    some = dict.fromkeys(dict(given), (1, 2, 3)) | case.op.levels(*case.inputs)
    numbers = {name: np.resize(np.array(some[name]), shape) for name, shape in given}
    made = {name: a.astype(others if i >= len(case.inputs) else inputs) for i, (name, a) in enumerate(numbers.items())}
    return Problem(case, made, np.ones(case.op.shape(*case.inputs), others))


def stays_whole(problem):
    """Whether results are whole at these settings: in training, dropout divides."""
    return bounds(problem.op, dict.fromkeys(problem.arrays, 1), *problem.case.inputs).whole


def promoted(kind, *dtypes):
    """NumPy's rule; integers alone are exact, or float64 where results are not whole."""
    if any(issubclass(dtype, np.floating) for dtype in dtypes):
        return np.result_type(*dtypes)
    return np.int64 if kind in WHOLE else np.float64


@every_operator
def test_every_pair_of_dtypes_promotes_as_in_numpy_forward_and_backward(kind):
    for a, b in product(FLOATS + INTEGERS, repeat=2):
        problem = filled(kind, a, b)
        whole = problem.op.levels(*problem.case.inputs)  # labels and switches have no say
        own = [v.dtype.type for name, v in problem.arrays.items() if name not in whole]
        assert problem.forward().dtype == promoted(kind, *own), (a, b)
        expected = np.dtype(promoted(kind, *own, problem.dy.dtype.type))
        assert {grad.dtype for grad in problem.backward().values()} == {expected}, (a, b)


def test_a_single_number_of_pythons_does_not_promote():
    x = np.ones((1, 2), np.float32)

    def dtype(dy):
        return arrays.common(ops.ReLU(), {"dy": dy, "x": x}, [x.shape])

    assert arrays.shaped("dy", 1.0, ()) == 1.0
    assert dtype(1.0) == dtype(1) == np.float32
    assert dtype(np.float64(1)) == dtype(np.ones(1)) == np.float64


@each(WHOLE)
@few
@given(data=st.data())
def test_whole_numbers_of_any_size_are_exact_or_refused(kind, data):
    problem, power = data.draw(problems(kind, whole=True).filter(stays_whole)), data.draw(st.integers(28, 61))
    few_levels = problem.op.levels(*problem.case.inputs)
    exact = problem.mapped(lambda a: a * 2**power - a)
    exact.arrays.update({name: problem.arrays[name] for name in few_levels})
    machine = exact.astype(np.int64)
    for ours, truth in ((machine.forward, exact.forward), (machine.backward, exact.backward)):
        truth = truth()
        truth = truth if isinstance(truth, dict) else {"y": truth}
        if all(-LIMIT <= v < LIMIT for a in truth.values() for v in a.flat):
            found = ours()
            for name, array in (found if isinstance(found, dict) else {"y": found}).items():
                assert array.dtype == np.int64
                assert (array == truth[name]).all()
        else:
            with pytest.raises(DataError, match="too large for int64"):
                ours()


@each(WHOLE)
@few
@given(data=st.data())
def test_pythons_integers_lead_to_the_same_as_int64(kind, data):
    problem = data.draw(problems(kind, whole=True).filter(stays_whole)).astype(np.int64)
    fast = [problem.forward(), *problem.backward().values()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "bounds", lambda *_: Bounds(whole=True, value=LIMIT, slopes={}))
        slow = [problem.forward(), *problem.backward().values()]
    assert all(a.dtype == b.dtype == np.int64 and (a == b).all() for a, b in zip(fast, slow, strict=True))


@each(WHOLE)
@few
@given(data=st.data())
def test_long_doubles_hold_whole_numbers_as_doubles_do(kind, data):
    problem = data.draw(problems(kind, whole=True))
    ours, theirs = problem.astype(np.longdouble), problem.astype(float)
    assert (ours.forward() == theirs.forward()).all()
    grads = theirs.backward()
    assert all((grad == grads[name]).all() for name, grad in ours.backward().items())


@each(BROKEN)
@few
@given(data=st.data())
def test_integers_of_which_no_whole_results_come_are_float64(kind, data):
    problem = data.draw(problems(kind, whole=True))
    ours, theirs = problem.astype(np.int32), problem.astype(float)
    assert np.array_equal(ours.forward(), theirs.forward())
    grads = theirs.backward()
    assert all(np.array_equal(grad, grads[name]) for name, grad in ours.backward().items())


def test_the_whole_answer_to_an_integer_too_large():
    x = np.array([[2**62, 3]])
    with pytest.raises(DataError) as caught:
        numeric.forward(ops.Linear(1), x, w=np.array([[2, 1]]), b=np.zeros(1, int))
    assert str(caught.value) == (
        "linear: an integer of the result is too large for int64.\n"
        "  input   x int64, w int64, b int64\n"
        "  rule    -2^63 <= y < 2^63 = 9223372036854775808\n"
        "  here    y[0, 0] = 9223372036854775811\n"
        "  fix     give arrays of Python's integers, which have no end: x.astype(object)"
    )
    w, b = np.array([[2, 1]], object), np.zeros(1, object)
    assert numeric.forward(ops.Linear(1), x.astype(object), w=w, b=b).tolist() == [[2**63 + 3]]


def test_unsigned_integers_above_int64_are_numbers_like_others():
    x = np.array([[[2**63, 2**63 + 5, 7, 1]]], np.uint64)
    with pytest.raises(DataError, match=r"here    y\[0, 0, 0\] = 9223372036854775813"):
        numeric.forward(ops.MaxPool((2,)), x)
    assert numeric.backward(ops.MaxPool((2,)), np.array([[[3, 4]]]), x)["x"].tolist() == [[[0, 3, 4, 0]]]
    code = np.array([[2**63 - 1, 2**63 + 5, 7, 1]], np.uint64)
    assert numeric.forward(ops.RadialBasis(1), x[0], w=code).tolist() == [[1]]


def test_the_least_integer_has_an_absolute_value_all_the_same():
    x = np.full((1, 1, 2), -(2**63))
    with pytest.raises(DataError, match=r"y\[0, 0, 0\] = 18446744073709551616"):
        numeric.forward(ops.LpPool((2,), p=1), x)
    assert numeric.forward(ops.Tanh(), x).tolist() == [[[-1, -1]]]
    assert numeric.forward(ops.AveragePool((2,)), x).tolist() == [[[-(2.0**63)]]]


@each(RATIONAL)
def test_symbols_pass_through_where_nothing_is_compared_and_mean_what_the_numbers_give(kind):
    case = simple(kind)
    numbers = np.random.default_rng(0)

    def of(name, shape):
        symbols, values = np.empty(shape, object), np.empty(shape, object)
        for at in np.ndindex(shape):
            symbols[at] = sp.Symbol(f"{name}_{'_'.join(map(str, at))}")
            values[at] = Fraction(int(numbers.integers(1, 9)), 2)
        return symbols, values

    whole = case.op.levels(*case.inputs)
    drawn = {
        name: (np.resize(np.array(whole[name], object), shape),) * 2 if name in whole else of(name, shape)
        for name, shape in operands(case.op, *case.inputs).items()
    }
    drawn["dy"] = of("dy", case.op.shape(*case.inputs))
    known = {
        s: v for symbols, values in drawn.values() for s, v in zip(symbols.flat, values.flat, strict=True) if s != v
    }
    dy = drawn.pop("dy")
    problem, truth = (Problem(case, {k: pair[i] for k, pair in drawn.items()}, dy[i]) for i in (0, 1))
    try:
        ours = {"y": problem.forward()} | problem.backward()
    except DataError:
        assert kind not in (*LINEAR, ops.RadialBasis)
        return
    theirs = {"y": truth.forward()} | truth.backward()
    for name, array in ours.items():
        assert any(isinstance(v, sp.Basic) for v in array.flat)
        put = [sp.sympify(v).subs(known) for v in array.flat]
        assert all(sp.Rational(v) == w for v, w in zip(put, theirs[name].flat, strict=True)), name


@pytest.mark.parametrize("op", [ops.ReLU(), ops.MaxPool((2,)), ops.Sigmoid()], ids=str)
def test_the_whole_answer_to_a_symbol_that_would_be_compared(op):
    x = np.array([[sp.symbols("a b")]], object)
    with pytest.raises(DataError) as caught:
        numeric.forward(op, x)
    assert str(caught.value) == (
        f"{type(op).__name__.lower()}: an expression is compared, or its exponential taken, where a number is needed.\n"
        "  input   x object\n"
        "  rule    expressions are added, multiplied, divided, and raised to fixed powers\n"
        "  fix     give numbers; for the formula of this operator, call cnnmath.symbolic.derive"
    )


def test_the_gradient_from_above_may_be_symbols_where_the_input_is_numbers():
    a, b = sp.symbols("a b")
    x, dy = np.array([[[1, 4, 6, 2]]]), np.array([[[a, b]]])
    assert numeric.backward(ops.MaxPool((2,)), dy, x)["x"].tolist() == [[[0, a, b, 0]]]


@pytest.mark.parametrize("value", [sp.Float(0.5), sp.Symbol("a") + 0.5, sp.true, sp.Matrix([[1]])], ids=str)
def test_expressions_with_floats_and_what_is_no_expression_are_refused(value):
    x = np.empty((1, 2), object)
    x[0, 0], x[0, 1] = 1, value
    with pytest.raises(DataError, match="no kernel computes with"):
        numeric.forward(ops.Flatten(), x)


@every_operator
def test_a_sample_of_nothing_is_refused(kind):
    case = simple(kind)
    for axis in range(1, len(case.inputs[0])):
        empty = [np.ones((*x[:axis], 0, *x[axis + 1 :])) for x in case.inputs]
        given = {name: np.ones(shape) for name, shape in list(operands(case.op, *case.inputs).items())[len(empty) :]}
        with pytest.raises((ShapeError, DataError)):
            numeric.forward(case.op, *empty, **given)


def test_the_whole_answer_to_a_sample_of_nothing():
    with pytest.raises(ShapeError) as caught:
        numeric.forward(ops.ReLU(), np.ones((2, 0, 3)))
    assert str(caught.value) == (
        "relu: there is nothing in a sample of the input.\n"
        "  input   shape (2, 0, 3)\n"
        "  rule    C >= 1 and every spatial size >= 1; N may be 0\n"
        "  fix     give every axis but the batch a size of 1"
    )
