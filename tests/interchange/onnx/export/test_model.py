"""Networks of the zoo and others, written and read back: equal, and run to the same numbers."""

from math import prod

import numpy as np
import onnx
import pytest

from cnnmath import ops, zoo
from cnnmath.errors import DataError, GraphError, SettingError
from cnnmath.graph import INPUT, Architecture, Constant, Given, Opaque
from cnnmath.graph.arrays import buffers, parameters
from cnnmath.graph.notation import symbol
from cnnmath.interchange import export_onnx, import_onnx
from tests.interchange.onnx.export.models import kinds, run
from tests.peers import drawn
from tests.rounding import forward, forward_bound
from tests.support import INTENSE

HEAVY = {"vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg19", "vgg19_bn"}
"""Networks of half a gigabyte that are as VGG-16 is, but for the counts of their layers: in the profile ``intense``."""

SEVERAL = 4_000_000
"""Numbers of an array up to which they are looked at when it is back."""

RUN = {
    "vgg11": lambda: zoo.vgg(11, batch_norm=True, width=2),
    "resnet18": lambda: zoo.resnet18((3, 33, 31)),
}


def shapes_of(net):
    return parameters(net) | buffers(net)


@pytest.mark.parametrize("name", [name for name in zoo.ALL if INTENSE or name not in HEAVY])
def test_networks_of_the_zoo_come_back_equal(name):
    net = zoo.named(name)
    arrays = {key: np.broadcast_to(np.float32(i), shape) for i, (key, shape) in enumerate(shapes_of(net).items())}
    back = import_onnx(export_onnx(net, arrays))
    assert back.network == net
    assert not back.notes
    assert set(back.parameters) == set(arrays)
    assert all((back.parameters[key] == a).all() for key, a in arrays.items() if a.size <= SEVERAL)


@pytest.mark.parametrize("name", RUN)
def test_onnxruntime_computes_every_node_within_the_bound_of_its_operator(name):
    runtime = pytest.importorskip("onnxruntime")
    net = RUN[name]()
    arrays, x = drawn.parameters(net), drawn.normal((2, *net.input_shape), 1)
    proto = export_onnx(net, arrays)
    back = import_onnx(proto)
    assert back.network == net
    assert all((back.parameters[key] == a).all() for key, a in arrays.items())
    del proto.graph.output[:]
    proto.graph.output.extend(onnx.helper.make_tensor_value_info(node, 1, None) for node, _ in net)
    found = {INPUT: x} | run(runtime, proto, input=x)
    for node in drawn.nodes(net, 2):
        operands = [*(found[read] for read in node.reads), *(arrays[key] for key in node.keys.values())]
        wide = [a.astype(float) for a in operands]
        assert (abs(found[node.name] - forward(node.op, *wide)) <= forward_bound(node.op, *operands)).all(), node.name


def several():
    """Shared weights, a further input, a stored array that is trained and one that is not, two outputs."""
    net = Architecture("several", (2, 4))
    net.add("first", ops.LinearLast(4), INPUT)
    net.add("again", ops.LinearLast(4), "first", shares="first")
    net.add("other", Given((2, 4)))
    net.add("scale", Constant((4,), trained=True))
    net.add("shift", Constant((1, 2, 1)))
    net.add("scaled", ops.Multiply(), "again", "scale")
    net.add("fixed", ops.Add(), "scale", "shift")
    net.add("sum", ops.Add(), "scaled", "other", "fixed")
    net.add("gate", ops.Sigmoid(), "again")
    net.add("token", Constant((1, 1, 4), trained=True, repeated=True))
    net.add("mark", Constant((1, 1, 4), repeated=True))
    net.add("longer", ops.Concat(), "token", "gate", "mark")
    return net


def test_shared_weights_further_inputs_and_stored_arrays_come_back():
    runtime = pytest.importorskip("onnxruntime")
    net = several()
    arrays = {key: np.arange(prod(shape)).reshape(shape) % 3 - 1 for key, shape in shapes_of(net).items()}
    proto = export_onnx(net, arrays)
    onnx.checker.check_model(proto, full_check=True)
    assert [value.name for value in proto.graph.input] == ["input", "other"]
    assert sorted(tensor.name for tensor in proto.graph.initializer) == ["first.b", "first.w", "scale", "token.value"]
    back = import_onnx(proto)
    assert back.network == net
    assert list(back.outputs) == ["sum", "longer"]
    given = {"input": np.ones((3, 2, 4), np.float32), "other": np.full((3, 2, 4), 2, np.float32)}
    found, expected = back.run(**given), run(runtime, proto, **given)
    assert all(abs(found[name] - expected[name]).max() < 1e-6 for name in found)


def test_sizes_left_open_are_named():
    net = Architecture("open", (3, symbol("H"), symbol("W")))
    net.add("conv", ops.Conv(4, 3, padding="same"))
    net.add("pool", ops.Maxout(2))
    net.add("out", ops.MaxPool(2))
    arrays = {"conv.w": np.zeros((4, 3, 3, 3)), "conv.b": np.zeros(4)}
    proto = export_onnx(net, arrays, batch="M")
    onnx.checker.check_model(proto, full_check=True)
    sizes = [dim.dim_param or dim.dim_value for dim in proto.graph.input[0].type.tensor_type.shape.dim]
    assert sizes == ["M", 3, "H", "W"]
    assert import_onnx(proto).network == net


def test_equal_operators_are_one_function():
    net = Architecture("twice", (4,))
    for i in range(3):
        net.add(f"drop{i}", ops.Dropout())
    net.add("last", ops.Dropout(0.1))
    proto = export_onnx(net, {})
    assert [function.name for function in proto.functions] == ["Dropout", "Dropout_2"]
    assert kinds(proto) == [["Dropout"]] * 4


@pytest.mark.parametrize(
    ("op", "arrays", "options", "error", "message"),
    [
        (Opaque("attention", (4,)), {}, {}, SettingError, "opaque 'one': ONNX has no form for Opaque."),
        (ops.Linear(2, bias=False), {}, {}, DataError, "linear 'one': the array 'one.w' is missing."),
        (
            ops.Linear(2, bias=False),
            {"one.w": np.zeros((4, 2))},
            {},
            DataError,
            "linear 'one': 'one.w' has another shape than declared.",
        ),
        (ops.ReLU(), {}, {"opset": 20}, SettingError, "there are no forms for this version of ONNX's operators."),
    ],
    ids=["no form", "missing", "another shape", "opset"],
)
def test_what_cannot_be_written_is_named(op, arrays, options, error, message):
    net = Architecture("refused", (4,))
    net.add("one", op)
    with pytest.raises(error) as found:
        export_onnx(net, arrays, **options)
    assert str(found.value).splitlines()[0] == message


def test_a_network_without_nodes_is_refused():
    with pytest.raises(GraphError, match="network 'empty': there is nothing to write"):
        export_onnx(Architecture("empty", (4,)), {})


def test_a_node_with_the_name_of_an_array_is_refused():
    net = Architecture("clash", (4,))
    net.add("one", ops.Linear(2, bias=False))
    net.add("one.w", ops.ReLU())
    with pytest.raises(GraphError, match="linear 'one': an array has the name of a node"):
        export_onnx(net, {"one.w": np.zeros((2, 4))})
