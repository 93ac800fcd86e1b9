"""The matrix of a convolution of given sizes: its letters, its numbers, and what is counted in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from random import Random

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Conv, Linear
from cnnmath.ops.algebra import Shape
from cnnmath.ops.spatial import taps
from cnnmath.readers import Tensor, backward, forward
from cnnmath.readers.gradient import partials
from cnnmath.symbolic.instance import Array, Instance, Place, drawn
from cnnmath.symbolic.terms import Expr, array, size

MOST = 4000
"""At most so many entries of a matrix."""

ENTRIES, ZEROS, REPEATED, DISTINCT = map(size, "TZRD")
"""Names of what is counted in the matrix: all entries, zeros, repetitions, different weights."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """A convolution of one sample of a given shape, and the matrix that it multiplies the sample by.

    Attributes
    ----------
    op
        The convolution.
    x, y
        Shapes of the sample and of the output, each a batch of one.

    Raises
    ------
    SettingError
        For a matrix with too many entries.

    Examples
    --------
    >>> Sparse.of(Conv(1, (2,)), (1, 1, 3)).matrix
    Matrix([
    [w[0], w[1],    0],
    [   0, w[0], w[1]]])
    """

    op: Conv
    x: Shape
    y: Shape

    @classmethod
    def of(cls, op: Conv, x: Shape) -> Sparse:
        """The matrix of a convolution for one sample."""
        y = op.shape(x)
        if prod(x) * prod(y) > MOST:
            raise SettingError(
                "the matrix would be too large to write down.",
                here=f"{prod(y):,} outputs times {prod(x):,} inputs are {prod(x) * prod(y):,} entries",
                rule=f"at most {MOST:,}",
                fix="give a smaller input, or fewer channels and filters",
            )
        return cls(op, x, y)

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """Shapes of all arrays."""
        return {**self.op.parameters(self.x), "x": self.x, "y": self.y, "dL/dx": self.x, "dL/dy": self.y}

    def entry(self, name: str, *at: Expr) -> Expr:
        """Entry of an array; an axis of samples, channels or filters of length one is not written."""
        axes = enumerate(zip(at, self.shapes[name], strict=True))
        written = tuple(i for axis, (i, n) in axes if axis > 1 or n > 1)
        return array(name)[written] if written else sp.Symbol(name)

    def column(self, name: str) -> sp.ImmutableMatrix:
        """All entries of an array below each other."""
        places = product(*map(range, self.shapes[name]))
        return sp.ImmutableMatrix([[self.entry(name, *map(sp.Integer, at))] for at in places])

    @property
    def matrix(self) -> sp.ImmutableMatrix:
        """A row for each output, a column for each input."""
        columns = {at: number for number, at in enumerate(product(*map(range, self.x[1:])))}
        rows = sp.zeros(prod(self.y), prod(self.x))
        for number, (f, *o) in enumerate(product(*map(range, self.y[1:]))):
            for at, weight in self._read(f, tuple(o)):
                rows[number, columns[at]] = self.entry("w", *map(sp.Integer, weight))
        return sp.ImmutableMatrix(rows)

    def _read(self, f: int, o: Place) -> Iterator[tuple[Place, Place]]:
        """Places in the input that an output reads, and the weights there."""
        _, width, *kernel = self.shapes["w"]
        first = f // (self.op.filters // self.op.groups) * width
        for c, *k in product(range(width), *map(range, kernel)):
            j = taps(self.op.windows(self.x[2:]), o, k)
            if all(0 <= position < n for position, n in zip(j, self.x[2:], strict=True)):
                yield (first + c, *j), (f, c, *k)

    def instance(self, seed: int) -> Instance:
        """Numbers for all letters, what the exact readers say follows, and the counts."""
        draw = Random(seed)
        given = {name: drawn(self.shapes[name], draw) for name in ("x", "w", "b")}
        dy = drawn(self.y, draw)
        tensors = {
            **given,
            "y": forward(self.op, self.y, *given.values()),
            "dL/dy": dy,
            "dL/dx": backward(self.op, dy, given)["x"],
        }
        values: dict[sp.Symbol, int] = self._counts()
        if self.op.filters == 1:
            values[sp.Symbol("b")] = int(given["b"].values[0])
        arrays: dict[str, Array] = {"M": Tensor((prod(self.y), prod(self.x)), list(self._slopes(given)))}
        for name, tensor in tensors.items():
            kept = [n for axis, n in enumerate(tensor.shape) if axis > 1 or n > 1]
            arrays[name] = Tensor(tuple(kept), tensor.values)
        return Instance(values, arrays)

    def _slopes(self, given: Mapping[str, Tensor]) -> Iterator[int]:
        """Derivative of every output by every input, by the gradient reader."""
        for at in Tensor(self.y, []).positions():
            row = partials(self.op, at, dict(given))
            yield from (int(row.get(("x", place), 0)) for place in given["x"].positions())

    def _counts(self) -> dict[sp.Symbol, int]:
        """What is counted in the matrix, with weights that all differ and are not zero."""
        shapes = self.shapes
        w = Tensor(shapes["w"], list(range(1, prod(shapes["w"]) + 1)))
        x, b = Tensor(self.x, [0] * prod(self.x)), Tensor(shapes["b"], [0] * self.op.filters)
        slopes = list(self._slopes({"x": x, "w": w, "b": b}))
        dense = prod(Linear(prod(self.y), bias=False).parameters((1, prod(self.x)))["w"])
        weights = [slope for slope in slopes if slope]
        return {
            ENTRIES: dense,
            ZEROS: slopes.count(0),
            DISTINCT: len(set(weights)),
            REPEATED: len(weights) - len(set(weights)),
        }
