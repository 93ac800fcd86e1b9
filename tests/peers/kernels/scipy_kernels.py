"""SciPy's functions as kernels under test, forward."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage, signal, special
from scipy.linalg import blas

from cnnmath import ops
from cnnmath.numeric.windows import Array
from cnnmath.verify.adapter import Adapter
from cnnmath.verify.strategies import cases
from cnnmath.verify.subject import Subject
from tests.peers.kernels.peer import Library, Peer
from tests.peers.kernels.settings import whole_pools


def holed(w: Array, dilation: tuple[int, ...]) -> Array:
    """Zeros between numbers, along the last axes."""
    first = w.ndim - len(dilation)
    sizes = [d * (k - 1) + 1 for k, d in zip(w.shape[first:], dilation, strict=True)]
    wide = np.zeros((*w.shape[:first], *sizes), w.dtype)
    wide[(..., *(slice(None, None, d) for d in dilation))] = w
    return wide


def surrounded(op: Any, x: Array, number: float = 0) -> Array:
    """The input with its padding."""
    around = [(0, 0), (0, 0), *((v.before, v.after) for v in op.windows(x.shape[2:]))]
    return np.pad(x, around, constant_values=number)


def strided(op: Any, y: Array) -> Array:
    """Every s-th position."""
    return y[(..., *(slice(None, None, s) for s in op.stride))]


def biased(y: Array, b: Array | None) -> Array:
    """Plus one number a channel."""
    return y if b is None else y + b.reshape(-1, *(1,) * (y.ndim - 2))


def conv(correlation: Any) -> Any:
    """A correlation of all channels of a group with each filter."""

    def function(op: ops.Conv, x: Array, w: Array, b: Array | None = None) -> Array:
        padded, kernels = surrounded(op, x), holed(w, op.dilation)
        y = np.empty(op.shape(x.shape), x.dtype)
        each, filters = w.shape[1], len(w) // op.groups
        for n, f in np.ndindex(*y.shape[:2]):
            g = f // filters
            y[n, f] = strided(op, correlation(padded[n, g * each : (g + 1) * each], kernels[f])[0])
        return biased(y, b)

    return function


def mirrored(a: Array, w: Array) -> Array:
    """A correlation as a convolution with the kernel turned around."""
    return signal.convolve(a, w[(slice(None, None, -1),) * w.ndim], mode="valid", method="direct")


def filtered(a: Array, w: Array) -> Array:
    """A filter of images, cut to the positions at which it lies inside."""
    inner = tuple(slice(k // 2, k // 2 + n - k + 1) for n, k in zip(a.shape, w.shape, strict=True))
    return ndimage.correlate(a, w, mode="constant")[inner]


def transpose(op: ops.ConvTranspose, x: Array, w: Array, b: Array | None = None) -> Array:
    """A full convolution of an input with zeros between its numbers."""
    spread, kernels = holed(x, op.stride), holed(w, op.dilation)
    y = np.zeros(op.shape(x.shape), x.dtype)
    cut = tuple(slice(before, None) for before, _ in op.padding)
    channels, filters = x.shape[1] // op.groups, w.shape[1]
    for n, c, f in np.ndindex(x.shape[0], x.shape[1], filters):
        full = signal.convolve(spread[n, c], kernels[c, f], mode="full", method="direct")
        part = full[cut][tuple(map(slice, y.shape[2:]))]
        y[(n, c // channels * filters + f, *map(slice, part.shape))] += part
    return biased(y, b)


def max_pool(op: ops.MaxPool, x: Array) -> Array:
    """A maximum filter with the window as its footprint."""
    footprint = holed(np.ones((1, 1, *op.kernel), bool), op.dilation)
    padded = surrounded(op, x, -np.inf)
    y = ndimage.maximum_filter(padded, footprint=footprint, mode="constant", cval=-np.inf)
    inner = zip(padded.shape, footprint.shape, strict=True)
    return strided(op, y[tuple(slice(k // 2, k // 2 + n - k + 1) for n, k in inner)])


def average_pool(op: ops.AveragePool, x: Array) -> Array:
    """Sums by a filter of ones, over the taps that count, counted by the same filter."""
    ones = holed(np.ones((1, 1, *op.kernel), x.dtype), op.dilation)
    counted = surrounded(op, np.ones_like(x), float(op.count_padding))
    return strided(op, filtered(surrounded(op, x), ones)) / strided(op, filtered(counted, ones))


def linear(_: ops.Linear, x: Array, w: Array, b: Array | None = None) -> Array:
    """The product of matrices of BLAS."""
    gemm = blas.sgemm if x.dtype == np.float32 else blas.dgemm
    y = np.ascontiguousarray(gemm(1.0, x, w, trans_b=True))
    return y if b is None else y + b


def zoomed(op: ops.LinearUpsample, x: Array) -> Array:
    """Interpolation of order one, corners upon corners or edges upon edges."""
    zoom = (1, 1, *op.scale)
    if op.align_corners:
        return ndimage.zoom(x, zoom, order=1)
    return ndimage.zoom(x, zoom, order=1, mode="nearest", grid_mode=True)


def direct(a: Array, w: Array) -> Array:
    """A correlation by its sum."""
    return signal.correlate(a, w, mode="valid", method="direct")


def by_fft(a: Array, w: Array) -> Array:
    """A correlation by transforms."""
    return signal.correlate(a, w, mode="valid", method="fft")


NAN = {5: "what its filters give where a number is NaN is undefined, as the library documents"}

PEERS = (
    Peer(ops.Conv, conv(direct), title="direct"),
    Peer(ops.Conv, conv(by_fft), title="by FFT", algorithm="fft"),
    Peer(ops.Conv, conv(mirrored), title="turned"),
    Peer(ops.Conv, conv(filtered), title="of images"),
    Peer(ops.ConvTranspose, transpose),
    Peer(ops.MaxPool, max_pool, unasked=NAN),
    Peer(ops.AveragePool, average_pool, whole_pools(ops.AveragePool, automatic=True)),
    Peer(ops.Linear, linear),
    Peer(ops.LinearUpsample, zoomed),
    Peer(ops.Softmax, lambda op, x: special.softmax(x, axis=op.axis)),
    Peer(ops.LogSoftmax, lambda op, x: special.log_softmax(x, axis=op.axis)),
    Peer(ops.Sigmoid, lambda _, x: special.expit(x)),
    Peer(ops.LogSigmoid, lambda _, x: special.log_expit(x)),
    Peer(ops.ELU, lambda op, x: np.where(x > 0, x, x.dtype.type(op.alpha) * special.expm1(np.minimum(x, 0)))),
    Peer(
        ops.CrossEntropy,
        lambda _, x, t: -(t * special.log_softmax(x, axis=1)).sum(axis=1),
        cases(ops.CrossEntropy).filter(
            lambda case: (
                (case.op.reduction, case.op.targets, case.op.smoothing, case.op.weighted)
                == ("none", "probabilities", 0, False)
            )
        ),
    ),
)


def under_test(function: Any, dtype: str, algorithm: str) -> Subject:
    """A function of arrays, called with the operator first."""

    def called(op: Any, *arrays: Array) -> Array:
        return function(op, *arrays)

    return Adapter(called, dtype=dtype, algorithm=algorithm, title="SciPy's kernel")


LIBRARY = Library("SciPy", PEERS, under_test)
