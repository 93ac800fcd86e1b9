r"""Gradients of a correlation: by its input, correlations again; by its filters, products with its windows.

Along one axis, input j is read through tap k by output o where ``s*o + d*k - p = j``. For j of one residue, ``j = s*q
+ r``, these taps are ``k = k0 + i*s/g`` with ``g = gcd(s, d)``, none unless g divides r + p; and then ``o = q + c -
i*d/g``, with ``c = (r + p - d*k0)/s``. Counted from the last such tap, that is the window of kernel I (the number of
such taps), stride 1, dilation d/g and padding ``(I - 1)*d/g - c``: every residue is a correlation of dy with some of
the taps, and the whole needs no scattering.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd, prod

import numpy as np

from cnnmath.numeric.engine import current
from cnnmath.numeric.methods import winograd
from cnnmath.numeric.methods.correlate import choice, correlate, nothing
from cnnmath.numeric.methods.gemm import LIGHT, Columns, fitting_positions
from cnnmath.numeric.methods.problem import (
    NotFiniteError,
    Problem,
    blocks,
    by_channel,
    channels_first,
    channels_last,
    check_finite,
)
from cnnmath.numeric.windows import Array, tap_slices
from cnnmath.numeric.workers import pieces, run
from cnnmath.window import Window

POSITIONS, SHARES = 1024, 4
"""Outputs of a block, and shares that the work is cut into."""


@dataclass(frozen=True, slots=True)
class Residue:
    """One residue class of an axis of the input, as it is read.

    Attributes
    ----------
    inputs
        Its positions.
    taps
        The taps that read it, last first.
    outputs
        The outputs that these taps can reach from it.
    window
        The window over those outputs.
    """

    inputs: slice
    taps: slice
    outputs: slice
    window: Window


def residues(window: Window, n: int) -> Iterator[Residue]:
    """Residue classes of an axis of length n that some tap reads.

    Examples
    --------
    >>> for residue in residues(Window(3, stride=2, before=1, after=1), 6):
    ...     print(residue.inputs, residue.taps, residue.window)
    slice(0, 6, 2) slice(1, 0, -2) Window(kernel=1, stride=1, dilation=1, before=0, after=0)
    slice(1, 6, 2) slice(2, None, -2) Window(kernel=2, stride=1, dilation=1, before=0, after=1)
    """
    s, d, p, outputs = window.stride, window.dilation, window.before, window.placements(n)
    step = s // gcd(s, d)
    for r in range(min(s, n)):
        first = next((k for k in range(min(step, window.kernel)) if (r + p - d * k) % s == 0), None)
        if first is None:
            continue
        count = -(-(window.kernel - first) // step)
        apart, last = d * step // s, first + (count - 1) * step
        before = -((r + p - d * last) // s)  # outputs that a first position would read ahead of output 0
        length = -(-(n - r) // s)
        after = length - 1 + (count - 1) * apart - before - (outputs - 1)
        kept = slice(max(0, -before), outputs - max(0, -after))
        if kept.start >= kept.stop:  # no output reads this residue
            continue
        yield Residue(
            inputs=slice(r, n, s),
            taps=slice(last, first - 1 if first else None, -step),
            outputs=kept,
            window=Window(count, dilation=apart, before=max(0, before), after=max(0, after)),
        )


def input_gradient(windows: Sequence[Window], dy: Array, w: Array, sizes: Sequence[int], groups: int = 1) -> Array:
    """Gradient by the input of a correlation, (N, C, *sizes): a correlation of dy for each residue of the strides."""
    if groups == 1 and w.size > LIGHT and len(w) > dy[:, 0].size and dy.dtype != object:
        return _scattered(windows, dy, w, sizes)
    channels = w.shape[1] * groups
    if not w.size:
        return np.zeros((len(dy), channels, *sizes), np.result_type(dy, w))
    turned = np.swapaxes(w.reshape(groups, -1, *w.shape[1:]), 1, 2).reshape(
        channels, -1, *w.shape[2:]
    )  # (C, F/G, K...)
    apart = [list(residues(window, n)) for window, n in zip(windows, sizes, strict=True)]

    def part(each: Sequence[Residue]) -> Array:
        outputs, taps = (r.outputs for r in each), (r.taps for r in each)
        return correlate([r.window for r in each], dy[(..., *outputs)], turned[(..., *taps)], groups)

    if all(window.stride == 1 and found for window, found in zip(windows, apart, strict=True)):
        return part([found for (found,) in apart])
    dx = channels_first(np.zeros((len(dy), *sizes, channels), np.result_type(dy, w)))
    for each in product(*apart):
        dx[(..., *(r.inputs for r in each))] = part(each)
    return dx


def _scattered(windows: Sequence[Window], dy: Array, w: Array, sizes: Sequence[int]) -> Array:
    """The same by products with the filters as they lie, added tap by tap: for filters that outweigh the outputs."""
    filters, channels = w.shape[:2]
    rows = dy.swapaxes(0, 1).reshape(filters, -1)  # (F, N*O)
    dx = np.zeros((len(dy), channels, *sizes), np.result_type(dy, w))

    def add(some: slice) -> None:
        mine, weights = dx[:, some], w[:, some]
        terms = (weights.reshape(filters, -1).T @ rows).reshape(*weights.shape[1:], len(dy), *dy.shape[2:])
        for k, outputs, inputs in tap_slices(windows, sizes):
            mine[:, :, *inputs] += terms[:, *k][:, :, *outputs].swapaxes(0, 1)  # (N, C, o...)

    run(pieces(channels, -(-channels // SHARES)), add, current().workers)
    return dx


def filter_gradient(windows: Sequence[Window], dy: Array, x: Array, shape: Sequence[int], groups: int = 1) -> Array:
    """Gradient by the filters of a correlation, of their shape (F, C/G, *kernel): ``dy`` times the windows of x."""
    engine, kind = current(), np.result_type(dy, x)
    dw = np.zeros(tuple(shape), kind)
    whole = Problem(
        tuple(windows),
        channels_last(x.astype(kind, copy=False)),
        dw,
        channels_last(dy.astype(kind, copy=False)),
        groups,
        nothing,
        engine.scratch,
        engine.workers,
    )
    if not (dy.size and x.size):
        return dw
    method = choice(windows, x.shape, tuple(shape), kind, groups)
    tiled = method.method == "winograd" and method.prediction.gradient_bound <= method.tolerance
    try:
        check_finite(dy)
        for part in whole.parts():
            if tiled:
                winograd.filter_gradient(part, method.prediction.tile)
            else:
                _filter_gradient(part)
    except NotFiniteError:
        for part in whole.parts():
            _by_definition(part)
    return dw


def _by_definition(problem: Problem) -> None:
    """A tap at a time, so that what lies in the padding is never multiplied."""
    x, dy = channels_first(problem.x), channels_first(problem.y)
    for k, outputs, inputs in tap_slices(problem.windows, x.shape[2:]):
        above, seen = (a.reshape(*a.shape[:2], -1) for a in (dy[:, :, *outputs], x[:, :, *inputs]))
        problem.w[:, :, *k] = np.einsum("nfo,nco->fc", above, seen)


def _filter_gradient(problem: Problem) -> None:
    """Sums over blocks of positions: the channels are shared out or, where they are few, the blocks."""
    columns, apart = Columns.of(problem), problem.w.size > LIGHT
    channels, taps = problem.x.shape[-1], prod(problem.kernel)
    most = min(POSITIONS, fitting_positions(problem, 2 * (problem.taps + len(problem.w))))
    cut = list(blocks(problem.y.shape[:-1], most))
    if apart:
        shares = [(cut, some) for some in pieces(channels, -(-channels // SHARES))]
    else:
        several = max(1, min(SHARES, problem.scratch // (8 * problem.w.nbytes)))
        shares = [(cut[some], slice(0, channels)) for some in pieces(len(cut), -(-len(cut) // several))]
    sums: list[Array] = [np.empty(0)] * len(shares)

    def add(i: int) -> None:
        mine, some = shares[i]
        total = np.zeros((len(problem.w), (some.stop - some.start) * taps), problem.w.dtype)  # (F, K*C)
        for block in mine:
            dy = by_channel(problem.y[block]).reshape(len(total), -1)  # (F, positions)
            total += dy @ columns.read(block, some).T
        if apart:
            problem.w[:, some] = columns.as_filters(total)
        else:
            sums[i] = total

    run(range(len(shares)), add, problem.threads)
    for total in () if apart else sums:
        problem.w[...] += columns.as_filters(total)
