"""Presentation MathML, for a page without scripts or fonts of its own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import ClassVar

from cnnmath.symbolic.notations.greek import GREEK
from cnnmath.symbolic.notations.notation import Bound


class MathML:
    """Presentation MathML, which browsers render by themselves."""

    minus, times, dot, infinity = "<mo>−</mo>", '<mspace width="0.15em"/>', "<mo>·</mo>", "<mi>∞</mi>"
    _fences: ClassVar = {"floor": "⌊⌋", "abs": "||"}
    _relations: ClassVar = {"divides": "∣", "and": "∧", "or": "∨", "not": "¬"}

    def prose(self, text: str) -> str:
        return escape(text)

    def inline(self, formula: str) -> str:
        return f"<math>{formula}</math>"

    def name(self, letter: str, number: str) -> str:
        plain = letter.rstrip("'*")
        marks = letter[len(plain) :].replace("'", "′")
        prime = f"<mo>{marks}</mo>" if marks else ""
        base = f"<mi>{GREEK.get(plain) or escape(plain)}</mi>"
        below = f"<mn>{number}</mn>" if number.isdigit() else f"<mi>{escape(number)}</mi>"
        if number and prime:
            return f"<msubsup>{base}{below}{prime}</msubsup>"
        return f"<msub>{base}{below}</msub>" if number else f"<msup>{base}{prime}</msup>" if prime else base

    def number(self, value: int) -> str:
        return f"<mn>{value}</mn>"

    def array(self, name: str) -> str:
        base, _, label = name.partition("(")
        if label:
            words = f"<mi>{escape(label[:-1])}</mi>" if len(label) == 2 else f"<mtext>{escape(label[:-1])}</mtext>"
            return f"<msup>{self.array(base)}<mrow><mo>(</mo>{words}<mo>)</mo></mrow></msup>"
        if name.startswith("x") and name[1:].isdigit():
            return f"<msup><mi>x</mi><mrow><mo>(</mo><mn>{name[1:]}</mn><mo>)</mo></mrow></msup>"
        if name[1:] == "hat":
            return f"<mover><mi>{name[0]}</mi><mo>^</mo></mover>"
        if name == "meansquare":
            return "<mover><msup><mi>x</mi><mn>2</mn></msup><mo>¯</mo></mover>"
        if name == "var":
            return "<msup><mi>σ</mi><mn>2</mn></msup>"
        return "<mi>μ</mi>" if name == "mean" else self.name(*name.partition("_")[::2])

    def entry(self, base: str, indices: Sequence[str]) -> str:
        return f"<msub>{base}<mrow>{'<mo>,</mo>'.join(indices)}</mrow></msub>"

    def derivative(self, upper: str, lower: str) -> str:
        return f"<mfrac><mrow><mo>∂</mo>{upper}</mrow><mrow><mo>∂</mo>{lower}</mrow></mfrac>"

    def fraction(self, numerator: str, denominator: str) -> str:
        return f"<mfrac><mrow>{numerator}</mrow><mrow>{denominator}</mrow></mfrac>"

    def power(self, base: str, exponent: str) -> str:
        return f"<msup><mrow>{base}</mrow><mrow>{exponent}</mrow></msup>"

    def root(self, radicand: str) -> str:
        return f"<msqrt>{radicand}</msqrt>"

    def function(self, name: str, argument: str) -> str:
        if name == "exp":
            return self.power("<mi>e</mi>", argument)
        if name in self._fences:
            left, right = self._fences[name]
            return f"<mrow><mo>{left}</mo>{argument}<mo>{right}</mo></mrow>"
        return f"<mrow><mi>{GREEK.get(name, name)}</mi>{self.parenthesis(argument)}</mrow>"

    def total(self, name: str, ranges: Sequence[Bound], conditions: Sequence[str], body: str) -> str:
        where = f'<mspace width="0.6em"/>{self.bracket(conditions)}' if conditions else ""
        sign = {"sum": "∑", "prod": "∏"}.get(name, name)
        if name == "max" or (name == "prod" and conditions):  # a bracket would be one more factor
            rows = [*(f"{b.index}<mo>&lt;</mo>{b.extent}" for b in ranges), *conditions]
            below = "".join(f"<mtr><mtd><mrow>{row}</mrow></mtd></mtr>" for row in rows)
            return f"<mrow><munder><mo>{sign}</mo><mtable>{below}</mtable></munder>{body}</mrow>"
        sums = "".join(
            f"<munderover><mo>{sign}</mo><mrow>{b.index}<mo>=</mo>{b.first}</mrow><mrow>{b.last}</mrow></munderover>"
            "<mspace width='0.2em'/>"
            for b in ranges
        )
        return f"<mrow>{sums}{body}{where}</mrow>"

    def bracket(self, conditions: Sequence[str]) -> str:
        rows = "".join(f"<mtr><mtd><mrow>{c}</mrow></mtd></mtr>" for c in conditions)
        inner = conditions[0] if len(conditions) == 1 else f"<mtable>{rows}</mtable>"
        return f"<mrow><mo>[</mo>{inner}<mo>]</mo></mrow>"

    def cases(self, rows: Sequence[tuple[str, str]]) -> str:
        whether = [(value, f"<mtext>if&#160;</mtext>{c}" if c else "<mtext>otherwise</mtext>") for value, c in rows]
        lines = "".join(f"<mtr><mtd><mrow>{a}</mrow></mtd><mtd><mrow>{b}</mrow></mtd></mtr>" for a, b in whether)
        return f"<mrow><mo>{{</mo><mtable columnalign='left'>{lines}</mtable></mrow>"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        lines = ("".join(f"<mtd><mrow>{entry}</mrow></mtd>" for entry in row) for row in rows)
        return f"<mrow><mo>[</mo><mtable>{''.join(f'<mtr>{line}</mtr>' for line in lines)}</mtable><mo>]</mo></mrow>"

    def parenthesis(self, part: str) -> str:
        return f"<mrow><mo>(</mo>{part}<mo>)</mo></mrow>"

    def relation(self, symbol: str, *parts: str) -> str:
        return f"<mo>{escape(self._relations.get(symbol, symbol))}</mo>".join(parts)

    def joined(self, *parts: str) -> str:
        return f"<mrow>{''.join(parts)}</mrow>"
