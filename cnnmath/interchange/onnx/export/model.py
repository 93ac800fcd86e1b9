"""A network with its arrays as a model of ONNX."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnnmath.errors import CnnmathError, DataError, GraphError, SettingError
from cnnmath.graph import INPUT, Architecture, Constant, Given
from cnnmath.graph.checks import check_network
from cnnmath.graph.notation import symbol
from cnnmath.graph.propagate import walk
from cnnmath.interchange.onnx.export.body import OUTPUT, is_number
from cnnmath.interchange.onnx.export.save import save
from cnnmath.interchange.onnx.export.written import body, function, readable
from cnnmath.interchange.onnx.functions import DOMAIN
from cnnmath.interchange.onnx.library import onnx
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape

OPSET = 22
"""Version of ONNX's operators that is written where nothing is said."""

OLDEST, NEWEST = 21, 24
"""Versions that are written: all forms are for these."""

FORMAT = 10
"""Version of the format, from which on a function's attributes have defaults and models their newest types."""


def export_onnx(
    net: Architecture,
    parameters: Mapping[str, Any],
    path: str | os.PathLike[str] | None = None,
    *,
    opset: int = OPSET,
    batch: str | int = "N",
    external: bool = False,
) -> Any:
    """Write a network with its arrays as a model of ONNX.

    Parameters
    ----------
    net
        The network.
    parameters
        Its arrays by node and operand, as ``conv1.w``. What an operator reads beside its inputs and parameters, such as
        the labels of a loss, is a further input of the model where no array is given for it.
    path
        The file; without one, nothing is written. A file that exists is replaced once the new one is whole.
    opset
        Version of ONNX's operators, from 21 to 24.
    batch
        Name of the number of samples, or that number.
    external
        Whether arrays are written beside the file, as ``name.onnx.data``: a model of 2 GB or more needs it.

    Returns
    -------
    onnx.ModelProto
        The model, its arrays inside.

    Raises
    ------
    SettingError
        For an operator that has no form, or none with sizes left open, naming the node.
    DataError, GraphError
        For an array that is missing or of another shape, and for a network that has no nodes.
    MissingExtraError
        Where the package onnx is not installed.

    Notes
    -----
    *Conventions*: numbers have 32 bits, labels and places 64-bit integers. The input is called ``input``, and every
    node makes a value of its name. An operator is one node of ONNX where `import_onnx` reads that as the same operator;
    otherwise it is a call of a function of the domain ``cnnmath``, made of ONNX's nodes, whose attribute ``setting``
    says what it is. Parameters that nodes share are one array.

    Examples
    --------
    >>> from cnnmath import training, zoo
    >>> from cnnmath.interchange import import_onnx
    >>> net = zoo.lenet5()
    >>> model = export_onnx(net, training.initialise(net))
    >>> [node.op_type for node in model.graph.node][:4]
    ['Conv', 'Tanh', 'AveragePool', 'Conv']
    >>> import_onnx(model).network == net
    True
    """
    if not isinstance(opset, int) or not OLDEST <= opset <= NEWEST:
        raise SettingError(
            "there are no forms for this version of ONNX's operators.",
            rule=f"{OLDEST} <= opset <= {NEWEST}",
            here=f"opset {opset}",
            fix=f"leave it out, for {OPSET}",
        )
    if not len(check_network(net)):
        raise GraphError("there is nothing to write: it has no nodes.").at(f"network '{net.name}'")
    model = _Writing(net, parameters, opset, symbol(batch) if isinstance(batch, str) else batch).model()
    if path is not None:
        save(model, path, external=external)
    return model


