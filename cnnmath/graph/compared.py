"""Two networks compared layer by layer: what is equal, what has changed, and what only one of them has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from cnnmath.graph.aligned import aligned, kind_of
from cnnmath.graph.architecture import Architecture
from cnnmath.graph.difference import TOTALS, Change, Difference
from cnnmath.graph.opaque import described
from cnnmath.graph.propagate import Layer
from cnnmath.graph.summary import analyze
from cnnmath.graph.text import output, times


def diff(
    a: Architecture,
    b: Architecture,
    arrays: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None,
) -> Difference:
    """Compare two networks, aligned by the order of their layers and by how alike these are: see `aligned`.

    Parameters
    ----------
    a, b
        The networks: the old one and the new one.
    arrays
        Arrays of both, by node and operand; those of layers that stand beside each other are compared, too.

    Notes
    -----
    *Conventions*: names do not matter, as far as operators tell which layers belong together; between layers of other
    kinds, equal names do. That a layer reads one that only its network has is said with that one, and not again.

    Examples
    --------
    >>> from cnnmath.graph import parse
    >>> a = parse("conv(8, 3) > relu > maxpool(2)", (3, 10, 10), "a")
    >>> b = parse("conv(8, 3, padding=1) > relu > dropout > maxpool(2)", (3, 10, 10), "b")
    >>> diff(a, b)
    a -> b: 0 equal layers, 3 changed, 1 added
    ~ conv1  Conv
        padding      0 -> 1
        output       8x8x8 -> 8x10x10
        MACs         13,824 -> 21,600
    ~ relu1  ReLU
        output       8x8x8 -> 8x10x10
    + dropout1  dropout() -> 8x10x10
    ~ maxpool1  MaxPool
        output       8x4x4 -> 8x5x5
    <BLANKLINE>
      parameters   224
      MACs         13,824 -> 21,600 (+7,776)
    """
    old, new = analyze(a), analyze(b)
    pairs = aligned(old.layers, new.layers)
    names = {x.name: y.name for x, y in pairs if x and y} | {"input": "input"}
    found = (Change(x, y, _changed(x, y, names) if x and y else {}) for x, y in pairs)
    changes = tuple(change for change in found if change.kind != "changed" or change.changed)
    compared = None if arrays is None else dict(_differing(*arrays, names))
    same = len(pairs) - len(changes)
    return Difference(old, new, changes, same, compared)


def _changed(old: Layer, new: Layer, names: Mapping[str, str]) -> dict[str, tuple[Any, Any]]:
    """What differs between two layers that belong together."""
    found: dict[str, tuple[Any, Any]] = {}
    if kind_of(old) != kind_of(new):
        found["operator"] = (described(old.op), described(new.op))
    elif old.op != new.op:
        settings = [field.name for field in fields(old.op)]
        pairs = {name: (getattr(old.op, name), getattr(new.op, name)) for name in settings}
        found |= {name: (_short(x), _short(y)) for name, (x, y) in pairs.items() if x != y}
    partners, theirs = [names.get(read) for read in old.inputs], set(names.values())
    if None not in partners and theirs.issuperset(new.inputs) and partners != list(new.inputs):
        found["inputs"] = (", ".join(old.inputs), ", ".join(new.inputs))
    if old.output_shape != new.output_shape:
        found["output"] = (output(old.output_shape), output(new.output_shape))
    for name, label in TOTALS.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            found[label] = (before, after)
    return found


def _short(value: Any) -> Any:
    """A setting as people write it: one number where all entries agree."""
    if isinstance(value, tuple) and value and all(entry == value[0] for entry in value):
        return _short(value[0])
    return value


def _differing(
    old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[tuple[str, float | str]]:
    """Arrays of layers that belong together and that are not equal; and those that only one network has."""
    partners = {}
    for name in old:
        node, _, operand = name.rpartition(".")
        partners[name] = f"{names.get(node, '')}.{operand}"
    for name, partner in partners.items():
        if partner not in new:
            yield name, "only in the old network"
            continue
        x, y = np.asarray(old[name]), np.asarray(new[partner])
        if x.shape != y.shape:
            yield name, f"{times(x.shape)} -> {times(y.shape)}"
        elif not np.array_equal(x, y, equal_nan=x.dtype.kind == "f"):
            by = float(np.max(np.abs(x.astype(float) - y.astype(float))))
            yield name, by if np.isfinite(by) else "differs by what is not finite"
    yield from ((name, "only in the new network") for name in new if name not in partners.values())
