"""A model becomes a graph of plain records, checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cnnmath.errors import CnnmathError, DataError, GraphError, clip
from cnnmath.interchange.onnx.attributes import Reference, text
from cnnmath.interchange.onnx.functions import inlined
from cnnmath.interchange.onnx.graph import Graph, Node, Value
from cnnmath.interchange.onnx.library import onnx
from cnnmath.interchange.onnx.nodes import domain, node, values
from cnnmath.interchange.onnx.order import missing, named, ordered
from cnnmath.interchange.onnx.schema import checked
from cnnmath.interchange.onnx.source import model_of
from cnnmath.interchange.onnx.stored import Origin, Stored, stored

OLDEST = 7
"""Version of ONNX's operators from which on models are read."""


def read(
    source: Any,
    folder: str | os.PathLike[str] | None = None,
    *,
    kept: Callable[[tuple[str, str]], bool] = lambda _: False,
) -> Graph:
    """A model's graph, of which no array is loaded.

    Parameters
    ----------
    source
        A path, bytes, or an ``onnx.ModelProto``.
    folder
        Where external data may stand: by default the folder of the file, and none for bytes and messages.
    kept
        Whether calls of a function stay, by its domain and name; others become the nodes of its body.

    Raises
    ------
    DataError
        For a file that cannot be read, is cut off or is no model, and for a tensor that lies about its size.
    GraphError
        For a graph that is none: a cycle, a value that nothing defines or that two nodes define, no nodes, no output,
        operators older than version 7, a node that ONNX does not allow.
    MissingExtraError
        Where the package onnx is not installed.

    Notes
    -----
    *Cost*: time and memory of what is not an array; of a file of 500 MB the weights are not read.

    *Conventions*: nothing is executed, and no file outside the model's folder is opened.

    Examples
    --------
    >>> from onnx import helper
    >>> x, y = (helper.make_tensor_value_info(name, 1, ("N", 3)) for name in "xy")
    >>> graph = read(helper.make_model(helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [x], [y])))
    >>> graph.nodes[0]
    Node(name='y', kind='Relu', domain='', inputs=('x',), outputs=('y',), attributes={})
    >>> graph.inputs
    (Value(name='x', dtype='float32', shape=('N', 3)),)
    """
    model, origin, shown = model_of(source, folder)
    try:
        return _graph(model, origin, kept)
    except CnnmathError as error:
        error.where = f"{shown}: {error.where}" if error.where else shown
        raise


def _graph(model: Any, origin: Origin, kept: Callable[[tuple[str, str]], bool]) -> Graph:
    proto = model.graph
    opsets = _opsets(model)
    initializers = _initializers(proto, origin)
    inputs, outputs = values(proto.input, "input"), values(proto.output, "output")
    _check_initializers(inputs, initializers)
    given = {**inputs, **initializers}
    called = [node(entry, i, origin) for i, entry in enumerate(proto.node)]
    nodes, notes, functions = inlined(called, model.functions, opsets, given, origin, kept)
    if not nodes:
        raise GraphError("the graph has no nodes.", fix="give a model of a network")
    if not outputs:
        raise GraphError("the graph has no output.", rule="a model is run for its outputs", fix="declare an output")
    _check_references(nodes)
    notes += _check_versions(nodes, opsets, model.ir_version)
    nodes = ordered(checked(named(nodes), opsets.get("", OLDEST)), given)
    defined = {*given, *(value for found in nodes for value in found.outputs)}
    for name in outputs:
        if name not in defined:
            raise missing(name, defined).at(f"output '{clip(name)}'")
    return Graph(
        text(proto.name, "the name of the graph"),
        text(model.producer_name, "the name of the producer"),
        model.ir_version,
        opsets,
        nodes,
        tuple(value for name, value in inputs.items() if name not in initializers),
        tuple(outputs.values()),
        initializers,
        _declared(inputs, outputs, values(proto.value_info, "entry of value_info")),
        tuple(notes),
        functions,
    )


