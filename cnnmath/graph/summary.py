"""The summary of a network: totals, and one row a layer."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any, Literal

from cnnmath.graph.architecture import Architecture
from cnnmath.graph.conventions import convention as convention_named
from cnnmath.graph.counting import Convention, Count, counted
from cnnmath.graph.fields import Field
from cnnmath.graph.memory import Memory, memory
from cnnmath.graph.plain import plain
from cnnmath.graph.propagate import Layer, propagate
from cnnmath.graph.text import axes, count, plural, times
from cnnmath.ops import Operator
from cnnmath.phases import Phases
from cnnmath.readers.cost import KINDS
from cnnmath.window import Size, check_at_least


@dataclass(frozen=True, slots=True)
class Summary:
    """What the analysis of a network yields.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> summary = analyze(zoo.resnet50())
    >>> summary.parameters, summary.macs
    (25557032, 4089184256)
    >>> summary
    resnet50: input 3x224x224, 175 operators
      parameters       25,557,032
      MACs             4,089,184,256
      receptive field  427, stride 32, padding 213
    """

    network: Architecture
    layers: list[Layer]

    @property
    def parameters(self) -> Size:
        """Trainable parameters."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> Size:
        """Multiply-accumulates of convolutions and linear layers, biases not counted."""
        return sum(layer.macs for layer in self.layers)

    def count(self, convention: str | Convention = "macs") -> Count:
        """The network counted by a convention: the name of one of `cnnmath.graph.conventions.PRESETS`, or one's own."""
        return counted(self.layers, convention_named(convention) if isinstance(convention, str) else convention)

    def memory(self) -> Memory:
        """Activations that must be held at once, for inference and for training."""
        return memory(self.layers)

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Nodes whose operator is not known: every total is a part of the whole where there are any."""
        return tuple(layer.name for layer in self.layers if not layer.census)

    @property
    def notes(self) -> list[tuple[str, str]]:
        """What is to be said of receptive fields, each with the layer from which on it holds."""
        said = {layer.name: layer.note for layer in self.layers}
        begun = (layer for layer in self.layers if layer.note not in map(said.get, layer.inputs))
        return [(layer.name, layer.note) for layer in begun if layer.note]

    @property
    def buffers(self) -> Size:
        """Numbers that belong to operators and are not trained."""
        return sum(layer.buffers for layer in self.layers)

    @property
    def last_map(self) -> Layer | None:
        """Last feature map ahead of global or adaptive pooling and flattening, or None where there is none."""
        return next(filter(_is_map, reversed(self.layers)), None)

    @property
    def field(self) -> Field:
        """Receptive field of the last feature map; None where it depends on the position: see its layer's note."""
        return self.last_map.field if self.last_map else None

    @property
    def least(self) -> Field:
        """Receptive field of the path that sees least, at the last feature map."""
        return self.last_map.fields.least if self.last_map else None

    def residues(self, symbol: Any, quantity: Literal["macs", "parameters"] = "macs") -> dict[int, Any]:
        """A total that has floors of a symbol, as one formula without floors for each of its residue classes.

        Examples
        --------
        >>> import sympy
        >>> from cnnmath import zoo
        >>> H = sympy.Symbol("H", integer=True, positive=True)
        >>> classes = analyze(zoo.resnet50((3, H, H))).residues(H)
        >>> len(classes), classes[0], classes[0].subs(H, 224)
        (32, 81456*H**2 + 2048000, 4089184256)
        """
        from cnnmath.symbolic.sizes import by_residue

        return by_residue(getattr(self, quantity), symbol)

    def operators(self) -> dict[Operator, list[str]]:
        """Nodes by equal operator, in order of first use."""
        uses: dict[Operator, list[str]] = {}
        for layer in self.layers:
            uses.setdefault(layer.op, []).append(layer.name)
        return uses

    def record(self) -> dict[str, Any]:
        """As JSON has it: the keys that others rely on."""
        record = {
            "name": self.network.name,
            "input_shape": list(self.network.input_shape),
            "parameters": self.parameters,
            "macs": self.macs,
            "receptive_field": field_record(self.field),
            "not_counted": list(self.uncounted),
            "layers": [_layer_record(layer) for layer in self.layers],
        }
        return plain(record)

    def markdown(self) -> str:
        """The table in Markdown."""
        from cnnmath.graph import formats

        return formats.markdown(self)

    def csv(self) -> str:
        """The table as comma-separated values."""
        from cnnmath.graph import formats

        return formats.csv(self)

    def html(self) -> str:
        """The table in HTML."""
        from cnnmath.graph import formats

        return formats.html(self)

    def dataframe(self) -> Any:
        """The table as a data frame of pandas."""
        from cnnmath.graph import formats

        return formats.dataframe(self)

    def _repr_html_(self) -> str:
        return self.html()

    def __repr__(self) -> str:
        part = " in part" if self.uncounted else ""
        lines = [
            f"{self.network.name}: input {times(self.network.input_shape)}, {plural(len(self.layers), 'operator')}",
            f"  parameters       {count(self.parameters)}{part}",
            f"  MACs             {count(self.macs)}{part}",
            f"  receptive field  {describe_field(self.field)}",
        ]
        if self.last_map and self.last_map.note:
            lines.append(f"  note             {self.last_map.note}")
        if part:
            lines.append(f"  not counted      {', '.join(self.uncounted)}")
        return "\n".join(lines)


