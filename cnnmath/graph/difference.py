"""What distinguishes two networks: layers that have changed or that one of them has alone, arrays and totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cnnmath.graph.aligned import kind_of
from cnnmath.graph.folded import folded
from cnnmath.graph.opaque import described
from cnnmath.graph.plain import plain
from cnnmath.graph.propagate import Layer
from cnnmath.graph.summary import Summary
from cnnmath.graph.text import beginning, count, output, times
from cnnmath.notebook import report
from cnnmath.window import Size

TOTALS = {"parameters": "parameters", "macs": "MACs"}
"""What is compared of whole networks and of layers: attributes of both, and how they are written."""

LONG = 72
"""Letters of an operator's settings in a line."""

SIGNS = {"changed": "~", "removed": "-", "added": "+"}
"""What stands before a line, by what has become of the layer."""


@dataclass(frozen=True, slots=True)
class Change:
    """A layer that is not the same in both networks.

    Attributes
    ----------
    old, new
        The layer in each of them; None where it is in one alone.
    changed
        What differs, each with its old and its new value: settings by name, ``output``, ``parameters``, ``macs``,
        ``inputs``.
    """

    old: Layer | None
    new: Layer | None
    changed: Mapping[str, tuple[Any, Any]]

    @property
    def kind(self) -> str:
        """``changed``, ``removed`` or ``added``."""
        return "added" if self.old is None else "removed" if self.new is None else "changed"

    @property
    def name(self) -> str:
        """Name of the layer; both where they differ."""
        names = dict.fromkeys(layer.name for layer in (self.old, self.new) if layer)
        return " -> ".join(names)

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        names = {"old": self.old.name if self.old else None, "new": self.new.name if self.new else None}
        layer = self.old or self.new
        return plain(
            {"kind": self.kind, **names, "operator": described(layer.op) if layer else None} | dict(self.changed)
        )

    @property
    def layer(self) -> Layer:
        """The layer, as it is in the new network if it is there."""
        return self.new or self.old  # type: ignore[return-value]  # one of them there is

    @property
    def first(self) -> str:
        """Name of the layer in the old network, or where it is new."""
        return (self.old or self.layer).name

    @property
    def operator(self) -> str:
        """What kind of operator it is, in the old network if it is there."""
        return kind_of(self.old or self.layer)

    @property
    def text(self) -> str:
        """The layer's operator with its settings, as far as a line holds them."""
        return beginning(described(self.layer.op), LONG)

    @property
    def output(self) -> str:
        """Shape of the layer's output."""
        return output(self.layer.output_shape)

    @property
    def sign(self) -> str:
        """What stands before its line."""
        return SIGNS[self.kind]

    def lines(self) -> list[str]:
        """What is said of it: the layer, then what differs."""
        if self.kind != "changed":
            return [f"{self.sign} {self.name}  {self.text} -> {self.output}{_costs(self.layer)}"]
        head = f"{self.sign} {self.name}  {type(self.layer.op).__name__}"
        return [head, *(f"    {name:<12} {_arrow(*values)}" for name, values in self.changed.items())]


@dataclass(frozen=True, slots=True)
class Difference:
    """What distinguishes one network from another.

    Attributes
    ----------
    old, new
        The analyses of both.
    changes
        Layers that are not the same, in the order of the networks.
    same
        Count of layers that are.
    arrays
        Where arrays were compared: of names whose arrays differ, the largest difference, or why there is none.
    """

    old: Summary
    new: Summary
    changes: tuple[Change, ...]
    same: int
    arrays: Mapping[str, float | str] | None = None

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.changes and not self.arrays and self.old.network.input_shape == self.new.network.input_shape

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        totals = {name: [getattr(self.old, name), getattr(self.new, name)] for name in TOTALS}
        return plain(
            {
                "equal": self.equal,
                "names": [self.old.network.name, self.new.network.name],
                "input_shapes": [list(self.old.network.input_shape), list(self.new.network.input_shape)],
                "same": self.same,
                "changes": [change.record() for change in self.changes],
                **totals,
                "arrays": None if self.arrays is None else dict(self.arrays),
            }
        )

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        caption, *lines = self.lines()
        changes, totals = lines[: lines.index("")], lines[lines.index("") + 1 :]
        rows = [(line[0].strip(), line[2:].strip()) for line in changes] + [("", line.strip()) for line in totals]
        return report(caption, rows)

    def lines(self, *, whole: bool = False) -> Iterator[str]:
        """The layers that differ, the arrays that do, and the totals of both; changes that are alike in one.

        Parameters
        ----------
        whole
            Whether every change is told by itself.
        """
        old, new = self.old.network, self.new.network
        yield f"{old.name} -> {new.name}: {self._headline()}"
        if old.input_shape != new.input_shape:
            yield f"~ input  {times(old.input_shape)} -> {times(new.input_shape)}"
        places = {"removed": _places(self.old), "added": _places(self.new)}
        for lines in map(Change.lines, self.changes) if whole else folded(self.changes, places):
            yield from lines
        for name, by in (self.arrays or {}).items():
            yield f"~ {name}  {by if isinstance(by, str) else f'differs by at most {by:.6g}'}"
        yield ""
        for name, label in TOTALS.items():
            yield f"  {label:<12} {_total(getattr(self.old, name), getattr(self.new, name))}"
        if part := [net.network.name for net in (self.old, self.new) if net.uncounted]:
            yield f"  in part      {' and '.join(dict.fromkeys(part))}: operators that are not known are not counted"

    def _headline(self) -> str:
        kinds = [change.kind for change in self.changes]
        counts = {kind: kinds.count(kind) for kind in SIGNS}
        said = [f"{self.same} equal layers", *(f"{n} {kind}" for kind, n in counts.items() if n)]
        if self.arrays is not None:
            said.append(f"{len(self.arrays)} arrays differ" if self.arrays else "equal arrays")
        return ", ".join(said)


def _places(summary: Summary) -> dict[str, int]:
    """Where each layer stands."""
    return {layer.name: i for i, layer in enumerate(summary.layers)}


def _arrow(old: Any, new: Any) -> str:
    return " -> ".join(count(n) if isinstance(n, int) and not isinstance(n, bool) else str(n) for n in (old, new))


def _total(old: Size, new: Size) -> str:
    if old == new:
        return count(old)
    more = new - old
    sign = "+" if not isinstance(more, int) or more > 0 else ""
    return f"{count(old)} -> {count(new)} ({sign}{count(more)})"


def _costs(layer: Layer) -> str:
    named = ((layer.parameters, "parameters"), (layer.macs, "MACs"))
    return "".join(f", {count(n)} {label}" for n, label in named if n != 0)
