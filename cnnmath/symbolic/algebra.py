"""Steps of the index algebra: an equation solved for an index, a sum split, shifted, reflected, interchanged, merged.

Each is a pure function, from a sum to a sum of the same value; what holds of a sum holds of a maximum and of a product.
A sum against a bracket is collapsed by `cnnmath.symbolic.collapse`.

References
----------
.. [1] R. L. Graham, D. E. Knuth and O. Patashnik, "Concrete Mathematics", Addison-Wesley 1994, chapters 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import sympy as sp

from cnnmath.errors import DerivationError
from cnnmath.symbolic.ranges import affine, decided
from cnnmath.symbolic.terms import Divides, Expr, Quantified, Range, Sigma, replaced

Q = TypeVar("Q", bound=Quantified)


def solve(equation: sp.Eq, symbol: sp.Symbol, ranges: Mapping[sp.Symbol, Expr]) -> tuple[Expr, list[Any]]:
    r"""Solve an equation of indices for one of them: its value, and the conditions under which there is one.

    .. math:: s\,o + d\,k - p = j \iff d \mid j + p - s\,o, \quad k = \frac{j + p - s\,o}{d}, \quad 0 \le k < K

    Parameters
    ----------
    equation
        Affine in the index.
    symbol
        The index.
    ranges
        Extents of indices, that of this one among them; conditions that they decide are left out.

    Raises
    ------
    DerivationError
        Where the equation does not determine the index.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import index, size
    >>> o, k, j = index("o"), index("k"), index("j")
    >>> reads = sp.Eq(3 * o + 2 * k - 1, j)
    >>> value, (whole, *within) = solve(reads, k, {k: size("K"), o: size("O"), j: size("L")})
    >>> value, whole, within
    (j/2 - 3*o/2 + 1/2, Divides(2, j - 3*o + 1), [j/2 - 3*o/2 + 1/2 >= 0, j/2 - 3*o/2 + 1/2 < K])
    >>> solve(sp.Eq(k + 1, j), k, {k: size("K"), j: size("K")})
    (j - 1, [j - 1 >= 0])
    """
    difference = sp.expand(equation.lhs - equation.rhs)
    if not affine(difference, symbol):
        raise DerivationError(
            f"the equation does not determine {symbol}.",
            here=f"{equation.lhs} = {equation.rhs}",
            rule="the index stands in it once, times a number of known sign",
        )
    slope = difference.coeff(symbol)
    value = sp.expand(symbol - difference / slope)
    within = [] if ranges[symbol] is sp.oo else [sp.Ge(value, 0), sp.Lt(value, ranges[symbol])]
    whole = sp.true if value.is_integer else Divides(abs(slope), value * slope)
    held = [whole, *(decided(c, dict(ranges)) for c in within)]
    return value, [c for c in held if c is not sp.true]


def split(total: Q, symbol: sp.Symbol, modulus: Expr, quotient: sp.Symbol, residue: sp.Symbol) -> Q:
    r"""Split a sum by residue classes.

    .. math:: \sum_{k < K} a_k = \sum_{r < m} \sum_{q < \lceil K/m \rceil} [m q + r < K]\, a_{m q + r}

    The condition is left out where m divides K.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import Sigma, array, index, size
    >>> k, q, r, x = index("k"), index("q"), index("r"), array("x")
    >>> split(Sigma(x[k], [(k, size("K"))]), k, 2, q, r)
    Sigma(x[2*q + r], ((r, 2), (q, floor(K/2 + 1/2))), (2*q + r < K,))
    """
    modulus, extent = sp.sympify(modulus), _extent(total, symbol)
    _unused(total, quotient, residue)
    value, count = modulus * quotient + residue, sp.oo if extent is sp.oo else extent / modulus
    if count is sp.oo or count.is_integer:
        return _replaced(total, symbol, value, [(residue, modulus), (quotient, count)])
    count = sp.floor((extent + modulus - 1) / modulus)
    return _replaced(total, symbol, value, [(residue, modulus), (quotient, count)], [sp.Lt(value, extent)])


def shift(total: Q, symbol: sp.Symbol, by: Expr) -> Q:
    r"""Count from elsewhere: the index k becomes k + a.

    .. math:: \sum_{k < K} a_k = \sum_{k < K - a} [k + a \ge 0]\, a_{k + a} \quad (a \le 0),
        \qquad \sum_{k < K} [k \ge a]\, a_k = \sum_{k < K - a} a_{k + a} \quad (a \ge 0)

    Over all integers, any a will do.

    Raises
    ------
    DerivationError
        Where a may be positive and the sum has no condition that leaves out the terms before it.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import Sigma, array, index, size
    >>> k, p, x = index("k"), index("p"), array("x")
    >>> shift(Sigma(x[k], [(k, size("K"))]), k, -p)
    Sigma(x[k - p], ((k, K + p),), (k >= p,))
    """
    by, extent = sp.sympify(by), _extent(total, symbol)
    if extent is sp.oo:
        return _replaced(total, symbol, symbol + by, [(symbol, sp.oo)])
    if by.is_nonpositive:
        return _replaced(total, symbol, symbol + by, [(symbol, extent - by)], [sp.Ge(symbol, -by)])
    first = [c for c in total.conditions if isinstance(c, sp.Ge) and sp.expand(c.lhs - c.rhs - symbol + by) == 0]
    if not first:
        raise DerivationError(
            f"a sum over {symbol} can not be shifted by {by}: the terms before it would be lost.",
            rule=f"a shift is not positive, or the sum has the condition {symbol} >= {by}, or runs over all integers",
        )
    rest = [c for c in total.conditions if c not in first]
    return _replaced(total.func(total.body, total.ranges, rest), symbol, symbol + by, [(symbol, extent - by)])


def reflect(total: Q, symbol: sp.Symbol, about: Expr | None = None) -> Q:
    r"""Count backwards: the index k becomes K - 1 - k, or a - k where it runs over all integers.

    .. math:: \sum_{k < K} a_k = \sum_{k < K} a_{K - 1 - k}, \qquad \sum_{k \in \mathbb{Z}} a_k = \sum_k a_{a - k}

    Examples
    --------
    >>> from cnnmath.symbolic.terms import Sigma, array, index, size
    >>> k, j, w, x = index("k"), index("j"), array("w"), array("x")
    >>> reflect(Sigma(w[k] * x[j - k], [(k, size("K"))]), k)
    Sigma(w[K - k - 1]*x[-K + j + k + 1], ((k, K),), ())
    """
    extent = _extent(total, symbol)
    if extent is not sp.oo and about is not None:
        raise DerivationError(
            f"the sum over {symbol} has an end to reflect it at.", rule=f"{symbol} becomes {extent - 1} - {symbol}"
        )
    last = extent - 1 if extent is not sp.oo else sp.sympify(about or 0)
    return _replaced(total, symbol, last - symbol, [(symbol, extent)])


def interchange(total: Q) -> Q:
    r"""Exchange a sum with the one inside it.

    .. math:: \sum_k a_k \sum_c b_{k,c} = \sum_c \sum_k a_k\, b_{k,c}

    Raises
    ------
    DerivationError
        Where the body is no product with one sum, or the inner range depends on the outer index.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import Sigma, array, index, size
    >>> k, c, a, b = index("k"), index("c"), array("a"), array("b")
    >>> inner = Sigma(b[k, c], [(c, size("C"))], [sp.Ge(c, 1), sp.Lt(c, k)])
    >>> interchange(Sigma(a[k] * inner, [(k, size("K"))]))
    Sigma(Sigma(a[k]*b[k, c], ((k, K),), (c < k,)), ((c, C),), (c >= 1,))
    """
    factors = sp.Mul.make_args(total.body)
    sums = [factor for factor in factors if isinstance(factor, total.func)]
    outer = {symbol for symbol, _ in total.ranges}
    fits = len(sums) == 1 and (len(factors) == 1 or isinstance(total, Sigma))
    if not fits or any(extent.free_symbols & outer for _, extent in sums[0].ranges):
        raise DerivationError(
            "the two sums can not be interchanged.",
            rule="the body is a product with one sum, whose range does not depend on the outer index",
        )
    (inner,) = sums
    rest = sp.Mul(*(factor for factor in factors if factor is not inner))
    _unused(sp.Tuple(rest, *total.args[1:]), *(symbol for symbol, _ in inner.ranges))
    both = [c for c in inner.conditions if c.free_symbols & outer]
    own = [c for c in inner.conditions if c not in both]
    within = total.func(rest * inner.body, total.ranges, [*total.conditions, *both])
    return total.func(within, inner.ranges, own)


def merge(total: Q) -> Q:
    r"""Merge bounds: upper ones with the extent of their index, several lower ones to the greatest of them.

    .. math:: \sum_{k < K} [k < M][k \ge a][k \ge b]\, c_k = \sum_{k < \min(K, M)} [k \ge \max(a, b)]\, c_k

    Examples
    --------
    >>> from cnnmath.symbolic.terms import Sigma, array, index, size
    >>> k, j, c = index("k"), index("j"), array("c")
    >>> bounded = Sigma(c[k], [(k, 5)], [sp.Lt(k, 3), sp.Ge(k + 1, 0), sp.Ge(k, 1), sp.Le(k, j)])
    >>> merge(bounded)
    Sigma(c[k], ((k, Min(3, j + 1)),), (k >= 1,))
    """
    ranges: list[Range] = []
    conditions = total.conditions
    for position, (symbol, extent) in enumerate(total.ranges):
        later = {other for other, _ in total.ranges[position:]}
        lows: list[Expr] = []
        for c in total.conditions:
            least, most = _bound(c, symbol)
            if most is not None and extent is not sp.oo and not most.free_symbols & later:
                extent = sp.Min(extent, most)
                conditions = [other for other in conditions if other != c]
            elif least is not None and not least.free_symbols & later:
                lows.append(least)
                conditions = [other for other in conditions if other != c]
        conditions = [*conditions, *([sp.Ge(symbol, sp.Max(*lows))] if lows else [])]
        ranges.append((symbol, extent))
    return total.func(total.body, ranges, [decided(c, dict(ranges)) for c in conditions])


def _bound(condition: Any, symbol: sp.Symbol) -> tuple[Expr | None, Expr | None]:
    """Least value of an index that a condition allows, and the extent to which it does, where it says either."""
    if not isinstance(condition, (sp.Ge, sp.Gt, sp.Le, sp.Lt)) or condition.has(sp.Indexed):
        return None, None
    room = sp.expand(condition.gts - condition.lts) - int(isinstance(condition, (sp.Gt, sp.Lt)))
    slope = room.coeff(symbol)
    if slope not in (1, -1) or (room - slope * symbol).has(symbol) or not (room - slope * symbol).is_integer:
        return None, None
    return (symbol - room, None) if slope == 1 else (None, room + symbol + 1)


def _extent(total: Quantified, symbol: sp.Symbol) -> Expr:
    """Extent of a bound index."""
    extents = [extent for bound, extent in total.ranges if bound == symbol]
    if len(extents) != 1:
        raise DerivationError(
            f"the sum has no index {symbol}.", here=f"its indices: {', '.join(str(s) for s, _ in total.ranges)}"
        )
    return extents[0]


def _unused(where: Expr, *symbols: sp.Symbol) -> None:
    taken = [symbol for symbol in symbols if where.has(symbol)]
    if taken or len(set(symbols)) < len(symbols):
        raise DerivationError(
            f"the index {(taken or symbols)[0]} stands in the sum already.", fix="give an index of another name"
        )


def _replaced(total: Q, symbol: sp.Symbol, value: Expr, new: list[Range], more: Iterable[Any] = ()) -> Q:
    """The sum over new indices in the place of one, of which this is the value."""
    position = [bound for bound, _ in total.ranges].index(symbol)
    before, after = total.ranges[:position], total.ranges[position + 1 :]
    ranges = [*before, *new, *((s, replaced(extent, symbol, value)) for s, extent in after)]
    conditions = [replaced(c, symbol, value) for c in total.conditions]
    return total.func(replaced(total.body, symbol, value), ranges, [*conditions, *more])
