"""Layers of two networks side by side: in the order of both, as alike as can be."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

import numpy as np

from cnnmath.graph.opaque import Opaque
from cnnmath.graph.propagate import Layer

Pair: TypeAlias = tuple[Layer | None, Layer | None]

KIND, SETTING, CHANNELS, SIZES = 4, 3, 3, 2
"""What two layers of one kind are worth side by side, and what more where these agree, too."""

ADDED, REMOVED, PAIRED = 0, 1, 2


def kind_of(layer: Layer) -> str:
    """What kind of operator a layer is."""
    return layer.op.kind if isinstance(layer.op, Opaque) else type(layer.op).__name__


def aligned(old: Sequence[Layer], new: Sequence[Layer]) -> list[Pair]:
    """Layers that belong together, and those that have no partner, in order.

    Of all ways to pair layers of one kind in the order of both networks, one whose pairs are worth most: by their
    settings, channels and sizes; where these tell nothing, by their names. Of several such ways, that in which a layer
    without a partner stands as late as it can. Between these pairs, layers of other kinds and equal names are paired.

    Examples
    --------
    >>> from cnnmath.graph import parse, propagate
    >>> old = propagate(parse("conv(4, 3) > relu > flatten", (3, 9, 9)))
    >>> new = propagate(parse("conv(4, 3) > relu > conv(4, 3, padding=1) > relu > flatten", (3, 9, 9)))
    >>> [(a and a.name, b and b.name) for a, b in aligned(old, new)][2:]
    [(None, 'conv2'), (None, 'relu2'), ('flatten1', 'flatten1')]
    """
    found: list[Pair] = []
    alone: tuple[list[Layer], list[Layer]] = [], []
    for a, b in _matched(old, new):
        if a is not None and b is not None:
            found += [*_by_name(*alone), (a, b)]
            alone = [], []
        elif a is not None:
            alone[0].append(a)
        elif b is not None:
            alone[1].append(b)
    return [*found, *_by_name(*alone)]


def _matched(old: Sequence[Layer], new: Sequence[Layer]) -> Iterator[Pair]:
    """The pairs of one kind that are worth most: a row of the best worths for each old layer, then back along them."""
    columns = {i: _numbered(old, new, i) for i in range(5)}
    names = min(len(old), len(new)) + 1  # all names together are worth less than anything else
    best, moves = np.zeros(len(new) + 1, np.int64), np.full((len(old) + 1, len(new) + 1), ADDED, np.uint8)
    moves[:, 0] = REMOVED
    for i in range(len(old)):
        kind, setting, channels, sizes, name = (theirs == mine[i] for mine, theirs in columns.values())
        worth = kind * (names * (KIND + SETTING * setting + CHANNELS * channels + SIZES * sizes) + name)
        row = np.maximum.accumulate([0, *np.maximum(best[1:], best[:-1] + worth)])
        moves[i + 1, 1:] = np.where(row[1:] == row[:-1], ADDED, np.where(row[1:] == best[1:], REMOVED, PAIRED))
        best = row
    i, j, found = len(old), len(new), []
    while i or j:
        move = moves[i, j]
        i, j = i - (move != ADDED), j - (move != REMOVED)
        found.append((None if move == ADDED else old[i], None if move == REMOVED else new[j]))
    return reversed(found)


def _numbered(old: Sequence[Layer], new: Sequence[Layer], which: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers for one feature of all layers: equal where the feature is."""
    known: dict[Hashable, int] = {}

    def number(layer: Layer) -> int:
        shape = layer.output_shape
        features = (kind_of(layer), layer.op, tuple(shape[1:2]), tuple(shape[2:]), layer.name)
        return known.setdefault(features[which], len(known))

    return np.array([number(layer) for layer in old], int), np.array([number(layer) for layer in new], int)


def _by_name(old: Sequence[Layer], new: Sequence[Layer]) -> Iterator[Pair]:
    """Of layers whose kinds do not match, those of equal names belong together."""
    matcher = SequenceMatcher(None, [layer.name for layer in old], [layer.name for layer in new], autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal":
            yield from zip(old[i:j], new[k:m], strict=True)
        else:
            yield from ((layer, None) for layer in old[i:j])
            yield from ((None, layer) for layer in new[k:m])
