"""Convolution a tap at a time: what lies in the padding is never multiplied.

A matrix product over gathered windows multiplies the zeros of the padding, and 0 times infinity is no 0. So where the
other factor is not finite, kernels compute here, more slowly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnmath.numeric.windows import Array, output_sizes, tap_slices
from cnnmath.window import Window


def finite(a: Array) -> bool:
    """Whether an array holds neither infinity nor NaN; exact numbers and integers never do."""
    return a.dtype.kind != "f" or bool(np.isfinite(a).all())


def convolved(x: Array, w: Array, windows: Sequence[Window], groups: int) -> Array:
    """Output of a convolution of x (N, C, *sizes) with the filters w (F, C/G, *kernel): (N, F, *outputs).

    Examples
    --------
    >>> x, w = np.array([[[1.0, 2.0]]]), np.array([[[np.inf, 1.0]]])
    >>> convolved(x, w, [Window(2, before=1)], groups=1)
    array([[[ 1., inf]]])
    """
    rows, sizes = _grouped(x, 1, groups), x.shape[2:]
    filters = _grouped(w, 0, groups)  # (G, F/G, C/G, *kernel)
    y = np.zeros((len(x), *filters.shape[:2], *output_sizes(windows, sizes)), x.dtype)  # (N, G, F/G, O...)
    for k, outputs, inputs in tap_slices(windows, sizes):
        seen = rows[:, :, :, *inputs]  # (N, G, C/G, ...)
        y[:, :, :, *outputs] += np.einsum("gfc,ngc...->ngf...", filters[:, :, :, *k], seen)
    return y.reshape(len(x), len(w), *y.shape[3:])


def correlated(dy: Array, x: Array, windows: Sequence[Window], groups: int) -> Array:
    """Gradient of that convolution's filters, (F, C/G, *kernel), from dy (N, F, *outputs)."""
    above, rows = _grouped(dy, 1, groups), _grouped(x, 1, groups)
    dw = np.zeros(
        (groups, above.shape[2], rows.shape[2], *(w.kernel for w in windows)), dy.dtype
    )  # (G, F/G, C/G, K...)
    for k, outputs, inputs in tap_slices(windows, x.shape[2:]):
        at, seen = _flat(above[:, :, :, *outputs]), _flat(rows[:, :, :, *inputs])
        dw[:, :, :, *k] = np.einsum("ngfo,ngco->gfc", at, seen)
    return dw.reshape(dy.shape[1], *dw.shape[2:])


def _grouped(a: Array, axis: int, groups: int) -> Array:
    """An axis as two: groups, and what is in a group."""
    return a.reshape(*a.shape[:axis], groups, a.shape[axis] // groups, *a.shape[axis + 1 :])


def _flat(a: Array) -> Array:
    """All positions as one axis: (N, G, C/G, O)."""
    return a.reshape(*a.shape[:3], -1)
