"""The summary of a network: totals, and one row a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cnnmath.graph.architecture import Architecture
from cnnmath.graph.plain import plain
from cnnmath.graph.propagate import Field, Layer, propagate
from cnnmath.ops import Operator
from cnnmath.window import Size


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

    @property
    def field(self) -> Field:
        """Receptive field of the last feature map ahead of global or adaptive pooling and flattening.

        None where there is no feature map, and where its field depends on the position: see its layer's note.
        """
        last = next((layer for layer in reversed(self.layers) if layer.field or layer.note), None)
        return last.field if last else None

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
        return "\n".join(
            [
                f"{self.network.name}: input {times(self.network.input_shape)}, {len(self.layers)} operators",
                f"  parameters       {count(self.parameters)}",
                f"  MACs             {count(self.macs)}",
                f"  receptive field  {describe_field(self.field)}",
            ]
        )


def analyze(net: Architecture) -> Summary:
    """Propagate shapes, parameters, multiply-accumulates and receptive fields along a network.

    Raises
    ------
    GraphError, ShapeError
        For a graph that is no network, and where sizes do not fit.
    """
    return Summary(net, propagate(net))


def field_record(field: Field) -> dict[str, list[Size]] | None:
    """A receptive field as JSON has it, one entry an axis, padding before."""
    if field is None:
        return None
    return {
        "size": [window.extent for window in field],
        "stride": [window.stride for window in field],
        "padding": [window.before for window in field],
    }


def describe_field(field: Field) -> str:
    """A receptive field in words: one number where the axes agree."""
    if field is None:
        return "none"
    size, stride, padding = (field_record(field) or {}).values()
    return f"{axes(size)}, stride {axes(stride)}, padding {axes(padding)}"


def count(number: Size) -> str:
    """A number with its thousands apart, a formula as it is."""
    return f"{number:,}" if isinstance(number, int) else str(number)


def times(shape: tuple[Size, ...]) -> str:
    """A shape as people write it: 3x224x224; a sum among its sizes stands in parentheses."""
    texts = [str(n) for n in shape]
    return "x".join(f"({text})" if " " in text and len(texts) > 1 else text for text in texts)


def axes(values: Sequence[Size]) -> str:
    """One number where the axes agree."""
    return str(values[0]) if len(set(values)) == 1 else times(tuple(values))


def _layer_record(layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "operator": type(layer.op).__name__,
        "inputs": list(layer.inputs),
        "output_shape": list(layer.output_shape[1:]),
        "parameters": layer.parameters,
        "macs": layer.macs,
        "receptive_field": field_record(layer.field),
    } | ({"note": layer.note} if layer.note else {})
