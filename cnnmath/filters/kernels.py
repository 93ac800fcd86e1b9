"""Kernels as exact numbers, each with its source: integers and fractions, the Gaussian's floats alone apart."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.errors import SettingError, check_known
from cnnmath.numeric.windows import Array
from cnnmath.ops.checks import check_number, integer

DIFFERENCE = (-1, 0, 1)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a kernel is made, and who described it."""

    build: Callable[..., Array]
    source: str


def kernel(name: str, **settings: Any) -> Array:
    """A kernel by its name, as textbooks print it: to be correlated, or given to `cnnmath.ops.Conv`.

    Parameters
    ----------
    name
        One of `KERNELS`, which has the source of each.
    **settings
        ``rank`` of any, 2 unless told; ``axis`` of those that differentiate; ``size`` of ``"box"`` and ``"binomial"``;
        ``order`` of ``"derivative"``, 1 or 2; ``neighbours`` of ``"laplacian"`` and ``"sharpen"``: 2 an axis, or all,
        diagonals too; ``sigma`` and ``truncate`` of those of Gauss.

    Notes
    -----
    *Numbers*: int64, or fractions in an array of objects; floats where the numbers are irrational.

    *Conventions*: a derivative is positive where the input rises along the axis. Sobel, Prewitt and Scharr kernels are
    not scaled: on a ramp of slope 1 they give 8, 6 and 32. A Laplacian is negative in the middle.

    Raises
    ------
    UnknownNameError, SettingError
        For names and settings that no kernel has.

    Examples
    --------
    >>> kernel("sobel", axis=1)
    array([[-1,  0,  1],
           [-2,  0,  2],
           [-1,  0,  1]])
    >>> kernel("binomial", rank=1)
    array([Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)], dtype=object)
    """
    check_known("kernel", name, KERNELS)
    build = KERNELS[name].build
    takes = inspect.signature(build).parameters
    if foreign := [setting for setting in settings if setting not in takes]:
        raise SettingError(
            f"it has no {foreign[0]}.", rule=f"it takes {', '.join(takes)}", fix=f"leave out {foreign[0]}"
        ).at(f"kernel '{name}'")
    try:
        return build(**settings)
    except SettingError as error:
        raise error.at(f"kernel '{name}'") from None


def box(size: int = 3, rank: int = 2) -> Array:
    """The mean of a cube of numbers."""
    size, rank = integer("size", size, 1), integer("rank", rank, 1)
    return _outer([[Fraction(1, size)] * size] * rank)


def binomial(size: int = 3, rank: int = 2) -> Array:
    """Binomial coefficients over their sum, a power of two, along every axis."""
    size, rank = integer("size", size, 1), integer("rank", rank, 1)
    return _outer([[Fraction(math.comb(size - 1, k), 2 ** (size - 1)) for k in range(size)]] * rank)


def derivative(axis: int = 0, order: int = 1, rank: int = 2) -> Array:
    """The central difference of first or second order along an axis."""
    if order not in (1, 2) or isinstance(order, bool):
        raise SettingError("the order is 1 or 2.", here=f"order {order!r}", fix="differentiate more than once")
    return _along(axis, rank, [Fraction(v, 2) for v in DIFFERENCE] if order == 1 else [1, -2, 1], [1])


def sobel(axis: int = 0, rank: int = 2) -> Array:
    """A difference along an axis, and 1 2 1 along the others."""
    return _along(axis, rank, DIFFERENCE, [1, 2, 1])


def prewitt(axis: int = 0, rank: int = 2) -> Array:
    """A difference along an axis, and 1 1 1 along the others."""
    return _along(axis, rank, DIFFERENCE, [1, 1, 1])


def scharr(axis: int = 0, rank: int = 2) -> Array:
    """A difference along an axis, and 3 10 3 along the others."""
    return _along(axis, rank, DIFFERENCE, [3, 10, 3])


def roberts(axis: int = 0) -> Array:
    """The difference along one diagonal of four pixels."""
    return np.array([[[-1, 0], [0, 1]], [[0, -1], [1, 0]]][_axis(axis, 2)])


def laplacian(neighbours: int | None = None, rank: int = 2) -> Array:
    """The sum of the differences to the neighbours: two an axis, or all that touch, diagonals too."""
    rank = integer("rank", rank, 1)
    wanted = 2 * rank if neighbours is None else neighbours
    if wanted not in (2 * rank, 3**rank - 1):
        raise SettingError(
            "there are two kinds of neighbours.",
            here=f"neighbours {neighbours!r}, rank {rank}",
            rule="2*rank on the axes, or 3**rank - 1 with the diagonals",
            fix=f"use {2 * rank} or {3**rank - 1}",
        )
    h = np.zeros((3,) * rank, np.int64)
    for at in product(range(3), repeat=rank):
        near = sum(i != 1 for i in at)
        h[at] = -wanted if near == 0 else int(near == 1 or wanted != 2 * rank)
    return h


