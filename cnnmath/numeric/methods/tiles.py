"""Tiles of Winograd's minimal filtering: the transforms as matrices, and arrays transformed tile by tile.

Along n axes, the transforms are Kronecker powers of exact rational matrices. Each is one matrix product over all
tiles and channels of a block.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, reduce
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric.methods.problem import Problem, check_finite, extents, fill, patches
from cnnmath.numeric.windows import Array, Slices
from cnnmath.numeric.workers import scratch
from cnnmath.toomcook import transforms
from cnnmath.window import Window


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


def tiles_of(chosen: Plan, problem: Problem) -> tuple[int, ...]:
    """Samples, and tiles along each axis."""
    n, *outputs, _ = problem.y.shape
    return (n, *(-(-o // m) for o, m in zip(outputs, chosen.m, strict=True)))


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
