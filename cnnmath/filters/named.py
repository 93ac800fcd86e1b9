"""Filters by their names: one line each, for signals, images and volumes."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import lcm
from typing import Any

import numpy as np

from cnnmath.errors import SettingError
from cnnmath.filters.convolution import correlate
from cnnmath.filters.kernels import curvature_taps, gaussian_taps, kernel
from cnnmath.filters.numbers import array, greatest
from cnnmath.numeric.scalar import power
from cnnmath.numeric.windows import Array
from cnnmath.ops.checks import check_flag, check_number, integer

BOUNDARY = "symmetric"


def box_blur(x: Any, size: int = 3, *, channels: bool = False, boundary: str = BOUNDARY) -> Array:
    """Mean of a cube of so many numbers along each axis.

    Examples
    --------
    >>> box_blur([0, 0, 3, 0, 0])
    array([0., 1., 1., 1., 0.])
    """
    return _filtered(x, "box", channels, boundary, size=size)


def binomial_blur(x: Any, size: int = 3, *, channels: bool = False, boundary: str = BOUNDARY) -> Array:
    """Mean with binomial weights: a Gaussian of variance ``(size - 1)/4``, in exact numbers.

    Examples
    --------
    >>> binomial_blur([0, 0, 4, 0, 0])
    array([0., 1., 2., 1., 0.])
    """
    return _filtered(x, "binomial", channels, boundary, size=size)


def gaussian_blur(
    x: Any, sigma: float = 1, *, truncate: float = 4, channels: bool = False, boundary: str = BOUNDARY
) -> Array:
    """Mean with the weights of a Gaussian, sampled up to ``floor(truncate*sigma + 1/2)`` and normalised.

    Integers give float64; exact numbers are refused, as the weights are irrational.

    Examples
    --------
    >>> gaussian_blur(np.ones(3)).round(12)
    array([1., 1., 1.])
    """
    return _smoothed(x, [gaussian_taps(sigma, truncate)] * _rank(x, channels), channels, boundary)


def laplacian(x: Any, neighbours: int | None = None, *, channels: bool = False, boundary: str = BOUNDARY) -> Array:
    """Sum of the differences to the neighbours: of an image 4, or 8 with the diagonals.

    Examples
    --------
    >>> laplacian([0, 1, 4, 9, 16])
    array([ 1,  2,  2,  2, -7])
    """
    return _filtered(x, "laplacian", channels, boundary, neighbours=neighbours)


def sharpen(x: Any, neighbours: int | None = None, *, channels: bool = False, boundary: str = BOUNDARY) -> Array:
    """The input less its Laplacian.

    Examples
    --------
    >>> sharpen([0, 0, 2, 2])
    array([ 0, -2,  4,  2])
    """
    return _filtered(x, "sharpen", channels, boundary, neighbours=neighbours)


def unsharp_mask(
    x: Any,
    sigma: float = 1,
    amount: float = 1,
    *,
    truncate: float = 4,
    channels: bool = False,
    boundary: str = BOUNDARY,
) -> Array:
    """The input, and so many times what a Gaussian blur takes away from it.

    Examples
    --------
    >>> unsharp_mask(np.array([1.0, 1.0, 2.0, 2.0]), sigma=0.5).round(2)
    array([1.  , 0.89, 2.11, 2.  ])
    """
    check_number("amount", amount)
    blurred = gaussian_blur(x, sigma, truncate=truncate, channels=channels, boundary=boundary)
    given = array("x", x).astype(blurred.dtype)
    return given + float(amount) * (given - blurred)


def sobel(x: Any, axis: int | None = None, *, channels: bool = False, boundary: str = BOUNDARY) -> Array:
    """Gradient along an axis, smoothed by 1 2 1 along the others; without an axis, the magnitude of the gradient.

    Examples
    --------
    >>> sobel([[0, 0, 1, 1]] * 3, axis=1)
    array([[0, 4, 4, 0],
           [0, 4, 4, 0],
           [0, 4, 4, 0]])
    """
    return _gradient(x, "sobel", axis, channels, boundary)


def prewitt(x: Any, axis: int | None = None, *, channels: bool = False, boundary: str = BOUNDARY) -> Array:
    """Gradient along an axis, smoothed by 1 1 1 along the others; without an axis, the magnitude of the gradient.

    Examples
    --------
    >>> prewitt([[0, 0, 1, 1]] * 3, axis=1)[0]
    array([0, 3, 3, 0])
    """
    return _gradient(x, "prewitt", axis, channels, boundary)


def scharr(x: Any, axis: int | None = None, *, channels: bool = False, boundary: str = BOUNDARY) -> Array:
    """Gradient along an axis, smoothed by 3 10 3 along the others; without an axis, the magnitude of the gradient.

    Examples
    --------
    >>> scharr([[0, 0, 1, 1]] * 3, axis=1)[0]
    array([ 0, 16, 16,  0])
    """
    return _gradient(x, "scharr", axis, channels, boundary)


def roberts(x: Any, axis: int | None = None, *, channels: bool = False, boundary: str = BOUNDARY) -> Array:
    """Difference along a diagonal of an image, 0 or 1; without one, the magnitude of both.

    A pixel is compared with its neighbours above and on the left.

    Examples
    --------
    >>> roberts([[1, 2], [3, 5]], axis=0)
    array([[0, 1],
           [2, 4]])
    """
    if (rank := _rank(x, channels)) != 2:
        raise SettingError(
            "the diagonals are those of an image.",
            here=f"{rank} axes",
            fix="give (H, W), or (C, H, W) with channels=True",
        ).at("roberts")
    kernels = [0, 1] if axis is None else [axis]
    return _magnitude([_filtered(x, "roberts", channels, boundary, axis=i, rank=None) for i in kernels], axis)


def laplacian_of_gaussian(
    x: Any, sigma: float = 1, *, truncate: float = 4, channels: bool = False, boundary: str = BOUNDARY
) -> Array:
    """Laplacian after a Gaussian blur: constants and ramps give 0, and a parabola along an axis its second derivative.

    Examples
    --------
    >>> laplacian_of_gaussian(np.arange(20.0) ** 2)[8:11].round(9)
    array([2., 2., 2.])
    """
    smooth, curved = gaussian_taps(sigma, truncate), curvature_taps(sigma, truncate)
    rank = _rank(x, channels)
    terms = ([curved if i == axis else smooth for i in range(rank)] for axis in range(rank))
    return reduce(np.add, (_smoothed(x, vectors, channels, boundary) for vectors in terms))


def derivative(x: Any, axis: int = -1, order: int = 1, *, boundary: str = BOUNDARY) -> Array:
    """Central difference of first or second order along one axis.

    Examples
    --------
    >>> derivative([0, 1, 4, 9, 16])
    array([0.5, 2. , 4. , 6. , 3.5])
    """
    return _applied(x, kernel("derivative", axis=axis, order=order, rank=_rank(x)), "same", boundary)


def moving_average(x: Any, size: int = 3, axis: int = -1, mode: str = "valid", *, boundary: str = BOUNDARY) -> Array:
    """Mean of so many numbers along one axis; only whole stretches count, unless another mode is asked for.

    Examples
    --------
    >>> moving_average([10, 10, 10, 10, 0, 0, 0], 2)
    array([10., 10., 10.,  5.,  0.,  0.])
    """
    rank = _rank(x)
    h = kernel("box", size=size, rank=1)
    axis = integer("axis", axis, -rank)
    if axis >= rank:
        raise SettingError("there is no such axis.", here=f"axis {axis}, {rank} axes", fix="count from 0")
    return _applied(x, h.reshape([size if i == axis % rank else 1 for i in range(rank)]), mode, boundary)


def _rank(x: Any, channels: bool = False) -> int:  # noqa: FBT001, FBT002 - passed on
    """Axes that are filtered."""
    check_flag("channels", channels)
    rank = array("x", x).ndim - channels
    if rank < 1:
        raise SettingError(
            "channels alone cannot be filtered.", here="one axis, with channels=True", fix="leave out channels=True"
        )
    return rank


def _filtered(x: Any, name: str, channels: bool, boundary: str, **settings: Any) -> Array:  # noqa: FBT001 - passed on
    """The input under a kernel of its own rank."""
    settings = {"rank": _rank(x, channels), **settings}
    h = kernel(name, **{k: v for k, v in settings.items() if v is not None})
    return _applied(x, h[None] if channels else h, "same", boundary)


def _applied(x: Any, h: Array, mode: str, boundary: str) -> Array:
    """Correlation with the kernel's numerators over a common denominator, by which each sum is divided, once.

    So integers and floats are rounded once where the sums themselves are exact. Integers whose sums do not fit become
    float64.
    """
    given = array("x", x)
    if h.dtype != object:
        return correlate(given, h, mode, boundary)
    denominator = lcm(*(v.denominator for v in h.flat))
    numerators = np.array([int(v * denominator) for v in h.flat], object).reshape(h.shape)
    if given.dtype == object:
        return correlate(given, numerators, mode, boundary) / denominator
    if given.dtype == np.int64 and greatest(given) * int(abs(numerators).sum()) < 2**63:
        return correlate(given, numerators.astype(np.int64), mode, boundary) / denominator
    wide = given.astype(np.result_type(given.dtype, np.float32) if given.dtype.kind == "f" else float)
    y = correlate(wide, numerators.astype(wide.dtype), mode, boundary) / wide.dtype.type(denominator)
    return y.astype(given.dtype) if given.dtype.kind == "f" else y


def _smoothed(x: Any, vectors: list[Any], channels: bool, boundary: str) -> Array:  # noqa: FBT001 - passed on
    """Correlation with one vector of floats an axis, of the input's precision."""
    y = array("x", x)
    dtype = y.dtype if y.dtype.kind == "f" else np.dtype(float)
    for axis, vector in enumerate(vectors, int(channels)):
        shape = [len(vector) if i == axis else 1 for i in range(y.ndim)]
        y = correlate(y, np.array(vector, dtype).reshape(shape), "same", boundary)
    return y


def _gradient(x: Any, name: str, axis: int | None, channels: bool, boundary: str) -> Array:  # noqa: FBT001 - passed on
    axes = range(_rank(x, channels)) if axis is None else [axis]
    return _magnitude([_filtered(x, name, channels, boundary, axis=i) for i in axes], axis)


def _magnitude(parts: list[Array], axis: int | None) -> Array:
    """Root of the sum of squares, unless one part is asked for."""
    if axis is not None:
        return parts[0]
    if parts[0].dtype == object:
        return power(reduce(np.add, (part * part for part in parts)), Fraction(1, 2))
    return reduce(np.hypot, parts) if len(parts) > 1 else np.abs(parts[0])
