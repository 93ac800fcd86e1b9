"""Typesetting: an index formula read once, in the words of a notation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from cnnmath.symbolic.notations import Notation
from cnnmath.symbolic.notations.notation import Bound
from cnnmath.symbolic.order import entry_key, is_subtracted, product_key, ratio, split, sum_key
from cnnmath.symbolic.terms import Attains, Bracket, Divides, Expr, Logistic, Maximum, Partial, Pi, Quantified, Sigma

SUM, PRODUCT, POWER, ATOM = range(4)
"""How tightly a part holds together."""


def typeset(expr: Any, notation: Notation, numbers: Mapping[Expr, Expr] | None = None) -> str:
    """Write a formula in a notation; entries for which numbers are given are written as these.

    Examples
    --------
    >>> from cnnmath.symbolic.notations import Latex, Text
    >>> from cnnmath.symbolic.terms import array, index
    >>> k, o = index("k"), index("o")
    >>> formula = Sigma(array("w")[k] * array("x")[2 * o + k - 1], [(k, 3)])
    >>> typeset(formula, Text())
    'sum{k<3} w[k]*x[2*o+k-1]'
    >>> typeset(formula, Latex())
    '\\\\sum_{k=0}^{2} w_{k}\\\\,x_{2\\\\,o + k - 1}'
    """
    return _Typesetter(notation, numbers or {}).write(sp.sympify(expr))


SIGNS = {"=": "=", "<=": "≤", ">=": "≥", "<": "<", "identical": "≡"}
"""How the relations of steps are written."""


def relation(sign: str, left: Any, right: Any, notation: Notation) -> str:
    """Write two sides and what stands between them."""
    return notation.relation(SIGNS[sign], typeset(left, notation), typeset(right, notation))


def equation(left: Any, right: Any, notation: Notation) -> str:
    """Write an equation."""
    return relation("=", left, right, notation)


class _Typesetter:
    """One reading of a formula; ``_part`` gives the writing of a part and how tightly it holds together."""

    def __init__(self, notation: Notation, numbers: Mapping[Expr, Expr]) -> None:
        self.n = notation
        self.numbers = numbers

    def write(self, expr: Expr, tightness: int = SUM) -> str:
        text, own = self._part(expr)
        return self.n.parenthesis(text) if own < tightness else text

    def _part(self, expr: Expr) -> tuple[str, int]:
        match expr:
            case _ if expr in self.numbers:
                written, own = self._part(self.numbers[expr])
                return (self.n.parenthesis(written), ATOM) if own < PRODUCT else (written, own)
            case sp.Float():
                negative = expr < 0
                return self.n.joined(
                    *([self.n.minus] if negative else []), self.n.number(abs(expr))
                ), SUM if negative else ATOM
            case sp.Integer():
                negative = int(expr) < 0
                written = self.n.number(abs(int(expr)))
                return (self.n.joined(self.n.minus, written), SUM) if negative else (written, ATOM)
            case sp.Symbol():
                return self.n.name(*split(str(expr))), ATOM
            case _ if expr is sp.pi:
                return self.n.name("pi", ""), ATOM
            case _ if expr is sp.I:
                return self.n.name("i", ""), ATOM
            case sp.Indexed():
                return self._entry(expr), ATOM
            case sp.IndexedBase():
                return self._array(expr), ATOM
            case Partial():
                return self.n.derivative(self.write(expr.args[0]), self.write(expr.args[1])), ATOM
            case sp.MatMul():
                return self.n.joined(self.n.times.join(self.write(a, PRODUCT) for a in expr.args)), PRODUCT
            case sp.HadamardProduct():
                return self.n.relation("⊙", *(self.write(a, POWER) for a in expr.args)), SUM
            case sp.Add():
                return self._sum(expr)
            case sp.Mul() | sp.Rational():
                return self._product(expr)
            case sp.Pow():
                return self._power(expr)
            case Sigma() | Maximum() | Pi():
                bare = not expr.ranges and not isinstance(expr.body, Quantified)  # a bracket before a product
                return self._total(expr), SUM if isinstance(expr, Sigma) and not bare else PRODUCT
            case Bracket():
                return self.n.bracket(self._conditions(expr.args)), ATOM
            case sp.Piecewise():
                rows = [(self.write(v), "" if c is sp.true else self._condition(c)) for v, c in expr.args]
                return self.n.cases(rows), ATOM
            case sp.exp() | sp.log() | sp.erf() | sp.floor() | sp.Abs() | sp.sign() | sp.tanh() | Logistic():
                name = {sp.Abs: "abs", Logistic: "sigma"}.get(expr.func, expr.func.__name__)
                return self.n.function(name, self.write(self.numbers.get(expr.args[0], expr.args[0]))), ATOM
            case sp.Max() | sp.Min():
                listed = self._listed([self.write(a) for a in sorted(expr.args, key=_place)])
                return self.n.function(expr.func.__name__.lower(), listed), ATOM
            case sp.Tuple():
                return self.n.parenthesis(self._listed([self.write(a) for a in expr.args])), ATOM
            case sp.MatrixBase():
                return self.n.matrix([[self.write(entry) for entry in expr.row(i)] for i in range(expr.rows)]), ATOM
            case sp.MatrixSymbol():
                return self.n.name(*split(str(expr.name))), ATOM
            case sp.Transpose():
                return self.n.power(self.write(expr.arg, ATOM), self.n.name("T", "")), POWER
            case _ if expr in (sp.oo, -sp.oo):
                return self.n.joined(*([self.n.minus] if expr is not sp.oo else []), self.n.infinity), ATOM
            case sp.Mod():
                return self.n.relation("mod", *(self.write(a, POWER) for a in expr.args)), SUM
            case _:
                return self._condition(expr), SUM

    def _entry(self, expr: sp.Indexed) -> str:
        indices = [self.write(i) for i in expr.indices]
        if not indices:
            return self._array(expr.base)
        upper, lower = _quotient(str(expr.base))
        if not upper:
            return self.n.entry(self.n.array(lower), indices)
        return self.n.derivative(self.n.array(upper), self.n.entry(self.n.array(lower), indices))

    def _array(self, expr: sp.IndexedBase) -> str:
        upper, lower = _quotient(str(expr))
        return self.n.derivative(self.n.array(upper), self.n.array(lower)) if upper else self.n.array(lower)

    def _sum(self, expr: sp.Add) -> tuple[str, int]:
        plain = expr.has(sp.Indexed, Quantified) or all(term.is_integer for term in expr.args)
        whole, denominator = (expr, 1) if plain else sp.fraction(sp.together(expr))
        if denominator != 1:
            return self.n.fraction(self.write(whole), self.write(denominator)), PRODUCT
        parts: list[str] = []
        numbers_first = expr.has(sp.exp, Sigma)
        for term in sorted(
            expr.args, key=lambda term: (not (numbers_first and term.is_number and term.is_positive), *sum_key(term))
        ):
            negative = is_subtracted(term)
            written = self.write(-term if negative else term, PRODUCT if negative else SUM)
            sign = self.n.minus if negative else self._plus()
            parts.extend(([sign] if negative else []) if not parts else [self._spaced(sign)])
            parts.append(written)
        return self.n.joined(*parts), SUM

    def _plus(self) -> str:
        return "+" if self.n.minus == "-" else "<mo>+</mo>"

    def _spaced(self, sign: str) -> str:
        return f" {sign} " if len(sign) == 1 else sign

    def _product(self, expr: Expr) -> tuple[str, int]:
        if is_subtracted(expr):
            return self.n.joined(self.n.minus, self.write(-expr, PRODUCT)), SUM
        above, below = ratio(expr)
        if not below:
            return self._factors(above), PRODUCT
        first = [f for f in above if isinstance(f, sp.Indexed) and "/" in str(f.base)]
        last = [f for f in above if isinstance(f, Quantified) or (isinstance(f, sp.Add) and f.has(Quantified))]
        inner = [f for f in above if f not in first and f not in last]
        if not inner and any(isinstance(f, Quantified) for f in below):
            inner, last = last, []
        if not inner:
            first, inner = [], first
        quotient = self.n.fraction(self._factors(inner, SUM), self._factors(below, SUM))
        alone = PRODUCT if any(isinstance(f, sp.Add) for f in last) else SUM
        parts = [*([self._factors(first)] if first else []), quotient, *([self._factors(last, alone)] if last else [])]
        return self.n.joined(self.n.times.join(parts)), PRODUCT

    def _factors(self, factors: Sequence[Expr], alone: int = PRODUCT) -> str:
        """Factors in their order; one that stands alone needs to hold together no more than its place asks."""
        if len(factors) <= 1:
            return self.write(factors[0], alone) if factors else self.n.number(1)
        *others, last = sorted(factors, key=product_key)
        tightness = SUM if isinstance(last, Quantified) else PRODUCT
        written = [*(self.write(f, PRODUCT) for f in others), self.write(last, tightness)]
        return self.n.joined((self.n.dot if self.numbers else self.n.times).join(written))

    def _power(self, expr: sp.Pow) -> tuple[str, int]:
        if expr.exp.is_negative:
            return self.n.fraction(self.n.number(1), self.write(1 / expr)), PRODUCT
        if expr.exp == sp.Rational(1, 2):
            return self.n.root(self.write(expr.base)), ATOM
        return self.n.power(self.write(expr.base, ATOM), self.write(expr.exp)), POWER

    def _total(self, expr: Quantified) -> str:
        ranges = [self._bound(i, extent) for i, extent in expr.ranges]
        name = {Sigma: "sum", Pi: "prod", Maximum: "max"}[type(expr)]
        alone = not isinstance(expr.body, sp.Add)
        body = self.write(expr.body, SUM if alone else PRODUCT)
        return self.n.total(name, ranges, self._conditions(expr.conditions), body)

    def _bound(self, symbol: sp.Symbol, extent: Expr) -> Bound:
        if extent is sp.oo:
            return Bound(self.write(symbol), "", self.write(sp.oo), self.write(-sp.oo))
        return Bound(self.write(symbol), self.write(extent), self.write(extent - 1), self.n.number(0))

    def _conditions(self, conditions: Iterable[Any]) -> list[str]:
        """Conditions, the two bounds of one expression drawn together."""
        lower = [c.lhs for c in conditions if isinstance(c, sp.Ge) and c.rhs == 0]
        upper = {c.lhs: c.rhs for c in conditions if isinstance(c, sp.Lt)}
        written = []
        for c in conditions:
            if isinstance(c, sp.Ge) and c.rhs == 0 and c.lhs in upper:
                bounds = (self.n.number(0), self.write(c.lhs))
                written.append(self._chain(*bounds, self.write(upper[c.lhs])))
            elif not (isinstance(c, sp.Lt) and c.lhs in lower):
                written.append(self._condition(c))
        return written

    def _chain(self, low: str, middle: str, high: str) -> str:
        return self.n.relation("<", self.n.relation("≤", low, middle), high)

    def _condition(self, c: Any) -> str:
        match c:
            case Divides():
                return self.n.relation("divides", self.write(c.args[0]), self.write(c.args[1]))
            case Attains():
                taps, at = ([self.write(i) for i in part.args] for part in c.args[1:])
                star = self.n.entry(self.n.name("k*", ""), at)
                listed = taps[0] if len(taps) == 1 else self.n.parenthesis(self._listed(taps))
                return self.n.relation("=", star, listed)
            case sp.Eq():
                return self.n.relation("=", self.write(c.lhs), self.write(c.rhs))
            case sp.Rel():
                above = isinstance(c, (sp.Gt, sp.Ge)) and not c.rhs.is_number
                turned = c.reversed if above and not c.has(sp.Indexed) else c
                symbol = {">=": "≥", "<=": "≤", "!=": "≠"}.get(turned.rel_op, turned.rel_op)
                return self.n.relation(symbol, self.write(turned.lhs), self.write(turned.rhs))
            case sp.And() | sp.Or():
                parts = [self._condition(part) for part in sorted(c.args, key=str)]
                return self.n.relation("and" if isinstance(c, sp.And) else "or", *parts)
            case sp.Not():
                return self.n.relation("not", "", self._condition(c.args[0]))
            case _:
                raise TypeError(f"no notation for {type(c).__name__}")

    def _listed(self, parts: Sequence[str]) -> str:
        return (", " if self.n.minus == "-" else "<mo>,</mo>").join(parts)


def _quotient(name: str) -> tuple[str, str]:
    """The two arrays in the name of a gradient, ``dL/dx``; an array's own name comes second, with its label."""
    upper, _, lower = name.partition("(")[0].partition("/d")
    return (upper[1:], name[len(upper) + 2 :]) if lower else ("", name)


def _place(part: Expr) -> tuple[Any, ...]:
    """Entries by their position; what is no entry before them."""
    return (1, *entry_key(part)) if isinstance(part, sp.Indexed) else (0, str(part))
