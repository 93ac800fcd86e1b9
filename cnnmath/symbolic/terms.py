"""The index algebra's own expressions, over SymPy's: sums with conditions, maxima, Iverson brackets.

SymPy's ``Sum`` is not used: its simplification of Kronecker deltas forgets the divisibility condition of a stride.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias

import sympy as sp
from sympy.logic.boolalg import Boolean

from cnnmath.errors import DerivationError

Expr: TypeAlias = Any  # a SymPy expression
Range: TypeAlias = tuple[sp.Symbol, Expr]
"""A bound index and its extent: it runs from 0 to extent - 1, or over all integers where the extent is infinite."""


def index(name: str) -> sp.Symbol:
    """Symbol of an index."""
    return sp.Symbol(name, integer=True, nonnegative=True)


def size(name: str) -> sp.Symbol:
    """Symbol of a size, a kernel, a stride or a dilation."""
    return sp.Symbol(name, integer=True, positive=True)


@cache
def array(name: str) -> sp.IndexedBase:
    """Symbol of an array."""
    return sp.IndexedBase(name, real=True)


class Scalar(sp.Indexed):
    """The one entry of an array without axes, which SymPy's own entries do not have."""

    def __new__(cls, base: sp.IndexedBase) -> Any:
        """Build it; it is real, as other entries are."""
        entry = sp.Expr.__new__(cls, base)
        sp.IndexedBase._set_assumptions(entry, base.assumptions0)
        return entry


def entry_at(name: str, at: Sequence[Expr]) -> Expr:
    """Entry of an array at a position.

    Examples
    --------
    >>> entry_at("y", (index("n"),)).indices, entry_at("y", ()).indices
    ((n,), ())
    """
    return array(name)[tuple(at)] if at else Scalar(array(name))


class Quantified(sp.Expr):
    """A body, the indices that it binds with their extents, and the conditions under which it counts."""

    is_commutative = True

    def __new__(cls, body: Expr, ranges: Iterable[Range], conditions: Iterable[Any] = ()) -> Any:
        """Build it; conditions that always hold are left out."""
        held = [c for c in map(sp.sympify, conditions) if c is not sp.true]
        bound = sp.Tuple(*(sp.Tuple(*r) for r in ranges))
        return sp.Expr.__new__(cls, sp.sympify(body), bound, sp.Tuple(*dict.fromkeys(held)))

    @property
    def body(self) -> Expr:
        """What is summed or compared."""
        return self.args[0]

    @property
    def ranges(self) -> list[Range]:
        """The bound indices with their extents."""
        return [tuple(r) for r in self.args[1]]

    @property
    def conditions(self) -> list[Any]:
        """All of them must hold."""
        return list(self.args[2])


class Sigma(Quantified):
    """Sum of the body over its ranges, where the conditions hold."""


class Pi(Quantified):
    """Product of the body over its ranges, where the conditions hold."""


class Maximum(Quantified):
    """Greatest value of the body over its ranges, where the conditions hold."""


class Logistic(sp.Function):
    """Logistic function ``sigma(x) = 1/(1 + exp(-x))``."""

    def fdiff(self, argindex: int = 1) -> Expr:
        """Derivative: ``sigma*(1 - sigma)``."""
        if argindex != 1:
            raise sp.function.ArgumentIndexError(self, argindex)
        return self * (1 - self)


class Bracket(sp.Expr):
    """Iverson bracket: 1 where all conditions hold, else 0."""

    is_commutative = True

    def __new__(cls, *conditions: Any) -> Any:
        """Build it; it is the number 1 or 0 where that is known."""
        held = [c for c in map(sp.sympify, conditions) if c is not sp.true]
        if any(c is sp.false for c in held):
            return sp.S.Zero
        return sp.Expr.__new__(cls, *dict.fromkeys(held)) if held else sp.S.One


class Divides(Boolean):
    """``divisor`` divides ``number``; terms that it divides anyway are left out."""

    def __new__(cls, divisor: Expr, number: Expr) -> Any:
        """Build it, or decide it."""
        divisor, number = sp.sympify(divisor), sp.expand(number)
        if divisor.is_Integer:
            number = sp.Add(*(t for t in sp.Add.make_args(number) if (t.as_coeff_Mul()[0] % divisor) != 0))
        if (number / divisor).is_integer:
            return sp.true
        if divisor.is_Integer and number.is_Integer:
            return sp.sympify(number % divisor == 0)
        return Boolean.__new__(cls, divisor, number)


class Attains(Boolean):
    """The taps are the first, in row-major order, at which the maximum of the output at a position is attained.

    The maximum is kept as a function of the position, of `place` for each index: so what is written as the position is
    what is evaluated.
    """

    def __new__(cls, maximum: Maximum, taps: Sequence[Expr], at: Sequence[Expr]) -> Any:
        """Build it, for the output at the position ``at``, whose indices the maximum may contain."""
        free = [(i, symbol) for i, symbol in enumerate(at) if isinstance(symbol, sp.Symbol)]
        bound = {symbol for symbol, _ in maximum.ranges}
        own = maximum.xreplace({symbol: cls.place(i) for i, symbol in free if symbol not in bound})
        return Boolean.__new__(cls, own, sp.Tuple(*taps), sp.Tuple(*at))

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """All symbols but the places of the maximum."""
        maximum, taps, at = self.args
        places = {self.place(axis) for axis in range(len(at.args))}
        return (maximum.free_symbols - places) | taps.free_symbols | at.free_symbols

    @staticmethod
    def place(axis: int) -> sp.Symbol:
        """What stands in the maximum for an index of the position."""
        return index(f"@{axis}")


class Partial(sp.Expr):
    """Partial derivative of one array entry with respect to another, before it is worked out."""

    def __new__(cls, y: sp.Indexed, x: sp.Indexed) -> Any:
        """Build it."""
        return sp.Expr.__new__(cls, y, x)


def entries(expr: Expr, name: str) -> bool:
    """Whether an expression reads the array of this name."""
    return any(str(entry.base) == name for entry in expr.atoms(sp.Indexed))


def replaced(expr: Expr, symbol: sp.Symbol, value: Expr) -> Expr:
    """A formula with a value for a free symbol: not for one of the same name that a sum inside it binds.

    Examples
    --------
    >>> k, x = index("k"), array("x")
    >>> replaced(k + Sigma(x[k], [(k, k + 2)]), k, sp.Integer(5))
    Sigma(x[k], ((k, 7),), ()) + 5
    """
    if expr == symbol or not expr.has(symbol):
        return value if expr == symbol else expr
    if not isinstance(expr, Quantified):
        return expr.func(*(replaced(argument, symbol, value) for argument in expr.args))
    ranges, hidden = [], False
    for bound, extent in expr.ranges:
        ranges.append((bound, extent if hidden else replaced(extent, symbol, value)))
        hidden |= bound == symbol
        if not hidden and value.has(bound):
            raise DerivationError(f"the value of {symbol} reads {bound}, which a sum inside binds.", here=f"{value}")
    if hidden:
        return expr.func(expr.body, ranges, expr.conditions)
    return expr.func(replaced(expr.body, symbol, value), ranges, [replaced(c, symbol, value) for c in expr.conditions])
