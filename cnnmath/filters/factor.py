"""Kernels that are outer products: their factors, found without a decomposition."""

from __future__ import annotations

from functools import reduce
from math import gcd, prod

import numpy as np

from cnnmath.filters.numbers import exact
from cnnmath.filters.paths import long_axes
from cnnmath.numeric.windows import Array

TOLERANCE = 32
"""Units in the last place by which a float may differ from the product of its factors."""


def factors(h: Array) -> tuple[Array, ...] | None:
    r"""One factor an axis whose outer product the kernel is, or None where there are none.

    A kernel is an outer product if and only if, for some entry :math:`h_p \ne 0`,

    .. math:: h_k\, h_p^{r-1} = \prod_i h_{p_1, \dots, k_i, \dots, p_r}

    at every k. For integers and fractions this is asked exactly; by Gauss's lemma an integer kernel has integer
    factors, all but the first without a common divisor. For floats the greatest entry is taken for p, and every entry
    may differ from the product of its factors by 32 units in the last place.

    References
    ----------
    .. [1] D. E. Knuth, "The Art of Computer Programming", volume 2, 3rd edition, section 4.6.1, lemma G (Gauss).

    Examples
    --------
    >>> factors(np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]))
    (array([1, 2, 1]), array([-1,  0,  1]))
    >>> factors(np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])) is None
    True
    """
    long = long_axes(h)
    dense = h.reshape([h.shape[i] for i in long])
    found = _float_factors(dense) if h.dtype.kind == "f" else _exact_factors(dense)
    if found is None:
        return None
    vectors = [np.ones(1, h.dtype) for _ in h.shape]
    for axis, vector in zip(long, found, strict=True):
        vectors[axis] = vector
    return tuple(vectors)


def _exact_factors(h: Array) -> tuple[Array, ...] | None:
    """Fibres through the first entry that is not zero; of integers, all but the first without their common divisor.

    What does not divide was no outer product, so that the comparison refuses it.
    """
    if h.ndim == 1:
        return (h,)
    if not (h != 0).any():
        return tuple(np.zeros(k, h.dtype) for k in h.shape)
    wide = exact(h) if h.dtype == object else h.astype(object)
    at = tuple(int(i[0]) for i in np.nonzero(h))
    first, *rest = _fibres(wide, at)
    if h.dtype == object:
        found = (first, *(g / wide[at] for g in rest))
    else:
        divisors = [gcd(*g) for g in rest]
        found = (
            first * prod(divisors) // wide[at] ** len(rest),
            *(g // d for g, d in zip(rest, divisors, strict=True)),
        )
    return tuple(g.astype(h.dtype) for g in found) if (_outer(found) == wide).all() else None


def _float_factors(h: Array) -> tuple[Array, ...] | None:
    if not np.isfinite(h).all() or not h.any():
        return None
    at = tuple(int(i) for i in np.unravel_index(np.abs(h).argmax(), h.shape))
    first, *rest = _fibres(h, at)
    found = (first, *(g / h[at] for g in rest))
    outer = _outer(found)
    units = TOLERANCE * np.finfo(h.dtype).eps / 2
    return found if (np.abs(h - outer) <= units * np.abs(outer)).all() else None


def _fibres(h: Array, at: tuple[int, ...]) -> list[Array]:
    """The line through an entry along each axis."""
    return [h[(*at[:i], slice(None), *at[i + 1 :])] for i in range(h.ndim)]


def _outer(vectors: tuple[Array, ...]) -> Array:
    return reduce(np.multiply.outer, vectors)
