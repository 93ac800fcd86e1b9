"""Products of spectra: correlation by the discrete Fourier transform, of real numbers and of lengths 2^k.

References
----------
.. [1] M. Mathieu, M. Henaff and Y. LeCun, "Fast training of convolutional networks through FFTs", arXiv:1312.5851.
.. [2] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, SIAM 2002, theorem 24.2.
"""

from __future__ import annotations

from math import log2, prod, sqrt

import numpy as np

from cnnmath.numeric.methods.predict import MOVE, START, Prediction, Sizes, gamma, too_much
from cnnmath.numeric.methods.problem import Problem, check_finite, covered, fill
from cnnmath.numeric.windows import Array, Slices
from cnnmath.numeric.workers import pieces, run

FLOP, TRANSFORM, SHARES = 20, 7, 4
"""Multiply-adds in the time of one operation of a transform; roundings of one of its butterflies, [2]_; shares of the
filters."""


def predict(sizes: Sizes, tolerance: float, scratch: int) -> Prediction:
    r"""Three transforms and a product of complex numbers a frequency.

    A transform of L numbers is exact up to ``7 log2(L)`` roundings, relative to the Euclidean norm [2]_; the norms of
    the input and of the filter are at most ``sqrt(L)`` and ``sqrt(K)`` times their largest numbers. By Cauchy and
    Schwarz, the spectra's products sum to at most ``L sqrt(L K)`` times these. An output of the way back is the mean of
    all of them, each having gone through ``log2(L)`` butterflies of factors of modulus 1. A sum of c complex products
    has 2c roundings in each of its parts.
    """
    if not sizes.machine:
        return Prediction("fft", refused=f"{sizes.dtype} is not float32 or float64")
    length = prod(_lengths(sizes.windows, sizes.outputs))
    n, c, f, taps = sizes.batch, sizes.channels, sizes.filters, prod(sizes.kernel)
    least = (4 * c + 3) * length * sizes.dtype.itemsize  # one sample, one filter
    refused = too_much("fft", least, scratch)
    if refused is not None:
        return refused
    spectra = n * c + (0 if sizes.prepared else c * f) + n * f
    butterflies = 2.5 * length * log2(max(length, 2)) * spectra
    roundings = 3 * TRANSFORM * log2(max(length, 2)) + 3 * c + 4
    return Prediction(
        "fft",
        multiplications=sizes.groups * 2 * length * n * c * f,
        cost=sizes.groups * (START + FLOP * butterflies + 2 * length * f * c * max(n, MOVE / 2)),
        scratch=min(scratch, length * (2 * n * c + 3 * (n + c) * -(-f // SHARES)) * sizes.dtype.itemsize),
        bound=sqrt(length / taps) * gamma(roundings, sizes.unit),
        gradient_bound=gamma(sizes.positions, sizes.unit),
    )


def forward(problem: Problem, chosen: Prediction) -> None:
    """``Y = X conj(W)``, some samples at a time, their spectra kept while the filters are taken piece by piece."""
    check_finite(problem.x, problem.w)
    for part in problem.parts():
        _, *outputs, _ = part.y.shape
        room = part.scratch // (prod(_lengths(part.windows, outputs)) * part.x.itemsize)  # numbers at a frequency
        channels = part.x.shape[-1]
        most = max(1, min(room // (2 * channels), (room - 3 * channels) // (channels + 3)))
        for some in pieces(len(part.x), most):
            _forward(part, some, max(1, (room - most * channels) // (3 * (channels + most))))


def _forward(problem: Problem, samples: slice, most: int) -> None:
    """The same for some samples, at most so many filters at a time."""
    from scipy import fft  # imported where it is used: it takes longer than NumPy

    n, (_, *outputs, filters) = samples.stop - samples.start, problem.y.shape
    lengths, channels = _lengths(problem.windows, outputs), problem.x.shape[-1]
    axes = tuple(range(2, 2 + len(lengths)))
    starts, _ = covered(problem.windows, tuple(slice(0, o) for o in outputs))
    strip = np.empty((n, *lengths, channels), problem.x.dtype)  # (N, L..., C)
    fill(strip, problem.x[samples], starts)
    x: Array = np.asarray(fft.rfftn(np.moveaxis(strip, -1, 1), axes=axes, workers=problem.threads))  # (N, C, L/2...)
    del strip
    x = np.moveaxis(x, (0, 1), (-2, -1))  # (L/2..., N, C)
    spread = tuple(slice(0, w.extent, w.dilation) for w in problem.windows)
    every = tuple(slice(0, w.stride * (o - 1) + 1, w.stride) for w, o in zip(problem.windows, outputs, strict=True))

    def spectra(some: slice) -> Array:
        w = np.zeros((*problem.w[some].shape[:2], *lengths), problem.w.dtype)
        w[(slice(None), slice(None), *spread)] = problem.w[some]
        return np.moveaxis(np.conj(np.asarray(fft.rfftn(w, axes=axes))), (0, 1), (-1, -2))  # (L/2..., C, F)

    def work(some: slice) -> None:
        w = problem.remember(("fft", lengths, some.start, some.stop), lambda: spectra(some))
        y: Array = np.asarray(fft.irfftn(np.moveaxis(x @ w, (-2, -1), (0, 1)), lengths, axes=axes))  # (N, F, L...)
        where: Slices = (samples, *(slice(None) for _ in outputs), some)
        problem.y[where] = np.moveaxis(y[:, :, *every], 1, -1)
        problem.finish(problem.y[where], where)

    run(pieces(filters, min(most, -(-filters // SHARES))), work, problem.threads)


def _lengths(windows: tuple, outputs: tuple | list) -> tuple[int, ...]:
    """Lengths 2^k that hold all that the outputs read."""
    reads = (w.stride * (o - 1) + w.extent for w, o in zip(windows, outputs, strict=True))
    return tuple(1 << (n - 1).bit_length() for n in reads)
