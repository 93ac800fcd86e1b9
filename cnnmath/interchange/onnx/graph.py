"""A model's graph as plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnnmath.interchange.onnx.stored import Stored

Dims = tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """What a model declares of a value.

    Attributes
    ----------
    name
        Of the value.
    dtype
        ``float32`` and so on; of what is no tensor, what it is; None where it is not said.
    shape
        Integers, names of sizes left open, and None for those that are not known; None where the shape is not said.
    """

    name: str
    dtype: str | None = None
    shape: Dims | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """An operator of the graph.

    Attributes
    ----------
    name
        Its own, no other node having it.
    kind, domain
        The operator; ONNX's own have the domain ``""``.
    inputs, outputs
        Names of values; ``""`` for one that is left out.
    attributes
        By name, as `attributes.attributes` reads them.
    """

    name: str
    kind: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """A model, checked: every value is defined once, before it is used.

    Attributes
    ----------
    name, producer, ir_version
        As the model says.
    opsets
        Version of the operators, by domain.
    nodes
        In topological order; the order of the file where it is one.
    inputs
        Values that come from outside, without those that are initializers.
    outputs
        Values that the model is run for.
    initializers
        Arrays by name.
    declared
        Types and shapes of values, by name, as far as the model says them.
    notes
        What a user should know of how it was read.
    functions
        Functions that nodes still call, by domain and name.
    """

    name: str
    producer: str
    ir_version: int
    opsets: Mapping[str, int]
    nodes: tuple[Node, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    initializers: Mapping[str, Stored]
    declared: Mapping[str, Value]
    notes: tuple[str, ...] = ()
    functions: Mapping[tuple[str, str], Any] = field(default_factory=dict)
