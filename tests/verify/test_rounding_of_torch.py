"""PyTorch's functions and their derivatives stay within the bounds of roundings."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

import torch

from cnnmath import ops
from cnnmath.verify.rounding import FORMATS, bounded
from cnnmath.verify.strategies import Case, cases
from tests.numeric.test_against_torch import ACTIVATIONS, WHOLE
from tests.peers import torch_ops
from tests.support import each
from tests.verify.test_rounding import drawn, worst

F = torch.nn.functional


def lstm(_, x, h, c, w, u, b=None):
    return torch.cat(torch.lstm_cell(x, (h, c), w, u, b, None if b is None else torch.zeros_like(b)), dim=1)


def rnn(op, x, h, w, u, b=None):
    cell = torch.rnn_tanh_cell if op.activation == "tanh" else torch.rnn_relu_cell
    return cell(x, h, w, u, b, None if b is None else torch.zeros_like(b))


def cross_entropy(op, x, t, weights=None):
    own = {} if op.ignored is None else {"ignore_index": op.ignored}
    t = t.long() if op.targets == "labels" else t
    return F.cross_entropy(x, t, weights, reduction=op.reduction, label_smoothing=op.smoothing, **own)


def binary(op, x, t, weights=None):
    weights = None if weights is None else weights.reshape(-1, *(1,) * (x.ndim - 2))
    return F.binary_cross_entropy_with_logits(x, t, pos_weight=weights, reduction=op.reduction)


def upsample(op, x):
    mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[x.ndim - 2]
    return F.interpolate(x, scale_factor=[float(s) for s in op.scale], mode=mode, align_corners=op.align_corners)


FUNCTIONS = {
    ops.Conv: torch_ops.conv,
    **WHOLE,
    **{k: torch_ops.FUNCTIONS[k] for k in (ops.GlobalAveragePool, ops.AdaptiveAveragePool, ops.Linear, ops.Add)},
    **ACTIVATIONS,
    ops.LogSoftmax: lambda op, x: F.log_softmax(x, dim=op.axis),
    ops.LinearUpsample: upsample,
    ops.RNNCell: rnn,
    ops.LSTMCell: lstm,
    ops.CrossEntropy: cross_entropy,
    ops.BinaryCrossEntropy: binary,
    ops.SquaredError: lambda op, x, t: F.mse_loss(x, t, reduction=op.reduction),
}


def results(op, inputs, arrays, dy):
    """Output and gradients by name."""
    trained = set(arrays) - set(op.buffers(*inputs))
    tensors = {name: torch.tensor(a, requires_grad=name in trained) for name, a in arrays.items()}
    y = FUNCTIONS[type(op)](op, *tensors.values())
    y.backward(torch.tensor(dy))
    return {"y": y.detach().numpy()} | {k: t.grad.numpy() for k, t in tensors.items() if t.grad is not None}


@each(FUNCTIONS)
@given(data=st.data())
@settings(max_examples=3)
def test_functions_and_derivatives_stay_within_the_bound(kind, data):
    case, rng = data.draw(cases(kind)), np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    name = data.draw(st.sampled_from(("float32", "float64", "float32")))
    # Torch's softplus is the identity above 20, where it is off by up to 2e-9.
    scales = (1e-3, 1.0) if kind in (ops.RNNCell, ops.LSTMCell, ops.Softplus) else (1e-3, 1.0, 30.0)
    arrays, dy = drawn(case, name, data.draw(st.sampled_from(scales)), rng, large=kind is not ops.Softplus)
    if kind is ops.CrossEntropy and case.op.targets == "labels" and case.op.reduction == "mean":
        arrays["t"] = np.where(arrays["t"] == case.op.ignored, 0, arrays["t"])  # the mean of none is not defined
    found = results(case.op, case.inputs, arrays, dy)
    for wrt, result in found.items():
        assert worst(result, bounded(case.op, wrt, arrays, dy, FORMATS[name])) <= 1, wrt


@each((ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm, ops.BatchNorm))
def test_normalisations_stay_within_the_bound_where_the_mean_is_large(kind):
    op = kind(2) if kind is ops.GroupNorm else kind(training=True) if kind is ops.BatchNorm else kind()
    case = Case(op, ((2, 4, 3),))
    for seed, shift in enumerate((5.0, 100.0, 1000.0)):
        arrays, dy = drawn(case, "float32", 1.0, np.random.default_rng(seed), shift=shift)
        for wrt, result in results(op, case.inputs, arrays, dy).items():
            assert worst(result, bounded(op, wrt, arrays, dy, FORMATS["float32"])) <= 1, (wrt, shift)


def test_the_softplus_of_float64_is_refused_above_its_threshold():
    op, x = ops.Softplus(), np.array([[21.0]])
    found = bounded(op, "y", {"x": x}, None, FORMATS["float64"])
    assert worst(F.softplus(torch.tensor(x)).numpy(), found) > 1000
    assert worst(F.softplus(torch.tensor(x), threshold=60).numpy(), found) <= 1


def test_an_epsilon_that_is_another_is_refused():
    case = Case(ops.InstanceNorm(1e-3), ((1, 2, 4),))
    arrays, dy = drawn(case, "float32", 0.1, np.random.default_rng(0))
    other = results(replace(case.op, epsilon=1e-5), case.inputs, arrays, dy)
    assert all(
        worst(other[wrt], bounded(case.op, wrt, arrays, dy, FORMATS["float32"])) > 1 for wrt in ("y", "x", "gamma")
    )