@dataclass(slots=True)
class _Writing:
    """What has been written so far."""

    net: Architecture
    parameters: Mapping[str, Any]
    opset: int
    batch: Any
    nodes: list[Any] = field(default_factory=list)
    arrays: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    functions: dict[tuple[Operator, tuple[Shape, ...]], Any] = field(default_factory=dict)
    alone: dict[tuple[Operator, tuple[Shape, ...]], bool] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    declared: dict[str, Shape] = field(default_factory=dict)

    def model(self) -> Any:
        """The whole model."""
        helper, net = onnx().helper, self.net
        self.declare(INPUT, (self.batch, *net.input_shape))
        for name, op, shapes, facts in walk(net, self.batch, counted=()):
            self.declared[name] = facts.output
            try:
                self.add(name, op, shapes)
            except CnnmathError as error:
                raise error.at(f"{type(op).__name__.lower()} '{name}'") from None
        outputs = [_value(name, self.declared[name], "float32") for name in net.outputs()]
        graph = helper.make_graph(self.nodes, net.name or "network", list(self.inputs.values()), outputs)
        own = [helper.make_opsetid("", self.opset), *([helper.make_opsetid(DOMAIN, 1)] if self.functions else [])]
        functions = list(self.functions.values())
        form = helper.find_min_ir_version_for(own, ignore_unknown=True)
        model = helper.make_model(
            graph, opset_imports=own, functions=functions, producer_name="cnnmath", ir_version=max(FORMAT, form)
        )
        for name, array in self.arrays.items():
            _initialise(model.graph.initializer.add(), name, array)
        return model

    def add(self, name: str, op: Operator, shapes: tuple[Shape, ...]) -> None:
        """A node."""
        if isinstance(op, Given):
            self.declare(name, op.shape(*shapes))
        elif isinstance(op, Constant):
            self.store(name, op)
        else:
            self.compute(name, op, shapes)

    def declare(self, name: str, shape: Shape, dtype: str = "float32") -> None:
        """An input of the model."""
        self.inputs[name] = _value(name, shape, dtype)

    def store(self, name: str, op: Constant) -> None:
        """An array: a parameter beside the nodes, another one as a node."""
        array, own = self.array(f"{name}.value", op.sizes, "float32"), f"{name}.value" if op.repeated else name
        if op.trained:
            self.arrays[own] = array
        else:
            tensor = onnx().numpy_helper.from_array(array)
            self.nodes.append(onnx().helper.make_node("Constant", [], [own], own, value=tensor))
        if op.repeated:
            self.repeat(name, own, len(op.sizes))
        else:
            self.fixed.add(name)

    def repeat(self, name: str, own: str, rank: int) -> None:
        """A stored sample for each sample of the input."""
        make, shape, sizes = onnx().helper.make_node, f"{name}/batch", f"{name}/sizes"
        ones = onnx().numpy_helper.from_array(np.ones(rank - 1, np.int64))
        self.nodes += [
            make("Shape", [INPUT], [shape], shape, start=0, end=1),
            make("Constant", [], [f"{name}/ones"], f"{name}/ones", value=ones),
            make("Concat", [shape, f"{name}/ones"], [sizes], sizes, axis=0),
            make("Expand", [own, sizes], [name], name),
        ]

    def compute(self, name: str, op: Operator, shapes: tuple[Shape, ...]) -> None:
        """An operator: nodes, or the call of a function."""
        reads = self.net.inputs(name)
        names = [*reads, *self.owned(name, op, shapes)]
        if self.fixed.issuperset(reads):
            self.fixed.add(name)
        key = (op, shapes)
        nodes, formal = body(op, shapes, self.opset)
        if key not in self.alone:
            self.alone[key] = readable(op, nodes, shapes, self.opset)
        if self.alone[key] and name not in self.fixed:
            self.inline(name, nodes, dict(zip(formal, names, strict=True)))
            return
        if key not in self.functions:
            same = sum(type(other) is type(op) for other, _ in self.functions)
            own = f"{type(op).__name__}_{same + 1}" if same else type(op).__name__
            self.functions[key] = function(op, shapes, self.opset, own)
        self.nodes.append(onnx().helper.make_node(self.functions[key].name, names, [name], name, domain=DOMAIN))

    def inline(self, name: str, nodes: list[Any], names: dict[str, str]) -> None:
        """The nodes of a body, under names of the graph."""
        names |= {"": "", OUTPUT: name}
        for entry in nodes[:-1]:
            names[entry.output[0]] = self.free(f"{name}/{entry.output[0]}")
        for entry in nodes:
            entry.input[:] = [names[value] for value in entry.input]
            entry.output[:] = [names[value] for value in entry.output]
            entry.name = entry.output[0]
        self.nodes += nodes

    def free(self, name: str) -> str:
        """A name that no node has."""
        while name in self.net.nodes:
            name += "_"
        return name

    def owned(self, name: str, op: Operator, shapes: tuple[Shape, ...]) -> list[str]:
        """Names of the arrays that a node reads: its own, or of the node that it shares them with."""
        found, owner = [], self.net.shares(name) or name
        for operand, shape in list(operands(op, *shapes).items())[len(shapes) :]:
            key = f"{owner}.{operand}"
            if key in self.net.nodes:
                raise GraphError("an array has the name of a node.", here=f"'{key}'", fix="give the node another name")
            dtype = "int64" if operand in op.levels(*shapes) and operand != "mask" else "float32"
            if key not in self.parameters and operand in op.buffers(*shapes):
                self.declare(key, shape, dtype)
            elif key not in self.arrays:
                self.arrays[key] = self.array(key, shape, dtype)
            found.append(key)
        return found

    def array(self, key: str, shape: Shape, dtype: str) -> Any:
        """An array that is given, checked."""
        if key not in self.parameters:
            raise DataError(f"the array '{key}' is missing.", fix="give all arrays that the network declares")
        array = np.asarray(self.parameters[key], dtype)
        fits = array.ndim == len(shape) and all(
            n == size for n, size in zip(array.shape, shape, strict=True) if is_number(size)
        )
        if not fits:
            raise DataError(f"'{key}' has another shape than declared.", input=f"{array.shape}", rule=f"{tuple(shape)}")
        return array


def _initialise(tensor: Any, name: str, array: Any) -> None:
    """Write an array into a ``TensorProto`` of the model, where it is copied once."""
    tensor.name, tensor.data_type = name, onnx().helper.np_dtype_to_tensor_dtype(array.dtype)
    tensor.dims.extend(array.shape)
    tensor.raw_data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _value(name: str, shape: Shape, dtype: str) -> Any:
    """What is declared of a value: a size that is a formula is not said, unless it has a name of its own."""
    number = onnx().helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    sizes = [int(n) if is_number(n) else str(n) if str(n).isidentifier() else None for n in shape]
    return onnx().helper.make_tensor_value_info(name, number, sizes)
