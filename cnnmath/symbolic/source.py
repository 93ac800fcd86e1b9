"""Python source of formulas: a sum becomes a loop that tests each condition as soon as its indices are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from typing import Any

import sympy as sp

from cnnmath.symbolic import arithmetic
from cnnmath.symbolic.terms import Attains, Bracket, Divides, Expr, Logistic, Maximum, Partial, Pi, Quantified, Sigma


class Writer:
    """Python source of one formula: what it reads from the environment, and the constants it needs."""

    def __init__(self) -> None:
        self.read: dict[str, str] = {}
        self.constants: dict[str, Any] = {}
        self.bound: list[sp.Symbol] = []

    def write(self, expr: Any) -> str:
        """Source of an expression or a condition."""
        return source_of(expr, self)

    def constant(self, value: Any) -> str:
        """Name of a value that is no literal."""
        name = f"_c{len(self.constants)}"
        self.constants[name] = value
        return name

    def symbol(self, symbol: sp.Symbol) -> str:
        """Name of an index or a size: a loop's own, or one read from the environment."""
        for depth, bound in reversed(list(enumerate(self.bound))):
            if bound == symbol:
                return f"_i{depth}"
        known = next((key for key in self.read if self.constants.get(key) == symbol), None)
        return self.read[known or self._key(symbol)]

    def array(self, name: str) -> str:
        """Name of an array."""
        key = repr(name)
        return self.read.setdefault(key, f"_a{len(self.read)}")

    def _key(self, symbol: sp.Symbol) -> str:
        key = self.constant(symbol)
        self.read[key] = f"_s{len(self.read)}"
        return key

    def loops(self, expr: Quantified, body: Callable[[], str]) -> tuple[str, str]:
        """Source of the body, and of the loops around it with the conditions that the indices alone decide."""
        free, waiting, clauses = len(self.bound), [c for c in expr.conditions if not c.has(sp.Indexed)], []
        unbound = [symbol for symbol, _ in expr.ranges]
        for symbol, extent in [*expr.ranges] or [(None, sp.S.One)]:
            span = self._span(extent)
            self.bound.append(symbol)
            unbound = unbound[1:]
            ready = [c for c in waiting if not c.free_symbols & set(unbound)]
            waiting = [c for c in waiting if c not in ready]
            tests = "".join(f" if {self.write(c)}" for c in ready)
            clauses.append(f"for _i{len(self.bound) - 1} in {span}{tests}")
        source = body()
        del self.bound[free:]
        return source, " ".join(clauses)

    def _span(self, extent: Expr) -> str:
        if extent is sp.oo:
            far = self.symbol(sp.oo)  # type: ignore[arg-type]  # an instance says how far "everywhere" reaches
            return f"range(-{far}, {far} + 1)"
        return f"range({self.write(extent)})"


@singledispatch
def source_of(expr: Any, w: Writer) -> str:  # noqa: ARG001 - the others write with it
    """Source of an expression or a condition; a `TypeError` for what has no value."""
    raise TypeError(f"no value is defined for {type(expr).__name__}")


@source_of.register
def _(expr: sp.Rational, w: Writer) -> str:
    return f"({int(expr)})" if expr.is_Integer else w.constant(arithmetic.Fraction(int(expr.p), int(expr.q)))


@source_of.register(type(sp.E))
def _(expr: Any, w: Writer) -> str:  # noqa: ARG001 - singledispatch passes it
    return "exp(1)"


@source_of.register(type(sp.pi))
def _(expr: Any, w: Writer) -> str:  # noqa: ARG001 - singledispatch passes it
    return "PI"


@source_of.register
def _(expr: sp.Symbol, w: Writer) -> str:
    return w.symbol(expr)


@source_of.register
def _(expr: sp.Add, w: Writer) -> str:
    if not expr.has(sp.Indexed, Quantified) and any(term.is_integer is not True for term in expr.args):
        above, below = sp.fraction(sp.together(expr))  # one quotient, which may be whole where its terms are not
        if below != 1:
            return f"quotient({w.write(above)}, {w.write(below)})"
    return f"({' + '.join(map(w.write, expr.args))})"


