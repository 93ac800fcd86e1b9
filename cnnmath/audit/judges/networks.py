"""Layers and totals of whole networks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from types import MappingProxyType

from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Finding, Findings, NotCoveredError, Said, Sizes, agrees, exactly
from cnnmath.audit.judges.parameters import NO_BIASES, ONE_BIAS, image_channels, parameters
from cnnmath.audit.prose import NUMBERED, network
from cnnmath.graph import Summary, analyze
from cnnmath.graph.propagate import Layer
from cnnmath.ops import Conv, Linear
from cnnmath.ops.pool import Pool


def layer(claim: Claim) -> Findings:
    """Shape, number of outputs and parameters of one layer, by its name in the table."""
    summary = _summary(claim)
    one = _named(summary, str(claim.given.get("layer", claim.subject.removeprefix("layer "))))
    x = one.input_shapes[0]
    found = parameters(one.op, x)
    slips = image_channels(one.op, x, summary.network.input_shape[0])
    return {
        **found,
        "parameters": replace(found["parameters"], slips=(*found["parameters"].slips, *slips)),
        "shape": exactly(_shape(one)),
        "activations": exactly(prod(one.output_shape)),
    }


def total(claim: Claim) -> Findings:
    """Parameters of a whole network."""
    layers = _numbered(_summary(claim))
    weights, biases = sum(map(_weights, layers)), sum(map(_biases, layers))
    whole = exactly(weights + biases, (weights, NO_BIASES), slips=[(weights + len(layers), ONE_BIAS)])
    return {"": whole, "total": whole, "parameters": whole}


def by_layer(claim: Claim) -> Findings:
    """Weights and biases of all layers that have any, and their total."""
    layers = _numbered(_summary(claim))
    lists = {"weights": exactly([_weights(m) for m in layers]), "biases": exactly([_biases(m) for m in layers])}
    return {**lists, "total": total(claim)["total"]}


def number_of_layers(claim: Claim) -> Findings:
    """How many layers of each kind."""
    ops = [one.op for one in _summary(claim).layers]
    kinds = {"conv": Conv, "dense": Linear, "pool": Pool}
    counts = {name: sum(isinstance(op, kind) for op in ops) for name, kind in kinds.items()}
    return {**{name: exactly(n) for name, n in counts.items()}, "": exactly(counts["conv"] + counts["dense"])}


def row(claim: Claim) -> Findings:
    """Units, weights and connections of one numbered layer, or of a subtotal."""
    layers = _numbered(_summary(claim))
    number = re.match(r"L(\d{1,4})\b", claim.subject)
    if number:
        at = int(number[1]) - 1
        if not 0 <= at < len(layers):
            raise NotCoveredError(f"the network has {len(layers)} numbered layers")
        return {name: _count(layers[at], count) for name, count in COLUMNS.items()}
    kinds = {"conv": Conv, "dense": Linear}
    kind = next((kind for word, kind in kinds.items() if word in claim.subject.lower()), NUMBERED)
    rows = [(f"L{i}", one) for i, one in enumerate(layers, 1) if isinstance(one.op, kind)]
    return {name: _sum(claim, name, rows) for name in COLUMNS}


def whole(claim: Claim) -> Findings:
    """Shape and parameters of every layer, and their total: what there is to print."""
    summary = _summary(claim)
    rows = {
        one.name: exactly(Said(holds=False, truth=f"{_shape(one)}, {one.parameters:,} parameters"))
        for one in summary.layers
    }
    return {**rows, "total": exactly(summary.parameters)}


def _summary(claim: Claim) -> Summary:
    text = claim.need("network")
    if not isinstance(text, str):
        raise NotCoveredError("the network is not described in words")
    return analyze(network(text))


def _numbered(summary: Summary) -> list[Layer]:
    return [one for one in summary.layers if isinstance(one.op, NUMBERED)]


def _named(summary: Summary, name: str) -> Layer:
    """A layer by its name, whatever the spaces; where it is the only one of its word, the number may be left out."""
    key = re.sub(r"[\s_-]+", "", name.lower())
    known = {one.name: one for one in summary.layers}
    found = known.get(key) or (known.get(f"{key}1") if f"{key}2" not in known else None)
    if found is None:
        raise NotCoveredError(f"the network has no layer '{name}'; it has {', '.join(known)}")
    return found


def _shape(one: Layer) -> Sizes:
    """Shape of an output, the channels last."""
    _, channels, *spatial = one.output_shape
    return Sizes((*spatial, channels))


def _weights(one: Layer) -> int:
    return prod(one.op.parameters(*one.input_shapes)["w"])


def _biases(one: Layer) -> int:
    return one.parameters - _weights(one)


def _units(one: Layer) -> int:
    return prod(one.output_shape)


def _connections(one: Layer) -> int:
    return one.macs


COLUMNS: Mapping[str, Callable[[Layer], int]] = MappingProxyType(
    {"units": _units, "weights": _weights, "biases": _biases, "connections": _connections}
)
"""Columns of a table of layers."""


def _count(one: Layer, count: Callable[[Layer], int]) -> Finding:
    """One number of a layer; a convolution in groups invites two slips."""
    value = count(one)
    groups = one.op.groups if isinstance(one.op, Conv) else 1
    if groups == 1 or count not in (_weights, _connections):
        return exactly(value)
    slips = [(value // groups, f"divided by the {groups} groups twice"), (value * groups, "the groups are forgotten")]
    return exactly(value, slips=slips)


def _sum(claim: Claim, name: str, rows: Sequence[tuple[str, Layer]]) -> Finding:
    """A sum over layers; the sum of what the file prints for them is a slip where one of them is wrong."""
    values = {label: COLUMNS[name](one) for label, one in rows}
    printed = {label: _printed(claim, label, name, value) for label, value in values.items()}
    others = [label for label in values if printed[label] != values[label]]
    inherited = (sum(printed.values()), f"the sum of the {name} as printed: {', '.join(others)} is wrong there")
    return exactly(sum(values.values()), slips=[inherited] if others else [])


def _printed(claim: Claim, label: str, name: str, value: int) -> int:
    """What the same file prints for a layer of the same network, the right value where it prints nothing."""
    for subject, claimed in claim.beside.items():
        number = claimed.get(name) if isinstance(claimed, dict) else None
        if re.match(rf"{label}\b", subject) and isinstance(number, int) and not agrees(value, number):
            return number
    return value
