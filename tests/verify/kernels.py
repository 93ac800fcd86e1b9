"""Kernels broken on purpose, as people break them, each with the operator that it claims to be."""

from dataclasses import replace

import numpy as np

from cnnmath import ops
from cnnmath.numeric import KERNELS, Kernel
from cnnmath.numeric.windows import tap_slices

CONV, MAX, AVERAGE, LINEAR, RELU = (KERNELS[k] for k in (ops.Conv, ops.MaxPool, ops.AveragePool, ops.Linear, ops.ReLU))
SELECT, PAD, RADIAL = (KERNELS[k] for k in (ops.Select, ops.Pad, ops.RadialBasis))
MIRROR, EDGE, LINES, UNPOOL = (KERNELS[k] for k in (ops.ReflectPad, ops.EdgePad, ops.LinearUpsample, ops.MaxUnpool))
RNN, LSTM = KERNELS[ops.RNNCell], KERNELS[ops.LSTMCell]
TRANSPOSE, UPSAMPLE = KERNELS[ops.ConvTranspose], KERNELS[ops.Upsample]


def of_another(right, change):
    """The kernel of another setting than the one that is asked for."""
    return Kernel(
        lambda op, *arrays: right.forward(change(op), *arrays),
        lambda op, dy, *arrays: right.backward(change(op), dy, *arrays),
    )


def with_filters(change):
    """A convolution whose output is computed with other filters."""
    return Kernel(lambda op, x, w, *b: CONV.forward(op, x, change(w), *b), CONV.backward)


def exchanged(op):
    if isinstance(op.padding, str):
        return replace(op, padding={"same": "same_lower", "same_lower": "same"}.get(op.padding, op.padding))
    return replace(op, padding=tuple((after, before) for before, after in op.padding))


def one_group(op, x, w, *b):
    return CONV.forward(replace(op, groups=1), x[:, : w.shape[1]], w, *b)


def first_sample_alone(right):
    def backward(op, dy, x, w, *b):
        return {**right.backward(op, dy, x, w, *b), "w": right.backward(op, dy[:1], x[:1], w, *b)["w"]}

    return Kernel(right.forward, backward)


def every_maximum(op, dy, x):
    windows, sizes = op.windows(x.shape[2:]), x.shape[2:]
    y, dx = MAX.forward(op, x), np.zeros(x.shape)
    for _, outputs, inputs in tap_slices(windows, sizes):
        dx[:, :, *inputs] += np.where(x[:, :, *inputs] == y[:, :, *outputs], dy[:, :, *outputs], 0)
    return {"x": dx}


def last_window_alone(op, dy, x):
    """The mean's gradient, written where it should be added."""
    dx = np.zeros(x.shape)
    for _, outputs, inputs in tap_slices(op.windows(x.shape[2:]), x.shape[2:]):
        unit = np.zeros(dy.shape)
        unit[:, :, *outputs] = dy[:, :, *outputs]
        share = AVERAGE.backward(op, unit, x)["x"]
        dx[:, :, *inputs] = share[:, :, *inputs]
    return {"x": dx}


def zero_padded(op, x):
    """A maximum in which padding counts as zero."""
    y, windows = MAX.forward(op, x), op.windows(x.shape[2:])
    seen = sum(_ones(y.shape, outputs) for _, outputs, _ in tap_slices(windows, x.shape[2:]))
    return np.where(seen < np.prod(op.kernel), np.maximum(y, 0), y)


