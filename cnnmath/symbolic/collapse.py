"""The collapse of sums against brackets: every equation of indices is solved for one that a sum runs over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import sympy as sp

from cnnmath.symbolic import algebra
from cnnmath.symbolic.ranges import affine, decided, settle
from cnnmath.symbolic.terms import Attains, Bracket, Divides, Expr, Range, Sigma, index


@dataclass(frozen=True, slots=True)
class Term:
    """A product of a bracket-free coefficient and brackets, summed over bound indices."""

    coefficient: Expr
    ranges: tuple[Range, ...] = ()
    conditions: tuple[Expr, ...] = ()

    def __mul__(self, other: Term) -> Term:
        return Term(
            self.coefficient * other.coefficient, self.ranges + other.ranges, self.conditions + other.conditions
        )

    def substitute(self, symbol: sp.Symbol, value: Expr) -> Term:
        """The term with a bound index replaced, so that it is bound no longer."""
        swap = {symbol: value}
        return Term(
            _multiplied_out(self.coefficient.xreplace(swap), value),
            tuple((s, e.xreplace(swap)) for s, e in self.ranges if s != symbol),
            tuple(c.xreplace(swap) for c in self.conditions),
        )


def _multiplied_out(expr: Expr, value: Expr) -> Expr:
    """The expression with every multiple of an index's value multiplied out, so that a stride meets its quotient."""
    return expr.replace(lambda part: part.is_Mul and value in part.args, sp.expand) if value.is_Add else expr


def collapse(
    expr: Expr,
    outputs: Sequence[sp.Symbol],
    free: dict[sp.Symbol, Expr],
    meanings: Mapping[sp.Symbol, Expr] | None = None,
) -> Expr:
    """Sum against the brackets: solve every equation of indices for a bound index, and keep what remains.

    Parameters
    ----------
    expr
        Sums of products with brackets.
    outputs
        The output's indices, for which an equation is solved rather than for a tap: that gives the gather form.
    free
        Ranges of the indices that the result is a function of.
    meanings
        What the names of sizes stand for: conditions that hold because of it are left out.
    """
    solved = [_pinned(_regrouped(_solved(term, list(outputs), free), outputs)) for term in _terms(expr)]
    return sp.Add(*(_rebuilt(term, free, meanings or {}) for term in solved if sp.false not in term.conditions))


def _terms(expr: Expr) -> list[Term]:
    """Write an expression as a sum of terms."""
    if not expr.has(Bracket) or (expr.is_Pow and expr.exp.is_negative):  # what it is divided by is one number
        return [Term(expr)]
    if isinstance(expr, sp.Add):
        return [term for argument in expr.args for term in _terms(argument)]
    if isinstance(expr, sp.Mul):
        product = [Term(sp.S.One)]
        for argument in expr.args:
            product = [a * b for a in product for b in _terms(argument)]
        return product
    if isinstance(expr, Bracket):
        return [Term(sp.S.One, (), tuple(expr.args))]
    if isinstance(expr, Sigma):
        around = Term(sp.S.One, tuple(expr.ranges), tuple(expr.conditions))
        return [around * term for term in _terms(expr.body)]
    if isinstance(expr, sp.Piecewise):
        terms, before = [], ()
        for value, condition in expr.args:
            here = Term(sp.S.One, (), (*before, condition))
            terms += [here * term for term in _terms(value)]
            before = (*before, sp.Not(condition))
        return terms
    raise TypeError(f"a bracket inside {type(expr).__name__} is no product")


def _solved(term: Term, outputs: list[sp.Symbol], free: dict[sp.Symbol, Expr]) -> Term:
    """Use up the equations of indices one by one; those that no bound index solves, or numbers decide, remain."""
    waiting = _equations(term)
    while waiting:
        equation = waiting.pop(0)
        if equation not in term.conditions:
            continue
        rest = replace(term, conditions=tuple(c for c in term.conditions if c != equation))
        solutions = _solutions(equation, rest, outputs)
        if solutions is None:
            continue
        values, conditions = solutions
        known = dict(rest.ranges) | free
        rest = replace(rest, conditions=(*rest.conditions, *(decided(c, known) for c in conditions)))
        for symbol, value in values.items():
            rest = rest.substitute(symbol, value)
        term = rest
        waiting = _equations(term)
    return term


def _equations(term: Term) -> list[sp.Eq]:
    return [c for c in term.conditions if isinstance(c, sp.Eq) and not c.has(sp.Indexed)]


