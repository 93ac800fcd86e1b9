"""Winograd's minimal filtering along all axes: tiles of m outputs an axis, with m + r - 1 products instead of m*r.

Along n axes, the transforms are Kronecker powers of exact rational matrices. Each is one matrix product over all
tiles and channels of a block; between them, one product a point of interpolation sums over the channels.

References
----------
.. [1] A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308, section 4.
.. [2] B. Barabasz, A. Anderson, K. M. Soodhalter and D. Gregg, "Error analysis and improving the accuracy of Winograd
   convolution for deep neural networks", arXiv:1803.10986.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric.methods.predict import MOVE, PANEL, START, Prediction, Sizes, gamma, product
from cnnmath.numeric.methods.problem import Problem, blocks, check_finite, extents, fill, patches
from cnnmath.numeric.windows import Array, Slices
from cnnmath.numeric.workers import pieces, run, scratch
from cnnmath.toomcook import Transforms, transforms
from cnnmath.window import Window

CACHE, FEWEST, LEAST, FILTERS, SHARES = 3 * 2**20, 64, 24, 64, 4
"""Bytes of a block's transformed numbers, tiles that a product needs to be fast, and the least that it
is given; filters of a piece, and shares that work is cut into."""

OUTPUTS, MOST = (2, 4, 6), 216
"""Outputs of a tile along an axis that are tried; points of interpolation above which transforms cost too much."""

SHARED = 2**20
"""Numbers of the transformed filters, above which filters and not tiles are shared out among the threads."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Transforms of one problem: m outputs of r taps along each axis.

    Attributes
    ----------
    m, points
        Outputs of a tile along each axis, and points of interpolation, m + r - 1.
    tile
        The window over tiles of each axis: each reads m + r - 1 inputs, m after the one before.
    filter, input, output
        Kronecker products of G, B^T and A^T over the axes.
    """

    m: tuple[int, ...]
    points: tuple[int, ...]
    tile: tuple[Window, ...]
    filter: Array
    input: Array
    output: Array


@cache
def plan(m: tuple[int, ...], kernel: tuple[int, ...], dtype: Any) -> Plan:
    """The transforms in machine numbers, each entry rounded once."""
    each = [transforms(a, r) for a, r in zip(m, kernel, strict=True)]
    matrices = [[np.array(getattr(t, name), object) for t in each] for name in ("filter", "input", "output")]
    points = tuple(t.multiplications for t in each)
    tile = tuple(Window(t, stride=a) for t, a in zip(points, m, strict=True))
    return Plan(m, points, tile, *(reduce(np.kron, factors).astype(float).astype(dtype) for factors in matrices))


def predict(sizes: Sizes, tolerance: float) -> Prediction:
    """The cheapest of the tiles whose bound is within the tolerance; the most accurate where none is."""
    if any((w.stride, w.dilation) != (1, 1) for w in sizes.windows):
        return Prediction("winograd", refused="the stride or the dilation is not 1")
    if not sizes.machine:
        return Prediction("winograd", refused=f"{sizes.dtype} is not float32 or float64")
    if all(k == 1 for k in sizes.kernel) or prod(k + 1 for k in sizes.kernel) > MOST:
        return Prediction("winograd", refused="the kernel is a single tap, or too large for the transforms")
    tiles = [tuple(m if k > 1 else 1 for k in sizes.kernel) for m in OUTPUTS]
    known = [_predict(sizes, m) for m in tiles if prod(a + k - 1 for a, k in zip(m, sizes.kernel, strict=True)) <= MOST]
    within = [p for p in known if p.bound <= tolerance]
    return min(within, key=lambda p: p.cost) if within else min(known, key=lambda p: p.bound)


def _predict(sizes: Sizes, m: tuple[int, ...]) -> Prediction:
    r"""What F(m, r) takes.

    A transformed filter has ``K + 2`` roundings (its products and the entries of G); a transformed tile as many as a
    row of B^T has nonzeros, an output as many as one of A^T; the sum over the channels has C. Of numbers between -1
    and 1, sums go through at most ``amplification**n`` times C [2]_. On the way back, with A and G^T changing sides,
    the sum is over the tiles, and a gradient is one of ``points`` products. Summed block by block, and the blocks in
    four shares, it has no more roundings than a block has tiles and a share has blocks, which have four tiles at
    least.
    """
    each = [transforms(a, r) for a, r in zip(m, sizes.kernel, strict=True)]
    points = prod(t.multiplications for t in each)
    tiles = sizes.batch * prod(-(-o // a) for o, a in zip(sizes.outputs, m, strict=True))
    c, f, taps = sizes.channels, sizes.filters, prod(sizes.kernel)
    moved = tiles * (points * (1.5 * c + 0.5 * f) + prod(m) * (c + f))
    transformed = (points + PANEL) * (points * c + prod(m) * f) * tiles + MOVE * moved
    filtered = 0 if sizes.prepared else c * f * MOVE * (1.3 * points + 2 * taps)
    longest = [prod(max(sum(map(bool, row)) for row in getattr(t, name)) for t in each) for name in ("input", "output")]
    amplification = prod((t.amplification for t in each), start=Fraction(1))
    returning = prod((_returning(t) for t in each), start=Fraction(1))
    block = max(FEWEST, CACHE // (points * (c + min(f, FILTERS)) * sizes.dtype.itemsize))
    summed = min(tiles, block + -(-tiles // 16) + SHARES + 1) if points * c * f <= SHARED else tiles
    shown = min(tiles, block)
    return Prediction(
        "winograd",
        multiplications=sizes.groups * points * tiles * c * f,
        cost=sizes.groups * (START + tiles / shown * product(shown, c, points * f) + transformed + filtered),
        scratch=points * (2 * c + 2 * min(f, FILTERS)) * shown * sizes.dtype.itemsize,
        bound=float(amplification) / taps * gamma(taps + 2 + sum(longest) + c, sizes.unit),
        gradient_bound=float(returning) / prod(m) * gamma(points + 2 + sum(longest) + summed, sizes.unit),
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
    chosen = plan(m, problem.kernel, problem.y.dtype)
    cut = list(blocks(_tiles(chosen, problem), _most(chosen, problem)))
    everything = slice(0, len(problem.w))
    if len(cut) > 1 and prod(chosen.points) * problem.w.shape[0] * problem.w.shape[1] <= SHARED:
        u = problem.remember(m, lambda: transformed_filters(chosen, problem, everything))  # (P, C, F)

        def by_tiles(block: Slices) -> None:
            v = transformed_tiles(chosen, problem, block)  # (P, T, C)
            _finished(chosen, problem, block, v, u, everything)

        run(cut, by_tiles, problem.threads)
        return
    for some in pieces(len(cut), max(1, problem.scratch // _bytes(chosen, problem, cut[0]))):
        _by_filters(chosen, problem, cut[some])


def _by_filters(chosen: Plan, problem: Problem, cut: list[Slices]) -> None:
    """The same for some blocks, whose transformed tiles are kept while the filters are taken piece by piece."""
    channels = problem.x.shape[-1]
    shapes = [(prod(chosen.points), prod(extents(block)), channels) for block in cut]
    kept = [scratch()(f"kept {i}", shape, problem.x.dtype) for i, shape in enumerate(shapes)]

    def transform(i: int) -> None:
        transformed_tiles(chosen, problem, cut[i], kept[i])

    def multiply(some: slice) -> None:
        key = (chosen.m, some.start)
        u = problem.remember(key, lambda: transformed_filters(chosen, problem, some))  # (P, C, F)
        for i, block in enumerate(cut):
            _finished(chosen, problem, block, kept[i], u, some)

    run(range(len(cut)), transform, problem.threads)
    run(pieces(len(problem.w), FILTERS), multiply, problem.threads)


def filter_gradient(problem: Problem, m: tuple[int, ...]) -> None:
    r"""Gradient by the filters: ``G^T [(B^T x B) (A dy A^T)] G``, summed over the tiles.

    The transforms of the forward pass, transposed: of its three linear maps, the one of the filters changes sides.
    """
    chosen = plan(m, problem.kernel, problem.w.dtype)
    points, (f, c) = prod(chosen.points), problem.w.shape[:2]
    few = points * c * f <= SHARED
    sums = _summed_by_blocks(chosen, problem) if few else _summed_by_points(chosen, problem)  # (P, C, F)

    def bring_back(some: slice) -> None:
        part = sums[:, some].reshape(points, -1)
        dw = (chosen.filter.T @ part).reshape(-1, some.stop - some.start, f)  # (K, C, F)
        problem.w[:, some] += dw.transpose(2, 1, 0).reshape(problem.w[:, some].shape)

    run(pieces(c, -(-c // SHARES)), bring_back, problem.threads)


def _summed_by_blocks(chosen: Plan, problem: Problem) -> Array:
    """Sums over the tiles point by point, the tiles shared out: for filters that stay in the cache."""
    (f, c), points = problem.w.shape[:2], prod(chosen.points)
    cut = list(blocks(_tiles(chosen, problem), _most(chosen, problem)))
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
    """The same, with the transforms of many tiles kept and the points shared out."""
    tiles, points, (f, c) = _tiles(chosen, problem), prod(chosen.points), problem.w.shape[:2]
    kept = max(1, problem.scratch // (points * (c + f) * problem.x.itemsize))
    sums = np.empty((points, c, f), problem.w.dtype)  # (P, C, F)
    for many in blocks(tiles, kept):
        count, first = prod(extents(many)), all(s.start == 0 for s in many)
        v = scratch()("kept inputs", (points, count, c), problem.x.dtype)  # (P, T, C)
        dm = scratch()("kept outputs", (points, count, f), problem.x.dtype)  # (P, T, F)
        cut = list(_within(many, max(1, min(_most(chosen, problem), -(-count // SHARES)))))

        def transform(task: tuple[Slices, slice], v: Array = v, dm: Array = dm) -> None:
            block, here = task
            transformed_tiles(chosen, problem, block, v[:, here])
            transformed_outputs(chosen, problem, block, dm[:, here])

        def multiply(some: slice, v: Array = v, dm: Array = dm, *, first: bool = first) -> None:
            if first:
                np.matmul(v[some].transpose(0, 2, 1), dm[some], out=sums[some])
            else:
                sums[some] += v[some].transpose(0, 2, 1) @ dm[some]

        run(cut, transform, problem.threads)
        run(pieces(points, -(-points // SHARES)), multiply, problem.threads)
    return sums


def transformed_outputs(chosen: Plan, problem: Problem, block: Slices, out: Array) -> None:
    """``A dy A^T`` of every tile and filter of a block, (points, tiles, F); outputs beyond the last are zero."""
    sizes, dy, rank = extents(block), problem.y[block[0]], len(chosen.m)
    lengths = [m * n for m, n in zip(chosen.m, sizes[1:], strict=True)]
    strip = scratch()("strip", (sizes[0], *lengths, dy.shape[-1]), dy.dtype)  # (n, L..., F)
    fill(strip, dy, [m * s.start for m, s in zip(chosen.m, block[1:], strict=True)])
    split = [length for n, m in zip(sizes[1:], chosen.m, strict=True) for length in (n, m)]
    apart = strip.reshape(sizes[0], *split, -1)  # (n, tiles, m, ..., F)
    tiles = scratch()("tiles", (*chosen.m, *sizes, dy.shape[-1]), dy.dtype)  # (m..., n, tiles..., F)
    tiles[...] = apart.transpose(*range(2, 2 + 2 * rank, 2), 0, *range(1, 1 + 2 * rank, 2), 1 + 2 * rank)
    np.matmul(chosen.output.T, tiles.reshape(len(chosen.output), -1), out=out.reshape(len(out), -1, copy=False))


def _within(many: Slices, most: int) -> Iterator[tuple[Slices, slice]]:
    """Blocks of a block, and where their tiles stand among its tiles."""
    start = 0
    for block in blocks(extents(many), most):
        count = prod(extents(block))
        moved = tuple(slice(a.start + s.start, a.start + s.stop) for a, s in zip(many, block, strict=True))
        yield moved, slice(start, start + count)
        start += count


def transformed_filters(chosen: Plan, problem: Problem, some: slice) -> Array:
    """``G w G^T`` of some filters and every channel, (points, C, F)."""
    w = problem.w[some].reshape(some.stop - some.start, problem.w.shape[1], -1).transpose(2, 1, 0)  # (K, C, F)
    taps = scratch()("taps", w.shape, w.dtype)
    taps[...] = w
    shape = (prod(chosen.points), *w.shape[1:])
    u = np.empty(shape, w.dtype) if problem.keeps else scratch()("filters", shape, w.dtype)
    np.matmul(chosen.filter, taps.reshape(len(taps), -1), out=u.reshape(len(u), -1))
    return u


def transformed_tiles(chosen: Plan, problem: Problem, block: Slices, out: Array | None = None) -> Array:
    """``B^T x B`` of every tile and channel of a block, (points, tiles, C)."""
    sizes, x, rank = extents(block), problem.x[block[0]], len(chosen.m)
    starts = [m * s.start - w.before for m, s, w in zip(chosen.m, block[1:], problem.windows, strict=True)]
    lengths = [m * (n - 1) + t for m, n, t in zip(chosen.m, sizes[1:], chosen.points, strict=True)]
    strip = scratch()("strip", (sizes[0], *lengths, x.shape[-1]), x.dtype)  # (n, L..., C)
    fill(strip, x, starts)
    check_finite(strip)
    tiles = scratch()("points", (*chosen.points, *sizes, x.shape[-1]), x.dtype)  # (t..., n, tiles..., C)
    axes = range(1 + 2 * rank)
    tiles[...] = patches(strip, chosen.tile, sizes[1:]).transpose(*axes[1 + rank :], *axes[: 1 + rank], 1 + 2 * rank)
    shape = (prod(chosen.points), prod(sizes), x.shape[-1])
    v = scratch()("channels", shape, x.dtype) if out is None else out  # (P, T, C)
    np.matmul(chosen.input, tiles.reshape(len(v), -1), out=v.reshape(len(v), -1, copy=False))
    return v


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


def _tiles(chosen: Plan, problem: Problem) -> tuple[int, ...]:
    """Samples, and tiles along each axis."""
    n, *outputs, _ = problem.y.shape
    return (n, *(-(-o // m) for o, m in zip(outputs, chosen.m, strict=True)))


def _most(chosen: Plan, problem: Problem) -> int:
    """Tiles of a block."""
    f, c = problem.w.shape[:2]
    numbers = prod(chosen.points) * (c + min(f, FILTERS)) * problem.x.itemsize
    fitting = max(1, problem.scratch // (3 * numbers))
    tiles = prod(_tiles(chosen, problem))
    share = -(-tiles // (SHARES if tiles >= SHARES * FEWEST else 2))
    return min(fitting, max(LEAST, min(share, max(FEWEST, CACHE // numbers))))


def _bytes(chosen: Plan, problem: Problem, block: Slices) -> int:
    """Bytes of a block's transformed tiles."""
    return prod(chosen.points) * prod(extents(block)) * problem.w.shape[1] * problem.x.itemsize
