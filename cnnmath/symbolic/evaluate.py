"""Evaluate index formulas at concrete indices: with exact numbers to check them, with symbols to write them out."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import singledispatch
from itertools import product
from typing import Any, TypeAlias

import sympy as sp

from cnnmath.readers.exact import Exact
from cnnmath.symbolic.terms import Attains, Bracket, Divides, Expr, Maximum, Quantified, Sigma

Environment: TypeAlias = dict[Any, Any]
"""Values of index symbols (by symbol) and operands (by name), each operand read by a tuple of integers."""

Compiled: TypeAlias = Callable[[Environment], Any]

Entry: TypeAlias = tuple[Sequence[Expr], Mapping[sp.Symbol, Expr]]
"""Indices of an array's entry, and the extents of the symbols that occur in them."""


def evaluate(expr: Expr, environment: Mapping[Any, Any]) -> Any:
    """Value of a formula.

    Examples
    --------
    >>> from cnnmath.symbolic.terms import Sigma, array, index
    >>> k = index("k")
    >>> evaluate(Sigma(array("w")[k] * 10**k, [(k, 3)]), {"w": {(0,): 1, (1,): 2, (2,): 3}})
    321
    """
    return compiled(expr)(dict(environment))


def positions(entry: Entry, environment: Environment) -> Iterator[tuple[tuple[int, ...], Environment]]:
    """Every position of an array, with an environment in which the entry's indices have their values."""
    indices, ranges = entry
    extents = [range(compiled(sp.sympify(extent))(environment)) for extent in ranges.values()]
    values = [compiled(sp.sympify(i)) for i in indices]
    for numbers in product(*extents):
        here = environment | dict(zip(ranges, numbers, strict=True))
        yield tuple(int(value(here)) for value in values), here


@singledispatch
def compiled(expr: Any) -> Compiled:
    """Turn a formula into a function of an environment, once, so that it can be evaluated at many positions."""
    raise TypeError(f"no value is defined for {type(expr).__name__}")


@compiled.register
def _(expr: sp.Rational) -> Compiled:
    value = int(expr) if expr.is_Integer else Fraction(int(expr.p), int(expr.q))
    return lambda _: value


@compiled.register
def _(expr: sp.Symbol) -> Compiled:
    return lambda env: env[expr]


@compiled.register
def _(expr: sp.Add) -> Compiled:
    parts = [compiled(a) for a in expr.args]
    return lambda env: sum(part(env) for part in parts)


@compiled.register
def _(expr: sp.Mul) -> Compiled:
    parts = [compiled(a) for a in sorted(expr.args, key=lambda a: isinstance(a, Quantified))]

    def product_of(env: Environment) -> Any:
        value: Any = 1
        for part in parts:
            value = value * part(env)
            if value == 0:  # a sum behind it need not be gone through
                return 0
        return value

    return product_of


@compiled.register
def _(expr: sp.Pow) -> Compiled:
    base, exponent = compiled(expr.base), sp.nsimplify(expr.exp)
    if not exponent.is_Rational:
        slope = compiled(expr.exp)
        return lambda env: base(env) ** slope(env)
    power = Fraction(int(exponent.p), int(exponent.q))

    def raised(env: Environment) -> Any:
        value = base(env)
        if isinstance(value, sp.Basic):
            return value**exponent
        return Exact().power(Fraction(value), power)

    return raised


@compiled.register
def _(expr: sp.exp) -> Compiled:
    return _function(expr, Exact().exp, sp.exp)


@compiled.register
def _(expr: sp.log) -> Compiled:
    return _function(expr, Exact().log, sp.log)


@compiled.register
def _(expr: sp.floor) -> Compiled:
    argument = compiled(expr.args[0])
    return lambda env: math.floor(argument(env))


@compiled.register
def _(expr: sp.Mod) -> Compiled:
    number, divisor = map(compiled, expr.args)
    return lambda env: number(env) % divisor(env)


@compiled.register
def _(expr: sp.Abs) -> Compiled:
    argument = compiled(expr.args[0])
    return lambda env: abs(argument(env))


@compiled.register
def _(expr: sp.Indexed) -> Compiled:
    name, indices = str(expr.base), [compiled(i) for i in expr.indices]
    return lambda env: env[name][tuple(int(i(env)) for i in indices)]


