"""One operator as nodes of ONNX: by themselves where they are read back as what they are, else in a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnnmath.errors import CnnmathError, SettingError
from cnnmath.graph import INPUT, Architecture, Given
from cnnmath.interchange.onnx.export.body import OUTPUT, Body
from cnnmath.interchange.onnx.export.forms import FORMS
from cnnmath.interchange.onnx.fold import folded
from cnnmath.interchange.onnx.functions import DOMAIN, SETTING, Function, record
from cnnmath.interchange.onnx.graph import Graph, Node
from cnnmath.interchange.onnx.known import Known, Lazy
from cnnmath.interchange.onnx.library import onnx
from cnnmath.interchange.onnx.nodes import node
from cnnmath.interchange.onnx.reading import Here, Reading
from cnnmath.interchange.onnx.rules import RULES, UNFIT
from cnnmath.interchange.onnx.stored import Origin, Stored
from cnnmath.interchange.onnx.tensors import load
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape
from cnnmath.ops.notation import describe, parse


def body(op: Operator, shapes: tuple[Shape, ...], opset: int) -> tuple[list[Any], list[str]]:
    """Nodes that compute an operator, the last of which makes ``"y"``, and the names of its operands.

    Raises
    ------
    SettingError
        For an operator that has no form, and for what a form needs as a number and is left open.
    """
    form = FORMS.get(type(op))
    if form is None:
        raise SettingError(f"ONNX has no form for {type(op).__name__}.", fix="write it with operators of cnnmath.ops")
    names, nodes = list(operands(op, *shapes)), Body(opset)
    last = form(op, nodes, shapes, *names)
    if nodes.nodes[-1].output[0] != last:
        raise AssertionError(f"the form of {op!r} does not end with its output")
    nodes.nodes[-1].output[0] = OUTPUT
    return nodes.nodes, names


def function(op: Operator, shapes: tuple[Shape, ...], opset: int, name: str) -> Any:
    """The ``FunctionProto`` of an operator, which says by an attribute what it is.

    Examples
    --------
    >>> from cnnmath.ops import Maxout
    >>> written = function(Maxout(2), ((1, 4),), 22, "Maxout")
    >>> written.attribute_proto[0].s, [node.op_type for node in written.node if node.op_type != "Constant"]
    (b'maxout(2)', ['Reshape', 'ReduceMax', 'Shape', 'Concat', 'Reshape'])
    """
    helper, (nodes, names) = onnx().helper, body(op, shapes, opset)
    says = helper.make_attribute(SETTING, describe(op))
    own = [helper.make_opsetid("", opset)]
    return helper.make_function(DOMAIN, name, names, [OUTPUT], nodes, own, attribute_protos=[says])


def recognised(found: Function, said: Any, shapes: tuple[Shape, ...], opset: int) -> Operator | None:
    """The operator that a function says it is, if writing that operator again gives this function.

    Parameters
    ----------
    found
        The function.
    said
        The attribute of its call, None where that has none.
    shapes
        Shapes of all that the call reads.
    opset
        Version of ONNX's operators in the model.
    """
    text = found.defaults.get(SETTING) if said is None else said
    if not isinstance(text, str):
        return None
    try:
        op = parse(text)
        again = record(function(op, shapes[: len(shapes) if op.variadic else len(op.reads)], opset, ""), Origin())
    except (CnnmathError, *UNFIT):
        return None
    alike = (found.inputs, found.outputs, found.opsets) == (again.inputs, again.outputs, again.opsets)
    pairs = zip(found.nodes, again.nodes, strict=False)
    return op if alike and len(found.nodes) == len(again.nodes) and all(_same(a, b) for a, b in pairs) else None


def _same(a: Node, b: Node) -> bool:
    """Whether two nodes are equal, the arrays among their attributes too."""
    if (a.kind, a.domain, a.inputs, a.outputs) != (b.kind, b.domain, b.inputs, b.outputs):
        return False
    return a.attributes.keys() == b.attributes.keys() and all(
        _equal(value, b.attributes[name]) for name, value in a.attributes.items()
    )


def _equal(a: Any, b: Any) -> bool:
    if not (isinstance(a, Stored) and isinstance(b, Stored)):
        return type(a) is type(b) and a == b
    return (a.dtype, a.shape) == (b.dtype, b.shape) and np.array_equal(load(a), load(b))


def readable(op: Operator, nodes: Sequence[Any], shapes: tuple[Shape, ...], opset: int) -> bool:
    """Whether nodes outside a function are read back as one operator, which is equal, and whose arrays are these."""
    records = [node(entry, i, Origin()) for i, entry in enumerate(nodes)]
    if records[-1].kind not in RULES or any(entry.kind != "Constant" for entry in records[:-1]):
        return False
    network = Architecture("", (1,))
    reading = Reading(Graph("", "", 0, {"": opset}, (), (), (), {}, {}), network, 1)
    names = operands(op, *shapes)
    reads = list(names)[: len(shapes)]
    for name, shape in names.items():
        if name in reads:
            network.add(name, Given((), batched=False))
            reading.values[name] = Known(name, "float32", shape, node=name)
        else:
            array = Lazy(shape, "float32", _unasked, name, trained=True)
            reading.values[name] = Known(name, "float32", shape, array=array)
    try:
        found = [_read(Here(entry, reading)) for entry in records][-1]
    except (UnclaimedError, CnnmathError, *UNFIT):
        return False
    added = [entry for entry in network.order() if entry not in reads]
    if [found] != added or network.op(OUTPUT) != op or network.inputs(OUTPUT) != tuple(reads or [INPUT]):
        return False
    arrays = {key: lazy.source for key, lazy in reading.arrays.items()}
    return arrays == {f"{OUTPUT}.{name}": name for name in names if name not in reads}


def _read(here: Here) -> str:
    """Read a node by its rule; the node of the network that it became."""
    entry = Here(Node(OUTPUT, *_parts(here.node)), here.reading)
    found = folded(entry) or RULES[entry.node.kind](entry)
    value = found[0] if isinstance(found, tuple) else found
    if value is None:
        raise UnclaimedError("which has no output")
    here.reading.values[here.node.outputs[0]] = value
    return value.node


def _parts(entry: Node) -> tuple[Any, ...]:
    return entry.kind, entry.domain, entry.inputs, entry.outputs, entry.attributes


def _unasked() -> Any:
    raise UnclaimedError("that is not asked for its numbers here")
