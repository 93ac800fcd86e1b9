"""Symbolic reader: numbers are SymPy expressions, and a sentence is a formula."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

import sympy as sp

from cnnmath.ops.algebra import Number, Operator, Shape, position
from cnnmath.symbolic.functions import called
from cnnmath.symbolic.lets import MEANINGS, Let
from cnnmath.symbolic.ranges import decided, divided, divisibility, settle, shortened
from cnnmath.symbolic.terms import Bracket, Expr, Maximum, Range, Sigma, array, index
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class Named:
    """An operand of which the name and the shape are known."""

    name: str
    shape: Shape
    reader: Symbolic

    def __getitem__(self, at: Any) -> Expr:
        return array(self.name)[tuple(settle(i, self.reader.ranges) for i in position(at))]


@dataclass(slots=True)
class Symbolic:
    """The verbs over SymPy; it hands out index names and remembers their extents.

    Where it has ``lets``, the numbers that a sentence names are collected there, each behind those that it reads, and
    stand as entries in the formula; otherwise they are written out. So are ``sigma`` and ``tanh`` of short arguments,
    unless functions shall be ``called`` by their names.
    """

    pi: ClassVar = sp.pi

    ranges: dict[sp.Symbol, Expr] = field(default_factory=dict)
    lets: dict[str, Let] | None = None
    called: bool = False

    def bind(self, name: str, extent: Size) -> Expr:
        """A fresh index of this name, primed where the name is taken; the number 0 where it can be nothing else."""
        if extent == 1:
            return sp.S.Zero
        taken = {str(symbol) for symbol in self.ranges}
        while name in taken:
            name = _primed(name)
        symbol = index(name)
        self.ranges[symbol] = sp.sympify(extent)
        return symbol

    def bind_each(self, names: Sequence[str], extents: Sequence[Size]) -> list[Expr]:
        """A fresh index for each extent."""
        return [self.bind(name, extent) for name, extent in zip(names, extents, strict=True)]

    def sum(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Expr:
        """A `Sigma`, or a product where every term is the same."""
        term, ranges, conditions = self._quantify(body, extents, where)
        term, equal = _equal(term)
        conditions += equal
        constant = not conditions and not term.has(*(symbol for symbol, _ in ranges), sp.Indexed)
        return term * sp.prod([e for _, e in ranges]) if constant else _wrapped(Sigma, term, ranges, conditions)

    def max(
        self, body: Callable[..., Number], *extents: Size, where: Callable[..., Iterable[Any]] | None = None
    ) -> Expr:
        """A `Maximum`."""
        return _wrapped(Maximum, *self._quantify(body, extents, where))

    def when(self, condition: Any, then: Callable[[], Number], otherwise: Callable[[], Number]) -> Expr:
        """A case distinction, an absolute value, or the branch that the ranges of the indices decide."""
        condition = decided(shortened(sp.sympify(condition), self.ranges), self.ranges)
        if condition in (sp.true, sp.false):
            return then() if condition is sp.true else otherwise()
        return _cases(condition, sp.sympify(then()), sp.sympify(otherwise()))

    def let(self, name: str, over: Sequence[Size], value: Callable[[], Number]) -> Expr:
        """The value itself, or the entry that has its name."""
        number = called(sp.sympify(value()), always=self.called)
        if self.lets is None or name not in MEANINGS:
            return number
        entry = Named(MEANINGS[name].array, (), self)[tuple(over)]
        self.lets[name] = Let(name, entry, settle(number, self.ranges))
        return entry

    def exp(self, x: Expr) -> Expr:
        """Exponential."""
        return sp.exp(x)

    def log(self, x: Expr) -> Expr:
        """Natural logarithm."""
        return sp.log(x)

    def erf(self, x: Expr) -> Expr:
        """Error function."""
        return sp.erf(x)

    def power(self, x: Expr, exponent: Fraction | int) -> Expr:
        """Rational power."""
        return sp.sympify(x) ** sp.Rational(exponent)

    def _quantify(
        self, body: Callable[..., Number], extents: Sequence[Size], where: Callable[..., Iterable[Any]] | None
    ) -> tuple[Expr, list[Range], list[Any]]:
        bound = self.bind_each(_index_names(body, len(extents)), extents)
        conditions = [] if where is None else [divisibility(c) for c in where(*bound)]
        conditions = [decided(divided(c, conditions), self.ranges, conditions) for c in conditions]
        ranges = [(i, self.ranges[i]) for i in bound if i in self.ranges]
        term = divided(sp.sympify(body(*bound)), conditions)
        return term, ranges, [c for c in conditions if c is not sp.true]


def read(op: Operator, operands: dict[str, Shape], at: Sequence[Expr], reader: Symbolic) -> Expr:
    """Formula of the output at a position, as a SymPy expression."""
    named = [Named(name, shape, reader) for name, shape in operands.items()]
    number = called(sp.sympify(op.element(reader, tuple(at), *named)), always=reader.called)
    return settle(number, reader.ranges)


def numbered(name: str, count: int) -> list[str]:
    """``o`` alone, or ``o_1, o_2, ...``."""
    return [name] if count == 1 else [f"{name}_{i}" for i in range(1, count + 1)]


def _index_names(body: Callable[..., Number], count: int) -> list[str]:
    """The sentence's own names: ``lambda c, *k`` over three extents binds c, k_1 and k_2."""
    names: list[str] = []
    for parameter in inspect.signature(body).parameters.values():
        several = parameter.kind is inspect.Parameter.VAR_POSITIONAL
        names.extend(numbered(parameter.name, count - len(names)) if several else [parameter.name])
    return names