@source_of.register
def _(expr: sp.Mul, w: Writer) -> str:
    """Brackets first, sums and derivatives last: what is multiplied by nothing is not gone through."""
    brackets = sorted((a for a in expr.args if isinstance(a, Bracket)), key=lambda a: not a.has(sp.Indexed))
    sums = [a for a in expr.args if isinstance(a, (Quantified, Partial))]
    plain, below = [], []
    for factor in (a for a in expr.args if a not in brackets and a not in sums):
        above, under = sp.fraction(factor)
        plain += [above] if above != 1 else []
        below += [under] if under != 1 else []
    source = " * ".join(map(w.write, plain)) or "1"
    for total in sums:
        source = f"times({source}, lambda: {w.write(total)})"
    if below:
        source = f"quotient({source}, {' * '.join(map(w.write, below))})"
    for bracket in brackets:
        held = _all(bracket.args, w)
        source = f"given({held}, lambda: {source})" if bracket.has(sp.Indexed) else f"({source} if {held} else 0)"
    return f"({source})"


@source_of.register
def _(expr: sp.Pow, w: Writer) -> str:
    exponent = sp.nsimplify(expr.exp)
    base = w.write(expr.base)
    if exponent.is_Integer and exponent >= 0:
        return f"({base} ** {int(exponent)})"
    return f"power({base}, {w.write(exponent)})"


@source_of.register(sp.exp)
@source_of.register(sp.log)
@source_of.register(sp.erf)
@source_of.register(sp.tanh)
@source_of.register(sp.floor)
@source_of.register(sp.Abs)
@source_of.register(sp.sign)
@source_of.register(sp.Max)
@source_of.register(sp.Min)
@source_of.register(Logistic)
def _(expr: Any, w: Writer) -> str:
    names = {sp.Abs: "abs", sp.Max: "largest", sp.Min: "smallest", Logistic: "logistic"}
    return f"{names.get(expr.func, expr.func.__name__)}({', '.join(map(w.write, expr.args))})"


@source_of.register
def _(expr: sp.Mod, w: Writer) -> str:
    return f"({' % '.join(map(w.write, expr.args))})"


@source_of.register
def _(expr: sp.Indexed, w: Writer) -> str:
    return f"{w.array(str(expr.base))}[{_position(expr.indices, w)}]"


@source_of.register
def _(expr: Partial, w: Writer) -> str:
    y, x = expr.args
    return f"{w.array(f'd{y.base}/d{x.base}')}[{_position([*y.indices, *x.indices], w)}]"


def _position(indices: Sequence[Expr], w: Writer) -> str:
    return "".join(f"{w.write(i)}, " for i in indices) or "()"


@source_of.register(Sigma)
@source_of.register(Pi)
@source_of.register(Maximum)
def _(expr: Any, w: Writer) -> str:
    fold, nothing = {Sigma: ("total", "0"), Pi: ("multiplied", "1"), Maximum: ("greatest", "NOTHING")}[type(expr)]
    source, loops = w.loops(expr, lambda: _where(expr, w.write(expr.body), nothing, w))
    return f"{fold}([{source} {loops}])"


def _where(expr: Quantified, body: str, nothing: str, w: Writer) -> str:
    """Source of a term, or of what stands for it where the conditions on entries fail."""
    undecided = [c for c in expr.conditions if c.has(sp.Indexed)]
    return f"given({_all(undecided, w)}, lambda: {body}, {nothing})" if undecided else body


@source_of.register
def _(expr: Bracket, w: Writer) -> str:
    return f"{'bracket' if expr.has(sp.Indexed) else 'int'}({_all(expr.args, w)})"


def _all(conditions: Sequence[Any], w: Writer) -> str:
    """All of the conditions: as Python decides them, or as a list where entries that may be letters take part."""
    parts = [w.write(c) for c in conditions]
    if any(c.has(sp.Indexed) for c in conditions):
        return f"every({', '.join(f'lambda: {part}' for part in parts)})"
    return f"({' and '.join(parts) or 'True'})"


