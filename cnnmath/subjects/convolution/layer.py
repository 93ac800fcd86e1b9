"""A convolution's indices, and the numbers that its window has on an instance: what several chapters write with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any, Self

import sympy as sp

from cnnmath.ops import Conv, ConvTranspose
from cnnmath.ops.spatial import inside, taps
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Instance, Place
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.ranges import decided
from cnnmath.symbolic.terms import Expr, Range, Sigma, index
from cnnmath.window import Window


@dataclass(frozen=True, slots=True)
class Layer:
    """The window of a convolution, or of the convolution that a transposed one is the adjoint of, with its indices.

    Attributes
    ----------
    letters
        The operator's letters.
    windows
        One window an axis.
    long, short
        Spatial sizes of what the window slides over, and of what it gives: of x and y, or of y and x.

    Examples
    --------
    >>> layer = Layer.of(Conv(1, (3,), stride=2, padding=1))
    >>> position = layer.tap(layer.at("o"), layer.at("k"))
    >>> position, layer.inside(position)
    ((k + 2*o - 1,), (k + 2*o - 1 >= 0, k + 2*o - 1 < L))
    """

    letters: Letters
    windows: tuple[Window, ...]
    long: tuple[Expr, ...]
    short: tuple[Expr, ...]

    @classmethod
    def of(cls, op: Conv | ConvTranspose) -> Self:
        """The layer of an operator, whose window may be symbols."""
        letters = Letters.of(op)
        if isinstance(op, ConvTranspose):
            return cls(letters, tuple(axis.window for axis in op.axes(())), letters.outputs, letters.sizes)
        return cls(letters, letters.windows, letters.sizes, letters.outputs)

    @property
    def padded(self) -> tuple[Expr, ...]:
        """Spatial sizes of what the window slides over, padding included."""
        return tuple(n + w.before + w.after for n, w in zip(self.long, self.windows, strict=True))

    def named(self, name: str, axis: int) -> str:
        """Name of a step that each axis has."""
        return name if len(self.windows) == 1 else f"{name}, axis {axis + 1}"

    @property
    def kernel(self) -> tuple[Expr, ...]:
        """Number of taps along each axis."""
        return tuple(window.kernel for window in self.windows)

    def over(self, name: str) -> tuple[Range, ...]:
        """Ranges of the taps k, of the positions j of x, or of the positions o of y."""
        return tuple(pair for pair in self._axes(name) if pair[1] != 1)

    def at(self, name: str) -> tuple[Expr, ...]:
        """Indices of the taps k, of the positions j of x, or of the positions o of y; 0 where there is but one."""
        return tuple(sp.S.Zero if extent == 1 else symbol for symbol, extent in self._axes(name))

    def _axes(self, name: str) -> tuple[Range, ...]:
        sizes = {"k": self.kernel, "j": self.letters.sizes, "o": self.letters.outputs}
        return self.letters.axes(name, sizes[name])

    def tap(self, window: Sequence[Expr], k: Sequence[Expr]) -> tuple[Expr, ...]:
        """Position that a window reads through a tap, which may lie in the padding."""
        return taps(self.windows, window, k)

    def reads(self, k: Sequence[Expr]) -> tuple[Expr, ...]:
        """Position in the padded input that window o reads through tap k."""
        return tuple(t + window.before for t, window in zip(self.tap(self.at("o"), k), self.windows, strict=True))

    def rest(self, axis: int) -> Expr:
        """Length of padded input after the last window, along an axis."""
        window, long = self.windows[axis], self.padded[axis]
        return sp.Mod(long - window.extent, window.stride, evaluate=window.stride == 1)

    def inside(self, positions: Sequence[Expr]) -> tuple[Any, ...]:
        """Conditions under which positions lie in what the window slides over; none where there is no padding."""
        return tuple(inside(self.windows, positions, self.long))

    @property
    def groups(self) -> tuple[Range, ...]:
        """The range of the groups g, where there are several."""
        return () if self.letters.groups == 1 else ((index("g"), self.letters.groups),)

    def channels(self, name: str) -> Expr:
        """Number of channels of x or y in a group."""
        return self.letters.shapes[name][1] // self.letters.groups

    def channel(self, name: str, own: Expr) -> Expr:
        """Channel of x or y with a number of its own in the group g; that number itself where there is one group."""
        return index("g") * self.channels(name) + own if self.groups else own

    def total(self, body: Expr, over: Iterable[Range], position: Sequence[Expr]) -> Expr:
        """Sum where a position that windows read lies inside; of its bounds, those that are not sure are written."""
        ranges = tuple(over)
        known = {**dict(self.over("o")), **dict(self.over("j")), **dict(ranges)}
        return Sigma(body, ranges, [decided(bound, known) for bound in self.inside(position)])

    def met(self, body: Expr, conditions: Iterable[Any]) -> Expr:
        """Sum over the taps that meet some conditions."""
        return Sigma(body, self.over("k"), conditions)

    def numbers(self, instance: Instance) -> tuple[Window, ...]:
        """The windows on an instance."""
        return tuple(
            Window(*(int(evaluate(getattr(window, f.name), instance.environment)) for f in fields(window)))
            for window in self.windows
        )

    def concrete(self, instance: Instance, filters: int, *, groups: int = 1) -> Conv:
        """A convolution without bias that has the windows of an instance."""
        windows = self.numbers(instance)
        return Conv(
            filters,
            tuple(window.kernel for window in windows),
            stride=tuple(window.stride for window in windows),
            dilation=tuple(window.dilation for window in windows),
            padding=tuple((window.before, window.after) for window in windows),
            groups=groups,
            bias=False,
        )

    def pairs(
        self, instance: Instance, long: Sequence[int], short: Sequence[int]
    ) -> Iterable[tuple[Place, Place, Place]]:
        """Every window o and tap k with the position j that they meet in, counted one by one; none in the padding."""
        windows = self.numbers(instance)
        for o in product(*map(range, short)):
            for k in product(*(range(window.kernel) for window in windows)):
                j = tuple(window.reads(i)[tap] for window, i, tap in zip(windows, o, k, strict=True))
                if all(0 <= position < n for position, n in zip(j, long, strict=True)):
                    yield o, k, j
