r"""The error function, to as many digits as are asked for, and the number pi that it takes.

.. math:: \operatorname{erf}(x) = \frac{2}{\sqrt\pi} \int_0^x e^{-t^2}\,dt, \quad
   \operatorname{erfc}(x) = 1 - \operatorname{erf}(x)

Both are computed without cancellation: near zero a series of positive terms, far out a continued fraction of positive
terms for what is missing to 1. So the error function and what is missing to 1 both have all digits: ``1 + erf(-20)``
is as exact as ``erf(20)``.

References
----------
.. [1] M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions", 1964, formulas 7.1.6 (the series) and 7.1.14
   (the continued fraction).
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

PI = Fraction("3.141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117068")
"""The number pi, within 10^-99."""

GUARD = 20
"""Digits more than are asked for: twelve for the difference of 1 and ``erf(5)``, the others for what roundings add up
to: fewer than 10^4 of half a unit, in numbers that only grow, and an exponent of at most 40^2."""

FAR, BEYOND = 5, 40
"""From where on the continued fraction is taken, and from where on the result is 1: off by less than 10^-696."""


def error_function(x: Fraction, digits: int) -> Fraction:
    """``erf(x)``: it and ``1 - |erf(x)|`` are within a relative 10^-digits up to 40; beyond it is 1 or -1.

    Examples
    --------
    >>> float(error_function(Fraction(1), 30)), float(1 - error_function(Fraction(20), 30))
    (0.8427007929497149, 5.395865611607901e-176)
    """
    size = abs(x)
    with decimal.localcontext(prec=digits + GUARD, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN):
        at = Decimal(size.numerator) / size.denominator
        if size > BEYOND:
            value = Fraction(1)
        elif size > FAR:
            value = 1 - Fraction(_missing(at, digits))
        else:
            value = Fraction(_series(at))
    return value if x > 0 else -value


def _series(x: Decimal) -> Decimal:
    r"""``2/sqrt(pi) exp(-x^2)`` times the sum of ``2^n x^(2n+1)/(1*3*...*(2n+1))``.

    Once a term is less than half of the one before, so are all that follow: they add up to less than that term.
    """
    ratio, term, total, n = 2 * x * x, x, x, 0
    while total + term != total or ratio * 2 > 2 * n + 3:
        n += 1
        term = term * ratio / (2 * n + 1)
        total += term
    return 2 * (-x * x).exp() / _root_of_pi() * total


def _missing(x: Decimal, digits: int) -> Decimal:
    r"""``exp(-x^2)/sqrt(pi)`` over the continued fraction ``x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...)))``.

    As all its terms are positive, the fraction lies between any two convergents that follow each other.
    """
    before, above = Decimal(1), x
    below_before, below, n = Decimal(0), Decimal(1), 0
    found, last = x, Decimal(0)
    while abs(found - last) > found.scaleb(-digits - 2):
        n += 1
        half = Decimal(n) / 2
        before, above = above, x * above + half * before
        below_before, below = below, x * below + half * below_before
        found, last = above / below, found
    return (-x * x).exp() / _root_of_pi() / found


def _root_of_pi() -> Decimal:
    return (Decimal(PI.numerator) / PI.denominator).sqrt()
