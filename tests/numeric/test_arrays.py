"""Arrays of every kind: none is modified, none comes back as an alias, layout and dtype do not matter."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import DataError
from cnnmath.ops import operands
from cnnmath.ops.samples import samples_meet
from tests.support import Problem, each, every_operator, few, problems, simple


def outputs(problem):
    return [problem.forward(), *problem.backward().values()]


def same(ours, theirs):
    return all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def negative_strides(a):
    return np.flip(np.flip(a).copy()) if a.ndim else a.copy()


def transposed(a):
    return np.ascontiguousarray(a.T).T if a.ndim else a.copy()


def every_other(a):
    spread = np.full((*a.shape, 2), 99, a.dtype)
    spread[..., 0] = a
    return spread[..., 0]


def fortran(a):
    return a.copy(order="F")


def swapped_bytes(a):
    return a if a.dtype == object else a.astype(a.dtype.newbyteorder())


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


@every_operator
@few
@given(data=st.data())
def test_the_layout_in_memory_does_not_matter(kind, data):
    problem = data.draw(problems(kind, whole=True))
    exact = outputs(problem)
    for layout in (negative_strides, transposed, every_other, fortran, swapped_bytes, read_only):
        assert same(outputs(problem.mapped(layout)), exact), layout
        machine = outputs(problem.astype(float).mapped(layout))
        # Fewer than 2^7 roundings, each of at most 2^-53 of a number below 2^12: 2^-34 in all.
        assert all(
            np.max(np.abs(a - b.astype(float)), initial=0) <= 2.0**-34 for a, b in zip(machine, exact, strict=True)
        )


@every_operator
@few
@given(data=st.data())
def test_one_number_that_fills_an_array_by_a_stride_of_zero_is_an_array_of_it(kind, data):
    problem = data.draw(problems(kind, whole=True)).astype(float)
    spread = problem.mapped(lambda a: np.broadcast_to(abs(a.flat[0]), a.shape))
    copied = outputs(spread.mapped(np.copy))
    assert all(np.max(np.abs(a - b), initial=0) <= 2.0**-34 for a, b in zip(outputs(spread), copied, strict=True))


@every_operator
@pytest.mark.parametrize("dtype", [float, np.float32, int, object])
@few
@given(data=st.data())
def test_no_input_is_modified_and_no_output_shares_its_memory(kind, dtype, data):
    problem = data.draw(problems(kind, whole=True)).astype(dtype)
    before = problem.mapped(np.copy)
    results = outputs(problem)
    assert same([*problem.arrays.values(), problem.dy], [*before.arrays.values(), before.dy])
    for i, result in enumerate(results):
        for other in (*problem.arrays.values(), problem.dy, *results[:i]):
            assert not np.shares_memory(result, other)


@every_operator
@few
@given(data=st.data())
def test_float32_stays_float32(kind, data):
    problem = data.draw(problems(kind, whole=True)).astype(np.float32)
    assert [a.dtype for a in outputs(problem)] == [np.float32] * len(outputs(problem))


@every_operator
@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_small_integers_are_computed_as_the_numbers_they_are_or_refused(kind, dtype):
    problem = filled(simple(kind), lambda shape: np.full(shape, np.iinfo(dtype).max, dtype))
    wide = problem.mapped(lambda a: a.astype(float))
    try:
        ours = problem.forward()
    except DataError:
        return
    assert np.allclose(ours.astype(float), wide.forward())


@every_operator
@few
@given(data=st.data())
def test_an_empty_batch_gives_an_empty_batch_and_no_gradient(kind, data):
    problem = data.draw(problems(kind, whole=True).filter(apart)).astype(float)
    empty, read = problem.samples(slice(0)), list(problem.arrays)[: len(problem.inputs)]
    if getattr(problem.op, "reduction", "") == "mean":
        with pytest.raises(DataError, match="the mean of no loss does not exist"):
            empty.forward()
        return
    y = empty.forward()
    assert y.shape == ((0, *problem.dy.shape[1:]) if problem.dy.ndim else ())
    assert not y.any()
    for name, grad in empty.backward().items():
        assert grad.shape == ((0,) if name in read else ()) + problem.arrays[name].shape[name in read :]
        assert not grad.any()


@every_operator
@few
@given(data=st.data())
def test_samples_of_a_batch_do_not_meet(kind, data):
    problem = data.draw(problems(kind).filter(apart))
    assume(getattr(problem.op, "reduction", "none") != "mean")
    y = problem.forward()
    alone = [problem.samples(slice(i, i + 1)).forward() for i in range(problem.case.inputs[0][0])]
    assert (np.concatenate(alone) == y).all() if y.ndim else sum(alone) == y


@pytest.mark.parametrize(
    "op", [ops.MaxPool((2,), stride=1), ops.ReLU(), ops.LeakyReLU(), ops.ELU(), ops.Tanh()], ids=str
)
def test_nan_passes_on(op):
    y = numeric.forward(op, np.array([[[1.0, np.nan, 3.0, 4.0]]]))[0, 0]
    taps = 2 if isinstance(op, ops.MaxPool) else 1
    assert np.isnan(y).sum() == taps
    assert np.isnan(y[2 - taps : 2]).all()


def test_the_first_nan_of_a_window_takes_its_gradient():
    x = np.array([[[1.0, np.nan, 3.0, np.nan]]])
    assert numeric.backward(ops.MaxPool((4,)), np.ones((1, 1, 1)), x)["x"].tolist() == [[[0, 1, 0, 0]]]


def test_lists_are_taken_as_arrays():
    assert numeric.forward(ops.ReLU(), [[-1.0, 2.0]]).tolist() == [[0, 2]]


@each((ops.Conv, ops.MaxPool))
def test_one_operator_serves_one_two_and_three_dimensions(kind):
    for rank in (1, 2, 3):
        op = ops.Conv(1, (2,) * rank, bias=False) if kind is ops.Conv else ops.MaxPool((2,) * rank, stride=1)
        w = {"w": np.ones((1, 1, *(2,) * rank))} if kind is ops.Conv else {}
        y = numeric.forward(op, np.ones((1, 1, *(3,) * rank)), **w)
        assert y.shape == (1, 1, *(2,) * rank)
        assert (y == (2**rank if kind is ops.Conv else 1)).all()


def apart(problem):
    """Whether each sample goes its own way."""
    return not samples_meet(problem.op, *problem.case.inputs)


def filled(case, fill):
    """A problem with arrays of one number."""
    arrays = {name: fill(shape) for name, shape in operands(case.op, *case.inputs).items()}
    return Problem(case, arrays, fill(case.op.shape(*case.inputs)))