@compiled.register
def _(expr: Sigma) -> Compiled:
    return _over(expr, sum, sp.Add)


@compiled.register
def _(expr: Maximum) -> Compiled:
    return _over(expr, max, sp.Max)


@compiled.register
def _(expr: Bracket) -> Compiled:
    conditions = [compiled(c) for c in expr.args]
    return lambda env: int(all(c(env) for c in conditions))


@compiled.register
def _(expr: sp.Piecewise) -> Compiled:
    cases = [(compiled(value), compiled(condition)) for value, condition in expr.args]

    def chosen(env: Environment) -> Any:
        for value, condition in cases:
            held = condition(env)
            if isinstance(held, sp.Basic):
                return sp.Piecewise(*((v(env), c(env)) for v, c in cases))
            if held:
                return value(env)
        raise ValueError("no case applies")

    return chosen


@compiled.register(sp.Ge)
@compiled.register(sp.Gt)
@compiled.register(sp.Le)
@compiled.register(sp.Lt)
@compiled.register(sp.Eq)
@compiled.register(sp.Ne)
def _(expr: Any) -> Compiled:
    left, right = compiled(expr.lhs), compiled(expr.rhs)
    compare = getattr(operator, _COMPARE[type(expr)])
    return lambda env: compare(left(env), right(env))


@compiled.register(type(sp.true))
@compiled.register(type(sp.false))
def _(expr: Any) -> Compiled:
    return lambda _: bool(expr)


@compiled.register
def _(expr: Divides) -> Compiled:
    divisor, number = map(compiled, expr.args)
    return lambda env: number(env) % divisor(env) == 0


@compiled.register
def _(expr: Attains) -> Compiled:
    maximum, taps, at = expr.args
    wanted, here = [compiled(t) for t in taps.args], [compiled(a) for a in at.args]
    body, positions = compiled(maximum.body), _positions(maximum)
    symbols = [symbol for symbol, _ in maximum.ranges]

    def first(env: Environment) -> Any:
        values = [(body(inside), tuple(inside[s] for s in symbols)) for inside, _ in positions(env)]
        tap, position = tuple(t(env) for t in wanted), tuple(int(a(env)) for a in here)
        if any(isinstance(value, sp.Basic) for value, _ in values):
            return Attains(maximum, [sp.Integer(t) for t in tap], [sp.Integer(a) for a in position])
        return max(values, key=lambda pair: pair[0])[1] == tap

    return first


def _positions(expr: Quantified) -> Callable[[Environment], Iterator[tuple[Environment, Any]]]:
    """Environments of the terms that count: True beside each, or a symbolic bracket where symbols must decide."""
    symbols = [symbol for symbol, _ in expr.ranges]
    extents = [compiled(extent) for _, extent in expr.ranges]
    conditions = [compiled(c) for c in expr.conditions]

    def walk(env: Environment) -> Iterator[tuple[Environment, Any]]:
        for values in product(*(range(int(extent(env))) for extent in extents)):
            here = env | dict(zip(symbols, values, strict=True))
            undecided = []
            for condition in conditions:
                held = condition(here)
                if isinstance(held, sp.Basic) and held not in (sp.true, sp.false):
                    undecided.append(held)
                elif not held:
                    break
            else:
                yield here, Bracket(*undecided) if undecided else True

    return walk


def _over(expr: Quantified, exact: Callable[[Any], Any], symbolic: Callable[..., Any]) -> Compiled:
    """Fold a body over its range: numbers one way, symbols the other."""
    body, walk = compiled(expr.body), _positions(expr)

    def folded(env: Environment) -> Any:
        values = [body(here) if held is True else body(here) * held for here, held in walk(env)]
        return symbolic(*values) if any(isinstance(v, sp.Basic) for v in values) else exact(values)

    return folded


def _function(expr: Any, exact: Callable[[Any], Any], symbolic: Callable[[Any], Any]) -> Compiled:
    argument = compiled(expr.args[0])

    def applied(env: Environment) -> Any:
        value = argument(env)
        return symbolic(value) if isinstance(value, sp.Basic) else exact(Fraction(value))

    return applied


_COMPARE = {sp.Ge: "ge", sp.Gt: "gt", sp.Le: "le", sp.Lt: "lt", sp.Eq: "eq", sp.Ne: "ne"}
