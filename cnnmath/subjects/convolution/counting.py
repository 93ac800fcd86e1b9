"""One axis of a convolution with names for what is counted along it, and instances on which it is counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Conv
from cnnmath.subjects.convolution.layer import Layer
from cnnmath.symbolic import Remark, Step, remark, step
from cnnmath.symbolic.instance import Instance, Sparse
from cnnmath.symbolic.reader import numbered
from cnnmath.symbolic.terms import Expr, Range, array, index, size
from cnnmath.window import Window

MOST = 96
"""Extent and stride together of the longest window that is counted."""

LONGER = 4
"""So many lengths in a row are tried of every axis."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a convolution: its window, the length n of the input, and names for what is counted.

    Attributes
    ----------
    layer, number
        The convolution, and which of its axes it is.
    window, length
        The window along it, and the length of the input.
    extent, outputs
        Names of the length that a window covers, and of the number of windows.
    """

    layer: Layer
    number: int
    window: Window
    length: Expr
    extent: Expr
    outputs: Expr

    @property
    def padding(self) -> Expr:
        """Padding before and after together."""
        return self.window.before + self.window.after

    @property
    def room(self) -> Expr:
        """How far the last window could start."""
        return self.length + self.padding - self.window.extent

    @property
    def setting(self) -> Remark:
        """What the axis has, in words."""
        w = self.window
        return remark(
            "An input of length {}, padded by {} before and {} after; a kernel of {} taps, dilation {}, stride {}.",
            *map(sp.sympify, (self.length, w.before, w.after, w.kernel, w.dilation, w.stride)),
        )

    @property
    def reach(self) -> Expr:
        """Name of the number of positions that a transposed convolution of the outputs reaches."""
        return sp.Symbol(numbered("T", len(self.layer.windows))[self.number], integer=True)

    @property
    def rest(self) -> Expr:
        """Name of the length of padded input after the last window."""
        return index(numbered("r", len(self.layer.windows))[self.number])

    def strides(self, distance: Expr) -> Expr:
        """How many whole strides lie in a distance."""
        return sp.floor(distance / sp.sympify(self.window.stride), evaluate=self.window.stride == 1)

    def entry(self, name: str, at: Expr) -> Expr:
        """Entry of an array that has a row for each axis, where there are several."""
        return array(name)[self.place(at)]

    def place(self, at: Expr) -> tuple[Expr, ...]:
        """Place in such an array."""
        return (at,) if len(self.layer.windows) == 1 else (self.number + 1, at)

    def step(self, name: str, rule: str | Remark, *sides: Expr, over: Iterable[Range] = ()) -> Step:
        """A step about this axis."""
        return step(self.layer.named(name, self.number), rule, *sides, over)


def axes(op: Conv) -> tuple[Axis, ...]:
    """The axes of a convolution, none with a window too long to be laid down place by place."""
    layer = Layer.of(op)
    for window in layer.windows:
        reach = sp.sympify(window.extent + window.stride)
        if reach.is_Integer and reach > MOST:
            raise SettingError(
                "the window is too long to be laid down and looked at, place by place.",
                here=f"extent {window.extent:,} and stride {window.stride:,} make {int(reach):,}",
                rule=f"extent and stride together at most {MOST}",
                fix="use a smaller window: the formulas are the same for any",
            )
    names = (numbered(name, len(layer.windows)) for name in "eO")
    rows = zip(layer.windows, layer.long, *(map(size, name) for name in names), strict=True)
    return tuple(Axis(layer, number, *row) for number, row in enumerate(rows))


def instances(axes: tuple[Axis, ...]) -> tuple[Instance, ...]:
    """Windows of several kinds on inputs of several lengths, and what counting gives there."""
    layer = axes[0].layer
    return tuple(
        _counted(axes, {**own.values, **{n: own.values[n] + more for n in layer.long}})
        for own in layer.letters.instances()
        for more in range(LONGER)
    )


def _counted(axes: tuple[Axis, ...], values: dict[sp.Symbol, int]) -> Instance:
    """The instance with the counts of every axis: each window is laid down and looked at."""
    layer, arrays = axes[0].layer, {"t": {}, "c": {}}
    for name, meaning in layer.letters.definitions.items():
        values[name] = int(meaning.xreplace(values))
    for axis, window in zip(axes, layer.numbers(Instance(values, {})), strict=True):
        n, padding = values[axis.length], window.before + window.after
        fits = [int(_fits(window, o, n)) for o in range(n + padding)]
        counts = [sum(_fits(window, o, m) for o in range(m + padding)) for m in range(2 * n)]
        reached = {j for o in range(sum(fits)) for j in window.reads(o)}
        values |= {axis.extent: len(range(window.reads(0)[0], window.reads(0)[-1] + 1)), axis.outputs: sum(fits)}
        values |= {axis.reach: max(reached) + 1 - window.after, axis.rest: n + window.after - max(reached) - 1}
        arrays["t"] |= {axis.place(o): fit for o, fit in enumerate(fits)}
        arrays["c"] |= {axis.place(m): count for m, count in enumerate(counts)}
    ends = {name: tuple(max(axis) + 1 for axis in zip(*numbers, strict=True)) for name, numbers in arrays.items()}
    return Instance(values, {name: Sparse(numbers, ends[name]) for name, numbers in arrays.items()})


def _fits(window: Window, o: int, n: int) -> bool:
    """Whether window o lies in an input of length n with its padding, every tap of it."""
    return all(-window.before <= j < n + window.after for j in window.reads(o))
