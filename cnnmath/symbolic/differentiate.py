"""The chain rule over index formulas: Jacobians with brackets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import sympy as sp

from cnnmath.symbolic.collapse import collapse
from cnnmath.symbolic.ranges import bounds
from cnnmath.symbolic.reader import Symbolic
from cnnmath.symbolic.terms import Attains, Bracket, Divides, Expr, Maximum, Quantified, Sigma, entries

__all__ = ["collapse", "jacobian"]


def jacobian(expr: Expr, x: sp.Indexed, at: Sequence[Expr], reader: Symbolic) -> Expr:
    """Derivative of an output's formula with respect to the entry ``x`` of an operand.

    An entry of the same operand contributes a bracket that asks whether its indices are those of ``x``; a maximum
    passes on the gradient through the first tap that attains it; everything else is SymPy's scalar calculus. A sum or
    maximum that stays beside its own derivative gets fresh indices from the reader.
    """
    name = str(x.base)
    if not entries(expr, name):
        return sp.S.Zero
    if isinstance(expr, sp.Indexed):
        return Bracket(*(_same(i, j) for i, j in zip(expr.indices, x.indices, strict=True)))
    if isinstance(expr, (Sigma, Maximum)):
        slope = jacobian(expr.body, x, at, reader)
        conditions = [c for c in expr.conditions if not _implied(c, slope, reader.ranges)]
        if isinstance(expr, Maximum):
            conditions.append(Attains(_fresh(expr, reader), [symbol for symbol, _ in expr.ranges], at))
        return Sigma(slope, expr.ranges, conditions) if expr.ranges or conditions else slope
    if isinstance(expr, sp.Piecewise) and not any(condition.has(sp.Indexed) for _, condition in expr.args):
        return sp.Piecewise(*((jacobian(value, x, at, reader), condition) for value, condition in expr.args))
    parts = list(dict.fromkeys(_parts(expr, name)))
    stand_ins = {part: sp.Dummy(real=True) for part in parts}
    outer = expr.xreplace(stand_ins)
    outsides = {part: _shortest(outer.diff(dummy)) for part, dummy in stand_ins.items()}
    beside = sp.Add(*outsides.values(), evaluate=False).free_symbols
    back = {dummy: _fresh(part, reader) for part, dummy in stand_ins.items() if dummy in beside}
    slopes = (outside.xreplace(back) * jacobian(part, x, at, reader) for part, outside in outsides.items())
    return sp.Add(*slopes)


def _same(i: Expr, j: Expr) -> Any:
    """Whether two indices are equal, a number on the right."""
    return sp.Eq(j, i) if i.is_number else sp.Eq(i, j)


def _implied(condition: Any, slope: Expr, ranges: dict[sp.Symbol, Expr]) -> bool:
    """Whether a condition holds wherever a product's bracket is not zero: the entry where indices agree exists."""
    brackets = (factor for factor in sp.Mul.make_args(slope) if isinstance(factor, Bracket))
    equations = [c for bracket in brackets for c in bracket.args if isinstance(c, sp.Eq)]
    if isinstance(condition, Divides):
        divisor, number = condition.args
        return any(sp.expand(e.lhs - e.rhs - number / divisor).is_integer for e in equations)
    if not isinstance(condition, (sp.Ge, sp.Gt, sp.Le, sp.Lt)):
        return False
    room = condition.gts - condition.lts
    for equation, sign in product(equations, (1, -1)):
        agreed = sp.expand(room + sign * (equation.lhs - equation.rhs))
        if room.free_symbols & ranges.keys() <= agreed.free_symbols:
            continue  # the equation says nothing about the indices of the bound
        low, _ = bounds(agreed, ranges)
        if low.is_positive if isinstance(condition, (sp.Gt, sp.Lt)) else low.is_nonnegative:
            return True
    return False


def _shortest(expr: Expr) -> Expr:
    """The expression as it is or factored, whichever has fewer operations; ``x sign(x)`` beside ``|x|`` is that too."""
    if expr.has(sp.Abs) and expr.has(sp.sign):
        expr = expr.subs({a.args[0] * sp.sign(a.args[0]): a for a in expr.atoms(sp.Abs)})
    return min(expr, sp.factor(expr), key=sp.count_ops)


def _fresh(part: Expr, reader: Symbolic) -> Expr:
    """The same sum or maximum over indices of its own, and so are those inside it."""
    bound = {symbol: extent for inner in part.atoms(Quantified) for symbol, extent in inner.ranges}
    in_order = sorted(bound.items(), key=lambda pair: str(pair[0]))
    return part.xreplace({symbol: reader.bind(str(symbol), extent) for symbol, extent in in_order})


def _parts(expr: Expr, name: str) -> Iterator[Expr]:
    """Outermost entries, sums and maxima in which the operand occurs."""
    if isinstance(expr, (sp.Indexed, Quantified)):
        if entries(expr, name):
            yield expr
        return
    for argument in expr.args:
        yield from _parts(argument, name)
