"""Windows as the columns of a matrix (im2col), a block of outputs at a time, and one matrix product a block.

A column has its numbers in one of two orders. Channels fastest, a window is copied in long runs, but the filters must
be brought into that order; taps fastest, the filters serve as they lie, and a window is copied in runs of outputs.

References
----------
.. [1] K. Chellapilla, S. Puri and P. Simard, "High performance convolutional neural networks for document processing",
   IWFHR 2006, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from cnnmath.numeric.methods.predict import MOVE, START, Prediction, Sizes, gamma, product, too_much
from cnnmath.numeric.methods.problem import (
    Problem,
    across_channels,
    blocks,
    by_channel,
    channels_first,
    channels_last,
    check_finite,
    covered,
    extents,
    fill,
    fitting,
    is_single,
    patches,
)
from cnnmath.numeric.windows import Array, Slices
from cnnmath.numeric.workers import pieces, run, scratch

NUMBERS, POSITIONS, SHARES, LIGHT, HEAVY, LONG = 2**18, 256, 4, 2**18, 2**28, 512
"""Numbers of a block's columns, and positions that it has at least; shares that work is cut into where blocks are few;
numbers of the filters that one block repays; multiply-adds above which more than two shares repay their start; and
terms of a sum that repay turning the product."""

RUN, NARROW = 25, 16
"""What starting a run costs, in numbers copied; the shortest run of channels that is one."""


def predict(sizes: Sizes, tolerance: float, scratch: int) -> Prediction:
    """One product; every column is copied once, and the filters once in each call."""
    strip = sizes.channels * prod(w.extent for w in sizes.windows)  # of one output
    refused = too_much("gemm", (sizes.taps + strip) * sizes.dtype.itemsize, scratch)
    if refused is not None:
        return refused
    copied = 0 if sizes.single else sizes.taps * sizes.positions
    reordered = 0 if sizes.single or sizes.prepared else 2 * sizes.filters * sizes.taps
    return Prediction(
        "gemm",
        multiplications=sizes.groups * sizes.multiplications,
        cost=sizes.groups * (START + product(sizes.positions, sizes.taps, sizes.filters) + MOVE * (copied + reordered)),
        scratch=min(scratch, 2 * sizes.taps * _positions(sizes.taps, sizes.positions) * sizes.dtype.itemsize),
        bound=gamma(sizes.taps, sizes.unit),
        gradient_bound=gamma(sizes.positions, sizes.unit),
    )


def forward(problem: Problem, chosen: Prediction) -> None:
    """One product a block, group by group.

    A filter that is not finite shows in the output, for zeros of the padding too are multiplied by it.
    """
    padded = any(w.before or w.after for w in problem.windows)
    ahead = problem.keeps or problem.w.size <= problem.y.size
    if padded and ahead:
        problem.check_filters()
    for part in problem.parts():
        _forward(part)
    if padded and not ahead:
        check_finite(problem.y)


def _positions(taps: int, all_of_them: int) -> int:
    """Positions of a block, so that it stays in the cache and there is a share for each thread."""
    return max(POSITIONS, min(NUMBERS // taps, -(-all_of_them // SHARES)))


def _forward(problem: Problem) -> None:
    """``y = w @ windows(x)``: many blocks are shared out whole, of few ones first the windows and then the filters."""
    columns, most = Columns.of(problem), fitting_positions(problem, problem.taps)
    w, filters = columns.filters(), len(problem.w)
    cut = columns.cut(min(most, _positions(problem.taps, problem.y.size // filters)))
    if len(cut) >= SHARES and problem.w.size <= LIGHT:
        run(cut, lambda block: _product(problem, block, columns.read(block), w, slice(None)), problem.threads)
        return
    shares = SHARES if problem.y.size * problem.taps > HEAVY else 2
    for block in columns.cut(most):
        read = columns.shared(block)
        run(
            pieces(filters, -(-filters // shares)),
            lambda some, block=block, read=read: _product(problem, block, read, w[some], some),
            problem.threads,
        )


def fitting_positions(problem: Problem, numbers: int) -> int:
    """Outputs of a block, of so many numbers each, in half of the scratch memory, what they read in the other."""
    room = problem.scratch // (2 * problem.x.itemsize)
    return fitting(problem.windows, problem.y.shape[:-1], room // numbers, room // problem.x.shape[-1])


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The windows of a problem as columns of a matrix.

    Attributes
    ----------
    problem
        The problem.
    channels_fastest
        Whether a column runs through the channels fastest, or through the taps of the window.
    """

    problem: Problem
    channels_fastest: bool

    @classmethod
    def of(cls, problem: Problem) -> Columns:
        """The order in which less is to be copied: windows and, unless they are remembered, filters."""
        last, x = problem.windows[-1], problem.x
        run = x.shape[-1] * (last.kernel if last.dilation == 1 else 1)
        if run < NARROW or (x.strides[-1] > x.strides[-2] and last.stride == 1):
            return cls(problem, channels_fastest=False)
        positions, width = prod(problem.y.shape[:-1]), problem.y.shape[-2]
        reordered = 0 if problem.keeps else len(problem.w)
        return cls(problem, channels_fastest=reordered < positions * RUN / width)

    def filters(self) -> Array:
        """Filters as rows in this order, (F, C*K)."""
        w = self.problem.w
        if self.problem.keeps and self.channels_fastest:
            return self.problem.remember("gemm", lambda: np.ascontiguousarray(channels_last(w).reshape(len(w), -1).T)).T
        if not self.channels_fastest or self.single:
            return w.reshape(len(w), -1)
        return channels_last(w).reshape(len(w), -1)

    @property
    def single(self) -> bool:
        """Whether every output reads just the input at its own place, so that nothing need be copied."""
        return is_single(self.problem.windows)

    def cut(self, most: int) -> list[Slices]:
        """Blocks of outputs of at most so many positions; of one sample each, where nothing need be copied."""
        n, *outputs, _ = self.problem.y.shape
        if not self.single:
            return list(blocks((n, *outputs), max(1, most)))
        return [(slice(i, i + 1), *block) for i in range(n) for block in blocks(outputs, max(1, most))]

    def read(self, block: Slices, some: slice = slice(None)) -> Array:
        """Columns of a block of outputs, (C*K, positions), of some of the channels."""
        problem, sizes = self.problem, extents(block)
        channels = len(range(*some.indices(problem.x.shape[-1])))
        if self.single:
            return by_channel(problem.x[block][..., some]).reshape(channels, -1)
        taps = channels * prod(problem.kernel)
        if self.channels_fastest:
            out = scratch()("columns", (prod(sizes), taps), problem.x.dtype)
        else:
            out = scratch()("columns", (taps, prod(sizes)), problem.x.dtype).T
        self._copy(block, out, some, slice(None))
        return out.T

    def shared(self, block: Slices) -> Array:
        """The same, made by all threads together."""
        problem, sizes = self.problem, extents(block)
        if self.single:
            return self.read(block)
        shape = (problem.taps, prod(sizes))
        if self.channels_fastest:
            out = scratch()("shared", shape[::-1], problem.x.dtype)
        else:
            out = scratch()("shared", shape, problem.x.dtype).T
        shares = -(-problem.x.shape[-1] // SHARES)
        some = pieces(problem.x.shape[-1], shares)
        run(some, lambda c: self._copy(block, out, c, c), problem.threads)
        return out.T

    def as_filters(self, rows: Array) -> Array:
        """Rows in this order as filters, (F, C, *kernel)."""
        kernel = self.problem.kernel
        if not self.channels_fastest or self.single:
            return rows.reshape(len(rows), -1, *kernel)
        return channels_first(rows.reshape(len(rows), *kernel, -1))

    def _copy(self, block: Slices, out: Array, some: slice, into: slice) -> None:
        """Copy some channels of a block's windows into these channels of (positions, C*K)."""
        problem, sizes, rank = self.problem, extents(block), len(self.problem.windows)
        x = problem.x[block[0]][..., some]  # (n, *spatial, C)
        starts, lengths = covered(problem.windows, block[1:])
        if self.channels_fastest:
            strip = scratch()("strip", (sizes[0], *lengths, x.shape[-1]), x.dtype)  # (n, L..., C)
            to = out.reshape(*sizes, *problem.kernel, -1, copy=False)[..., into]
        else:
            strip = across_channels(scratch()("strip", (x.shape[-1], sizes[0], *lengths), x.dtype))
            by_channel = out.T.reshape(-1, *problem.kernel, *sizes, copy=False)[into]  # (C, K..., n, O...)
            axes = range(2 * rank + 2)
            to = by_channel.transpose(*axes[1 + rank :], *axes[1 : 1 + rank], 0)
        fill(strip, x, starts)
        to[...] = patches(strip, problem.windows, sizes[1:])  # (n, O..., K..., C)


def _product(problem: Problem, block: Slices, read: Array, w: Array, some: slice) -> None:
    """One block of the output, of some of the filters, in whichever order it lies in memory."""
    y = problem.y[block][..., some]  # (n, O..., F)
    last, first = _matrix(y, read.shape[1]), _matrix(by_channel(y), len(w))
    if last is not None and (read.flags.f_contiguous or problem.taps < LONG):
        np.matmul(read.T, w.T, out=last)
    elif last is not None:  # neither factor need be turned; the product is
        last[...] = (w @ read).T
    elif first is not None:
        np.matmul(w, read, out=first)
    else:
        y[...] = (read.T @ w.T).reshape(y.shape)
    problem.finish(y, (*block, some))


def _matrix(a: Array, rows: int) -> Array | None:
    """View of an array as a matrix into which a product can be written as it is, if there is one."""
    try:
        matrix = a.reshape(rows, -1, copy=False)
    except ValueError:
        return None
    return matrix if matrix.strides[1] == a.itemsize else None
