"""What exporters write as several nodes is read as one operator, and as it stands where it is something else."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.graph import Constant
from cnnmath.interchange import import_onnx

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402 - behind the check that it is there

ROOT, CUBIC, TANH = np.sqrt(2.0), 0.044715, np.sqrt(2 / np.pi)
FLOAT = TensorProto.FLOAT


def model(text, x=(2, 8, 4, 6), opset=17, outputs=("y",), **stored):
    """A model from x, a line a node: ``y = Kind a b key=1 keys=1,``; numbers among the inputs are stored."""
    nodes, arrays = [], {name: np.asarray(a) for name, a in stored.items()}
    for i, line in enumerate(text.strip().splitlines()):
        output, (kind, *words) = line.split("=", 1)[0].strip(), line.split("=", 1)[1].split()
        attributes = dict(word.split("=") for word in words if "=" in word)
        inputs = [word for word in words if "=" not in word]
        for word in inputs:
            if word[0].isdigit():
                arrays[word] = np.float32(word)
        node = helper.make_node(kind, inputs, [output], f"n{i}")
        node.attribute.extend(helper.make_attribute(k, _setting(v)) for k, v in attributes.items())
        nodes.append(node)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "idiom",
        [value("x", FLOAT, x)],
        [value(name, FLOAT, None) for name in outputs],
        [numpy_helper.from_array(a, name) for name, a in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def _setting(text):
    numbers = [float(n) if "." in n else int(n) for n in text.split(",") if n]
    return numbers if "," in text else numbers[0]


def operators(*given, **more):
    return [op for _, op in import_onnx(model(*given, **more)).network]


ERF = f"a = Div x {ROOT}\nb = Erf a\nc = Add b 1\n"
BY_TANH = f"a = Pow x 3\nb = Mul a {CUBIC}\nc = Add x b\nd = Mul {TANH} c\ne = Tanh d\nf = Add 1 e\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ERF + "d = Mul x c\ny = Mul d 0.5", ops.GELU()),
        (ERF + "d = Mul 0.5 x\ny = Mul d c", ops.GELU()),
        (ERF + "d = Mul c 0.5\ny = Mul x d", ops.GELU()),
        (ERF.replace("Div", "Mul").replace(str(ROOT), str(1 / ROOT)) + "d = Mul x c\ny = Div d 2", ops.GELU()),
        (BY_TANH + "g = Mul x 0.5\ny = Mul g f", ops.GELU(approximate=True)),
        (BY_TANH.replace("Pow x 3", "Mul x aa") + "g = Mul x f\ny = Mul g 0.5", ops.GELU(approximate=True)),
        ("a = Sigmoid x\ny = Mul x a", ops.SiLU()),
        ("a = Sigmoid x\ny = Mul a x", ops.SiLU()),
        ("a = HardSigmoid x alpha=0.16666667\ny = Mul x a", ops.HardSwish()),
        ("a = Add x 3\nb = Clip a 0 6\nc = Div b 6\ny = Mul x c", ops.HardSwish()),
        ("a = Add x 3\nb = Clip a 0 6\nc = Mul x b\ny = Div c 6", ops.HardSwish()),
        ("a = Add x 3\nb = Clip a 0 6\ny = Div b 6", ops.HardSigmoid(1 / 6, 0.5)),
        ("a = Sigmoid x\ny = Log a", ops.LogSigmoid()),
        ("a = Neg x\nb = Softplus a\ny = Neg b", ops.LogSigmoid()),
    ],
)
def test_a_gate_that_is_written_out_is_one_operator(text, expected):
    if "aa" in text:
        text = "aa = Mul x x\n" + text
    assert operators(text) == [expected]


@pytest.mark.parametrize(
    ("text", "outputs"),
    [
        (ERF + "d = Mul x c\ny = Mul d 0.5", ("y", "b")),  # an intermediate value is an output
        (ERF + "d = Mul x c\ne = Mul d 0.5\ny = Add e c", ("y",)),  # and is read by another node
        (ERF + "d = Mul x c\ny = Mul d 0.25", ("y",)),
        (ERF.replace(str(ROOT), "1.4142") + "d = Mul x c\ny = Mul d 0.5", ("y",)),
        ("z = Relu x\n" + ERF + "d = Mul z c\ny = Mul d 0.5", ("y",)),
        ("z = Relu x\na = Sigmoid z\ny = Mul x a", ("y",)),
        ("a = HardSigmoid x\ny = Mul x a", ("y",)),  # whose slope is 1/5
        ("a = Add x 3\nb = Clip a 0 5\ny = Div b 6", ("y",)),
        ("a = Add x 3\nb = Clip a 0 6\ny = Div b 5", ("y",)),
        ("a = Sigmoid x\ny = Log a", ("y", "a")),
        ("a = Softplus x\ny = Neg a", ("y",)),
    ],
)
def test_a_gate_that_is_another_stays_as_it_is(text, outputs):
    found = import_onnx(model(text, outputs=outputs))
    gates = (ops.GELU, ops.SiLU, ops.HardSwish, ops.LogSigmoid)
    named = [op for _, op in found.network if isinstance(op, gates)]
    assert (named, found.notes) == ([], ())
    assert len([op for _, op in found.network if type(op).__name__ != "Constant"]) == len(text.splitlines())


NORM = """m = ReduceMean x axes=-1,
d = Sub x m
q = Pow d 2
v = ReduceMean q axes=-1,
e = Add v 0.001
r = Sqrt e
n = Div d r
g = Mul n gamma
y = Add g beta"""


def norm(old="", new="", sizes=(6,), outputs=("y",)):
    gamma = np.full(sizes, 2, np.float32)
    return import_onnx(model(NORM.replace(old, new), gamma=gamma, beta=gamma + 1, outputs=outputs, opset=13))


def test_a_layer_normalisation_that_is_written_out_is_one_operator():
    found = norm()
    assert [op for _, op in found.network] == [ops.LayerNorm(0.001, axis=-1)]
    assert {name: a.tolist() for name, a in found.parameters.items()} == {"n8.gamma": [2] * 6, "n8.beta": [3] * 6}
    twice = norm("Pow d 2", "Mul d d")
    assert [op for _, op in twice.network] == [ops.LayerNorm(0.001, axis=-1)]
    assert [op for _, op in norm("axes=-1,", "axes=2,-1,", (4, 6)).network] == [ops.LayerNorm(0.001, axis=2)]


@pytest.mark.parametrize(
    ("old", "new", "sizes", "outputs"),
    [
        ("", "", (1,), ("y",)),  # a scale of the layer, not of each number
        ("axes=-1,", "axes=1,", (8, 1, 1), ("y",)),  # of the channels at each position
        ("v = ReduceMean q axes=-1,", "v = ReduceMean q axes=2,", (6,), ("y",)),
        ("Pow d 2", "Pow d 4", (6,), ("y",)),
        ("Pow d 2", "Pow x 2", (6,), ("y",)),
        ("", "", (6,), ("y", "v")),
    ],
)
def test_another_normalisation_stays_as_it_is(old, new, sizes, outputs):
    found = norm(old, new, sizes, outputs)
    assert ops.LayerNorm not in [type(op) for _, op in found.network]
    assert found.notes == ()


def dense(text, x=(2, 5, 6), w=(6, 3), b=(3,), **more):
    arrays = {"w": np.arange(np.prod(w), dtype=np.float32).reshape(w), "b": np.arange(np.prod(b), dtype=np.float32)}
    return import_onnx(model(text, x, w=arrays["w"], b=arrays["b"].reshape(b), **more))


@pytest.mark.parametrize(
    ("text", "x", "b", "expected"),
    [
        ("y = MatMul x w", (2, 6), (3,), ops.Linear(3, bias=False)),
        ("y = MatMul x w", (2, 5, 6), (3,), ops.LinearLast(3, bias=False)),
        ("a = MatMul x w\ny = Add a b", (2, 6), (3,), ops.Linear(3)),
        ("a = MatMul x w\ny = Add b a", (2, 5, 6), (3,), ops.LinearLast(3)),
        ("a = MatMul x w\ny = Add a b", (2, 5, 6), (1, 1, 3), ops.LinearLast(3)),
    ],
)
def test_a_product_with_a_stored_matrix_is_a_dense_layer(text, x, b, expected):
    found = dense(text, x, b=b)
    assert [op for _, op in found.network] == [expected]
    arrays = {name.split(".")[1]: a.tolist() for name, a in found.parameters.items()}
    whole = {"w": [[f + 3 * c for c in range(6)] for f in range(3)], "b": [0, 1, 2]}
    assert arrays == {name: whole[name] for name in ("w", "b")[: 1 + expected.bias]}


@pytest.mark.parametrize(
    ("text", "x", "w", "b", "outputs", "expected"),
    [
        ("a = MatMul x w\ny = Add a b", (2, 5, 6), (6, 3), (1,), ("y",), ["LinearLast", "Constant", "Add"]),
        ("a = MatMul x w\ny = Add a b", (2, 5, 6), (6, 3), (5, 3), ("y",), ["LinearLast", "Constant", "Add"]),
        ("a = MatMul x w\ny = Add a b", (2, 6), (6, 3), (1, 1, 3), ("y",), ["Linear", "Constant", "Add"]),
        ("a = MatMul x w\ny = Add a b", (2, 6), (6, 3), (3,), ("y", "a"), ["Linear", "Constant", "Add"]),
        ("a = MatMul x w\ny = Add a a", (2, 6), (6, 3), (3,), ("y",), ["Linear", "Add"]),
        ("y = MatMul w x", (2, 6, 3), (3, 6), (3,), ("y",), ["Constant", "MatMul"]),
        ("y = MatMul x w", (2, 5, 6), (2, 6, 3), (3,), ("y",), ["Constant", "MatMul"]),
    ],
)
def test_another_product_or_sum_stays_as_it_is(text, x, w, b, outputs, expected):
    found = dense(text, x, w, b, outputs=outputs)
    assert ([type(op).__name__ for _, op in found.network], found.notes) == (expected, ())


def moves(parted, order, whole, x=(2, 8, 4, 6), outputs=("y",)):
    order = ",".join(map(str, order))
    text = f"a = Reshape x parted\nb = Transpose a perm={order},\ny = Reshape b whole"
    return import_onnx(model(text, x, parted=np.array(parted), whole=np.array(whole), outputs=outputs))


@pytest.mark.parametrize(
    ("parted", "order", "whole", "expected"),
    [
        ((2, 4, 2, 4, 6), (0, 2, 1, 3, 4), (2, 8, 4, 6), ops.ChannelShuffle(4)),
        ((0, 2, -1, 4, 6), (0, 2, 1, 3, 4), (2, -1, 4, 6), ops.ChannelShuffle(2)),
        ((2, 2, 2, 2, 4, 6), (0, 3, 4, 1, 5, 2), (2, 2, 8, 12), ops.DepthToSpace(2)),
        ((2, 2, 2, 2, 4, 6), (0, 1, 4, 2, 5, 3), (2, 2, 8, 12), ops.DepthToSpace(2, "CRD")),
        ((2, 1, 2, 4, 4, 6), (0, 3, 4, 1, 5, 2), (2, 4, 4, 12), ops.DepthToSpace((1, 2))),
        ((2, 8, 2, 2, 2, 3), (0, 3, 5, 1, 2, 4), (2, 48, 2, 2), ops.SpaceToDepth((2, 3))),
        ((2, 8, 2, 2, 3, 2), (0, 1, 3, 5, 2, 4), (2, 32, 2, 3), ops.SpaceToDepth(2, "CRD")),
    ],
)
def test_a_transposition_between_reshapes_is_the_move_of_the_same_numbers(parted, order, whole, expected):
    found = moves(parted, order, whole)
    assert [op for _, op in found.network] == [expected]
    x = np.arange(2 * 8 * 4 * 6.0).reshape(2, 8, 4, 6)
    sizes = [n or 2 for n in parted]
    assert (found.run(x=x)["y"] == x.reshape(sizes).transpose(order).reshape(whole)).all()


@pytest.mark.parametrize(
    ("parted", "order", "whole", "outputs"),
    [
        ((2, 4, 2, 4, 6), (0, 1, 2, 4, 3), (2, 8, 4, 6), ("y",)),  # that transposes the image
        ((2, 4, 2, 4, 6), (0, 2, 1, 3, 4), (2, 8, 6, 4), ("y",)),
        ((2, 4, 2, 6, 4), (0, 2, 1, 3, 4), (2, 8, 4, 6), ("y",)),
        ((2, 4, 2, 4, 6), (0, 2, 1, 3, 4), (2, 8, 4, 6), ("y", "b")),
        ((2, 2, 2, 2, 4, 6), (0, 1, 4, 3, 5, 2), (2, 2, 8, 12), ("y",)),  # columns of a block ahead of rows
    ],
)
def test_another_transposition_between_reshapes_stays_as_it_is(parted, order, whole, outputs):
    found = moves(parted, order, whole, outputs=outputs)
    kinds = [type(op).__name__ for _, op in found.network]
    assert (kinds, found.notes) == (["Reshape", "Transpose", "Reshape"], ())


def test_a_shuffle_of_a_batch_that_is_left_open_is_one():
    found = moves((-1, 4, 2, 4, 6), (0, 2, 1, 3, 4), (-1, 8, 4, 6), x=("N", 8, 4, 6))
    assert [op for _, op in found.network] == [ops.ChannelShuffle(4)]


def test_the_widest_idiom_wins_and_a_long_chain_is_no_trouble():
    text = "a = Add x 3\nb = Clip a 0 6\nc = Div b 6\nd = Mul x c\ne = Sigmoid d\ny = Mul d e"
    assert operators(text) == [ops.HardSwish(), ops.SiLU()]
    chain = [f"v{i + 1} = Mul v{i} {i + 2}" for i in range(300)]
    found = operators("\n".join(["v0 = Relu x", *chain, "y = Mul v300 0.5"]))
    assert sum(type(op).__name__ == "Multiply" for op in found) == 301


WITHOUT_BIAS = "a = Constant value_float={}\nb = CastLike a x\nc = Expand b n\n"


@pytest.mark.parametrize(
    ("line", "w", "without", "with_bias"),
    [
        ("y = Conv x w c", (4, 8, 3, 3), ops.Conv(4, 3, bias=False), ops.Conv(4, 3)),
        ("y = ConvTranspose x w c", (8, 4, 3, 3), ops.ConvTranspose(4, 3, bias=False), ops.ConvTranspose(4, 3)),
    ],
)
def test_a_bias_that_nodes_make_of_zeros_is_none(line, w, without, with_bias):
    stored = {"w": np.zeros(w, np.float32), "n": [4]}
    assert operators(WITHOUT_BIAS.format("0.0") + line, **stored) == [without]
    assert operators(WITHOUT_BIAS.format("1.0") + line, **stored) == [with_bias]
    assert operators(line.replace(" c", " b"), b=np.zeros(4, np.float32), **stored) == [with_bias]


@pytest.mark.parametrize(("sizes", "kinds"), [([1, 4, 6], "Add"), ([4, 1], "Add"), ([2, 8, 4, 6], "Expand Add")])
def test_a_parameter_that_is_expanded_stays_one(sizes, kinds):
    net = import_onnx(model("a = Expand w n\ny = Add x a", w=np.ones((1, 4, 6), np.float32), n=sizes)).network
    assert [op.trained for _, op in net if isinstance(op, Constant)] == [True]
    assert [type(op).__name__ for _, op in net if not isinstance(op, Constant)] == kinds.split()


LOWEST = "a = Pad x border low\ny = MaxPool a kernel_shape=3,3, pads=0,1,0,1,"


def lowest(old="", new="", low=-np.inf, **more):
    border = np.array([0, 0, 1, 0, 0, 0, 2, 1])
    return import_onnx(model(LOWEST.replace(old, new), border=border, low=np.float32(low), **more))


def test_a_border_of_minus_infinity_is_the_padding_of_a_pooling():
    found = lowest()
    assert [op for _, op in found.network] == [ops.MaxPool(3, stride=1, padding=((1, 2), (1, 2)))]
    x = np.arange(-384, 0.0).reshape(2, 8, 4, 6)
    assert found.run(x=x)["y"][0, 0].max(axis=1).tolist() == [-373, -367, -361, -361, -361]


@pytest.mark.parametrize(
    "more",
    [
        {"low": -1e30},
        {"low": 0},
    ],
)
def test_another_border_ahead_of_a_pooling_stays_as_it_is(more):
    assert [type(op).__name__ for _, op in lowest(**more).network] == ["Pad", "MaxPool"]


def test_a_border_that_the_pooling_cannot_be_is_not_known():
    rounded = model(LOWEST + " ceil_mode=1", border=np.array([0, 0, 1, 0, 0, 0, 2, 1]), low=np.float32(-np.inf))
    rounded.graph.value_info.append(helper.make_tensor_value_info("a", FLOAT, (2, 8, 7, 7)))
    found = import_onnx(rounded)
    assert [type(op).__name__ for _, op in found.network] == ["Opaque", "MaxPool"]
    assert found.notes == ("'n0' is not known here: Pad, by -inf",)


def test_zeros_ahead_of_a_convolution_are_its_padding():
    text = "a = Pad x border\ny = Conv a w pads=0,1,0,1, strides=2,2,"
    found = import_onnx(model(text, border=np.array([0, 0, 1, 0, 0, 0, 2, 1]), w=np.ones((3, 8, 3, 3), np.float32)))
    assert [op for _, op in found.network] == [ops.Conv(3, 3, stride=2, padding=((1, 2), (1, 2)), bias=False)]
