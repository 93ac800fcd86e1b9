"""How one array is laid out as another: axes cut into pieces, the pieces reordered and put together again.

Views, permutations and flattenings move no number by themselves, so that a chain of them is one layout. It is
carried out where an operator needs the array as it looks, and never where what follows concerns one axis alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple, Self


class Piece(NamedTuple):
    """A stretch of digits of an axis's index: ``(index // stride) mod size``."""

    axis: int
    stride: int
    size: int


Group = tuple[Piece, ...]
"""Pieces that make up an axis, the last one fastest; none where its size is 1."""


@dataclass(frozen=True, slots=True)
class Layout:
    """An array as it looks, each of its axes a group of pieces of the axes of the array that is there.

    Attributes
    ----------
    source
        Shape of the array that is there.
    groups
        The pieces of every axis. Neighbours that continue each other are one piece, and pieces of size 1 are left out,
        so that equal layouts are equal records.

    Examples
    --------
    Two groups of three channels each, shuffled:

    >>> shuffled = Layout.of((1, 6, 4)).reshaped((1, 2, 3, 4)).permuted((0, 2, 1, 3)).reshaped((1, 6, 4))
    >>> shuffled.groups[1]
    (Piece(axis=1, stride=1, size=3), Piece(axis=1, stride=3, size=2))
    >>> shuffled.reshaped((1, 3, 2, 4)).permuted((0, 2, 1, 3)).reshaped((1, 6, 4)) == Layout.of((1, 6, 4))
    True
    """

    source: tuple[int, ...]
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, shape: Sequence[int]) -> Self:
        """The layout in which an array looks as it is."""
        return cls(tuple(shape), tuple(_whole(axis, size) for axis, size in enumerate(shape)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array as it looks."""
        return tuple(prod(piece.size for piece in group) for group in self.groups)

    @property
    def plain(self) -> bool:
        """Whether the array looks as it is."""
        return self == Layout.of(self.source)

    def permuted(self, order: Sequence[int]) -> Layout:
        """The same array with its axes in another order."""
        return Layout(self.source, tuple(self.groups[i] for i in order))

    def reshaped(self, shape: Sequence[int]) -> Layout | None:
        """The same numbers in row-major order in another shape; None where sizes do not divide each other.

        Examples
        --------
        >>> Layout.of((6, 4)).reshaped((8, 3)) is None
        True
        """
        if prod(shape) != prod(self.source):
            return None
        left = [piece for group in self.groups for piece in group]
        groups: list[Group] = []
        for size in shape:
            taken: list[Piece] = []
            while size > 1:
                axis, stride, n = left.pop(0)
                if size % n == 0:
                    taken.append(Piece(axis, stride, n))
                    size //= n
                elif n % size == 0:
                    taken.append(Piece(axis, stride * (n // size), size))
                    left.insert(0, Piece(axis, stride, n // size))
                    size = 1
                else:
                    return None
            groups.append(_merged(taken))
        return Layout(self.source, tuple(groups))

    def axis(self, i: int) -> int | None:
        """Axis of the array that is there which an axis of the array as it looks is; None where it is none alone."""
        group = self.groups[i]
        if len(group) == 1 and group == _whole(group[0].axis, self.source[group[0].axis]):
            return group[0].axis
        same = not group and len(self.groups) == len(self.source) and self.source[i] == 1
        return i if same else None

    def resized(self, i: int, size: int) -> Layout:
        """The layout once an axis that is one alone has another size."""
        axis = self.axis(i)
        if axis is None:
            raise ValueError(f"axis {i} of {self} is no axis of the array that is there")
        source = (*self.source[:axis], size, *self.source[axis + 1 :])
        return Layout(source, (*self.groups[:i], _whole(axis, size), *self.groups[i + 1 :]))

    def without(self, axes: Sequence[int], *, keep: bool) -> Layout:
        """The layout once axes that are one alone each have the size 1, and are kept or not."""
        found = self
        for i in axes:
            found = found.resized(i, 1)
        return found if keep else found.permuted([i for i in range(len(self.groups)) if i not in axes])

    def moved(self, order: Sequence[int]) -> Layout:
        """The same look, once the array that is there has its axes in another order."""
        place = {axis: i for i, axis in enumerate(order)}
        groups = (tuple(piece._replace(axis=place[piece.axis]) for piece in group) for group in self.groups)
        return Layout(tuple(self.source[axis] for axis in order), tuple(groups))

    def pieces(self) -> list[Piece]:
        """All pieces, in the order of the array that is there."""
        found = (piece for group in self.groups for piece in group)
        return sorted(found, key=lambda piece: (piece.axis, -piece.stride))


def _whole(axis: int, size: int) -> Group:
    return (Piece(axis, 1, size),) if size != 1 else ()


def _merged(pieces: Sequence[Piece]) -> Group:
    """Pieces with those put together that continue each other."""
    merged: list[Piece] = []
    for piece in pieces:
        if merged and merged[-1].axis == piece.axis and merged[-1].stride == piece.stride * piece.size:
            piece = Piece(piece.axis, piece.stride, merged.pop().size * piece.size)
        merged.append(piece)
    return tuple(merged)