def every_overhang(op, x):
    """Rounding up without dropping the window that would start in the far padding."""
    y = MAX.forward(op, x)
    if isinstance(op.padding, str):
        return y
    for axis, (n, k, s, d, (p, q)) in enumerate(
        zip(x.shape[2:], op.kernel, op.stride, op.dilation, op.padding, strict=True), 2
    ):
        outputs = -(-(n + p + q - d * (k - 1) - 1) // s) + 1 if op.ceil else y.shape[axis]
        y = np.concatenate([y, np.zeros_like(y.take([0] * (outputs - y.shape[axis]), axis))], axis)
    return y


def _ones(shape, outputs):
    ones = np.zeros(shape, int)
    ones[:, :, *outputs] = 1
    return ones


def extra_before(op, x, w, *b):
    """Output padding at the wrong end."""
    padding = [(p + e, max(q - e, 0)) for (p, q), e in zip(op.padding, op.output_padding, strict=True)]
    y = TRANSPOSE.forward(op, x, w, *b)
    wrong = TRANSPOSE.forward(replace(op, padding=tuple(padding)), x, w, *b)
    return wrong if wrong.shape == y.shape else np.roll(y, op.output_padding, tuple(range(2, y.ndim)))


def symmetric(op, x):
    """A mirror behind the border, as NumPy's mode of this name."""
    return np.pad(x, [(0, 0), (0, 0), *op.padding], mode="symmetric")


def last_written(op, x, switches):
    """Unpooling that keeps one of the numbers that meet, as PyTorch's."""
    y = np.zeros((*x.shape[:2], np.prod(op.outputs)))
    np.put_along_axis(y, switches.astype(int).reshape(*x.shape[:2], -1), x.reshape(*x.shape[:2], -1), 2)
    return y.reshape(op.shape(x.shape))


def last_listed(op, dy, x):
    """The gradient of a channel that is listed twice, written where it should be added."""
    dx = np.zeros(x.shape)
    dx[:, list(op.channels)] = dy
    return {"x": dx}


def raising(*_):
    raise ZeroDivisionError("planted")


def altered(right, change):
    """The right kernel, something done to its results."""
    return Kernel(
        lambda op, *arrays: change(right.forward(op, *arrays)),
        lambda op, dy, *arrays: {name: change(a) for name, a in right.backward(op, dy, *arrays).items()},
    )


def nudged(y):
    """One unit in the last place of every number that is not zero."""
    return np.nextafter(y, np.inf) * (y != 0)


MUTANTS = {
    "a flipped kernel": (ops.Conv, with_filters(lambda w: np.flip(w, tuple(range(2, w.ndim)))), 8),
    "a kernel with its axes exchanged": (ops.Conv, with_filters(lambda w: w.swapaxes(2, w.ndim - 1)), 8),
    "filters and channels exchanged": (ops.Conv, with_filters(lambda w: w.swapaxes(0, 1).reshape(w.shape)), 8),
    "padding before and after exchanged": (ops.Conv, of_another(CONV, exchanged), 8),
    "padding dropped": (ops.Conv, of_another(CONV, lambda op: replace(op, padding=0)), 8),
    "the first stride on every axis": (ops.Conv, of_another(CONV, lambda op: replace(op, stride=op.stride[0])), 8),
    "dilation ignored": (ops.Conv, of_another(CONV, lambda op: replace(op, dilation=1)), 8),
    "groups ignored": (ops.Conv, Kernel(one_group, CONV.backward), 8),
    "a bias left out": (ops.Conv, Kernel(lambda op, x, w, *_: CONV.forward(op, x, w), CONV.backward), 8),
    "dw of the first sample": (ops.Conv, first_sample_alone(CONV), 8),
    "dw of the first row": (ops.Linear, first_sample_alone(LINEAR), 8),
    "ties counted twice": (ops.MaxPool, Kernel(MAX.forward, every_maximum), 8),
    "padding that counts as zero": (ops.MaxPool, Kernel(zero_padded, MAX.backward), 8),
    "every overhang kept": (ops.MaxPool, Kernel(every_overhang, MAX.backward), 8),
    "overlaps overwritten": (ops.AveragePool, Kernel(AVERAGE.forward, last_window_alone), 8),
    "a divisor that counts padding": (
        ops.AveragePool, of_another(AVERAGE, lambda op: replace(op, count_padding=True)), 8,
    ),
    "a divisor that never counts padding": (
        ops.AveragePool, of_another(AVERAGE, lambda op: replace(op, count_padding=False)), 8,
    ),
    "rounding up ignored": (ops.AveragePool, of_another(AVERAGE, lambda op: replace(op, ceil=False)), 8),
    "a transpose of the flipped kernel": (
        ops.ConvTranspose,
        Kernel(
            lambda op, x, w, *b: TRANSPOSE.forward(op, x, np.flip(w, tuple(range(2, w.ndim))), *b), TRANSPOSE.backward
        ), 8,
    ),
    "a transpose with filters and channels exchanged": (
        ops.ConvTranspose,
        Kernel(
            lambda op, x, w, *b: TRANSPOSE.forward(op, x, w.swapaxes(0, 1).reshape(w.shape), *b), TRANSPOSE.backward
        ), 8,
    ),
    "what a transpose cuts off exchanged": (ops.ConvTranspose, of_another(TRANSPOSE, exchanged), 8),
    "output padding before": (ops.ConvTranspose, Kernel(extra_before, TRANSPOSE.backward), 8),
    "the first scale on every axis": (
        ops.Upsample, Kernel(lambda op, x: np.kron(x, np.ones(op.scale[0])), UPSAMPLE.backward), 4,
    ),
    "blocks side by side": (ops.Upsample, Kernel(lambda op, x: np.tile(x, op.scale), UPSAMPLE.backward), 4),
    "a constant that is left out": (ops.Pad, of_another(PAD, lambda op: replace(op, value=0)), 4),
    "a mirror with its sides exchanged": (ops.ReflectPad, of_another(MIRROR, exchanged), 4),
    "a mirror that shows the border twice": (ops.ReflectPad, Kernel(symmetric, MIRROR.backward), 4),
    "a border with its sides exchanged": (ops.EdgePad, of_another(EDGE, exchanged), 4),
    "corners that are always aligned": (
        ops.LinearUpsample, of_another(LINES, lambda op: replace(op, align_corners=True)), 4,
    ),
    "numbers that meet overwritten": (ops.MaxUnpool, Kernel(last_written, UNPOOL.backward), 4),
    "a channel listed twice that counts once": (ops.Select, Kernel(SELECT.forward, last_listed), 4),
    "channels in their own order": (
        ops.Select, of_another(SELECT, lambda op: replace(op, channels=tuple(sorted(op.channels)))), 4,
    ),
    "zeros before and after exchanged": (ops.Pad, of_another(PAD, exchanged), 4),
    "channels of zeros on the other side": (
        ops.Pad, of_another(PAD, lambda op: replace(op, channels=op.channels[::-1])), 4,
    ),
    "a distance's slope halved": (
        ops.RadialBasis, Kernel(RADIAL.forward, lambda *a: {"x": RADIAL.backward(*a)["x"] / 2}), 2,
    ),
    "tangents in place of a rectifier": (
        ops.RNNCell, of_another(RNN, lambda op: replace(op, activation="tanh")), 2,
    ),
    "a cell state ahead of the hidden one": (
        ops.LSTMCell, altered(LSTM, lambda y: np.roll(y, y.shape[1] // 2, axis=1)), 3,
    ),
    "a gradient that stops at the hidden state": (
        ops.LSTMCell, Kernel(LSTM.forward, lambda *a: {**LSTM.backward(*a), "h": 0 * a[3]}), 3,
    ),
    "an exception": (ops.ReLU, Kernel(raising, RELU.backward), 1),
    "an exception in the gradient": (ops.ReLU, Kernel(RELU.forward, raising), 1),
    "another shape": (ops.ReLU, altered(RELU, lambda y: y[None]), 1),
    "NaN": (ops.ReLU, altered(RELU, lambda y: y * np.nan), 1),
    "infinity": (ops.ReLU, altered(RELU, lambda y: y + np.inf), 1),
    "nothing": (ops.ReLU, Kernel(lambda *_: None, RELU.backward), 1),
    "no gradient": (ops.ReLU, Kernel(RELU.forward, lambda *_: None), 1),
    "no gradients by name": (ops.ReLU, Kernel(RELU.forward, lambda *_: {}), 1),
    "half a gradient": (ops.Linear, Kernel(LINEAR.forward, lambda *a: {"x": LINEAR.backward(*a)["x"]}), 2),
    "the last bit": (ops.ReLU, altered(RELU, nudged), 4),
}  # fmt: skip
"""By name: the operator, the kernel, and the most numbers that the input of a smallest failing setting may have."""
