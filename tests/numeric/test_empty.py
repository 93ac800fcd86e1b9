"""Kernels on axes of size 0, which `numeric.forward` refuses: a sum over nothing is 0, and a bias is added to it."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.numeric import KERNELS


@pytest.mark.parametrize(
    ("x", "padding", "outputs"), [((2, 0, 3), 0, 3), ((2, 2, 0), 1, 2), ((2, 0, 0), 1, 2), ((0, 2, 3), 0, 3)]
)
def test_a_convolution_of_nothing_is_its_bias(x, padding, outputs):
    op = ops.Conv(2, (1,), padding=padding)
    w, b = np.ones(op.parameters(x)["w"]), np.array([3.0, -1.0])
    y = KERNELS[ops.Conv].forward(op, np.ones(x), w, b)
    assert y.shape == (x[0], 2, outputs)
    assert (y == b[:, None]).all()
    grads = KERNELS[ops.Conv].backward(op, np.ones_like(y), np.ones(x), w, b)
    assert (grads["x"].shape, grads["w"].shape) == (x, w.shape)
    assert not grads["w"].any()
    assert (grads["b"] == x[0] * outputs).all()


@pytest.mark.parametrize(
    "op", [ops.Softmax(), ops.LogSoftmax(), ops.GroupNorm(1), ops.LayerNorm(), ops.LayerNorm(each_position=True)]
)
@pytest.mark.parametrize("kind", [float, "float32", object])
def test_no_channels_give_none(op, kind):
    shapes = ops.operands(op, (2, 0, 3))
    arrays = [np.ones(shape, kind) for shape in shapes.values()]
    y = KERNELS[type(op)].forward(op, *arrays)
    assert (y.shape, y.dtype) == ((2, 0, 3), np.dtype(kind))
    grads = KERNELS[type(op)].backward(op, y, *arrays)
    assert {name: g.shape for name, g in grads.items()} == shapes
