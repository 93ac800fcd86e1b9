"""What the letters of a printed formula stand for, and its sums, whose ranges are not printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.symbolic.terms import Expr

FUNCTIONS = MappingProxyType(
    {"exp": sp.exp, "log": sp.log, "sqrt": sp.sqrt, "floor": sp.floor, "ceil": sp.ceiling, "tanh": sp.tanh}
)
"""What any formula may use."""


class Total(sp.Function):
    """A sum as it is printed: the body and the indices, their ranges unsaid."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What the letters of a formula stand for.

    Parameters
    ----------
    symbols
        Expressions by name; any other name is a real symbol.
    functions
        What is applied to what follows in parentheses, by name, beside `FUNCTIONS`; any other name in front of
        parentheses is a factor.
    """

    symbols: Mapping[str, Expr] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Expr]] = field(default_factory=dict)

    def symbol(self, name: str) -> Expr:
        """What a name stands for."""
        return self.symbols.get(name, sp.Symbol(name, real=True))

    def function(self, name: str) -> Callable[..., Expr] | None:
        """What a name applies to its arguments, or None where it is no function."""
        return self.functions.get(name) or FUNCTIONS.get(name)


def written_out(formula: Expr, ranges: Mapping[str, Iterable[int]]) -> Expr:
    """The formula with its sums written out over these ranges, by the names of the indices.

    Examples
    --------
    >>> from cnnmath.audit.formulas import parse
    >>> written_out(parse("sum_i a_i"), {"i": range(1, 4)})
    a[1] + a[2] + a[3]
    """

    def total(body: Expr, *indices: Expr) -> Expr:
        unknown = [str(i) for i in indices if str(i) not in ranges]
        if unknown:
            raise SettingError("the range of a sum is not known.", here=f"index {unknown[0]}")
        places = product(*(ranges[str(i)] for i in indices))
        return sp.Add(*(body.subs(dict(zip(indices, at, strict=True))) for at in places))

    return formula.replace(Total, total)
