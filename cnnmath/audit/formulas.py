"""Formulas as lecture notes print them, read into SymPy.

Nothing is ever executed: the text is cut into tokens, and a descent through the grammar builds the expression.

====================  ================================================================================
``(L - K + 2P)/S``    factors that stand side by side are multiplied
``x_23``, ``h[u,v]``  an entry; each letter or digit behind the underscore is an index
``x_(i+1)(j)``        an entry whose indices are in parentheses
``dL/dz_12``          an entry of the gradient that arrives from above
``sum_ij ...``        a sum over i and j of what follows, up to the next plus or minus
``sum_(q in G) ...``  a sum over q
``1(x >= y)``         1 where the condition holds, else 0
``a if c else b``     a case distinction
``[a, b]``            several expressions
====================  ================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sympy as sp

from cnnmath.audit.grammar import Grammar, Total
from cnnmath.errors import SettingError
from cnnmath.symbolic.terms import Expr, array

TOKEN = re.compile(
    r"""\s*(?:
    (?P<sum> sum_(?: \( (?: [^()] | \([^()]*\) )* \) | [a-z]+ ) )
  | (?P<entry> (?: dL/d )? [A-Za-z](?:hat)? _ (?: (?: \([^()]*\) )+ | [A-Za-z0-9]+ ) )
  | (?P<number> \d+ (?: \.\d+ )? )
  | (?P<name> dL/d[A-Za-z] (?= \[ ) | [A-Za-z][A-Za-z0-9]* )
  | (?P<sign> >= | <= | == | \*\* | [-+*/^()\[\],<>] )
    )""",
    re.VERBOSE,
)

RELATIONS = {"<": sp.Lt, ">": sp.Gt, "<=": sp.Le, ">=": sp.Ge, "==": sp.Eq}

DEPTH, LENGTH, POWERS, POWER = 50, 1000, 6, 9
"""At most so many parentheses inside each other, letters and powers, and so great a number as an exponent."""


def parse(text: str, grammar: Grammar | None = None) -> Expr:
    """Read a formula; of an equation, its right side.

    Raises
    ------
    SettingError
        Where the text is no formula; it shows how far it was read.

    Examples
    --------
    >>> parse("(L - K + 2P)/S + 1")
    1 + (-K + L + 2*P)/S
    >>> parse("sum_ij dL/dz_ij x_(i+r-1)(j+s-1)")
    Total(dL/dz[i, j]*x[i + r - 1, j + s - 1], i, j)
    """
    side = re.split(r"(?<![<>=])=(?!=)", text)[-1].strip()
    try:
        reading = _Reading(side[:LENGTH], grammar or Grammar())
        whole = reading.expression()
        if reading.token:
            raise reading.stuck()
        if sp.sympify(whole).has(sp.nan, sp.zoo, sp.oo):
            raise unreadable("", text)
        return sp.sympify(whole)
    except SettingError:
        raise
    except (TypeError, AttributeError, ValueError, ArithmeticError, RecursionError):
        raise unreadable("", text) from None


def unreadable(done: str, rest: str) -> SettingError:
    """Build the error for a text that is no formula, from what was read of it and the rest."""
    return SettingError(
        "this is no formula that can be read.",
        here=f"read {done!r}, then {rest[:40]!r}",
        fix="write it as in '2P', 'x_23', 'sum_ij x_ij', 'z if z > 0 else 0'",
    )


class _Reading:
    """A descent through the grammar, one token ahead."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text, self.grammar, self.at, self.depth, self.powers = text, grammar, 0, 0, 0
        self.kind = self.token = ""
        self.start = 0
        self.advance()

    def advance(self) -> str:
        """Leave the current token for the next one."""
        passed, self.start = self.token, self.at
        match = TOKEN.match(self.text, self.at)
        if match is None:
            if self.text[self.at :].strip():
                raise self.stuck()
            self.kind = self.token = ""
            return passed
        self.kind, self.at = match.lastgroup or "", match.end()
        self.token = match[self.kind]
        return passed

    def expect(self, sign: str) -> None:
        if self.token != sign:
            raise self.stuck()
        self.advance()

    def stuck(self) -> SettingError:
        return unreadable(self.text[: self.start], self.text[self.start :])

    def expression(self) -> Expr:
        """``value [if condition else expression]``."""
        self.depth += 1
        if self.depth > DEPTH:
            raise self.stuck()
        value = self.relation()
        if self.token == "if":
            self.advance()
            condition = self.relation()
            if not _is_condition(condition):
                raise self.stuck()
            self.expect("else")
            value = sp.Piecewise((value, condition), (self.expression(), True))
        self.depth -= 1
        return value

    def relation(self) -> Expr:
        left = self.sum()
        return RELATIONS[self.advance()](left, self.sum()) if self.token in RELATIONS else left

    def sum(self) -> Expr:
        total = -self.advance_and(self.product) if self.token == "-" else self.product()
        while self.token in ("+", "-"):
            sign = self.advance()
            term = self.product()
            total = total + term if sign == "+" else total - term
        return total

    def product(self) -> Expr:
        """Factors with or without a sign between them; a sum takes all that follow."""
        value = self.power()
        while self.token in ("*", "/") or self.starts_factor():
            sign = self.advance() if self.token in ("*", "/") else "*"
            factor = self.power()
            value = value / _number(factor) if sign == "/" else _number(value) * _number(factor)
        return value

    def starts_factor(self) -> bool:
        opens = self.token in ("(", "[")
        return opens or (self.kind in ("sum", "entry", "number", "name") and self.token not in ("if", "else"))

    def power(self) -> Expr:
        base = self.atom()
        if self.token not in ("^", "**"):
            return base
        self.advance()
        exponent = -self.advance_and(self.atom) if self.token == "-" else self.atom()
        self.powers += 1
        if self.powers > POWERS or (exponent.is_number and not -POWER <= exponent <= POWER):
            raise self.stuck()
        return base**exponent

    def advance_and(self, read: Callable[[], Expr]) -> Expr:
        self.advance()
        return read()

    def atom(self) -> Expr:
        kind = self.kind
        if kind == "number":
            return sp.Rational(self.advance())
        if kind == "entry":
            return self.entry(self.advance())
        if kind == "sum":
            indices = self.indices(self.advance())
            return Total(self.product(), *indices)
        if kind == "name" and self.token not in ("if", "else"):
            return self.named(self.advance())
        if self.token == "(":
            return self.parenthesis()
        if self.token == "[":
            return sp.Tuple(*self.listed("[", "]"))
        raise self.stuck()

    def parenthesis(self) -> Expr:
        self.expect("(")
        value = self.expression()
        self.expect(")")
        return value

    def named(self, name: str) -> Expr:
        function = self.grammar.function(name)
        if self.token == "(" and function is not None:
            return function(*self.listed("(", ")"))
        if self.token == "[":
            return array(name)[tuple(self.listed("[", "]"))]
        return self.grammar.symbol(name)

    def listed(self, opening: str, closing: str) -> list[Expr]:
        self.expect(opening)
        values = [self.expression()]
        while self.token == ",":
            values.append(self.advance_and(self.expression))
        self.expect(closing)
        return values

    def entry(self, token: str) -> Expr:
        """``x_23``, ``x_ij``, ``x_(i+1)(j)``, ``dL/dz_12``."""
        name, _, suffix = token.partition("_")
        if token in self.grammar.symbols:
            return self.grammar.symbols[token]
        parts = re.findall(r"\(([^()]*)\)", suffix) or list(suffix)
        return array(name)[tuple(parse(part, Grammar(self.grammar.symbols)) for part in parts)]

    def indices(self, token: str) -> list[Any]:
        """``sum_ij``, ``sum_(q in G(k))``."""
        suffix = token.removeprefix("sum_")
        inside = re.match(r"\(\s*(\w+)", suffix)
        if suffix.startswith("(") and inside is None:
            raise self.stuck()
        return [self.grammar.symbol(name) for name in ([inside[1]] if inside else suffix)]


def _number(value: Expr) -> Any:
    """A condition as a number: 1 where it holds."""
    return sp.Piecewise((1, value), (0, True)) if _is_condition(value) else value


def _is_condition(value: Expr) -> bool:
    """Whether it holds or not; SymPy counts a symbol among these, too."""
    return isinstance(value, sp.logic.boolalg.Boolean) and not isinstance(value, sp.Symbol)
