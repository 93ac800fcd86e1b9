"""Nodes of ONNX as kernels under test, forward, each a model of its own on the CPU provider of onnxruntime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import onnxruntime
from hypothesis.strategies import SearchStrategy
from onnx import TensorProto, helper

from cnnmath import ops
from cnnmath.interchange.onnx.export.written import body
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.verify.adapter import Adapter
from cnnmath.verify.strategies import Case, cases
from cnnmath.verify.subject import Subject
from tests.peers.kernels.peer import Library, Peer
from tests.peers.kernels.settings import dense, of_rank, whole_pools

Attributes = dict[str, Any]
Form = Callable[..., tuple[str, Attributes]]
OPSET, IR = 22, 10
AUTOMATIC = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}
SINGLE = ("float32",)
NAN = {5: "a maximum that reads a NaN is left open by the specification, and here it may be dropped"}


def window(op: Any) -> Attributes:
    """Settings of a window: all pads before, then all after, or by name."""
    given: Attributes = {"kernel_shape": op.kernel, "strides": op.stride}
    given |= {"dilations": op.dilation} if set(op.dilation) != {1} else {}
    if isinstance(op.padding, str):
        return given | {"auto_pad": AUTOMATIC[op.padding]}
    return given | {"pads": [n for side in zip(*op.padding, strict=True) for n in side]}


def transposed(op: ops.ConvTranspose, *_: Any) -> tuple[str, Attributes]:
    """Padding that cuts off, and outputs added behind."""
    return "ConvTranspose", window(op) | {"group": op.groups, "output_padding": op.output_padding}


def run(kind: str, attributes: Attributes, arrays: tuple[Array, ...]) -> Array:
    """Output of one node."""
    frozen = tuple((name, tuple(v) if isinstance(v, list) else v) for name, v in attributes.items())
    session = _session(kind, frozen, tuple((a.shape, a.dtype.name) for a in arrays))
    return session.run(None, {f"x{i}": a for i, a in enumerate(arrays)})[0]


@lru_cache(maxsize=4)
def _session(kind: str, attributes: tuple[Any, ...], given: tuple[Any, ...]) -> Any:
    inputs = [
        helper.make_tensor_value_info(f"x{i}", helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
        for i, (shape, dtype) in enumerate(given)
    ]
    y = helper.make_tensor_value_info(
        "y", getattr(TensorProto, {"float32": "FLOAT", "float64": "DOUBLE"}[given[0][1]]), None
    )
    node = helper.make_node(kind, [i.name for i in inputs], ["y"], **dict(attributes))
    graph = helper.make_graph([node], "one", inputs, [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def exported(op: Operator, *shapes: Any) -> tuple[str, Attributes]:
    """The node that the package writes."""
    reads = shapes if op.variadic else shapes[: len(op.reads)]
    (written,), _ = body(op, reads, OPSET)
    return written.op_type, {entry.name: helper.get_attribute_value(entry) for entry in written.attribute}


def node(
    kind: type[Operator], form: Form | None = None, within: SearchStrategy[Case] | None = None, **settings: Any
) -> Peer:
    """An operator that is one node, of the operands in the order of the sentence."""
    named = form or exported

    def function(op: Any, *arrays: Array) -> Array:
        name, attributes = named(op, *(a.shape for a in arrays))
        return run(name, attributes, arrays)

    return Peer(kind, function, within, **settings)


def padded(mode: str) -> Callable[..., Array]:
    """The node that pads, whose pads are an input: all before, then all after."""

    def function(op: Any, x: Array) -> Array:
        sides = [(0, 0), getattr(op, "channels", (0, 0)), *op.padding]
        pads = np.array([n for side in zip(*sides, strict=True) for n in side], np.int64)
        more = (x.dtype.type(op.value).reshape(()),) if isinstance(op, ops.Pad) else ()
        return run("Pad", {"mode": mode}, (x, pads, *map(np.asarray, more)))

    return function


def labelled(op: ops.CrossEntropy, x: Array, t: Array, weights: Array | None = None) -> Array:
    """The loss of labels."""
    ignored = {} if op.ignored is None else {"ignore_index": op.ignored}
    given = (x, t.astype(np.int64)) if weights is None else (x, t.astype(np.int64), weights)
    return run("SoftmaxCrossEntropyLoss", {"reduction": op.reduction} | ignored, given)


def added_below_the_stride(case: Case) -> bool:
    """Fewer outputs are added than the stride, whatever the dilation."""
    op: Any = case.op
    return all(extra < stride for extra, stride in zip(op.output_padding, op.stride, strict=True))


def short_epsilon(kind: Any) -> SearchStrategy[Case]:
    """An attribute of ONNX is a float32, of nodes that compute with doubles too."""
    return cases(kind).map(lambda case: Case(replace(case.op, epsilon=float(np.float32(case.op.epsilon))), case.inputs))


def plain_labels(case: Case) -> bool:
    """No smoothing, and no probabilities."""
    return case.op.targets == "labels" and not case.op.smoothing  # type: ignore[attr-defined]


PEERS = (
    node(ops.Conv, lambda op, *_: ("Conv", window(op) | {"group": op.groups}), dense(ops.Conv), formats=SINGLE),
    node(ops.ConvTranspose, transposed, cases(ops.ConvTranspose).filter(added_below_the_stride), formats=SINGLE),
    node(ops.MaxPool, lambda op, *_: ("MaxPool", window(op)), whole_pools(ops.MaxPool, automatic=True), unasked=NAN),
    node(
        ops.AveragePool,
        lambda op, *_: ("AveragePool", window(op) | {"count_include_pad": int(op.count_padding)}),
        whole_pools(ops.AveragePool, automatic=True),
        formats=SINGLE,
    ),
    node(ops.LpPool, lambda op, *_: ("LpPool", window(op) | {"p": op.p}), whole_pools(ops.LpPool), formats=SINGLE),
    node(ops.GlobalAveragePool, formats=SINGLE),
    node(ops.Linear),
    node(ops.Flatten),
    Peer(ops.Pad, padded("constant")),
    Peer(ops.ReflectPad, padded("reflect")),
    Peer(ops.EdgePad, padded("edge")),
    node(ops.BatchNorm, within=short_epsilon(ops.BatchNorm).filter(lambda case: not case.op.training)),
    node(
        ops.LocalResponseNorm,
        lambda op, *_: ("LRN", {"size": op.size, "alpha": op.alpha, "beta": op.beta, "bias": op.k}),
        of_rank(cases(ops.LocalResponseNorm), 2).filter(lambda case: case.op.size % 2),
        formats=SINGLE,
    ),
    node(ops.InstanceNorm, lambda op, *_: ("InstanceNormalization", {"epsilon": op.epsilon}), formats=SINGLE),
    node(
        ops.LayerNorm,
        lambda op, *_: ("LayerNormalization", {"axis": op.axis, "epsilon": op.epsilon}),
        short_epsilon(ops.LayerNorm).filter(lambda case: not case.op.each_position),
    ),
    *map(node, (ops.ReLU, ops.Tanh, ops.Sigmoid, ops.Add, ops.Concat)),
    node(ops.LeakyReLU, lambda op, *_: ("LeakyRelu", {"alpha": op.slope}), formats=SINGLE),
    node(ops.ELU, lambda op, *_: ("Elu", {"alpha": op.alpha}), formats=SINGLE),
    node(ops.Softplus, lambda *_: ("Softplus", {}), formats=SINGLE),
    node(ops.Softmax, lambda op, *_: ("Softmax", {"axis": op.axis})),
    node(ops.LogSoftmax, lambda op, *_: ("LogSoftmax", {"axis": op.axis})),
    Peer(ops.CrossEntropy, labelled, cases(ops.CrossEntropy).filter(plain_labels), formats=SINGLE),
)


def under_test(function: Any, dtype: str, algorithm: str) -> Subject:
    """A function of arrays, called with the operator first."""

    def called(op: Any, *arrays: Array) -> Array:
        return function(op, *arrays)

    return Adapter(called, dtype=dtype, algorithm=algorithm, title="onnxruntime's kernel")


LIBRARY = Library("onnxruntime", PEERS, under_test)
"""Where only float32 is named, the CPU provider has no kernel for doubles."""