def _primed(name: str) -> str:
    letter, _, number = name.partition("_")
    return f"{letter}'_{number}" if number else f"{letter}'"


def _cases(condition: Any, then: Expr, otherwise: Expr) -> Expr:
    """A case distinction; an odd power of an absolute value, a bracket or an equation, where it is just that."""
    unlike = _unlike(condition)
    if unlike is not None and otherwise == 0:
        return then * Bracket(unlike)
    base, exponent = then.as_base_exp()
    opposite = sp.Piecewise((-then, base < 0), (0, True))
    if then == 0 and isinstance(otherwise, sp.Piecewise) and _opposite(condition, otherwise.args[0].cond):
        return sp.Piecewise((otherwise.args[1].expr, sp.Eq(condition.lhs, condition.rhs)), (0, True))
    if exponent.is_odd and condition == sp.Gt(base, 0) and otherwise == opposite:
        return sp.Abs(base) ** exponent
    return sp.Piecewise((then, condition), (otherwise, True))


def _unlike(condition: Any) -> Any:
    """That two numbers differ, where a condition says so: the square of their difference is above 0."""
    if not (isinstance(condition, sp.Gt) and condition.rhs == 0 and condition.lhs.is_Pow and condition.lhs.exp == 2):
        return None
    number, rest = condition.lhs.base.as_coeff_Add()
    return sp.Ne(rest, -number)


def _opposite(a: Any, b: Any) -> bool:
    """Whether one number is asked to be above another, and then to be below it."""
    strict = isinstance(a, (sp.Gt, sp.Lt)) and isinstance(b, (sp.Gt, sp.Lt))
    return strict and sp.expand(a.gts - a.lts + b.gts - b.lts) == 0


def _equal(term: Expr) -> tuple[Expr, list[Any]]:
    """What a term is where an equation holds, and the equation, if it is zero elsewhere."""
    if not isinstance(term, sp.Piecewise):
        return term, []
    first, other = term.args[:2]
    return (first.expr, [first.cond]) if isinstance(first.cond, sp.Eq) and other.expr == 0 else (term, [])


def _wrapped(kind: Any, term: Expr, ranges: Sequence[Range], conditions: Sequence[Any]) -> Expr:
    return kind(term, ranges, conditions) if ranges or conditions else term