def sharpen(neighbours: int | None = None, rank: int = 2) -> Array:
    """The number itself less the Laplacian."""
    h = -laplacian(neighbours, rank)
    h[(1,) * rank] += 1
    return h


def gaussian(sigma: float = 1, truncate: float = 4, rank: int = 2) -> Array:
    """Samples of a Gaussian up to ``floor(truncate*sigma + 1/2)`` from its middle, over their sum, along every axis."""
    return _outer([gaussian_taps(sigma, truncate)] * integer("rank", rank, 1))


def laplacian_of_gaussian(sigma: float = 1, truncate: float = 4, rank: int = 2) -> Array:
    """The sum over the axes of a second derivative along one, and a Gaussian along the others."""
    smooth, curved = gaussian_taps(sigma, truncate), curvature_taps(sigma, truncate)
    rank = integer("rank", rank, 1)
    terms = [_outer([curved if i == axis else smooth for i in range(rank)]) for axis in range(rank)]
    return reduce(np.add, terms)


def gaussian_taps(sigma: float, truncate: float) -> list[float]:
    """Samples of a Gaussian along one axis, over their sum."""
    check_number("sigma", sigma, positive=True)
    check_number("truncate", truncate, positive=True)
    radius = math.floor(truncate * sigma + 0.5)
    samples = [math.exp(-((k / sigma) ** 2) / 2) for k in range(-radius, radius + 1)]
    total = math.fsum(samples)
    return [sample / total for sample in samples]


def curvature_taps(sigma: float, truncate: float) -> list[float]:
    r"""Second derivative by a Gaussian: :math:`2 g_k (k^2 - m_2)/(m_4 - m_2^2)`, with the moments m of the samples g.

    The second derivative of a Gaussian has this form with :math:`m_2 = \sigma^2` and :math:`m_4 = 3\sigma^4`. With the
    moments of the samples themselves, constants and ramps give 0, and a parabola its second derivative.
    """
    taps = gaussian_taps(sigma, truncate)
    if len(taps) == 1:
        raise SettingError(
            "the Gaussian is cut to its middle, which has no curvature.",
            rule="floor(truncate*sigma + 1/2) >= 1",
            here=f"truncate {truncate}, sigma {sigma}",
            fix="use a greater sigma, or truncate",
        )
    squares = [(k - len(taps) // 2) ** 2 for k in range(len(taps))]
    second = math.fsum(g * s for g, s in zip(taps, squares, strict=True))
    spread = math.fsum(g * (s - second) ** 2 for g, s in zip(taps, squares, strict=True))
    return [2 * g * (s - second) / spread for g, s in zip(taps, squares, strict=True)]


def _outer(vectors: list[Any]) -> Array:
    exact = any(isinstance(v, Fraction) for vector in vectors for v in vector)
    return reduce(np.multiply.outer, [np.array(vector, object if exact else None) for vector in vectors])


def _along(axis: int, rank: int, vector: Any, others: Any) -> Array:
    """One vector along an axis, another along each of the others."""
    axis = _axis(axis, rank)
    return _outer([vector if i == axis else others for i in range(rank)])


def _axis(axis: int, rank: int) -> int:
    rank = integer("rank", rank, 1)
    axis = integer("axis", axis, -rank)
    if axis >= rank:
        raise SettingError(
            "there is no such axis.", rule="-rank <= axis < rank", here=f"axis {axis}, rank {rank}", fix="count from 0"
        )
    return axis % rank


GONZALEZ = "R. C. Gonzalez and R. E. Woods, Digital Image Processing, 4th edition, 2018, chapter 3"
KERNELS: Mapping[str, Recipe] = MappingProxyType(
    {
        "box": Recipe(box, GONZALEZ),
        "binomial": Recipe(binomial, "B. Jähne, Digital Image Processing, Springer, the chapter on averaging"),
        "gaussian": Recipe(gaussian, GONZALEZ),
        "derivative": Recipe(
            derivative, "M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, section 25.3"
        ),
        "sobel": Recipe(
            sobel, "R. O. Duda and P. E. Hart, Pattern Classification and Scene Analysis, 1973, section 7.3"
        ),
        "prewitt": Recipe(
            prewitt,
            "J. M. S. Prewitt, Object enhancement and extraction, in Picture Processing and Psychopictorics, 1970",
        ),
        "scharr": Recipe(scharr, "H. Scharr, Optimale Operatoren in der digitalen Bildverarbeitung, Heidelberg, 2000"),
        "roberts": Recipe(roberts, "L. G. Roberts, Machine perception of three-dimensional solids, MIT, 1963"),
        "laplacian": Recipe(laplacian, GONZALEZ),
        "sharpen": Recipe(sharpen, GONZALEZ),
        "laplacian of gaussian": Recipe(
            laplacian_of_gaussian, "D. Marr and E. Hildreth, Theory of edge detection, Proc. R. Soc. Lond. B 207, 1980"
        ),
    }
)
"""All kernels by name, each with its source."""
