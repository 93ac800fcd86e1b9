"""Reading the notation: names with settings in parentheses, joined by ``>``.

It has Python's syntax and is read with Python's parser, but nothing is run: numbers, texts, names for sizes left open,
tuples of these and plain arithmetic are all that a setting can be. The names of paddings need no quotes.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, TypeAlias

from cnnmath.errors import NotationError
from cnnmath.ops.call import Call, Place
from cnnmath.window import NAMED

Symbols: TypeAlias = Callable[[str], Any] | None
"""What turns a name into a size left open; None where sizes must be numbers."""

LONGEST, WORD, DEEPEST, MOST, LARGEST, TERMS = 20_000, 100, 30, 10_000, 10**18, 200
"""Letters of a text and of a word, levels of nesting, operators of a chain, size of a number, parts of arithmetic."""

EXAMPLE = "for example conv(8, 5) > relu > maxpool(2)"
RULE = "operators joined by >, each a name with its settings in parentheses"
VALUES = "a setting is a number, a text in quotes, a name for a size left open, a tuple, or + - * / // of numbers"
ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.FloorDiv: operator.floordiv,
        ast.Div: lambda a, b: Fraction(a, b) if isinstance(a, int) and isinstance(b, int) else a / b,
    }
)


def read(text: str, symbols: Symbols = None) -> list[Call]:
    """Read a chain: one call a link, repetitions written out.

    Raises
    ------
    NotationError
        For text that is no chain; the message points at the place.

    Examples
    --------
    >>> [(call.name, call.given, dict(call.named)) for call in read("2 * (conv(8, 3, padding=1) > relu)")]
    [('conv', (8, 3), {'padding': 1}), ('relu', (), {}), ('conv', (8, 3), {'padding': 1}), ('relu', (), {})]
    """
    reader, node = _tree(text, symbols)
    return reader.calls(node)


def read_value(text: str, symbols: Symbols = None) -> Any:
    """Read one setting.

    Examples
    --------
    >>> read_value("(3, 2*4)"), read_value("same")
    ((3, 8), 'same')
    """
    reader, node = _tree(text, symbols)
    return reader.value(node)


def _tree(text: str, symbols: Symbols) -> tuple[_Reader, ast.expr]:
    """The syntax tree of a text, no deeper than can be walked."""
    if not isinstance(text, str):
        raise NotationError("this is no text.", here=f"{type(text).__name__}", rule=RULE, fix=EXAMPLE)
    if len(text) > LONGEST:
        raise NotationError(
            "the text is too long.",
            rule=f"at most {LONGEST:,} letters",
            here=f"{len(text):,} letters",
            fix="write it shorter, with 3 * (...), or as a file of JSON",
        )
    text = " ".join(text.split())
    if "#" in text:
        raise Place(text, text.index("#")).error("there are no comments.", rule=RULE, fix="leave it out")
    if word := re.search(rf"\w{{{WORD + 1},}}", text):
        raise Place(text, word.start()).error("this word is too long.", rule=f"at most {WORD} letters", fix="cut it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python code, which this is not
            node = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise _unread(text, error) from None
    except (ValueError, RecursionError, MemoryError) as error:
        here = str(error).partition(":")[0] if isinstance(error, ValueError) else "it is nested too deep"
        raise Place(text, 0).error("this cannot be read.", rule=RULE, here=here, fix=EXAMPLE) from None
    reader = _Reader(text, symbols)
    level = [node]
    for _ in range(DEEPEST):
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
    if level:
        raise reader.place(level[0]).error(
            "this is nested too deep.", rule=f"at most {DEEPEST} levels", fix="leave parentheses out"
        )
    return reader, node


def _unread(text: str, error: SyntaxError) -> NotationError:
    """The error for text that is not even Python."""
    if not text or text.endswith(">"):
        return Place(text, len(text)).error("an operator was expected here.", rule=RULE, fix=EXAMPLE)
    start = min(max((error.offset or 1) - 1, 0), len(text))
    return Place(text, start).error("this cannot be read.", rule=RULE, here=error.msg.partition(":")[0], fix=EXAMPLE)


@dataclass(frozen=True, slots=True)
class _Reader:
    """What a syntax tree means, and where in the text."""

    text: str
    symbols: Symbols

    def place(self, node: ast.AST, offset: str = "col_offset") -> Place:
        """Where a node starts; Python counts bytes."""
        before = self.text.encode()[: getattr(node, offset, 0)]
        return Place(self.text, len(before.decode(errors="ignore")))

    def calls(self, node: ast.expr) -> list[Call]:
        match node:
            case ast.Compare(left, ops, links) if all(isinstance(op, ast.Gt) for op in ops):
                return self._short([call for link in (left, *links) for call in self.calls(link)], node)
            case ast.Compare(left, ops, links):
                raise self._joined(
                    next(a for a, op in zip((left, *links), ops, strict=False) if type(op) is not ast.Gt)
                )
            case ast.BinOp(ast.Constant(int(times)), ast.Mult(), right) if times is not True and times is not False:
                links = self.calls(right)
                if times < 1 or times * len(links) > MOST:
                    raise self.place(node).error(
                        "this is no number of repetitions.",
                        rule=f"at least 1, and at most {MOST:,} operators in all",
                        here=f"{times if times < LARGEST else 'a huge number'} times {len(links)}",
                        fix="for example 3 * (conv(64, 3, padding=1) > relu)",
                    )
                return links * times
            case ast.BinOp(left, sign) if not isinstance(sign, ast.Div):  # a slash is rather of a path
                raise self._joined(left)
            case ast.Name(name):
                return [Call(name, self.place(node))]
            case ast.Call(ast.Name(name), given, keywords):
                return [self._call(node, name, given, keywords)]
        raise self.place(node).error("an operator was expected here.", rule=RULE, fix=EXAMPLE)

    def _joined(self, left: ast.expr) -> NotationError:
        """The error for what stands behind an operator, where only > may."""
        end = self.place(left, "end_col_offset").start
        start = len(self.text) - len(self.text[end:].lstrip(" )"))
        return Place(self.text, start).error("operators are joined by >.", rule=RULE, fix=EXAMPLE)

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(bool() | str() | None as value):
                return value
            case ast.Constant(int() | float() as value):
                return self._bounded(value, node)
            case ast.Name(name) if name in NAMED:  # as shells strip quotes
                return name
            case ast.Name(name) if self.symbols is not None:
                return self.symbols(name)
            case ast.Name(name):
                raise self.place(node).error(
                    f"the size '{name}' is left open.", rule="here every size is a number", fix="put a number in"
                )
            case ast.Call(ast.Name("floor"), [inner], []):  # as formulas of sizes are written
                return self._number(inner) // 1
            case ast.Tuple(entries) | ast.List(entries):
                return tuple(self.value(entry) for entry in entries)
            case ast.UnaryOp(ast.USub(), operand):
                return -self._number(operand)
            case ast.BinOp(left, kind, right) if type(kind) in ARITHMETIC:
                self._check_terms(node)
                return self._arithmetic(node, ARITHMETIC[type(kind)], self._number(left), self._number(right))
            case ast.BinOp(ast.Name() as base, ast.Pow(), ast.Constant(int(exponent))) if 0 < exponent <= 9:
                return self.value(base) ** exponent
        raise self.place(node).error("this is no setting.", rule=VALUES, fix=EXAMPLE)

    def _call(self, node: ast.expr, name: str, given: list[ast.expr], keywords: list[ast.keyword]) -> Call:
        named, places = {}, {}
        for keyword in keywords:
            if keyword.arg is None or keyword.arg in named:
                fact = "this is no setting." if keyword.arg is None else f"'{keyword.arg}' is given twice."
                raise self.place(keyword).error(fact, rule=VALUES, fix="name every setting once, as in stride=2")
            named[keyword.arg], places[keyword.arg] = self.value(keyword.value), self.place(keyword)
        return Call(name, self.place(node), tuple(map(self.value, given)), named, places)

    def _number(self, node: ast.expr) -> Any:
        value = self.value(node)
        if isinstance(value, (bool, str, tuple, type(None))):
            raise self.place(node).error("a number was expected here.", rule=VALUES, fix="put a number in")
        return value

    def _arithmetic(self, node: ast.expr, kind: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
        divides = kind in (ARITHMETIC[ast.Div], ARITHMETIC[ast.FloorDiv])
        if divides and b == 0:
            raise self.place(node).error("this divides by 0.", rule="a // b with b != 0", fix="put a number in")
        return self._bounded(kind(a, b), node)

    def _check_terms(self, node: ast.expr) -> None:
        if sum(1 for _ in ast.walk(node)) > TERMS:
            raise self.place(node).error("this arithmetic is too long.", rule=VALUES, fix="put the number in")

    def _bounded(self, value: Any, node: ast.expr) -> Any:
        if any(abs(part) >= LARGEST for part in _parts(value)):
            raise self.place(node).error("this number is too large.", rule="below 10^18", fix="put a smaller one in")
        return value

    def _short(self, calls: list[Call], node: ast.expr) -> list[Call]:
        if len(calls) > MOST:
            raise self.place(node).error("the chain is too long.", rule=f"at most {MOST:,} operators", fix="cut it")
        return calls


def _parts(value: Any) -> Iterator[int | float]:
    """The numbers that a number is made of; a formula has none that could grow without bound."""
    if isinstance(value, (int, float)):
        yield value
    elif isinstance(value, Fraction):
        yield from (value.numerator, value.denominator)
