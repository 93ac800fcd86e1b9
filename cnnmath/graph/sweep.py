"""Many candidates at once: the same propagation, with NumPy arrays for sizes and widths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnmath.errors import DataError, ShapeError
from cnnmath.graph.architecture import Architecture
from cnnmath.graph.propagate import COUNTED, Facts, products, walk
from cnnmath.readers import Census
from cnnmath.window import Size

BLOCK = 2**16
"""Candidates propagated together: their arrays stay in the cache."""

EXACT = 2**53
"""Below it, floats are exact integers, and do not wrap as 64-bit integers do: above it, Python integers take over."""

Totals: TypeAlias = tuple[Any, Any, Any]
"""Parameters, multiply-accumulates, and whether every window fits."""


class Candidates(np.ndarray):
    """An array that stands for one number: no operator takes it for a tuple of one entry an axis."""

    __iter__ = None  # type: ignore[assignment]  # None makes it no iterable; the stubs want a method


@dataclass(frozen=True, slots=True)
class Sweep:
    """Totals of every candidate.

    Attributes
    ----------
    candidates
        What was tried, broadcast to one shape.
    parameters, macs
        Totals, as `cnnmath.graph.Summary` has them; 0 where the network does not accept the input.
    accepted
        Where the network accepts its input: every window fits, every merge has equal shapes.
    """

    candidates: Mapping[str, NDArray[Any]]
    parameters: NDArray[Any]
    macs: NDArray[Any]
    accepted: NDArray[np.bool_]

    def __repr__(self) -> str:
        tried = " x ".join(f"{name} {values.min()}..{values.max()}" for name, values in self.candidates.items())
        fits = self.macs[self.accepted]
        found = f"{fits.size:,} accepted, MACs {fits.min():,}..{fits.max():,}" if fits.size else "none accepted"
        return f"{self.macs.size:,} candidates ({tried}): {found}"


def sweep(build: Callable[..., Architecture], **candidates: ArrayLike) -> Sweep:
    """Parameters and multiply-accumulates of a network for many settings, exactly.

    Parameters
    ----------
    build
        Builds the network from one argument of each candidate's name; it gets arrays where it would get integers, and
        does plain arithmetic with them.
    candidates
        Positive integers, arrays that broadcast with each other.

    Notes
    -----
    Where some candidates of a block do not fit in a way that arrays cannot tell (unequal branches, groups that do not
    divide), and where a setting cannot be an array (groups), the block is analysed one candidate after the other.
    Otherwise all arithmetic is that of floats, exact as long as every size and every count stays below 2^53, which is
    checked; then totals are 64-bit integers. Where one does not, the block is computed anew in Python integers.

    Raises
    ------
    DataError
        For candidates that are no positive integers, or do not broadcast.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> sizes = sweep(lambda size: zoo.resnet50((3, size, size)), size=[160, 192, 224])
    >>> sizes.macs.tolist()
    [2087321600, 3004841984, 4089184256]
    """
    arrays = _broadcast(candidates)
    flat = {name: values.ravel().view(Candidates) for name, values in arrays.items()}
    first = next(iter(arrays.values()))
    starts = range(0, first.size, BLOCK)
    blocks = ({name: values[at : at + BLOCK] for name, values in flat.items()} for at in starts)
    columns = zip(*(_block(build, block) for block in blocks), strict=True)
    joined = (np.concatenate([np.asarray(part) for part in column]) for column in columns)
    parameters, macs, accepted = (column.reshape(first.shape) for column in joined)
    return Sweep(arrays, parameters * accepted, macs * accepted, accepted.astype(bool))


def _block(build: Callable[..., Architecture], block: Mapping[str, NDArray[Any]]) -> Totals:
    """Totals of some candidates: together as floats, together in Python integers, or one after the other."""
    try:
        return _together(build, block, float) or _together(build, block, object) or _one_by_one(build, block)
    except (ShapeError, TypeError, ValueError):
        return _one_by_one(build, block)


def _together(build: Callable[..., Architecture], block: Mapping[str, NDArray[Any]], kind: type) -> Totals | None:
    """Totals in this arithmetic; None where some number on the way is no exact float, and floats are asked for."""
    if kind is float and any(values.max() >= EXACT for values in block.values()):
        return None
    totals, numbers = _totals(build(**{name: values.astype(kind) for name, values in block.items()}))
    if kind is float and max(np.abs(number).max() for number in numbers) >= EXACT:
        return None
    shape, whole = next(iter(block.values())).shape, np.int64 if kind is float else object
    kinds = zip(totals, (whole, whole, bool), strict=True)
    parameters, macs, accepted = (np.broadcast_to(np.asarray(total, own), shape) for total, own in kinds)
    return parameters, macs, accepted


def _one_by_one(build: Callable[..., Architecture], block: Mapping[str, NDArray[Any]]) -> Totals:
    rows = zip(*(values.tolist() for values in block.values()), strict=True)
    found = [_alone(build, dict(zip(block, row, strict=True))) for row in rows]
    parameters, macs, accepted = (list(column) for column in zip(*found, strict=True))
    kind = object if max(*parameters, *macs) >= EXACT else np.int64
    return np.array(parameters, kind), np.array(macs, kind), np.array(accepted)


def _alone(build: Callable[..., Architecture], candidate: Mapping[str, int]) -> Totals:
    try:
        return _totals(build(**candidate))[0]
    except ShapeError:
        return 0, 0, False


def _totals(net: Architecture) -> tuple[Totals, list[Any]]:
    """Totals of a network, and every number that they are made of; each kind of layer is read once."""
    layers: dict[int, tuple[Facts, Size, int]] = {}
    for _, op, inputs, facts in walk(net, counted=COUNTED):
        _, macs, times = layers.get(id(facts)) or (facts, products(op, facts.census or Census(), *inputs), 0)
        layers[id(facts)] = (facts, macs, times + 1)
    parameters = [facts.parameters * times for facts, _, times in layers.values()]
    macs = [macs * times for facts, macs, times in layers.values() if facts.census]
    sizes = list({id(size): size for facts, *_ in layers.values() for size in facts.output}.values())
    totals = sum(parameters), sum(macs), reduce(and_, (size >= 1 for size in sizes))
    return totals, [*sizes, *parameters, *macs, *totals[:2]]


def _broadcast(candidates: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
    """Candidates as arrays of positive integers of one shape."""
    arrays = {name: _positive(name, values) for name, values in candidates.items()}
    if not arrays:
        raise DataError("there are no candidates.", fix="name one, such as size=[192, 224], and let build take it")
    try:
        together = np.broadcast_arrays(*arrays.values())
    except ValueError:
        raise DataError(
            "the candidates have shapes that do not broadcast.",
            here=", ".join(f"{name} {values.shape}" for name, values in arrays.items()),
            fix="for every pair, give one as a column: widths[:, None]",
        ) from None
    return dict(zip(arrays, together, strict=True))


def _positive(name: str, values: ArrayLike) -> NDArray[Any]:
    """Candidates of one name: 64-bit integers, or Python integers where they are larger."""
    try:
        given = np.asarray(values)
        array = given if given.dtype.kind in "iu" else np.asarray(values, object)
    except ValueError:  # lists of unequal lengths
        array = np.empty(0, object)
    whole = array.dtype.kind in "iu" or all(type(value) is int for value in array.flat)
    if not whole or array.size == 0 or array.min() < 1:
        raise DataError("candidates are positive integers.", here=f"{name}={values!r}", fix="give an array of them")
    return array.astype(np.int64 if array.max() < EXACT else object)
