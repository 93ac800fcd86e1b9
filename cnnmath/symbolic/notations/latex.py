"""LaTeX, for paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from cnnmath.symbolic.notations.greek import GREEK
from cnnmath.symbolic.notations.notation import Bound

_SPECIAL = re.compile(r"([%&#_{}$])")


class Latex:
    r"""LaTeX, to be set between ``\[`` and ``\]``."""

    minus, times, dot, infinity = "-", r"\,", r" \cdot ", r"\infty"
    _relations: ClassVar = {
        "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≡": r"\equiv", "⊙": r"\odot", "divides": r"\mid", "mod": r"\bmod",
        "and": r"\land", "or": r"\lor", "not": r"\lnot",
    }  # fmt: skip
    _functions: ClassVar = {
        "tanh": r"\tanh\left({}\right)",
        "sigma": r"\sigma\left({}\right)",
        "min": r"\min\left({}\right)",
        "exp": r"e^{{{}}}",
        "log": r"\log\left({}\right)",
        "max": r"\max\left({}\right)",
        "floor": r"\left\lfloor {} \right\rfloor",
        "erf": r"\operatorname{{erf}}\left({}\right)",
        "sign": r"\operatorname{{sign}}\left({}\right)",
        "abs": r"\left|{}\right|",
    }

    def prose(self, text: str) -> str:
        return _SPECIAL.sub(r"\\\1", text)

    def inline(self, formula: str) -> str:
        return f"${formula}$"

    def name(self, letter: str, number: str) -> str:
        plain = letter.rstrip("'*")
        letter = self._letter(plain) + letter[len(plain) :].replace("*", "^*")
        return f"{letter}_{{{number}}}" if number else letter

    def _letter(self, name: str) -> str:
        """A letter, a Greek one by its name, or a word set upright."""
        if name in GREEK:
            return rf"\{name}"
        return name if len(name) == 1 else rf"\mathrm{{{name}}}"

    def _label(self, name: str) -> str:
        """What is told apart by a superscript: a letter, or a name of several set upright."""
        escaped = _SPECIAL.sub(r"\\\1", name)
        return name if len(name) == 1 else rf"\text{{{escaped}}}"

    def number(self, value: int) -> str:
        return str(value)

    def array(self, name: str) -> str:
        base, _, label = name.partition("(")
        if label:
            return f"{{{self.array(base)}}}^{{({self._label(label[:-1])})}}"
        if name.startswith("x") and name[1:].isdigit():
            return f"x^{{({name[1:]})}}"
        if name[1:] == "hat":
            return rf"\hat{{{name[0]}}}"
        special = {"mean": r"\mu", "var": r"\sigma^2", "weights": "w", "meansquare": r"\overline{x^2}"}
        return special.get(name) or self.name(*name.partition("_")[::2])

    def entry(self, base: str, indices: Sequence[str]) -> str:
        return f"{base}_{{{', '.join(indices)}}}"

    def derivative(self, upper: str, lower: str) -> str:
        return rf"\frac{{\partial {upper}}}{{\partial {lower}}}"

    def fraction(self, numerator: str, denominator: str) -> str:
        return rf"\frac{{{numerator}}}{{{denominator}}}"

    def power(self, base: str, exponent: str) -> str:
        return f"{{{base}}}^{{{exponent}}}"

    def root(self, radicand: str) -> str:
        return rf"\sqrt{{{radicand}}}"

    def function(self, name: str, argument: str) -> str:
        return self._functions[name].format(argument)

    def total(self, name: str, ranges: Sequence[Bound], conditions: Sequence[str], body: str) -> str:
        where = rf"\; {self.bracket(conditions)}" if conditions else ""
        if name == "max" or (name == "prod" and conditions):  # a bracket would be one more factor
            below = r"\\ ".join([*(f"{b.index} < {b.extent}" for b in ranges), *conditions])
            return rf"\{name}_{{\substack{{{below}}}}} {body}"
        sums = " ".join(rf"\{name}_{{{b.index}={b.first}}}^{{{b.last}}}" for b in ranges)
        return f"{sums} {body}{where}".strip()

    def bracket(self, conditions: Sequence[str]) -> str:
        rows = r" \\ ".join(conditions)
        inner = rows if len(conditions) == 1 else rf"\begin{{gathered}} {rows} \end{{gathered}}"
        return rf"\left[ {inner} \right]"

    def cases(self, rows: Sequence[tuple[str, str]]) -> str:
        lines = [rf"{value} & \text{{if }} {c}" if c else rf"{value} & \text{{otherwise}}" for value, c in rows]
        return r"\begin{cases} " + r" \\ ".join(lines) + r" \end{cases}"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in rows) + r" \end{bmatrix}"

    def parenthesis(self, part: str) -> str:
        return rf"\left({part}\right)"

    def relation(self, symbol: str, *parts: str) -> str:
        return f" {self._relations.get(symbol, symbol)} ".join(parts)

    def joined(self, *parts: str) -> str:
        return "".join(parts)