def _solutions(
    equation: sp.Eq, term: Term, outputs: list[sp.Symbol]
) -> tuple[dict[sp.Symbol, Expr], list[Expr]] | None:
    """Bound indices that the equation determines, with their values, and the conditions under which it can hold."""
    difference = sp.expand(equation.lhs - equation.rhs)
    extents = dict(term.ranges)
    linear = {s: difference.coeff(s) for s in extents if affine(difference, s)}
    for high, step in linear.items():  # division with remainder: step*high + low = value, low < step
        for low in linear:
            if low != high and linear[low] == 1 and extents[low] == step:
                value = -(difference - step * high - low)
                within = [sp.Ge(value, 0), sp.Lt(value, extents[high] * step)]
                return {low: value - step * high, high: sp.floor(value / step)}, within
    for symbol in sorted(linear, key=lambda s: (s not in outputs, linear[s] not in (1, -1))):
        if symbol in outputs or linear[symbol] in (1, -1):
            value, conditions = algebra.solve(equation, symbol, extents)
            return {symbol: value}, conditions
    return None


def _regrouped(term: Term, outputs: Sequence[sp.Symbol]) -> Term:
    """Sum over whole quotients below a bound, rather than over the outputs o for which a stride divides.

    Where s divides ``o + a`` and ``(o + a)/s < n``, exactly the ``o = s*i - a`` with i < n count.
    """
    for whole, upper in product(term.conditions, term.conditions):
        if not (isinstance(whole, Divides) and isinstance(upper, sp.Lt)):
            continue
        divisor, number = whole.args
        if not sp.expand(upper.lhs - number / divisor).is_integer:
            continue
        distance = sp.expand(upper.lhs * divisor)
        for symbol, extent in term.ranges:
            if symbol in outputs and distance.coeff(symbol) == 1:
                quotient = index(str(symbol).replace("o", "i"))
                value = divisor * quotient - (distance - symbol)
                rest = tuple(c for c in term.conditions if c not in (whole, upper))
                within = (sp.Ge(value, 0), sp.Lt(value, extent))
                counted = Term(term.coefficient, (*term.ranges, (quotient, upper.rhs)), rest)
                fewer = counted.substitute(symbol, value)
                return _regrouped(replace(fewer, conditions=(*fewer.conditions, *within)), outputs)
    return term


def _pinned(term: Term) -> Term:
    """Replace every bound index that its conditions leave but one value."""
    for symbol, extent in term.ranges:
        low, high = sp.S.Zero, extent - 1
        for c in term.conditions:
            if isinstance(c, (sp.Ge, sp.Gt, sp.Le, sp.Lt)) and c.free_symbols == {symbol}:
                difference = sp.expand(c.gts - c.lts) - int(isinstance(c, (sp.Gt, sp.Lt)))
                if difference.coeff(symbol) == 1:
                    low = sp.Max(low, symbol - difference)
                elif difference.coeff(symbol) == -1:
                    high = sp.Min(high, symbol + difference)
        if low == high:
            term = term.substitute(symbol, low)
    return term


def _rebuilt(term: Term, free: dict[sp.Symbol, Expr], meanings: Mapping[sp.Symbol, Expr]) -> Expr:
    known = dict(term.ranges) | free
    conditions = _needed(term.conditions, known, meanings)
    relations = {c: decided(c, known) for c in term.coefficient.atoms(sp.Rel)}
    coefficient = settle(term.coefficient.xreplace(relations), known)
    if coefficient == 0 or sp.false in conditions:
        return sp.S.Zero
    used = coefficient.free_symbols.union(*(c.free_symbols for c in conditions))
    idle = [e for s, e in term.ranges if s not in used]
    ranges = [(s, e) for s, e in term.ranges if s in used]
    outside, body = coefficient.as_independent(*(s for s, _ in ranges), as_Add=False)
    if not ranges:
        outside = sp.S.NegativeOne if coefficient.could_extract_minus_sign() else sp.S.One
        body = outside * coefficient
    return outside * sp.prod(idle) * (Sigma(body, ranges, conditions) if ranges or conditions else body)


def _needed(conditions: Iterable[Expr], known: dict[sp.Symbol, Expr], meanings: Mapping[sp.Symbol, Expr]) -> list[Expr]:
    """Conditions that nothing else decides, each once; which tap is the first to attain a maximum comes last."""
    settled = [settle(c, known) for c in dict.fromkeys(conditions)]
    left = [decided(c, known, settled, meanings) for c in settled]
    held = [c for c in dict.fromkeys(left) if c is not sp.true]
    return sorted(held, key=lambda c: isinstance(c, Attains))
