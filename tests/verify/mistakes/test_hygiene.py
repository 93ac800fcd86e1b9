"""Mistakes that clean exact runs do not see: right there, and wrong where they are provoked."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.numeric import KERNELS
from cnnmath.verify.mistakes import MISTAKES, named
from cnnmath.verify.rungs.draws import drawn
from tests.support import simple

LATER = [m for m in MISTAKES if m.rung != "exact"]
NUMBERS = np.arange(-11.0, 13).reshape(2, 3, 4)


def kernel(name):
    return named(name).kernel


@pytest.mark.parametrize("name", [m.name for m in LATER if m.name not in {"dx-races", "relu-partly-written"}])
def test_a_clean_run_on_exact_numbers_does_not_see_it(name):
    m = named(name)
    case, own = simple(m.kind), KERNELS[m.kind]
    arrays, dy = drawn(case, np.random.default_rng(len(name)))
    for compute in (
        lambda kernel: {"y": kernel.forward(case.op, *(a.copy() for a in arrays.values()))},
        lambda kernel: kernel.backward(case.op, dy.copy(), *(a.copy() for a in arrays.values())),
    ):
        ours, theirs = compute(own), compute(m.kernel)
        assert all(same(theirs[name], ours[name]) for name in ours)


def same(a, b):
    """Equal, fractions to forty digits."""
    return a.shape == b.shape and all(abs(p - q) * 10**40 <= abs(q) for p, q in zip(a.flat, b.flat, strict=True))


def test_it_writes_into_its_operands():
    x, dy = NUMBERS.copy(), np.ones(NUMBERS.shape)
    kernel("relu-in-place").forward(ops.ReLU(), x)
    kernel("relu-gradient-in-place").backward(ops.ReLU(), dy, NUMBERS)
    assert (x >= 0).all()
    assert dy.sum() == 12


def test_it_gives_a_view_of_its_input():
    x = NUMBERS.copy()
    assert np.shares_memory(kernel("flatten-gives-a-view").forward(ops.Flatten(), x), x)
    assert not np.shares_memory(KERNELS[ops.Flatten].forward(ops.Flatten(), x), x)


def test_it_leaves_numbers_unwritten():
    with_holes = kernel("relu-partly-written").forward(ops.ReLU(), NUMBERS)
    assert (with_holes[NUMBERS > 0] == NUMBERS[NUMBERS > 0]).all()


def test_its_results_depend_on_the_calls_before():
    op, dy, x, w = ops.Linear(2, bias=False), np.ones((5, 2)), np.ones((5, 7)), np.ones((2, 7))
    first, second = (kernel("linear-dw-accumulates").backward(op, dy, x, w)["w"] for _ in range(2))
    assert (second == first + 5).all()
    conv, x, w = ops.Conv(1, (3,), bias=False), np.ones((1, 1, 5)), np.ones((1, 1, 3))
    first, second = (kernel("dx-races").backward(conv, np.ones((1, 1, 3)), x, w)["x"] for _ in range(2))
    assert sorted((first.sum(), second.sum())) == [5, 9]
    mean, x = ops.GlobalAveragePool(), np.ones((1, 1, 13))
    first, second = (kernel("global-mean-cached-by-shape").forward(mean, x * i) for i in (1, 2))
    assert (first == second).all()


def test_layouts_of_memory_spoil_it():
    average, tanh = ops.AveragePool((1,)), ops.Tanh()
    contiguous, every_other = kernel("contiguity-taken-for-granted"), np.repeat(NUMBERS, 2, 2)[..., ::2]
    assert (contiguous.forward(average, NUMBERS) == NUMBERS).all()
    assert (contiguous.forward(average, every_other) != NUMBERS).any()
    assert (contiguous.forward(average, NUMBERS[..., ::-1]) == NUMBERS[..., ::-1]).all()
    ordered = kernel("order-of-memory")
    right = KERNELS[ops.Tanh].forward(tanh, NUMBERS)
    assert (ordered.forward(tanh, every_other) == right).all()
    assert (ordered.forward(tanh, np.asfortranarray(NUMBERS)) != right).any()


def test_it_reads_behind_the_end():
    memory = np.arange(9.0)
    last = kernel("reads-beyond-the-end").forward(ops.MaxPool((4,)), memory[:8].reshape(1, 1, 8)[:])
    assert last[0, 0].tolist() == [3, 8]
    assert kernel("reads-beyond-the-end").forward(ops.MaxPool((4,)), memory[:8].reshape(1, 1, 8).copy())[0, 0, 1] == 7


def test_long_sums_large_numbers_and_cancellation_spoil_it():
    ones = np.ones((1, 4096), np.float32)
    half = kernel("linear-sums-in-half-the-bits").forward(ops.Linear(1, bias=False), ones + 2**-11, ones)
    assert half[0, 0] != KERNELS[ops.Linear].forward(ops.Linear(1, bias=False), ones + 2**-11, ones)[0, 0]
    far = np.float32(4096) + np.arange(8, dtype=np.float32).reshape(1, 2, 4)
    scale = np.ones(2, np.float32)
    for name, op in (("layer-norm", ops.LayerNorm()), ("instance-norm", ops.InstanceNorm())):
        right = KERNELS[type(op)]
        ones = np.ones(op.parameters(far.shape)["gamma"], np.float32)
        assert abs(kernel(f"{name}-by-mean-of-squares").forward(op, far, ones, ones * 0)
                   - right.forward(op, far, ones, ones * 0)).max() > 0.01  # fmt: skip
    w = np.float32(4096) + scale[None]
    assert kernel("radial-by-expanded-squares").forward(ops.RadialBasis(1), w + 1, w)[0, 0] != 2
    assert not np.isfinite(kernel("softmax-overflows").forward(ops.Softmax(), np.array([[1000.0, 0]]))).all()
    assert np.isinf(kernel("log-softmax-of-underflow").forward(ops.LogSoftmax(), np.array([[1000.0, 0]]))).any()
    assert np.isinf(kernel("log-sigmoid-of-underflow").forward(ops.LogSigmoid(), np.array([[-1000.0]]))).all()
    assert np.isinf(kernel("softplus-overflows").forward(ops.Softplus(), np.array([[1000.0]]))).all()
