"""Winograd's minimal filtering along all axes: tiles of m outputs an axis, with m + r - 1 products instead of m*r.

Tiles are transformed block by block; between the transforms, one product a point of interpolation sums over the
channels.

References
----------
.. [1] A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308, section 4.
.. [2] B. Barabasz, A. Anderson, K. M. Soodhalter and D. Gregg, "Error analysis and improving the accuracy of Winograd
   convolution for deep neural networks", arXiv:1803.10986.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np

from cnnmath.numeric.methods.predict import MOVE, PANEL, START, Prediction, Sizes, gamma, product, too_much
from cnnmath.numeric.methods.problem import Problem, blocks, extents
from cnnmath.numeric.methods.tiles import (
    Plan,
    plan,
    tiles_of,
    transformed_filters,
    transformed_outputs,
    transformed_tiles,
)
from cnnmath.numeric.windows import Array, Slices
from cnnmath.numeric.workers import pieces, run, scratch
from cnnmath.toomcook import Transforms, transforms

CACHE, FEWEST, LEAST, FILTERS, SHARES = 3 * 2**20, 64, 24, 64, 4
"""Bytes of a block's transformed numbers, tiles that a product needs to be fast, and the least that it is given;
filters of a piece, and shares that other work is cut into."""

OUTPUTS, MOST = (2, 4, 6), 216
"""Outputs of a tile along an axis that are tried; points of interpolation above which transforms cost too much."""

SHARED = 2**20
"""Numbers of the transformed filters, above which filters and not tiles are shared out among the threads."""


def predict(sizes: Sizes, tolerance: float, scratch: int) -> Prediction:
    """The cheapest of the tiles whose bound is within the tolerance; the most accurate where none is.

    Only those count that fit into the scratch memory.
    """
    if any((w.stride, w.dilation) != (1, 1) for w in sizes.windows):
        return Prediction("winograd", refused="the stride or the dilation is not 1")
    if not sizes.machine:
        return Prediction("winograd", refused=f"{sizes.dtype} is not float32 or float64")
    if all(k == 1 for k in sizes.kernel) or prod(k + 1 for k in sizes.kernel) > MOST:
        return Prediction("winograd", refused="the kernel is a single tap, or too large for the transforms")
    tiles = [tuple(m if k > 1 else 1 for k in sizes.kernel) for m in OUTPUTS]
    known = [
        _predict(sizes, m, scratch)
        for m in tiles
        if prod(a + k - 1 for a, k in zip(m, sizes.kernel, strict=True)) <= MOST
    ]
    known = [p for p in known if not p.refused] or known[:1]
    within = [p for p in known if p.bound <= tolerance]
    return min(within, key=lambda p: p.cost) if within else min(known, key=lambda p: p.bound)


def _predict(sizes: Sizes, m: tuple[int, ...], scratch: int) -> Prediction:
    r"""What F(m, r) takes.

    A transformed filter is a sum of K products, a transformed tile of as many as a row of B^T has nonzeros, an output
    of as many as one of A^T, and a product at a point of C. The entries of each of the three matrices are rounded to
    doubles, and then to floats: less than 4 roundings in all. Of numbers between -1 and 1, sums go through at most
    ``amplification**n`` times C [2]_. On the way back, with A and G^T changing sides, the sum is over the tiles, and a
    gradient is one of ``points`` products. Summed block by block, and the blocks in four shares, it has no more
    roundings than a block has tiles and a share has blocks, of four tiles at least.
    """
    each = [transforms(a, r) for a, r in zip(m, sizes.kernel, strict=True)]
    points = prod(t.multiplications for t in each)
    tiles = sizes.batch * prod(-(-o // a) for o, a in zip(sizes.outputs, m, strict=True))
    c, f, taps = sizes.channels, sizes.filters, prod(sizes.kernel)
    item = sizes.dtype.itemsize
    least = 2 * max(_numbers(points, m, c, 1), (points + taps) * c) * item
    refused = too_much("winograd", least, scratch)
    if refused is not None:
        return refused
    moved = tiles * (points * (1.5 * c + 0.5 * f) + prod(m) * (c + f))
    transformed = (points + PANEL) * (points * c + prod(m) * f) * tiles + MOVE * moved
    filtered = 0 if sizes.prepared else c * f * MOVE * (1.3 * points + 2 * taps)
    longest = [prod(max(sum(map(bool, row)) for row in getattr(t, name)) for t in each) for name in ("input", "output")]
    amplification = prod((t.amplification for t in each), start=Fraction(1))
    returning = prod((_returning(t) for t in each), start=Fraction(1))
    block = max(FEWEST, CACHE // (points * (c + min(f, FILTERS)) * item))
    summed = min(tiles, block + -(-tiles // 16) + SHARES + 1) if points * c * f <= SHARED else tiles
    shown = min(tiles, block)
    return Prediction(
        "winograd",
        multiplications=sizes.groups * points * tiles * c * f,
        cost=sizes.groups * (START + tiles / shown * product(shown, c, points * f) + transformed + filtered),
        scratch=min(scratch, (shown * _numbers(points, m, c, min(f, FILTERS)) + (points + taps) * c * f) * item),
        bound=float(amplification) / taps * gamma(taps + sum(longest) + c + 4, sizes.unit),
        gradient_bound=float(returning)
        * tiles
        / sizes.positions
        * gamma(points + sum(longest) + summed + 4, sizes.unit),
        tile=m,
    )


def _returning(t: Transforms) -> Fraction:
    r"""The amplification of the gradient by the filters, ``max_k sum_l |G_lk| (sum_j |B_jl|) (sum_i |A_li|)``."""
    rows = [sum(map(abs, row), Fraction(0)) for row in t.input]
    columns = [sum(map(abs, column), Fraction(0)) for column in zip(*t.output, strict=True)]
    return max(
        sum((abs(g) * b * a for g, b, a in zip(column, rows, columns, strict=True)), Fraction(0))
        for column in zip(*t.filter, strict=True)
    )


def forward(problem: Problem, chosen: Prediction) -> None:
    """Tiles transformed, multiplied point by point, summed over channels, and transformed back; group by group."""
    problem.check_filters()
    for part in problem.parts():
        _forward(part, chosen.tile)


def _forward(problem: Problem, m: tuple[int, ...]) -> None:
    chosen, (f, c) = plan(m, problem.kernel, problem.y.dtype), problem.w.shape[:2]
    tiles, half, everything = tiles_of(chosen, problem), problem.scratch // 2, slice(0, f)
    light = (len(chosen.filter) + prod(problem.kernel)) * f * c * problem.w.itemsize <= half
    most = _most(chosen, problem, f, half)
    cut = list(blocks(tiles, max(1, most)))
    if light and len(chosen.filter) * f * c <= SHARED and most > 0 and len(cut) > 1:
        u = problem.remember(m, lambda: transformed_filters(chosen, problem, everything))  # (P, C, F)

        def by_tiles(block: Slices) -> None:
            v = transformed_tiles(chosen, problem, block)  # (P, T, C)
            _finished(chosen, problem, block, v, u, everything)

        run(cut, by_tiles, problem.threads)
        return
    cut = list(blocks(tiles, max(1, _most(chosen, problem, min(f, FILTERS), half))))
    kept = prod(chosen.points) * prod(extents(cut[0])) * c * problem.x.itemsize
    for some in pieces(len(cut), max(1, half // kept)):
        _by_filters(chosen, problem, cut[some])


def _by_filters(chosen: Plan, problem: Problem, cut: list[Slices]) -> None:
    """The same for some blocks, whose transformed tiles are kept while the filters are taken piece by piece."""
    points, channels, most = prod(chosen.points), problem.x.shape[-1], max(prod(extents(block)) for block in cut)
    kept = scratch()("kept", (len(cut), points * most * channels), problem.x.dtype)
    of_filter = (points + prod(problem.kernel)) * channels + (points + 2 * prod(chosen.m)) * most
    filters = max(1, min(FILTERS, problem.scratch // (2 * of_filter * problem.x.itemsize)))

    def tiles(i: int) -> Array:  # (P, T, C)
        shape = (points, prod(extents(cut[i])), channels)
        return kept[i, : prod(shape)].reshape(shape)

    def transform(i: int) -> None:
        transformed_tiles(chosen, problem, cut[i], tiles(i))

    def multiply(some: slice) -> None:
        key = (chosen.m, some.start, some.stop)
        u = problem.remember(key, lambda: transformed_filters(chosen, problem, some))  # (P, C, F)
        for i, block in enumerate(cut):
            _finished(chosen, problem, block, tiles(i), u, some)

    run(range(len(cut)), transform, problem.threads)
    kept = scratch()("kept", kept.shape, problem.x.dtype)  # the same: asked for again, it is not the first to go
    run(pieces(len(problem.w), filters), multiply, problem.threads)


def filter_gradient(problem: Problem, m: tuple[int, ...]) -> None:
    r"""Gradient by the filters: ``G^T [(B^T x B) (A dy A^T)] G``, summed over the tiles.

    The transforms of the forward pass, transposed: of its three linear maps, the one of the filters changes sides. So
    many filters are taken at a time that the sums take half of the scratch memory, and a product an eighth.
    """
    chosen = plan(m, problem.kernel, problem.w.dtype)
    sums = len(chosen.filter) * problem.w.shape[1] * problem.w.itemsize  # bytes of a filter's
    if len(problem.w) * sums <= min(SHARED * problem.w.itemsize, problem.scratch // (4 * SHARES)):
        _bring_back(chosen, problem, _summed_by_blocks(chosen, problem))
        return
    for some in pieces(len(problem.w), problem.scratch // (2 * sums)):
        part = replace(problem, w=problem.w[some], y=problem.y[..., some])
        _bring_back(chosen, part, _summed_by_points(chosen, part))


def _bring_back(chosen: Plan, problem: Problem, sums: Array) -> None:
    """``G^T (...) G`` of the sums, channels shared out."""

    def some_channels(some: slice) -> None:
        part = sums[:, some].reshape(len(sums), -1)
        dw = (chosen.filter.T @ part).reshape(-1, some.stop - some.start, len(problem.w))  # (K, C, F)
        problem.w[:, some] += dw.transpose(2, 1, 0).reshape(problem.w[:, some].shape)

    run(pieces(sums.shape[1], -(-sums.shape[1] // SHARES)), some_channels, problem.threads)


def _summed_by_blocks(chosen: Plan, problem: Problem) -> Array:
    """Sums over the tiles point by point, the tiles shared out: for filters that stay in the cache."""
    (f, c), points = problem.w.shape[:2], prod(chosen.points)
    cut = list(blocks(tiles_of(chosen, problem), max(1, _most(chosen, problem, f, problem.scratch // 4))))
    shares = pieces(len(cut), -(-len(cut) // SHARES))
    sums = np.zeros((len(shares), points, c, f), problem.w.dtype)

    def add(i: int) -> None:
        for block in cut[shares[i]]:
            v = transformed_tiles(chosen, problem, block)  # (P, T, C)
            dm = scratch()("above", (*v.shape[:2], f), problem.x.dtype)  # (P, T, F)
            transformed_outputs(chosen, problem, block, dm)
            sums[i] += v.transpose(0, 2, 1) @ dm

    run(range(len(shares)), add, problem.threads)
    return sums.sum(axis=0)


def _summed_by_points(chosen: Plan, problem: Problem) -> Array:
    """The same with the transforms of many tiles kept, and the points shared out."""
    tiles, points, (f, c) = tiles_of(chosen, problem), prod(chosen.points), problem.w.shape[:2]
    sixth = problem.scratch // 6
    kept = max(1, sixth // (points * (c + f) * problem.x.itemsize))
    scratch()("sums", (points, c, f), problem.w.dtype)[...] = 0
    for many in blocks(tiles, kept):
        count = prod(extents(many))
        sums = scratch()("sums", (points, c, f), problem.w.dtype)  # (P, C, F), kept from one to the next
        v = scratch()("kept inputs", (points, count, c), problem.x.dtype)  # (P, T, C)
        dm = scratch()("kept outputs", (points, count, f), problem.x.dtype)  # (P, T, F)
        cut = list(_within(many, max(1, min(_most(chosen, problem, f, sixth), -(-count // SHARES)))))

        def transform(task: tuple[Slices, slice], v: Array = v, dm: Array = dm) -> None:
            block, here = task
            transformed_tiles(chosen, problem, block, v[:, here])
            transformed_outputs(chosen, problem, block, dm[:, here])

        def multiply(some: slice, v: Array = v, dm: Array = dm, sums: Array = sums) -> None:
            share = scratch()("products", sums[some].shape, sums.dtype)
            sums[some] += np.matmul(v[some].transpose(0, 2, 1), dm[some], out=share)

        run(cut, transform, problem.threads)
        run(pieces(points, -(-points // SHARES)), multiply, problem.threads)
    return scratch()("sums", (points, c, f), problem.w.dtype)


def _within(many: Slices, most: int) -> Iterator[tuple[Slices, slice]]:
    """Blocks of a block, and where their tiles stand among its tiles."""
    start = 0
    for block in blocks(extents(many), most):
        count = prod(extents(block))
        moved = tuple(slice(a.start + s.start, a.start + s.stop) for a, s in zip(many, block, strict=True))
        yield moved, slice(start, start + count)
        start += count


def _finished(chosen: Plan, problem: Problem, block: Slices, v: Array, u: Array, some: slice) -> None:
    """Products point by point, ``A^T (...) A`` of them, and the tiles put where they belong."""
    sizes = extents(block)
    products = scratch()("points", (*v.shape[:2], u.shape[2]), v.dtype)  # (P, T, F)
    np.matmul(v, u, out=products)
    out = scratch()("channels", (*chosen.m, *sizes, u.shape[2]), v.dtype)  # (m..., n, tiles..., F)
    np.matmul(chosen.output, products.reshape(len(products), -1), out=out.reshape(prod(chosen.m), -1))
    rank = len(chosen.m)
    order = [rank, *(axis for i in range(rank) for axis in (rank + 1 + i, i)), 2 * rank + 1]
    lengths = [m * n for m, n in zip(chosen.m, sizes[1:], strict=True)]
    where = tuple(slice(m * s.start, m * s.start + n) for m, s, n in zip(chosen.m, block[1:], lengths, strict=True))
    y = problem.y[(block[0], *where)][..., some]  # (n, O..., F)
    spread = out.transpose(order)  # (n, tiles, m, ..., F)
    if y.shape[1:-1] == tuple(lengths):
        y.reshape(spread.shape, copy=False)[...] = spread
    else:
        whole = scratch()("whole", (sizes[0], *lengths, u.shape[2]), v.dtype)  # (n, m*tiles..., F)
        whole.reshape(spread.shape)[...] = spread
        y[...] = whole[(slice(None), *map(slice, y.shape[1:-1]))]
    problem.finish(y, (block[0], *where, some))


def _most(chosen: Plan, problem: Problem, filters: int, room: int) -> int:
    """Tiles of a block, of so many filters at a time, for which there is room; 0 where there is none."""
    f, c = problem.w.shape[:2]
    fitting = room // (_numbers(len(chosen.filter), chosen.m, c, filters) * problem.x.itemsize)
    cached = CACHE // (len(chosen.filter) * (c + min(f, FILTERS)) * problem.x.itemsize)
    tiles = prod(tiles_of(chosen, problem))
    share = -(-tiles // (SHARES if tiles >= SHARES * FEWEST else 2))
    return min(fitting, max(LEAST, min(share, max(FEWEST, cached))))


def _numbers(points: int, m: tuple[int, ...], channels: int, filters: int) -> int:
    """Numbers of a tile: of its strip, of its inputs apart and transformed; of its products and, twice, its outputs."""
    return 3 * points * channels + (points + 2 * prod(m)) * filters
