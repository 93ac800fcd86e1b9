"""Forward against onnxruntime in float32, on whole numbers: asymmetric padding, automatic padding, any rank."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.verify.strategies import cases

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
AUTO = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}
UNIT = 2.0**-24  # float32


def attributes(op):
    """Settings as ONNX has them: all pads before, then all after."""
    given = {"kernel_shape": op.kernel, "strides": op.stride, "dilations": op.dilation}
    if isinstance(op.padding, str):
        return given | {"auto_pad": AUTO[op.padding]}
    return given | {"pads": [*(before for before, _ in op.padding), *(after for _, after in op.padding)]}


def run(node_type, arrays, **attributes):
    """Output of one ONNX node, computed by onnxruntime on one thread."""
    helper = onnx.helper
    floats = onnx.TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info(name, floats, a.shape) for name, a in arrays.items()]
    output = helper.make_tensor_value_info("y", floats, None)
    node = helper.make_node(node_type, list(arrays), ["y"], **attributes)
    graph = helper.make_graph([node], "one", inputs, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (y,) = session.run(None, arrays)
    return y


def whole(rng, shape):
    return rng.integers(-4, 5, shape).astype(np.float32)


@given(cases(ops.Conv), st.integers(0, 2**32 - 1))
def test_convolution_is_equal(case, seed):
    op, rng = case.op, np.random.default_rng(seed)
    if isinstance(op.padding, str):  # onnxruntime knows automatic padding for dense kernels alone
        op = type(op)(op.filters, op.kernel, stride=op.stride, padding=op.padding, groups=op.groups, bias=op.bias)
    arrays = {"x": whole(rng, case.inputs[0])}
    arrays |= {name: whole(rng, shape) for name, shape in op.parameters(*case.inputs).items()}
    theirs = run("Conv", arrays, group=op.groups, **attributes(op))
    ours = numeric.forward(op, arrays.pop("x"), **arrays)
    assert np.array_equal(ours, theirs)


@st.composite
def onnx_pools(draw, kind):
    """Dense windows, each side padded by less than the kernel, differently before and after; or automatic padding.

    There the stride is at most the kernel: beyond it onnxruntime's pooling computes a negative padding.
    """
    axes = []
    for _ in range(draw(st.integers(1, 3))):
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        before, after = draw(st.integers(0, kernel - 1)), draw(st.integers(0, kernel - 1))
        axes.append((kernel, stride, (before, after), draw(st.integers(kernel, kernel + 5))))
    kernel, stride, padding, sizes = zip(*axes, strict=True)
    padding = draw(st.sampled_from([padding, "same", "same_lower", "valid"]))
    if padding in ("same", "same_lower"):
        stride = tuple(map(min, stride, kernel))
    own = {"count_padding": draw(st.booleans())} if kind is ops.AveragePool else {}
    return kind(kernel, stride=stride, padding=padding, **own), (draw(st.integers(1, 2)), 2, *sizes)


@given(onnx_pools(ops.MaxPool), st.integers(0, 2**32 - 1))
def test_maxima_are_equal(drawn, seed):
    op, shape = drawn
    x = whole(np.random.default_rng(seed), shape)
    assert np.array_equal(numeric.forward(op, x), run("MaxPool", {"x": x}, **attributes(op)))


@given(onnx_pools(ops.AveragePool), st.integers(0, 2**32 - 1))
def test_means_are_equal_but_for_one_rounding_each(drawn, seed):
    op, shape = drawn
    x = whole(np.random.default_rng(seed), shape)
    theirs = run("AveragePool", {"x": x}, count_include_pad=int(op.count_padding), **attributes(op))
    # Whole numbers are summed exactly; a division, or a reciprocal and a product, rounds at most three times.
    assert (np.abs(numeric.forward(op, x) - theirs) <= 4 * UNIT * np.abs(theirs)).all()
