"""How far rounding takes a convolution from its exact outputs: bounds for sums of products, and for transforms."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import prod, sqrt
from typing import Any

import numpy as np

from cnnmath.filters.numbers import greatest
from cnnmath.filters.paths import ROOM
from cnnmath.filters.slide import Slide
from cnnmath.numeric.methods.predict import gamma
from cnnmath.numeric.windows import Array


def rounding(slide: Slide, roundings: int) -> float:
    """Error of sums of products of floats: so many roundings, and two more for numbers that became floats."""
    if slide.x.dtype.kind != "f":
        return 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        return gamma(roundings + 2, _unit(slide.x.dtype)) * float(greatest(slide.x)) * _norms(slide.w)[0]


def fourier_error(slide: Slide, lengths: list[int], *, sharp: bool = True) -> float:
    r"""Bound on the error of a convolution by transforms, for every output.

    A stage of radix p multiplies by twiddle factors and adds p terms, so that each term is rounded at most p + 7 times
    (a complex product counts as three roundings, a factor as one), and the stage has the relative error
    :math:`\sqrt p\,\gamma_{p+7}` in the 2-norm, as the matrix of moduli has norm p and the stage itself
    :math:`\sqrt p`. Over all stages, :math:`1 + \tau = \prod_p (1 + \sqrt p\,\gamma_{p+7})`. With
    :math:`1 + \alpha = (1 + \tau)^2 (1 + \gamma_3)` for the product of both spectra, whose 1-norm is at most L times
    :math:`\|x\|_2 \|h\|_2`, where x is what a block reads, every output errs by at most

    .. math:: \alpha (1 + \tau\sqrt L)\, \|x\|_2 \|h\|_2 + \tau \min(\|x\|_2 \|h\|_1, \|x\|_1 \|h\|_2)

    The norms of x are bounded by its greatest number, and where the bound is to be ``sharp``, by those of the whole.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, SIAM 2002, theorem 24.2, whose
       argument for radix 2 this repeats for every radix.

    Examples
    --------
    >>> slide = Slide.of(np.ones(100), np.ones(5), "same", "zero")
    >>> 1e-15 < fourier_error(slide, [108]) < 1e-11
    True
    """
    dtype = slide.x.dtype if slide.x.dtype.kind == "f" else np.dtype(float)
    unit = _unit(dtype)
    growth = prod(_growth(n, unit) for n in lengths)
    tau = growth * (1 + gamma(2, unit)) - 1  # the last product scales by 1/L
    alpha = (1 + tau) ** 2 * (1 + gamma(3, unit)) - 1
    with np.errstate(over="ignore", invalid="ignore"):
        (x1, x2), (h1, h2) = _seen_norms(slide, prod(lengths), sharp=sharp), _norms(slide.w)
    return alpha * (1 + tau * sqrt(prod(lengths))) * x2 * h2 + tau * min(x2 * h1, x1 * h2)


def _seen_norms(slide: Slide, length: int, *, sharp: bool) -> tuple[float, float]:
    """Bounds on the norms of what a block reads: numbers beyond the border may be there many times."""
    top = float(greatest(slide.x))
    total, root = length * top, sqrt(length) * top
    if slide.boundary != "zero" or not sharp:
        return total, root
    exact_total, exact_root = _norms(slide.x)
    return min(total, exact_total), min(root, exact_root)


def _norms(a: Array) -> tuple[float, float]:
    """Sum of the moduli, and root of the sum of squares; a stretch at a time, in units of the greatest."""
    top = float(greatest(a)) or 1.0
    step = max(ROOM // prod(a.shape[1:]), 1)
    total, squares = 0.0, 0.0
    for start in range(0, len(a), step):
        moduli = np.abs(a[start : start + step] / top)
        total += float(moduli.sum(dtype=float))
        squares += float(np.square(moduli, out=moduli).sum(dtype=float))
    return top * total, top * sqrt(squares)


@lru_cache(maxsize=1024)
def _growth(length: int, unit: float) -> float:
    """The relative error of a transform of one axis, and 1."""
    return prod(1 + sqrt(p) * gamma(p + 7, unit) for p in _prime_factors(length))


def _prime_factors(n: int) -> Iterator[int]:
    p = 2
    while n > 1:
        while n % p == 0:
            yield p
            n //= p
        p += 1


def _unit(dtype: np.dtype[Any]) -> float:
    """Relative error of one rounding."""
    return float(np.finfo(dtype).eps) / 2
