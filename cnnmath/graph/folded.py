"""Many changes in few lines: blocks that one network has alone, changes that are alike, sizes that follow."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from cnnmath.graph.text import count, ending, some

if TYPE_CHECKING:
    from cnnmath.graph.difference import Change

FEW = 4
"""So many changes that are alike are told in one."""

FOLLOWING = frozenset({"output", "MACs", "parameters"})
"""What changes because something else did."""

APART = FOLLOWING | {"inputs"}
"""What need not be the same in changes that are told in one."""

WIDE = 80
"""Columns of what is told."""

LETTERS = 48
"""Letters of one of several names."""

COSTS = (("parameters", "parameters"), ("macs", "MACs"))


def folded(changes: Sequence[Change], places: Mapping[str, Mapping[str, int]]) -> Iterator[list[str]]:
    """Lines for each change, or for several of one kind; a group stands where its first change does.

    Parameters
    ----------
    changes
        The changes, in order.
    places
        Where layers stand, by name: what was ``removed`` in the old network, what was ``added`` in the new one.
    """
    blocks = list(_blocks(changes, places))
    alike: dict[Hashable, list[Change]] = {}
    for block in blocks:
        if len(block) == 1:
            alike.setdefault(_like(block[0]), []).extend(block)
    for block in blocks:
        group = alike[_like(block[0])] if len(block) == 1 else []
        if len(block) > 1:
            yield _block(block)
        elif len(group) < FEW:
            yield block[0].lines()
        elif group[0] is block[0]:
            yield _alike(group)


def _blocks(changes: Sequence[Change], places: Mapping[str, Mapping[str, int]]) -> Iterator[list[Change]]:
    """Changes one by one; layers that follow each other and that one network has alone as blocks."""

    def run_of(numbered: tuple[int, Change]) -> tuple[str, int]:
        i, change = numbered
        return change.kind, places[change.kind][change.name] - i if change.kind in places else 0

    for (kind, _), run in groupby(enumerate(changes), key=run_of):
        those = [change for _, change in run]
        if kind == "changed" or len(those) < FEW:
            yield from ([change] for change in those)
        else:
            yield from _parted(those, 0)


def _parted(run: list[Change], depth: int) -> Iterator[list[Change]]:
    """A run by the parts that its names have in common, as deep as each of them still is a block."""
    for deeper in range(depth + 1, max(len(_parts(change)) for change in run)):
        parts = [list(group) for _, group in groupby(run, key=lambda change: _parts(change)[:deeper])]
        if min(map(len, parts)) < FEW - 1:
            break
        if len(parts) > 1:
            for part in parts:
                yield from _parted(part, deeper)
            return
    yield run


def _parts(change: Change) -> list[str]:
    """Parts of a layer's name: ``/layer1/layer1.0/conv1/Conv`` has four."""
    name = change.name.strip("/")
    return re.split("/" if "/" in name else r"\.", name)


def _block(block: Sequence[Change]) -> list[str]:
    """Layers that follow each other, and that one network has alone."""
    first, last = block[0], block[-1]
    common: list[str] = []
    for parts in zip(*(_parts(change)[:-1] for change in block), strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    between = "/" if "/" in first.name.strip("/") else "."
    lead = "/" if first.name.startswith("/") else ""
    name = lead + between.join(common) if common else f"{first.name} to {last.name}"
    said = [f"{first.sign} {name}  {len(block)} layers -> {last.output}{_costs(block)}"]
    chain = [change.text for change in block]
    return [*said, *(f"    {line}" for line in _joined(chain))]


def _joined(chain: Sequence[str], width: int = WIDE - 6) -> Iterator[str]:
    """Operators one behind the other, in lines; those that repeat the ones ahead are counted."""
    line = ""
    for text, again in ((text, len(list(group))) for text, group in groupby(chain)):
        told = text if again == 1 else f"{text} x{again}"
        if line and len(line) + len(told) + 3 > width:
            yield f"{line} >"
            line = ""
        line = f"{line} > {told}" if line else told
    yield line


def _like(change: Change) -> tuple[Hashable, ...]:
    """What changes that are told in one have in common."""
    if change.kind != "changed":
        return change.kind, change.text.partition("(")[0]
    settings = {name: values for name, values in change.changed.items() if name not in FOLLOWING}
    if not settings and "parameters" not in change.changed:
        return ("sizes",)
    return ("changed", change.operator, *((name, name == "inputs" or str(values)) for name, values in settings.items()))


def _alike(group: Sequence[Change]) -> list[str]:
    """Changes of one kind: of how many layers, what, and which these are."""
    first = group[0]
    names = textwrap.fill(
        some([ending(change.first, LETTERS) for change in group], 3),
        WIDE,
        initial_indent="    of           ",
        subsequent_indent=" " * 17,
        break_long_words=False,
        break_on_hyphens=False,
    )
    if first.kind != "changed":
        kind = first.text.partition("(")[0]
        return [f"{first.sign} {len(group)} x {kind}{_costs(group)}", names]
    if _like(first) == ("sizes",):
        shapes = [change for change in group if "output" in change.changed]
        says = [f"    output       {' -> '.join(map(str, shapes[0].changed['output']))}, and so on"] if shapes else []
        return [f"~ {len(group)} layers of other sizes, with the same settings", *says, names]
    says = [line for line, name in zip(first.lines()[1:], first.changed, strict=True) if name not in APART]
    says += ["    inputs       other ones"] if "inputs" in first.changed else []
    totals = [
        f"    {name:<12} {count(old)} -> {count(new)} in all"
        for name in ("parameters", "MACs")
        for old, new in [tuple(sum(change.changed.get(name, (0, 0))[i] for change in group) for i in (0, 1))]
        if old != new
    ]
    return [f"~ {len(group)} x {first.operator}", *says, *totals, names]


def _costs(group: Sequence[Change]) -> str:
    sums = ((sum(getattr(change.layer, name) for change in group), label) for name, label in COSTS)
    return "".join(f", {count(n)} {label}" for n, label in sums if n != 0)
