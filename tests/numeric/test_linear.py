"""Dense products that are large enough to be shared out among threads, which no small setting reaches."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.numeric import backward, forward, using
from cnnmath.numeric.linear import SMALL


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.float64])
@pytest.mark.parametrize(("n", "c", "f"), [(3, 130, 170), (1, 257, 259), (258, 1, 257), (257, 259, 1), (130, 2, 255)])
def test_large_products_of_whole_numbers_are_exact(n, c, f, dtype, threads):
    rng = np.random.default_rng(n)
    x, w, dy = (rng.integers(-4, 5, shape) for shape in ((n, c), (f, c), (n, f)))
    assert n * c * f >= SMALL
    with using(threads=threads):
        y = forward(ops.Linear(f, bias=False), x.astype(dtype), w=w.astype(dtype))
        grads = backward(ops.Linear(f, bias=False), dy.astype(dtype), x.astype(dtype), w=w.astype(dtype))
    for found, exact in ((y, x @ w.T), (grads["x"], dy @ w), (grads["w"], dy.T @ x)):
        assert found.dtype == dtype
        assert (found == exact).all()
