"""What an operator reads, as plain sets: two settings are the same function exactly where these are equal.

For data in general, a sum of products differs from another as soon as one product does. So whether a mistake shows is
a question of integers alone: which output meets which input through which tap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce, singledispatch
from math import prod
from typing import Any, TypeAlias

import numpy as np

from cnnmath import ops
from cnnmath.numeric.pool import divisor
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import Change, Shows, settled

Meetings: TypeAlias = tuple[frozenset[tuple[int, int, int]], ...]
"""For each axis the triples (output, tap, input) that meet; no axis has any where one has none."""


@singledispatch
def reading(op: Any, inputs: tuple[Shape, ...], outputs: Sequence[int]) -> Any:
    """All that decides an operator's results, as far as the first so many outputs of each axis go."""
    return meetings(op, inputs[0], outputs)


@reading.register
def _(op: ops.ConvTranspose, inputs: tuple[Shape, ...], outputs: Sequence[int]) -> Any:
    settings = zip(op.axes(inputs[0][2:]), inputs[0][2:], outputs, strict=True)
    return _all_or_none(
        [(a.window.tap(i, k), k, i) for i in range(n) for k in range(a.window.kernel) if 0 <= a.window.tap(i, k) < end]
        for a, n, end in ((a, n, min(most, a.placements(n))) for a, n, most in settings)
    )


@reading.register(ops.MaxPool)
@reading.register(ops.AveragePool)
@reading.register(ops.LpPool)
@reading.register(ops.Subsample)
def _(op: Any, inputs: tuple[Shape, ...], outputs: Sequence[int]) -> Any:
    """A pool's taps are alike; what it reads decides, and what it divides by."""
    seen = tuple(frozenset((o, t) for o, _, t in axis) for axis in meetings(op, inputs[0], outputs))
    shares = divisor(op, inputs[0][2:])[tuple(slice(o) for o in outputs)] if isinstance(op, ops.AveragePool) else 0
    return seen, np.asarray(shares).tolist()


def meetings(op: Any, x: Shape, outputs: Sequence[int] | None = None) -> Meetings:
    """Which output meets which input through which tap of a sliding window."""
    most = outputs or [w.placements(n) for w, n in zip(op.windows(x[2:]), x[2:], strict=True)]
    return _all_or_none(
        [(o, k, w.tap(o, k)) for k in range(w.kernel) for o in w.outputs(k, n) if o < last]
        for w, n, last in zip(op.windows(x[2:]), x[2:], most, strict=True)
    )


def _all_or_none(axes: Any) -> Meetings:
    found = tuple(frozenset(axis) for axis in axes)
    return found if all(found) else (frozenset(),) * len(found)


def rereads(change: Change) -> Shows:
    """A mistake that takes another setting shows where its output has another shape, or reads otherwise."""

    def shows(op: Operator, inputs: tuple[Shape, ...]) -> bool:
        other = settled(change, op, inputs)
        return other.shape(*inputs) != op.shape(*inputs) or backward_rereads(change)(op, inputs)

    return shows


def backward_rereads(change: Change) -> Shows:
    """A gradient of another setting is wrong where what is read through the right outputs is not the same."""

    def shows(op: Operator, inputs: tuple[Shape, ...]) -> bool:
        other, outputs = settled(change, op, inputs), op.shape(*inputs)[2:]
        return other != op and reading(other, inputs, outputs) != reading(op, inputs, outputs)

    return shows


def rearranged(change: Callable[[Any, Array], Array], when: Callable[[Any, Shape], bool] | None = None) -> Shows:
    """A mistake that reads the filters in another order shows where a tap that sees input is another one."""

    def shows(op: Any, inputs: tuple[Shape, ...]) -> bool:
        if when is not None and not when(op, inputs[0]):
            return False
        w = op.parameters(*inputs)["w"]
        numbers = np.arange(prod(w)).reshape(w)
        moved = change(op, numbers)
        return moved.shape != w or bool((moved != numbers)[:, :, seen(op, inputs[0])].any())

    return shows


def seen(op: Any, x: Shape) -> Array:
    """Which taps meet any input and output, of the shape of the kernel."""
    axes = reading(op, (x,), op.shape(x)[2:])
    marks = [np.isin(np.arange(size), [k for _, k, _ in axis]) for size, axis in zip(op.kernel, axes, strict=True)]
    return reduce(np.logical_and.outer, marks)


def sees(op: Any, x: Shape) -> bool:
    """Whether any output meets any input."""
    return bool(seen(op, x).any())


def shared(axes: Meetings) -> bool:
    """Whether an input is met more than once, whether by several outputs or through several taps."""
    return any(len({t for _, _, t in axis}) < len(axis) for axis in axes)


def shared_by_outputs(axes: Meetings) -> bool:
    """Whether an input is met by several outputs."""
    return any(len({t for _, _, t in axis}) < len({(o, t) for o, _, t in axis}) for axis in axes)


def shared_inside(axes: Meetings) -> bool:
    """Whether an output meets several inputs."""
    return any(len({o for o, _, _ in axis}) < len(axis) for axis in axes)


def rests(op: Any, x: Shape) -> list[int]:
    """What every axis leaves unread at its end."""
    return [(n + w.before + w.after - w.extent) % w.stride for n, w in zip(x[2:], op.windows(x[2:]), strict=True)]