def _opsets(model: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in model.opset_import:
        name = domain(entry.domain)
        if found.setdefault(name, entry.version) != entry.version:
            raise GraphError(
                f"the operators of '{clip(name) or 'ai.onnx'}' have two versions.",
                here=f"{found[name]} and {entry.version}",
                fix="write the model again",
            )
    if not found and model.ir_version < 3:
        return {"": 1}
    return found


def _initializers(proto: Any, origin: Origin) -> dict[str, Stored]:
    for entry in proto.sparse_initializer:
        name = text(entry.values.name, "the name of an initializer")
        raise DataError("it is sparse.", rule="initializers are dense", fix="write the model with dense arrays").at(
            f"initializer '{clip(name)}'"
        )
    found: dict[str, Stored] = {}
    for entry in proto.initializer:
        name = text(entry.name, "the name of an initializer")
        if not name or name in found:
            fact = f"the initializer '{clip(name)}' is given twice." if name else "an initializer has no name."
            raise GraphError(fact, fix="give every initializer its own name")
        found[name] = stored(entry, name, origin)
    return found


def _check_initializers(inputs: Mapping[str, Value], initializers: Mapping[str, Stored]) -> None:
    """Raise where an input that is an initializer too, as all were before version 4, declares something else."""
    for name, array in initializers.items():
        if name not in inputs:
            continue
        said = inputs[name]
        dims = array.shape if said.shape is None else said.shape
        fits = len(dims) == len(array.shape) and all(
            n == size for n, size in zip(dims, array.shape, strict=True) if isinstance(n, int)
        )
        if said.dtype not in (None, array.dtype) or not fits:
            raise GraphError(
                "the input and the initializer of this name differ.",
                here=f"{said.dtype} {said.shape}, and {array.dtype} {array.shape}",
                fix="write the model again",
            ).at(f"input '{clip(name)}'")


def _check_references(nodes: Iterable[Node]) -> None:
    for entry in nodes:
        for name, value in entry.attributes.items():
            if isinstance(value, Reference):
                raise GraphError(
                    f"its attribute '{clip(name)}' refers to that of a function.",
                    rule="only nodes inside a function do",
                    here=f"refers to '{clip(value.name)}'",
                    fix="give the attribute a value",
                ).at(f"node '{clip(entry.name or entry.outputs[0])}'")


def _check_versions(nodes: Iterable[Node], opsets: Mapping[str, int], ir_version: int) -> list[str]:
    """Raise for operators of versions that are not read; say which are newer than what is known."""
    notes, library = [], onnx()
    version, newest = opsets.get(""), library.defs.onnx_opset_version()
    if version is None and any(not entry.domain for entry in nodes):
        raise GraphError(
            "the model does not say which version its operators have.",
            rule="opset_import has an entry for ONNX's own domain",
            fix="write the model again, or append onnx.helper.make_opsetid('', version) to its opset_import",
        )
    if version is not None and version < OLDEST:
        raise GraphError(
            "the model's operators are too old.",
            rule=f"version >= {OLDEST}",
            here=f"version {version}",
            fix=f"convert it: onnx.version_converter.convert_version(model, {newest})",
        )
    if version is not None and version > newest:
        notes.append(
            f"the model's operators have version {version}; they are read as of version {newest}, the newest known"
        )
    if ir_version > library.IR_VERSION:
        notes.append(f"the model has the format of version {ir_version}; the newest known is {library.IR_VERSION}")
    return notes


def _declared(*groups: Mapping[str, Value]) -> dict[str, Value]:
    """What is said of each value; it may be said again, in the same words."""
    found: dict[str, Value] = {}
    for group in groups:
        for name, value in group.items():
            if found.setdefault(name, value) != value:
                raise GraphError(
                    f"the value '{clip(name)}' is declared twice.",
                    here=f"{found[name].dtype} {found[name].shape}, and {value.dtype} {value.shape}",
                    fix="declare every value once",
                )
    return found
