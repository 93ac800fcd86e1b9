"""The compact notation of an operator, ``conv(64, 7, stride=2, bias=False)``, and of sizes, ``3x224x224``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, replace
from types import MappingProxyType
from typing import Any

from cnnmath import ops
from cnnmath.errors import CnnmathError, NotationError
from cnnmath.ops.algebra import Operator
from cnnmath.ops.call import Call, located
from cnnmath.ops.syntax import Symbols, read


def describe(op: Operator) -> str:
    """Write an operator as one would call it, leaving out what is the default.

    Examples
    --------
    >>> from cnnmath.ops import Conv, MaxPool, ReLU
    >>> describe(Conv(64, 7, stride=2, padding=3)), describe(MaxPool((2, 3))), describe(ReLU())
    ('conv(64, 7, stride=2, padding=3)', 'maxpool((2, 3))', 'relu()')
    """
    given = [f for f in fields(op) if not is_default(op, f)]
    settings = [(f, _text(next(v for v in _forms(getattr(op, f.name)) if _stands_for(op, f, v)))) for f in given]
    positional = [text for f, text in settings if _is_positional(f)]
    named = [f"{f.name}={text}" for f, text in settings if not _is_positional(f)]
    return f"{type(op).__name__.lower()}({', '.join([*positional, *named])})"


def parse(text: str, symbols: Symbols = None, also: Mapping[str, type[Operator]] = MappingProxyType({})) -> Operator:
    """Read an operator: the inverse of `describe`.

    Parameters
    ----------
    text
        One operator; its parentheses may be left out where there is nothing to say.
    symbols
        What turns a name into a size left open, such as F in ``conv(F, 3)``.
    also
        Operators beside those of `cnnmath.ops`, by name.

    Raises
    ------
    NotationError, UnknownNameError, SettingError
        For text that is no operator; the message points at the place.

    Examples
    --------
    >>> parse("conv(64, 7, stride=2, padding=3)").shape((1, 3, 224, 224))
    (1, 64, 112, 112)
    """
    first, *rest = read(text, symbols)
    if rest:
        raise rest[0].place.error("there is more than one operator.", rule="one operator", fix="leave the rest out")
    return first.build(also[first.name]) if first.name in also else build(first)


def chain(text: str, symbols: Symbols = None) -> list[Operator]:
    """Read operators joined by ``>``; ``3 * (conv(64, 3, padding=1) > relu)`` repeats.

    Examples
    --------
    >>> [describe(op) for op in chain("2 * (conv(8, 5) > relu) > flatten")]
    ['conv(8, 5)', 'relu()', 'conv(8, 5)', 'relu()', 'flatten()']
    """
    return [build(call) for call in read(text, symbols)]


def build(call: Call) -> Operator:
    """The operator that a call names."""
    try:
        kind = ops.named(call.name)
    except CnnmathError as error:
        raise located(error, call.place) from None
    return call.build(kind)


def _is_positional(f: Field[Any]) -> bool:
    return f.default is MISSING and not f.kw_only


def is_default(op: Operator, f: Field[Any]) -> bool:
    """Whether a setting of an operator is what it is where nothing is said."""
    return f.default is not MISSING and _stands_for(op, f, f.default)


def _stands_for(op: Any, f: Field[Any], value: Any) -> bool:
    """Whether the operator would be the same, were this value given for a field."""
    try:
        return value is getattr(op, f.name) or replace(op, **{f.name: value}) == op
    except CnnmathError:
        return False


def _forms(value: Any) -> Iterator[Any]:
    """Ways to give a value, the shortest first: equal entries shrink to one."""
    if isinstance(value, tuple):
        pairs = tuple(v[0] if isinstance(v, tuple) and len(v) == 2 and v[0] == v[1] else v for v in value)
        if len(set(pairs)) == 1:
            yield pairs[0]
        yield pairs
    yield value


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_text, value))}{',' * (len(value) == 1)})"
    return repr(value) if isinstance(value, str) else str(value)


def sizes(text: str, symbols: Symbols = None) -> tuple[Any, ...]:
    """Read sizes joined by x; with symbols, a letter, with digits behind it or none, is a size left open.

    Raises
    ------
    NotationError
        For anything else: a sign, a point, a space, an underscore, a digit of another script.

    Examples
    --------
    >>> sizes("3x224x224"), sizes("3xHxW", str.lower)
    ((3, 224, 224), (3, 'h', 'w'))
    """
    parts = re.split("[xX]", text)
    letter = r"[A-Za-z][0-9]{0,3}" if symbols else "(?!)"
    if all(re.fullmatch(rf"[0-9]{{1,18}}|{letter}", part) for part in parts):
        return tuple(symbols(part) if symbols and part[0].isalpha() else int(part) for part in parts)
    left_open = (", or letters for sizes left open", ", or 3xHxW") if symbols else ("", "")
    raise NotationError(
        "this is no list of sizes.",
        here=text if len(text) < 80 else f"{len(text):,} letters",
        rule=f"integers of at most 18 digits, without a sign{left_open[0]}, joined by x",
        fix=f"for example 3x224x224{left_open[1]}",
    )
