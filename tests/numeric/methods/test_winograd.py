"""Tiles: their transforms are exact, their bounds are bounds, and not absurd ones."""

from fractions import Fraction
from functools import reduce

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.numeric import backward as gradients
from cnnmath.numeric import choose_method, using
from cnnmath.numeric import forward as convolution
from cnnmath.numeric.methods.tiles import plan
from cnnmath.toomcook import transforms

PLANS = [((2, 2), (3, 3)), ((4, 4), (3, 3)), ((6, 6), (3, 3)), ((4, 1), (5, 1)), ((6,), (9,)), ((2, 2, 2), (3, 2, 3))]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("m", "kernel"), PLANS)
def test_transforms_are_kronecker_products_of_exact_ones_each_entry_rounded(m, kernel, dtype):
    made, each = plan(m, kernel, np.dtype(dtype)), [transforms(a, r) for a, r in zip(m, kernel, strict=True)]
    for name in ("filter", "input", "output"):
        exact = reduce(np.kron, [np.array(getattr(t, name), object) for t in each])
        found = getattr(made, name)
        assert found.dtype == dtype
        assert found.shape == exact.shape
        assert (found == np.vectorize(float)(exact).astype(dtype)).all()
        for a, b in zip(found.ravel(), exact.ravel(), strict=True):
            assert abs(Fraction(float(a)) - b) <= abs(b) * Fraction(float(np.finfo(dtype).eps)) / 2 * (
                1 + Fraction(1, 2**20)
            )


def aligned(kernel, m, c, rng):
    """Signs of filters and inputs that the transforms of some point add up, so that intermediate numbers are large."""
    t = [transforms(a, r) for a, r in zip(m, kernel, strict=True)]
    point = [int(rng.integers(len(each.filter))) for each in t]

    def signs(name, scale):
        rows = [np.array([float(v) for v in getattr(each, name)[p]]) for each, p in zip(t, point, strict=True)]
        return np.where(reduce(np.multiply.outer, rows) < 0, -1, 1) * scale

    return np.array([signs("filter", rng.uniform(0.5, 1)) for _ in range(c)]), np.array(
        [signs("input", rng.uniform(0.5, 1)) for _ in range(c)]
    )


@pytest.mark.parametrize("tolerance", [3e-5, 1e-3, 1.0])  # tiles of 2, of 4, of 6
@pytest.mark.parametrize("c", [1, 7])
def test_the_bound_is_one_against_signs_that_make_intermediate_numbers_large(tolerance, c):
    rng, op, worst = np.random.default_rng(c), ops.Conv(1, 3, bias=False), 0.0
    for _ in range(60):
        with using(method="winograd", tolerance=tolerance):
            m = choose_method(op, (1, c, 8, 8)).prediction.tile
            w, x = aligned((3, 3), m, c, rng)
            w, x = w[None].astype(np.float32), x[None].astype(np.float32)
            prediction = choose_method(op, x).prediction
            if prediction.tile != m:
                return
            y, dy = convolution(op, x, w=w), rng.choice([-1, 1], op.output(x.shape)).astype(np.float32)
            dw = gradients(op, dy, x, w=w)["w"]
        with using(method="direct"):
            x, w, dy = (a.astype(np.float64) for a in (x, w, dy))
            exact, exact_dw = convolution(op, x, w=w), gradients(op, dy, x, w=w)["w"]
        off = np.max(abs(y - exact)) / (9 * c * abs(w).max() * abs(x).max())
        assert off <= prediction.bound
        assert np.max(abs(dw - exact_dw)) <= prediction.gradient_bound * dy.size * abs(x).max()
        worst = max(worst, off)
    assert prediction.bound <= 3000 * worst  # worst cases are far from what is seen, but not without end


@pytest.mark.parametrize("outputs", [1, 2, 5, 7])
def test_the_gradients_bound_holds_where_the_last_tile_is_not_full(outputs):
    rng, op = np.random.default_rng(outputs), ops.Conv(2, 3, bias=False)
    x = rng.choice([-1.0, 1.0], (1, 3, outputs + 2, outputs + 2))
    dy = rng.choice([-1.0, 1.0], (1, 2, outputs, outputs))
    w = np.ones((2, 3, 3, 3))
    with using(method="winograd", tolerance=1.0):
        prediction = choose_method(op, x.shape).prediction
        dw = gradients(op, dy.astype(np.float32), x.astype(np.float32), w=w.astype(np.float32))["w"]
    with using(method="direct"):
        exact = gradients(op, dy, x, w=w)["w"]
    assert np.max(abs(dw - exact)) <= prediction.gradient_bound * outputs**2


def test_tiles_that_do_not_fit_into_the_scratch_memory_are_not_taken():
    with using(scratch=2**20):
        choice = choose_method(ops.Conv(8, 5, padding=2), (1, 3000, 20, 20))
    assert choice.predictions["winograd"].refused.startswith("it needs ")
    assert choice.method in ("direct", "gemm")
