"""Functions of rounded numbers, and what stable kernels make of sums of exponentials."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, TypeAlias

from cnnmath.readers.rounding.number import Rounded, added, term, unknown

FUNCTION = 4
"""Units in the last place within which a library's function is assumed to be of the exact one."""

Parts: TypeAlias = tuple[tuple[int, Any], ...]
"""Signs and exponents of exponentials."""


def exponential(x: Rounded) -> Rounded:
    """``exp``: it stretches the error by at most its value at the upper end."""
    try:
        high = math.exp(x.value + 2 * x.error)
    except OverflowError:
        return unknown(x.format)
    return term(x.format, math.exp(x.value), high * math.expm1(x.error), high, 2 * FUNCTION)


def logarithm(x: Rounded) -> Rounded:
    """``log``: it stretches the error by at most one over the lower end."""
    low = x.value - 2 * x.error
    if not low > 0:
        return unknown(x.format)
    most = max(abs(math.log(low)), abs(math.log(x.most)))
    return term(x.format, math.log(x.value), x.error / low, most, 2 * FUNCTION)


def powered(x: Rounded, exponent: Fraction) -> Rounded:
    """``x**exponent``, a root or ``exp(exponent*log(x))`` whose exponent is rounded: the slope at the steeper end."""
    p, low, high = float(exponent), x.value - 2 * x.error, x.most
    if not low > 0:
        if not (p > 0 and high < math.inf):
            return unknown(x.format)
        most = high**p
        return term(x.format, max(x.value, 0.0) ** p, most, most, 2 * FUNCTION)
    ends = low**p, high**p
    slope = abs(p) * max(ends[0] / low, ends[1] / high)
    turned = abs(p) * max(abs(math.log(low)), abs(math.log(high))) if exponent != Fraction(1, 2) else 0.0
    roundings = 2 * FUNCTION * (1 + turned) + 2 * turned
    return term(x.format, x.value**p, slope * x.error, max(ends), roundings)


def error_function(x: Rounded) -> Rounded:
    """``erf``: it stretches the error by at most its slope at the end that is nearer to 0."""
    low, high = max(abs(x.value) - 2 * x.error, 0.0), x.most
    if not high < math.inf:
        return unknown(x.format)
    slope = 2 / math.sqrt(math.pi) * math.exp(-low * low)
    return term(x.format, math.erf(x.value), slope * x.error, math.erf(high), 2 * FUNCTION)


def bell(x: Rounded) -> Rounded:
    """Its derivative, ``2/sqrt(pi) exp(-x^2)``: the square's error is the exponent's."""
    return exponential(-(x * x)) * (2 / math.sqrt(math.pi))


def log_sum_exp(exponents: list[Rounded]) -> Rounded:
    """Greatest exponent and the logarithm of the sum of the shifted exponentials, or the logarithm of the sum itself.

    The first adds the error of a sum, the second that of a logarithm: all are among `FUNCTION` ulps of both parts.
    """
    top = max(exponents, key=lambda exponent: exponent.value)
    log = logarithm(top.of(added(top.format, [exponential(exponent.less(top)) for exponent in exponents])))
    return term(top.format, top.value + log.value, top.error + log.error, top.most + log.most, 2 * FUNCTION)


def shares(parts: Parts, others: list[Rounded]) -> list[Rounded]:
    """What each exponential makes of the sum of others, with its sign.

    Of one of two, a kernel may know no more than that both add up to 1: ``1 - y``, ``(1 + tanh(x/2))/2``, or a rational
    function that is near the logistic one; they are off by units of 1.
    """
    top = max(others, key=lambda exponent: exponent.value)
    whole = added(top.format, [exponential(exponent.less(top)) for exponent in others])
    found = [exponential(exponent.less(top)) / whole for _, exponent in parts]
    if len(others) == 2:
        found = [share.widened(2 * FUNCTION * top.format.unit) for share in found]
    return [share.scaled(sign) for (sign, _), share in zip(parts, found, strict=True)]
