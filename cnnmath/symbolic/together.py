"""Steps put together: averages whose deviations vanish, gradients in each other's place, and what all terms share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce

import sympy as sp

from cnnmath.symbolic.derivation import Step, step
from cnnmath.symbolic.lets import Let
from cnnmath.symbolic.ranges import settle
from cnnmath.symbolic.renamed import alike, hidden
from cnnmath.symbolic.terms import Expr, Sigma


def is_average(let: Let) -> bool:
    """Whether a named number is the mean of some: their sum, divided by how many they are."""
    times, total = let.value.as_independent(Sigma, as_Add=False)
    return isinstance(total, Sigma) and times * sp.prod([extent for _, extent in total.ranges]) == 1


def without_deviations(passed: Step, let: Let) -> list[Step]:
    """The gradient by a mean without the sums of the deviations from it, and ahead of it that they are zero.

    A step by anything else stays as it is.
    """
    if not is_average(let):
        return [passed]
    total = _sum(let)

    def known(part: Expr) -> Expr:
        return let.entry * sp.prod([extent for _, extent in part.ranges]) if alike(part, total) else part

    sums = passed.right.atoms(Sigma)
    vanishing = [s for s in sums if sp.expand_mul(spread(s).replace(_is_sum, known)) == 0]
    if not vanishing:
        return [passed]
    left = Sigma(total.body - let.entry, total.ranges)
    right = passed.right.xreplace(dict.fromkeys(vanishing, sp.S.Zero))
    return [
        step("Deviations", "from their mean they add up to 0.", left, 0, passed.over),
        replace(passed, right=right),
    ]


def _is_sum(part: Expr) -> bool:
    return isinstance(part, Sigma)


def _sum(let: Let) -> Sigma:
    return next(iter(let.value.args)) if isinstance(let.value, Sigma) else let.value.as_independent(Sigma)[1]


def put_in(last: Step, steps: Iterable[Step], lets: Iterable[Let], wrt: str) -> Expr:
    """A gradient with those by names put in, and with the operand in it under the name of what is made of it.

    Parameters
    ----------
    last
        The gradient by the operand ``wrt``.
    steps
        What the gradients by names are.
    lets
        The names, each at a position whose indices are single symbols.
    """
    expr, formulas = last.right, {one.left.base: one for one in steps if isinstance(one.left, sp.Indexed)}
    while inner := [e for e in expr.atoms(sp.Indexed) if e.base in formulas and str(e.base) != f"dL/d{wrt}"]:
        for entry in inner:
            known = formulas[entry.base]
            meant = dict(zip(known.left.indices, entry.indices, strict=True))
            expr = expr.xreplace({entry: hidden(known.right).xreplace(meant)})
    for let in lets:
        if isinstance(let.value, sp.Mul):
            expr = _under_its_name(expr, let, wrt, dict(last.over))
    return gathered(spread(expr))


def _under_its_name(expr: Expr, let: Let, wrt: str, ranges: Mapping[sp.Symbol, Expr]) -> Expr:
    """The same with a name in the place of the factor of it that reads the operand: ``xhat/scale`` for ``x - mean``."""
    factors = [f for f in let.value.args if any(str(e.base) == wrt for e in f.atoms(sp.Indexed))]
    if len(factors) != 1 or factors[0].has(Sigma):
        return expr
    known = {**ranges, **{symbol: extent for part in expr.atoms(Sigma) for symbol, extent in part.ranges}}
    for entry in (e for e in expr.atoms(sp.Indexed) if str(e.base) == wrt):
        meant = dict(zip(let.entry.indices, entry.indices, strict=True))
        factor, value, name = (settle(part.xreplace(meant), known) for part in (factors[0], let.value, let.entry))
        instead = name * factor / value
        if factor == entry:
            expr = expr.xreplace({entry: instead})
        for part in expr.atoms(sp.Add):
            times = part.coeff(entry)
            if times != 0 and sp.expand_mul(part - times * factor) == 0:
                expr = expr.xreplace({part: times * instead})
    return expr


def spread(expr: Expr) -> Expr:
    """The expression as a sum of products, each sum of one product, and in front of it what its index does not change.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import array, index, size
    >>> i, M, x, a = index("i"), size("M"), array("x"), sp.Symbol("a")
    >>> spread(Sigma(a * (x[i] + 1), [(i, M)]))
    M*a + a*Sigma(x[i], ((i, M),), ())
    """
    if not expr.has(Sigma):
        return sp.expand_mul(expr, deep=False)
    if isinstance(expr, Sigma):
        return sp.Add(*(_drawn_out(term, expr) for term in sp.Add.make_args(spread(expr.body))))
    if isinstance(expr, (sp.Add, sp.Mul)):
        return sp.expand_mul(expr.func(*map(spread, expr.args)), deep=False)
    return expr


def _drawn_out(term: Expr, around: Sigma) -> Expr:
    """A sum of one term, with the factors in front of it that its indices do not change."""
    symbols = [symbol for symbol, _ in around.ranges]
    outside, inside = term.as_independent(*symbols, as_Add=False)
    if inside == 1 and not around.conditions:
        return outside * sp.prod([extent for _, extent in around.ranges])
    return outside * Sigma(inside, around.ranges, around.conditions)


def gathered(expr: Expr) -> Expr:
    """A sum as one product: the powers that all its terms share, times what is left of each.

    Examples
    --------
    >>> a, b, m = sp.symbols("a b m", positive=True)
    >>> gathered(a * b - a * b**2 / m)
    a*b*(-b + m)/m
    """
    terms = sp.Add.make_args(expr)
    powers = [term.as_powers_dict() for term in terms]
    bases = reduce(lambda found, own: found | dict.fromkeys(base for base in own if not base.is_number), powers, {})
    shared = sp.Mul(*(base ** min((own.get(base, 0) for own in powers), key=_signed) for base in bases))
    return shared * sp.Add(*(term / shared for term in terms))


def _signed(exponent: Expr) -> float:
    return float(exponent)