@source_of.register
def _(expr: sp.Piecewise, w: Writer) -> str:
    return f"cases({', '.join(f'(lambda: {w.write(c)}, lambda: {w.write(v)})' for v, c in expr.args)})"


@source_of.register(sp.Ge)
@source_of.register(sp.Gt)
@source_of.register(sp.Le)
@source_of.register(sp.Lt)
def _(expr: Any, w: Writer) -> str:
    return f"({w.write(expr.lhs)} {expr.rel_op} {w.write(expr.rhs)})"


@source_of.register(sp.Eq)
@source_of.register(sp.Ne)
def _(expr: Any, w: Writer) -> str:
    left, right = w.write(expr.lhs), w.write(expr.rhs)
    if not expr.has(sp.Indexed):
        return f"({left} {'==' if isinstance(expr, sp.Eq) else '!='} {right})"
    return f"{'equal' if isinstance(expr, sp.Eq) else 'unequal'}({left}, {right})"


@source_of.register(type(sp.true))
@source_of.register(type(sp.false))
def _(expr: Any, w: Writer) -> str:  # noqa: ARG001 - singledispatch passes it
    return str(bool(expr))


@source_of.register(sp.And)
@source_of.register(sp.Or)
def _(expr: Any, w: Writer) -> str:
    word, verb = ("and", "conjunction") if isinstance(expr, sp.And) else ("or", "disjunction")
    parts = [w.write(c) for c in expr.args]
    if expr.has(sp.Indexed):
        return f"{verb}({', '.join(f'lambda: {part}' for part in parts)})"
    return f"({f' {word} '.join(parts)})"


@source_of.register
def _(expr: sp.Not, w: Writer) -> str:
    return f"negation({w.write(expr.args[0])})"


@source_of.register
def _(expr: Divides, w: Writer) -> str:
    divisor, number = map(w.write, expr.args)
    return f"({number} % {divisor} == 0)"


@source_of.register
def _(expr: Attains, w: Writer) -> str:
    maximum, taps, at = expr.args
    asked = f"({_position(taps.args, w)}), ({_position(at.args, w)})"  # of the formula around it, not of the maximum
    places = {Attains.place(axis): w.write(index) for axis, index in enumerate(at.args)}
    places = {place: index for place, index in places.items() if place in maximum.free_symbols}

    def body() -> str:
        own = "".join(f"{w.symbol(symbol)}, " for symbol, _ in maximum.ranges)
        return f"({_where(maximum, w.write(maximum.body), 'NOTHING', w)}, ({own}))"

    depth = len(w.bound)
    w.bound.extend(places)
    source, loops = w.loops(maximum, body)
    del w.bound[depth:]
    named = ", ".join(f"_i{depth + i}" for i in range(len(places)))
    values = f"(lambda {named}: [{source} {loops}])({', '.join(places.values())})"
    return f"attains({values}, {asked}, {w.constant(maximum)})"


@source_of.register
def _(expr: sp.MatrixBase, w: Writer) -> str:
    rows = ("".join(f"{w.write(entry)}, " for entry in expr.row(i)) for i in range(expr.rows))
    return f"({''.join(f'({row}), ' for row in rows)})"


@source_of.register
def _(expr: sp.MatMul, w: Writer) -> str:
    return f"matrix_product({', '.join(map(w.write, expr.args))})"


@source_of.register
def _(expr: sp.HadamardProduct, w: Writer) -> str:
    return f"entrywise_product({', '.join(map(w.write, expr.args))})"


@source_of.register
def _(expr: sp.MatrixSymbol, w: Writer) -> str:
    return f"matrix_of({w.array(str(expr.name))}, {', '.join(map(w.write, expr.shape))})"


@source_of.register
def _(expr: sp.Transpose, w: Writer) -> str:
    return f"transposed({w.write(expr.arg)})"
