"""What the changes begin with: small models that have what files of ONNX may have."""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from tests.interchange.onnx.models import array, calling, conv, function, model, node, value

LARGEST = 4096
"""Bytes of a case of ONNX's that is taken: changes of larger ones mostly meet their numbers."""


def residual() -> ModelProto:
    """A block of a residual network with a classifier, as exporters write it."""
    nodes = [
        node("Conv", "x w1", "a", "conv1", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BatchNormalization", "a scale shift mean var", "b", "norm", epsilon=1e-5),
        node("Relu", "b", "c"),
        node("MaxPool", "x", "d", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "d w2", "e", auto_pad="SAME_UPPER", group=1),
        node("Add", "c e", "f", "add"),
        node("GlobalAveragePool", "f", "g"),
        node("Flatten", "g", "h", axis=1),
        node("Gemm", "h w3 b3", "y", "fc", transB=1),
    ]
    arrays = [array("w1", 4, 2, 3, 3), array("w2", 4, 2, 1, 1), array("w3", 3, 4), array("b3", 3)]
    arrays += [array(name, 4) for name in ("scale", "shift", "mean", "var")]
    proto = model(nodes, [value("x", "N", 2, 8, 8)], [value("y", "N", 3)], arrays)
    proto.graph.value_info.extend([value("c", "N", 4, 4, 4), value("g", "N", 4, 1, 1)])
    return proto


def chain() -> ModelProto:
    """Shapes that are computed: what exporters make of ``x.view(x.size(0), -1)``."""
    index = helper.make_tensor("i", TensorProto.INT64, (), [0])
    last = helper.make_tensor("l", TensorProto.INT64, (1,), [-1])
    nodes = [
        node("Shape", "x", "s"),
        node("Constant", "", "i", value=index),
        node("Gather", "s i", "n", axis=0),
        node("Unsqueeze", "n zero", "n1"),
        node("Constant", "", "l", value=last),
        node("Concat", "n1 l", "t", axis=0),
        node("Reshape", "x t", "r"),
        node("Clip", "r low high", "y"),
    ]
    arrays = [array("zero", 1, dtype=np.int64), array("low"), helper.make_tensor("high", 1, (), [6.0])]
    return model(nodes, [value("x", "N", 3, 4, 4)], [value("y", "N", 48)], arrays)


def branching() -> ModelProto:
    """Subgraphs, a sequence, a type, an optional input that is left out, other domains."""
    inner = helper.make_graph([node("Relu", "x", "b")], "inner", [], [value("b", 1, 3)])
    nodes = [
        node("If", "c", "p", then_branch=inner, else_branch=inner),
        node("SequenceConstruct", "x x", "q"),
        node("Resize", "x  sizes", "r", mode="nearest"),
        helper.make_node("Fused", ["p"], ["s"], domain="mine", kernel=b"\xff\x00"),
        node("Sum", "p r s", "y"),
    ]
    proto = model(
        nodes,
        [value("x", 1, 3), helper.make_tensor_value_info("c", TensorProto.BOOL, ())],
        [
            value("y", 1, 3),
            helper.make_value_info("q", helper.make_sequence_type_proto(helper.make_tensor_type_proto(1, [1, 3]))),
        ],
        [array("sizes", 2, dtype=np.int64)],
    )
    proto.opset_import.append(helper.make_opsetid("mine", 1))
    return proto


def kept_apart() -> ModelProto:
    """Arrays of many types, in fields, in external files, large and sparse."""
    arrays = [
        helper.make_tensor("f16", TensorProto.FLOAT16, (3,), [1.0, 2.0, 3.0]),
        helper.make_tensor("i4", TensorProto.INT4, (3,), [1, 2, 3]),
        helper.make_tensor("words", TensorProto.STRING, (2,), [b"a", b"b"]),
        helper.make_tensor("long", TensorProto.INT64, (600,), range(600)),
        numpy_helper.from_array(np.ones((20, 20)), "wide"),
        array("away", 2, 2),
    ]
    arrays[-1].ClearField("raw_data")
    arrays[-1].data_location = TensorProto.EXTERNAL
    for key, text in (("location", "w.bin"), ("offset", "0"), ("length", "16")):
        arrays[-1].external_data.add(key=key, value=text)
    return model([node("MatMul", "x wide", "y")], [value("x", 1, 20)], [value("y", 1, 20)], arrays)


def functions() -> ModelProto:
    """Functions that call functions, with attributes."""
    leaky = node("LeakyRelu", "a", "b")
    leaky.attribute.add(name="alpha", type=1, ref_attr_name="slope")
    inner = function("inner", "a", "b", [leaky], ["slope"])
    outer = function("outer", "a c", "b", [node("inner", "a", "v", domain="local", slope=0.5), node("Add", "v c", "b")])
    return calling([inner, outer], [node("outer", "x x", "v", domain="local"), node("inner", "v", "y", domain="local")])


def models() -> list[ModelProto]:
    """All of these."""
    return [conv(), conv(200), residual(), chain(), branching(), kept_apart(), functions()]


def node_cases() -> list[ModelProto]:
    """Small models of ONNX's own cases, some for every operator; to make them takes half a minute."""
    from onnx.backend.test.case.node import collect_testcases

    found = [case.model for case in collect_testcases(None)]
    return [proto for proto in found if proto is not None and proto.ByteSize() <= LARGEST]
