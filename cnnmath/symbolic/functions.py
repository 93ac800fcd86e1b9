"""Functions that sentences write out with exponentials, called by their names where the argument is long."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from cnnmath.symbolic.terms import Expr, Logistic, Quantified


def called(expr: Expr, *, always: bool = False) -> Expr:
    """The same with ``sigma`` and ``tanh`` where their definitions stand: of whatever holds a sum or is one.

    Of any other number only where it shall be ``always`` so, and where no exponential is left beside the names.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import Sigma, array, index
    >>> z = Sigma(array("x")[index("c")], [(index("c"), 3)])
    >>> called(2 / (1 + sp.exp(-z))).func(2, Logistic(z)) == 2 * Logistic(z)
    True
    >>> x = array("x")[0]
    >>> called(1 / (1 + sp.exp(-x))), called(1 / (1 + sp.exp(-x)), always=True)
    (1/(1 + exp(-x[0])), Logistic(x[0]))
    """
    if not always:
        return _called(expr, _long)
    short = _called(expr, lambda part: part.has(sp.exp))
    return called(expr) if short.has(sp.exp) else short


def _called(expr: Expr, wanted: Callable[[Expr], bool]) -> Expr:
    if isinstance(expr, (sp.Indexed, Quantified)) or not wanted(expr):
        return expr
    expr = expr.func(*(_called(argument, wanted) for argument in expr.args))
    if isinstance(expr, sp.Pow):
        return _logistic(expr)
    return _tangents(expr) if isinstance(expr, sp.Mul) else expr


def _long(expr: Expr) -> bool:
    """Whether a sum over indices, or an exponential of several terms, makes definitions too long to be written out."""
    exponents = (part.exp for part in expr.atoms(sp.exp))
    return expr.has(Quantified) or any(isinstance(f, sp.Add) for e in exponents for f in sp.Mul.make_args(e))


def _logistic(expr: Expr) -> Expr:
    """``1/(1 + exp(-z))`` by its name."""
    below = 1 / expr - 1
    return Logistic(-below.exp) if isinstance(below, sp.exp) else expr


def _tangents(product: Expr) -> Expr:
    """``(exp(z) - exp(-z))/(exp(z) + exp(-z))`` by its name, among the factors of a product."""
    for below in (1 / factor for factor in product.args if isinstance(factor, sp.Pow)):
        for up in below.args if isinstance(below, sp.Add) else ():
            if isinstance(up, sp.exp) and below == up + 1 / up and up - 1 / up in product.args:
                return _tangents(product / (up - 1 / up) * below * sp.tanh(up.exp))
    return product
