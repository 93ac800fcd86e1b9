"""Kernels broken on purpose: known mistakes of the library, and kernels that fail to give numbers at all."""

import numpy as np

from cnnmath import ops
from cnnmath.numeric import KERNELS, Kernel
from cnnmath.verify.mistakes import named

LINEAR, RELU = KERNELS[ops.Linear], KERNELS[ops.ReLU]
KNOWN = {
    "flipped-kernel": 8,
    "kernel-axes-exchanged": 8,
    "filters-and-channels-exchanged": 8,
    "padding-swapped": 8,
    "padding-dropped": 8,
    "stride-of-the-first-axis": 8,
    "dilation-ignored": 8,
    "groups-ignored": 8,
    "bias-left-out": 8,
    "dw-of-the-first-sample": 8,
    "linear-dw-of-the-first-sample": 8,
    "ties-counted-twice": 8,
    "max-padding-of-zero": 8,
    "every-overhang-kept": 8,
    "average-overlaps-overwritten": 8,
    "divisor-counts-padding": 8,
    "divisor-without-padding": 8,
    "average-rounding-up-ignored": 8,
    "transpose-with-a-flipped-kernel": 8,
    "transpose-with-filters-and-channels-exchanged": 8,
    "transpose-cut-swapped": 8,
    "transpose-output-padding-before": 8,
    "upsample-scale-of-the-first-axis": 4,
    "upsample-tiled": 4,
    "pad-of-zero": 4,
    "reflection-sides-swapped": 4,
    "reflection-shows-the-border-twice": 4,
    "edge-sides-swapped": 4,
    "linear-corners-always-aligned": 4,
    "unpooled-last-written": 4,
    "channel-listed-twice-counts-once": 4,
    "channels-sorted": 4,
    "pad-sides-swapped": 4,
    "pad-channels-swapped": 4,
    "radial-slope-halved": 2,
    "rnn-tangents-for-a-rectifier": 2,
    "lstm-cell-state-ahead-of-the-hidden-one": 3,
    "lstm-gradient-stops-at-the-state": 3,
}
"""Of mistakes in the library, the most numbers that the input of a smallest failing setting may have."""


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
    **{name: (named(name).kind, named(name).kernel, most) for name, most in KNOWN.items()},
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
}
"""By name: the operator, the kernel, and the most numbers that the input of a smallest failing setting may have."""
