"""A network out of a file of ONNX: its nodes are read in order, each by the rule of its operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.errors import CnnmathError, DataError, GraphError, clip, unknown
from cnnmath.graph import INPUT, Architecture, Given
from cnnmath.interchange.model import Model
from cnnmath.interchange.onnx.fold import folded
from cnnmath.interchange.onnx.functions import DOMAIN, SETTING
from cnnmath.interchange.onnx.graph import Graph, Node, Value
from cnnmath.interchange.onnx.idioms import Found, idioms
from cnnmath.interchange.onnx.known import Known, Loaded, constant
from cnnmath.interchange.onnx.read import read
from cnnmath.interchange.onnx.reading import Here, Reading, opened, stored_array, unclaimed
from cnnmath.interchange.onnx.rules import RULES, UNFIT
from cnnmath.interchange.padded import absorbed
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops.algebra import Shape

FLOATS = ("float16", "bfloat16", "float32", "float64")
"""Data types of what a network computes with, and of what is trained."""

PATIENCE = 16
"""Functions that may turn out not to be what they say, before none is believed."""


class DisbelievedError(Exception):
    """A function that is not what it says: its domain and name."""


def import_onnx(
    source: Any, *, name: str = "", image: str = "", constants: Mapping[str, Any] = MappingProxyType({}), **options: Any
) -> Model:
    """Read a model of ONNX: an architecture, and its arrays, which are loaded when they are asked for.

    Parameters
    ----------
    source
        A path, bytes, or an ``onnx.ModelProto``.
    name
        What the network is called; by default as in the file.
    image
        Name of the input that the network starts with; by default the first of floats.
    constants
        Arrays for inputs that are fixed, by name.
    **options
        Passed to `read`.

    Returns
    -------
    Model
        The network; a node whose mathematics is not known is `Opaque`, and in the notes.

    Raises
    ------
    MissingExtraError
        Where the package onnx is not installed.
    CnnmathError
        For a file that is no model, or one that contradicts itself, naming the node.
    """
    doubted: set[tuple[str, str]] = set()
    while True:
        believed = len(doubted) < PATIENCE
        graph = read(
            source, kept=lambda key, known=believed: known and key[0] == DOMAIN and key not in doubted, **options
        )
        reading = _begun(graph, name or graph.name, image, constants)
        try:
            _read_nodes(reading)
        except DisbelievedError as error:
            doubted.add(error.args[0])
            continue
        return _finished(reading)


def _begun(graph: Graph, name: str, image: str, constants: Mapping[str, Any]) -> Reading:
    """A network with its inputs, and the arrays of the file."""
    values = {key: stored_array(a, trained=a.dtype in FLOATS) for key, a in graph.initializers.items()}
    inputs = graph.inputs
    missing = next((key for key in constants if key not in {value.name for value in inputs}), None)
    if missing is not None:
        raise unknown("input", missing, [value.name for value in inputs])
    values |= {key: constant(key, array) for key, array in constants.items()}
    open_inputs = [value for value in inputs if value.name not in values]
    first = _image(graph, open_inputs, image)
    batch, *sample = _sizes(first)
    reading = Reading(graph, Architecture(name, tuple(sample)), batch, values=values)
    for value in [first, *(other for other in open_inputs if other is not first)]:
        sizes = _sizes(value)
        node = INPUT if value is first else reading.fresh(value.name)
        if value is not first:
            batched = len(sizes) > 0 and (sizes[0] == batch)
            reading.network.add(node, Given(sizes[1:] if batched else sizes, batched=batched))
        values[value.name] = Known(value.name, value.dtype or "", sizes, node=node)
    return reading


def _image(graph: Graph, inputs: list[Value], image: str) -> Value:
    """The input that the network starts with."""
    if image:
        named = {value.name: value for value in inputs}
        if image not in named:
            raise unknown("input", image, named)
        return named[image]
    found = next((value for value in inputs if value.dtype in FLOATS and value.shape), None)
    found = found or next((value for value in inputs if value.shape), None)
    if found is None:
        raise GraphError(
            "no input is an array.",
            here=f"inputs {', '.join(value.name for value in inputs) or 'none'}",
            rule="a network starts with an input (N, C, *spatial)",
            fix="give the model an input whose rank is declared",
        ).at(f"model '{graph.name}'")
    return found


def _sizes(value: Value) -> Shape:
    """Declared sizes of an input."""
    if value.shape is None:
        raise GraphError("the rank of an input is not declared.", fix="declare its shape").at(f"input '{value.name}'")
    return opened(value.shape)


def _read_nodes(reading: Reading) -> None:
    """Read all nodes in their order, those of an idiom at once."""
    for node, idiom in idioms(reading.graph):
        if idiom is None or not _read_idiom(reading, node, idiom):
            for part in idiom.parts if idiom else (node,):
                _read_node(reading, part)


def _read_node(reading: Reading, node: Node) -> None:
    """Read one node: what no input decides is computed, what has a rule becomes operators, the rest is named."""
    here = Here(node, reading)
    try:
        if (node.domain, node.kind) in reading.graph.functions:
            reading.values[node.outputs[0]] = replace(_called(here), name=node.outputs[0])
            return
        if node.domain not in ("", "ai.onnx"):
            raise UnclaimedError(f"of the domain '{node.domain}'")
        found = folded(here) or _by_rule(here)
    except UnclaimedError as error:
        unclaimed(reading, node, str(error))
        return
    except CnnmathError as error:
        raise error.at(f"node '{node.name}'") from None
    except UNFIT as error:
        raise GraphError(
            "its inputs and attributes do not fit each other.",
            rule=f"what ONNX says of {clip(node.kind)}",
            here=clip(str(error)),
            fix="write the model again",
        ).at(f"node '{node.name}'") from error
    except Exception as error:
        error.add_note(f"while node '{node.name}' was read, {clip(node.kind)}")
        raise
    outputs = found if isinstance(found, tuple) else (found,)
    for output, value in zip(node.outputs, outputs, strict=False):
        if output and value is not None:
            reading.values[output] = replace(value, name=output)


def _read_idiom(reading: Reading, node: Node, idiom: Found) -> bool:
    """Read several nodes as one; where they are not what they look like, they are left to be read one by one."""
    try:
        found = idiom.read(Here(node, reading))
    except (UnclaimedError, CnnmathError, *UNFIT):
        return False
    if found is not None:
        reading.values[node.outputs[0]] = replace(found, name=node.outputs[0])
    return found is not None


def _called(here: Here) -> Known:
    """The operator that a function of the package's own domain says it is, if it is."""
    from cnnmath.interchange.onnx.export.written import recognised

    key = (here.node.domain, here.node.kind)
    function = here.reading.graph.functions[key]
    values = [here.input(i) for i in range(len(here.node.inputs))]
    shapes = tuple(value.sizes for value in values)
    op = recognised(function, here.attribute(SETTING), shapes, here.reading.graph.opsets.get("", 0))
    if op is None or len(values) != len(function.inputs) or len(here.node.outputs) != 1:
        raise DisbelievedError(key)
    count = len(values) if op.variadic else len(op.reads)
    owned = dict(zip(function.inputs[count:], values[count:], strict=True))
    if any(value.array is None for value in owned.values()):
        raise DisbelievedError(key)
    return here.add(op, *values[:count], arrays=owned)


def _by_rule(here: Here) -> Known | tuple[Known | None, ...]:
    rule = RULES.get(here.node.kind)
    if rule is None:
        raise UnclaimedError("which has no rule")
    return rule(here)


def _finished(reading: Reading) -> Model:
    graph = reading.graph
    outputs, stored = {}, {}
    for value in graph.outputs:
        known = reading.values.get(value.name)
        if known is None:
            reading.notes.append(f"output '{value.name}' is not known: what it depends on has no shape")
        elif known.node:
            outputs[value.name] = known.node
        elif known.array is not None:
            stored[value.name] = np.asarray(known.array.make())
    if not outputs and not stored:
        raise DataError("no output is known.", here="; ".join(reading.notes[:3])).at(f"model '{graph.name}'")
    known = ((value.name, reading.values[value.name]) for value in graph.inputs)
    inputs = {name: value.node for name, value in known if value.array is None}
    return absorbed(Model(reading.network, Loaded(reading.arrays), inputs, outputs, stored, tuple(reading.notes)))