def analyze(net: Architecture, batch: Size = 1) -> Summary:
    """Propagate shapes, parameters, multiply-accumulates and receptive fields along a network.

    Every size may be a SymPy symbol: the input's, the batch's, and widths and classes where the network is built with
    them. Sizes become formulas with one floor a chain, parameters and counts polynomials of these.

    Raises
    ------
    GraphError, ShapeError, SettingError
        For a graph that is no network, where sizes do not fit, and for a batch below 1.

    Examples
    --------
    >>> import sympy
    >>> from cnnmath import zoo
    >>> N, H, w = sympy.symbols("N H w", integer=True, positive=True)
    >>> summary = analyze(zoo.vgg16((3, H, H), width=w), batch=N)
    >>> summary.last_map.output_shape
    (N, 8*w, floor(H/32), floor(H/32))
    >>> analyze(zoo.resnet18(width=w)).parameters
    2724*w**2 + 8297*w + 1000
    """
    check_at_least("batch", batch, 1)
    return Summary(net, propagate(net, batch))


def field_record(field: Field) -> dict[str, list[Size]] | None:
    """A receptive field as JSON has it, one entry an axis, padding before; a stride that is a fraction is text."""
    if field is None:
        return None
    return {
        "size": [window.extent for window in field],
        "stride": [str(w.stride) if isinstance(w.stride, Fraction) else w.stride for w in field],
        "padding": [window.before for window in field],
    }


def describe_field(field: Field) -> str:
    """A receptive field in words: one number where the axes agree."""
    if field is None:
        return "none"
    size, stride, padding = (field_record(field) or {}).values()
    periods = [axis.period for axis in field if isinstance(axis, Phases)]
    again = f", repeating every {axes(periods)} outputs" if periods else ""
    return f"{axes(size)}, stride {axes(stride)}, padding {axes(padding)}{again}"


def _is_map(layer: Layer) -> bool:
    """Whether a layer has a field of its own, or several positions that all see everything."""
    seen = layer.fields
    spread = (seen.whole or seen.unknown) and any(n != 1 for n in layer.spatial)
    return bool(layer.field) or seen.by_position or spread


def _layer_record(layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "operator": type(layer.op).__name__,
        "inputs": list(layer.inputs),
        "output_shape": list(layer.output_shape[1:]),
        "parameters": layer.parameters if layer.census else None,
        "macs": layer.macs if layer.census else None,
        "receptive_field": field_record(layer.field),
        "buffers": layer.buffers,
        "activations": prod(layer.output_shape),
        "depth": list(layer.fields.depth),
        "census": dict(zip(KINDS, layer.census, strict=True)) if layer.census else None,
    } | ({"note": layer.note} if layer.note else {})
