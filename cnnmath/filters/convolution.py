"""Convolution and correlation of signals, images and volumes, on any of three ways."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnmath.errors import CnnmathError, ShapeError
from cnnmath.filters.choice import Choice, choice, taken
from cnnmath.filters.factor import factors
from cnnmath.filters.numbers import array, check_room, one_kind
from cnnmath.filters.paths import direct, fourier, separable
from cnnmath.filters.slide import Slide
from cnnmath.numeric.windows import Array
from cnnmath.ops.checks import check_flag


def convolve(
    x: Any, h: Any, mode: str = "full", boundary: str = "zero", method: str = "auto", *, channels: bool = False
) -> Array:
    r"""Convolution of an input with a kernel of as many axes: the kernel is flipped.

    .. math:: y_n = \sum_k h_k\, x_{n-k}

    Parameters
    ----------
    x
        Signal (L,), image (H, W), volume (D, H, W), or an array of any other rank.
    h
        Kernel, of the same rank.
    mode
        ``"full"``, all N + K - 1 outputs; ``"same"``, the N of them from ``(K - 1)//2`` on; ``"valid"``, the N - K + 1
        that read nothing beyond the border.
    boundary
        What lies beyond the border: ``"zero"``, ``"edge"``, ``"symmetric"``, ``"reflect"`` or ``"wrap"``, as in
        `numpy.pad`.
    method
        ``"direct"``, ``"separable"``, ``"fft"``, or ``"auto"``: see `choose`.
    channels
        Whether the first axis of the input holds channels, each of which is convolved on its own.

    Notes
    -----
    *Shape*: along each axis, as the mode says. *Cost*: see `choose`. Blocks keep the scratch memory bounded.

    *Conventions*: of an even kernel, ``"same"`` drops the odd output at the end, as `numpy.convolve` and
    `scipy.signal.convolve` do; `scipy.ndimage.convolve` drops it at the start. A kernel longer than the input is
    refused in mode ``"valid"``, where SciPy would exchange the two. ``"symmetric"`` is what `scipy.ndimage` calls
    ``"reflect"``, and ``"reflect"`` what it calls ``"mirror"``.

    *Numbers*: integers give int64, exactly: where a sum might not fit, they are refused. Fractions give fractions;
    integers beside them become fractions. Two floats give what NumPy promotes them to; beside one float, integers and
    fractions are rounded to its dtype. float16 is computed in float32. NaN goes to every output that reads it, through
    taps of zero too; with it, transforms are refused.

    Raises
    ------
    ShapeError, DataError, UnknownNameError
        For arrays, names and methods that do not fit.

    References
    ----------
    .. [1] A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, section 2.3.

    Examples
    --------
    >>> convolve([1, 2, 3], [1, 10])
    array([ 1, 12, 23, 30])
    >>> convolve([[4, 2], [5, 3]], [[1, 3], [2, 4]])
    array([[ 4, 14,  6],
           [13, 38, 17],
           [10, 26, 12]])
    """
    return _computed(*_prepared(x, h, mode, boundary, "convolve", flip=True, channels=channels), method, "convolve")


def correlate(
    x: Any, h: Any, mode: str = "full", boundary: str = "zero", method: str = "auto", *, channels: bool = False
) -> Array:
    r"""Correlation of an input with a kernel of as many axes: convolution with the kernel reversed along every axis.

    .. math:: y_n = \sum_k h_k\, x_{n+k-p}, \quad p = K - 1,\ \lfloor K/2 \rfloor,\ 0
       \text{ in mode full, same, valid}

    Parameters
    ----------
    x, h, mode, boundary, method, channels
        As for `convolve`.

    Notes
    -----
    *Conventions*: ``"valid"`` is what networks call convolution, `cnnmath.ops.Conv`; ``"same"`` with zeros is its
    padding ``"same_lower"``, and agrees with `scipy.signal.correlate` and `scipy.ndimage.correlate`.

    Examples
    --------
    >>> correlate([1, 2, 4], [1, 10], "valid")
    array([21, 42])
    """
    return _computed(*_prepared(x, h, mode, boundary, "correlate", flip=False, channels=channels), method, "correlate")


def choose(x: Any, h: Any, mode: str = "full", boundary: str = "zero", *, channels: bool = False) -> Choice:
    """The ways in which `convolve` can go, with the cost of each, and the one that it takes.

    That is the one that takes the least time by measured costs, counted in multiplications of the direct way over
    images; the scratch memory is that of a thread. Transforms are left out for exact numbers, for numbers that are not
    finite, and for integers unless a bound on their error shows that rounding gives the exact result.

    Examples
    --------
    >>> choose(np.ones((512, 512)), np.ones((31, 31)), "same")
    convolution of 512x512 with 31x31, float64, same: fft
      method       multiplications              cost    scratch   error at most
      direct           251,920,384       109,057,147    2.0 MiB   1.0e-10
      separable         16,729,088        11,694,436    3.9 MiB   1.0e-11
      fft               13,190,330         8,559,847 1000.0 KiB   3.2e-09
    """
    slide, _ = _prepared(x, h, mode, boundary, "choose", flip=True, channels=channels)
    return choice(slide, "convolution", mode)


def _prepared(
    x: Any, h: Any, mode: str, boundary: str, verb: str, *, flip: bool, channels: bool
) -> tuple[Slide, np.dtype[Any]]:
    """A checked slide, and the dtype of its result."""
    try:
        check_flag("channels", channels)
        x, h = array("x", x), array("h", h)
        _check_ranks(x, h, channels=channels)
        x, h = one_kind(x, h[None] if channels else h)
        check_room(x, h)
        dtype = x.dtype
        if dtype == np.float16:
            x, h = x.astype(np.float32), h.astype(np.float32)
        return Slide.of(x, np.flip(h) if flip else h, mode, boundary), dtype
    except CnnmathError as error:
        raise error.at(verb) from None


def _computed(slide: Slide, dtype: np.dtype[Any], method: str, verb: str) -> Array:
    try:
        way = taken(slide, method)
    except CnnmathError as error:
        raise error.at(verb) from None
    if way == "fft":
        y = fourier(slide)
    elif way == "separable" and (vectors := factors(slide.w)) is not None:
        y = separable(slide, vectors)
    else:
        y = direct(slide)
    return y.astype(dtype, copy=False)


def _check_ranks(x: Array, h: Array, *, channels: bool) -> None:
    if x.ndim != h.ndim + channels:
        raise ShapeError(
            "the input and the kernel have different ranks.",
            input=f"x {x.shape}, h {h.shape}",
            rule="one axis more in x than in h, the channels" if channels else "as many axes in x as in h",
            fix="for channels first, give channels=True"
            if x.ndim == h.ndim + 1 and not channels
            else f"give a kernel of {x.ndim - channels} axes",
        )
