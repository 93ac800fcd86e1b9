"""Drawn inputs and kernels, and a convolution that is nothing but its definition."""

from fractions import Fraction
from itertools import product

import numpy as np
from hypothesis import strategies as st

MODES = ("full", "same", "valid")
BOUNDARIES = {"zero": "constant", "edge": "edge", "symmetric": "symmetric", "reflect": "reflect", "wrap": "wrap"}


@st.composite
def pairs(draw, *, ranks=(1, 2, 3), longer=False):
    """An input and a kernel of integers, of one rank; the kernel no longer than the input unless it may be."""
    rank = draw(st.sampled_from(ranks))
    most = {1: 9, 2: 6, 3: 4}[rank]
    sizes = [draw(st.integers(1, most)) for _ in range(rank)]
    taps = [draw(st.integers(1, 4 if longer else min(n, 4))) for n in sizes]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(-5, 6, sizes), rng.integers(-5, 6, taps)


def fractions(x, denominator=3):
    """The same numbers over a denominator, as fractions."""
    out = np.empty(x.shape, object)
    out.flat = [Fraction(int(v), denominator) for v in x.flat]
    return out


def by_definition(x, h, mode, boundary, *, flip):
    """Loops over outputs and taps, on an input that NumPy pads by more than any kernel reads."""
    margin = max(h.shape) if boundary else 0
    keywords = {"mode": BOUNDARIES[boundary]}
    wide = np.pad(x.astype(object), margin, **keywords)
    w = h[(slice(None, None, -1),) * h.ndim] if flip else h
    before = [{"full": k - 1, "same": k // 2, "valid": 0}[mode] for k in h.shape]
    outputs = [{"full": n + k - 1, "same": n, "valid": n - k + 1}[mode] for n, k in zip(x.shape, h.shape, strict=True)]
    y = np.empty(outputs, object)
    for o in product(*map(range, outputs)):
        y[o] = sum(
            w[k] * wide[tuple(margin + i + j - p for i, j, p in zip(o, k, before, strict=True))]
            for k in product(*map(range, h.shape))
        )
    return y
