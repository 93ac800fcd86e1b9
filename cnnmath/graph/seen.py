"""What an output of a node sees of the network's input, all answers together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cnnmath.errors import GraphError, unknown
from cnnmath.graph.architecture import Architecture
from cnnmath.graph.propagate import Layer
from cnnmath.graph.summary import analyze, describe_field, field_record
from cnnmath.graph.support import Support, spans, support
from cnnmath.graph.text import output, plural, times
from cnnmath.notebook import report
from cnnmath.ops.checks import axis_names
from cnnmath.window import Window

SHOWN = 24
"""Outputs along an axis that a report lists."""

Span = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Receptive field of one output.

    Attributes
    ----------
    layer
        The node, with its hull, its least field, its depth and what is to be said of them.
    at
        Position of the output.
    inside, padded
        Its support within the input, and with the padding of all layers.
    along
        First and last input of every output, one list an axis, within the input; empty where one window is the
        field of every output.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> seen(zoo.lenet5())
    pool2 of lenet5, output 16x5x5
      hull         16, stride 4, padding 0 before, 0 after
      least path   16, stride 4, padding 0
      depth        2 weighted layers
      at 2x2       support 8..23 x 8..23: 0 holes, 10,000 paths
    """

    network: str
    layer: Layer
    at: tuple[int, ...]
    inside: Support
    padded: Support
    along: tuple[list[Span], ...]

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "network": self.network,
            "node": self.layer.name,
            "output_shape": list(self.layer.output_shape[1:]),
            "receptive_field": field_record(self.layer.field),
            "padding_after": [getattr(window, "after", None) for window in self.layer.field or ()],
            "least": field_record(self.layer.fields.least),
            "depth": list(self.layer.fields.depth),
            "note": self.layer.note,
            "at": list(self.at),
            "hull": [list(span) for span in self.inside.hull],
            "holes": self.inside.holes,
            "paths": self.inside.paths,
            "hull_with_padding": [list(span) for span in self.padded.hull],
            "along": [[span and list(span) for span in axis] for axis in self.along],
        }

    def headline(self) -> str:
        """Which node's output it is."""
        return f"{self.layer.name} of {self.network}, output {output(self.layer.output_shape)}"

    def rows(self) -> list[tuple[str, str]]:
        """All that is known, each with its label."""
        fewest, most = self.layer.fields.depth
        longest = f" on the shortest path, {most} on the longest" if most > fewest else ""
        rows = [
            ("hull", f"{describe_field(self.layer.field)}{self._after()}"),
            ("least path", describe_field(self.layer.fields.least)),
            ("depth", f"{plural(fewest, 'weighted layer')}{longest}"),
            (f"at {times(self.at)}", repr(self.inside)),
        ]
        if self.padded.hull != self.inside.hull:
            rows.append(("padded", repr(self.padded)))
        if self.layer.note:
            rows.append(("note", self.layer.note))
        return rows + [row for axis in range(len(self.along)) for row in self._positions(axis)]

    def __repr__(self) -> str:
        return "\n".join([self.headline(), *(f"  {label:<12} {text}" for label, text in self.rows())])

    def _repr_html_(self) -> str:
        return report(self.headline(), self.rows())

    def _after(self) -> str:
        after = [getattr(window, "after", None) for window in self.layer.field or ()]
        same = len(set(after)) == 1
        return "" if None in after or not after else f" before, {after[0] if same else times(after)} after"

    def _positions(self, axis: int) -> list[tuple[str, str]]:
        """A row for each output along an axis, where the field depends on the position."""
        name = axis_names(len(self.along))[axis]
        rows = [
            (name if o == 0 else "", f"output {o} sees {f'{span[0]}..{span[1]}' if span else 'nothing'}")
            for o, span in enumerate(self.along[axis][:SHOWN])
        ]
        more = len(self.along[axis]) - SHOWN
        return rows + [("", f"and {more} more outputs, in its record")] * (more > 0)


def seen(net: Architecture, node: str | None = None, at: Sequence[int] | None = None) -> Seen:
    """What one output sees: at the last feature map where no node is named, in its middle where no position is.

    Raises
    ------
    GraphError, UnknownNameError, ShapeError
        For a network without a feature map, a node that is not there, and a position that it does not have.
    """
    summary = analyze(net)
    layers = {layer.name: layer for layer in summary.layers}
    if node is not None and node not in layers:
        raise unknown("node", node, layers).at(f"network '{net.name}'")
    layer = summary.last_map if node is None else layers[node]
    if layer is None:
        raise GraphError("it has no feature map.", fix="name a node with spatial axes").at(f"network '{net.name}'")
    inside = support(net, layer.name, at)
    position = tuple(n // 2 for n in layer.spatial) if at is None else tuple(at)
    alike = all(isinstance(axis, Window) for axis in layer.field or (None,))
    axes = () if alike else range(len(layer.spatial))
    along = tuple(spans(net, layer.name, axis) for axis in axes)
    return Seen(net.name, layer, position, inside, support(net, layer.name, at, padding=True), along)
