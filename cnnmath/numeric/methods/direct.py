"""The definition, a tap at a time: each tap's inputs times its numbers, added up.

It needs no memory to speak of and holds for every kind of numbers. It is the fastest where every channel has its own
filters (depthwise convolution), for then there is no sum over channels that a matrix product could do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric.methods.predict import MOVE, START, Prediction, Sizes, gamma
from cnnmath.numeric.methods.problem import Problem, blocks, extents
from cnnmath.numeric.windows import Array, Slices
from cnnmath.numeric.workers import run, scratch

NUMBERS, ROWS = 2**16, 60
"""Numbers of a block of the output; rows of a small product that its preparation is worth."""


def predict(sizes: Sizes, tolerance: float, scratch: int) -> Prediction:
    """Two passes over the output a tap, and a product of as few rows as an output row has places."""
    passes = 2 * prod(sizes.kernel) * sizes.positions * sizes.filters
    few = 1 + ROWS / sizes.outputs[-1] if sizes.channels > 1 else 0
    reordered = 2 * sizes.filters * sizes.taps
    return Prediction(
        "direct",
        multiplications=sizes.groups * sizes.multiplications,
        cost=START / 10 + sizes.groups * (few * sizes.multiplications + MOVE * (passes + reordered)),
        scratch=min(scratch, 3 * NUMBERS * sizes.dtype.itemsize),
        bound=gamma(sizes.taps, sizes.unit),
        gradient_bound=gamma(sizes.positions, sizes.unit),
    )


def forward(problem: Problem, chosen: Prediction) -> None:
    """``y += w_k x_k`` for every tap k, block by block of the outputs."""
    groups, filters = problem.groups, len(problem.w) // problem.groups
    x = problem.x.reshape(*problem.x.shape[:-1], groups, -1)  # (N, *spatial, G, C/G)
    w = problem.w.reshape(groups, filters, problem.w.shape[1], -1).transpose(3, 0, 2, 1)  # (K, G, C/G, F/G)
    w = np.ascontiguousarray(w).reshape(*problem.kernel, *w.shape[1:])  # (K..., G, C/G, F/G)
    y = problem.y.reshape(*problem.y.shape[:-1], groups, filters)  # (N, O..., G, F/G)

    def work(block: Slices) -> None:
        some = np.zeros((*extents(block), groups, filters), y.dtype)  # (n, O..., G, F/G)
        taps = (  # (n, o..., G, C/G), (G, C/G, F/G)
            ((slice(None), *inside), x[(block[0], *read)], w[k]) for k, inside, read in _taps(problem, block[1:])
        )
        if w.shape[-2] == 1:
            add_products(some, ((where, seen, weights[:, 0]) for where, seen, weights in taps))
        else:
            for where, seen, weights in taps:
                some[where] += _product(seen, weights)
        problem.y[block] = some.reshape(*some.shape[:-2], -1)
        problem.finish(problem.y[block], (*block, slice(None)))

    numbers = min(NUMBERS, problem.scratch // (3 * y.itemsize))  # of a block, of its product, and of that in order
    run(blocks(problem.y.shape[:-1], max(1, numbers // len(problem.w))), work, problem.threads)


def add_products(y: Array, terms: Iterable[tuple[Any, Array, Array]]) -> None:
    """Add x w to the numbers of y that stand somewhere, for each (where, x, w); products lie in one buffer.

    Examples
    --------
    >>> y = np.zeros(3)
    >>> add_products(y, [(..., np.ones(3), np.float64(2)), (slice(1), np.ones(1), np.float64(3))])
    >>> y
    array([5., 2., 2.])
    """
    for where, x, w in terms:
        part = y[where]
        part += np.multiply(x, w, out=scratch()("product", part.shape, y.dtype))


def _product(seen: Array, weights: Array) -> Array:
    """Sum over the channels of each group, (n, o..., G, F/G)."""
    return np.moveaxis(
        np.moveaxis(seen, -2, 0) @ weights.reshape(-1, *(1,) * (seen.ndim - 3), *weights.shape[1:]), 0, -2
    )


def _taps(problem: Problem, block: Slices) -> Iterator[tuple[tuple[int, ...], Slices, Slices]]:
    """For each tap: the outputs of a block that see input through it, counted from its start, and what they see."""
    sizes = problem.x.shape[1:-1]
    for k in product(*map(range, problem.kernel)):
        seeing = [
            range(max(o.start, s.start), min(o.stop, s.stop))
            for o, s in zip(
                (w.outputs(i, n) for w, i, n in zip(problem.windows, k, sizes, strict=True)), block, strict=True
            )
        ]
        if all(seeing):
            ends = [(w.tap(o[0], i), w.tap(o[-1], i)) for w, i, o in zip(problem.windows, k, seeing, strict=True)]
            read = tuple(slice(a, b + 1, w.stride) for w, (a, b) in zip(problem.windows, ends, strict=True))
            yield k, tuple(slice(o.start - s.start, o.stop - s.start) for o, s in zip(seeing, block, strict=True)), read
