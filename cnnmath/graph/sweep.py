"""Many candidates at once: the same propagation, with NumPy arrays for sizes and widths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnnmath.errors import DataError
from cnnmath.graph.architecture import Architecture
from cnnmath.graph.propagate import WEIGHTED, Facts, walk

BLOCK = 2**16
"""Candidates propagated together: their arrays stay in the cache."""

LARGEST = 2**62
"""Above it, counts are Python integers instead of 64-bit ones."""


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
        Where every window fits.
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
    shape = next(iter(arrays.values())).shape
    flat = {name: values.ravel() for name, values in arrays.items()}
    greatest = _totals(build(**{name: int(values.max()) for name, values in flat.items()}))
    if max(greatest[:2]) > LARGEST:
        flat = {name: values.astype(object) for name, values in flat.items()}
    cuts = range(BLOCK, next(iter(flat.values())).size, BLOCK)
    blocks = zip(*(np.split(values, cuts) for values in flat.values()), strict=True)
    totals = [_totals(build(**dict(zip(flat, block, strict=True))), like=block[0]) for block in blocks]
    parameters, macs, accepted = (np.concatenate(column).reshape(shape) for column in zip(*totals, strict=True))
    return Sweep(arrays, parameters * accepted, macs * accepted, accepted)


def _totals(net: Architecture, like: Any = 0) -> tuple[Any, Any, Any]:
    """Parameters, multiply-accumulates and whether every window fits; each kind of layer is read once."""
    layers: dict[int, tuple[Facts, bool, int]] = {}
    for _, op, _, facts in walk(net):
        *_, times = layers.get(id(facts), (0,))
        layers[id(facts)] = (facts, isinstance(op, WEIGHTED), times + 1)
    kinds = layers.values()
    parameters = sum(facts.parameters * times for facts, _, times in kinds)
    macs = sum(facts.census.multiplications * times for facts, weighted, times in kinds if weighted)
    sizes = {id(size): size for facts, _, _ in kinds for size in facts.output}
    accepted = reduce(and_, (size >= 1 for size in sizes.values()), like == like)
    return parameters + 0 * like, macs + 0 * like, accepted


def _broadcast(candidates: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
    """Candidates as arrays of positive integers of one shape."""
    arrays = {name: np.asarray(values) for name, values in candidates.items()}
    for name, values in arrays.items():
        if values.dtype.kind not in "iu" or values.size == 0 or values.min() < 1:
            raise DataError(
                "candidates are positive integers.",
                here=f"{name}: {values.dtype} {values}",
                fix="give an array of them",
            )
    try:
        together = np.broadcast_arrays(*arrays.values())
    except ValueError:
        given = ", ".join(f"{name} {values.shape}" for name, values in arrays.items())
        raise DataError(
            "the candidates have shapes that do not broadcast.",
            here=given or "none",
            fix="for every pair, give one as a column: widths[:, None]",
        ) from None
    return {name: values.astype(np.int64) for name, values in zip(arrays, together, strict=True)}
