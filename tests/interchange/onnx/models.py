"""Small models, and files as they should not be."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def value(name, *shape, dtype=TensorProto.FLOAT):
    """A declared value."""
    return helper.make_tensor_value_info(name, dtype, shape)


def array(name, *shape, dtype=np.float32):
    """An initializer that counts from 0."""
    return numpy_helper.from_array(np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype), name)


def node(kind, inputs, outputs, name="", **attributes):
    """A node; inputs and outputs are words."""
    return helper.make_node(kind, inputs.split(), outputs.split(), name=name, **attributes)


def model(nodes, inputs=(), outputs=(), initializers=(), *, opset=20, **more):
    """A model with ONNX's own operators."""
    graph = helper.make_graph(list(nodes), "small", list(inputs), list(outputs), list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], **more)


def conv(channels=8, **more):
    """A convolution with a bias and a rectifier: 216 weights for 8 channels."""
    return model(
        [
            node("Conv", "x w b", "y", "conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            node("Relu", "y", "z"),
        ],
        [value("x", "N", 3, 8, 8)],
        [value("z", "N", channels, 8, 8)],
        [array("w", channels, 3, 3, 3), array("b", channels)],
        **more,
    )


def saved(folder, proto, name="model.onnx"):
    """The path of a file that holds a model, or bytes."""
    path = folder / name
    path.write_bytes(proto if isinstance(proto, bytes) else proto.SerializeToString())
    return path


def external(folder, **entries):
    """A model whose 216 weights stand in w.bin of the folder; its entries of external data may be changed."""
    proto = conv()
    w = proto.graph.initializer[0]
    (folder / "w.bin").write_bytes(b"head" + w.raw_data)
    said = {"location": "w.bin", "offset": "4", "length": "864"} | entries
    w.ClearField("raw_data")
    w.data_location = TensorProto.EXTERNAL
    for key, text in said.items():
        if text is not None:
            w.external_data.add(key=key, value=text)
    return saved(folder, proto)


def function(name, inputs, outputs, nodes, attributes=(), opset=20, **more):
    """A function of the domain 'local'."""
    return helper.make_function(
        "local",
        name,
        inputs.split(),
        outputs.split(),
        nodes,
        [helper.make_opsetid("", opset)],
        list(attributes),
        **more,
    )


def calling(functions, nodes, initializers=()):
    """A model from x to y whose nodes call functions."""
    graph = helper.make_graph(nodes, "calling", [value("x", 1, 3)], [value("y", 1, 3)], list(initializers))
    imports = [helper.make_opsetid("", 20), helper.make_opsetid("local", 1)]
    return helper.make_model(graph, opset_imports=imports, functions=functions)


def field(number, wire, body=b""):
    """A field as it stands in a file; what is delimited gets its length."""
    tag = varint(number << 3 | wire)
    return tag + varint(len(body)) + body if wire == 2 else tag + body


def varint(value):
    """An integer, 7 bits in each byte."""
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def with_subgraph(graph):
    """An attribute with a subgraph, as it stands in a file."""
    return field(1, 2, b"g") + field(20, 0, b"\x05") + field(6, 2, graph)


def nested(depth):
    """What a file holds of a model with a subgraph that has a subgraph, so many deep."""
    inner = b""
    for _ in range(depth):
        inner = field(1, 2, field(2, 2, b"y") + field(4, 2, b"If") + field(5, 2, with_subgraph(inner)))
    whole = model([node("Choose", "x", "z", "branch")], [value("x", 1)], [value("z", 1)])
    outer = whole.graph.node[0].SerializeToString() + field(5, 2, with_subgraph(inner))
    del whole.graph.node[:]
    graph = whole.graph.SerializeToString() + field(1, 2, outer)
    whole.ClearField("graph")
    return whole.SerializeToString() + field(7, 2, graph)
