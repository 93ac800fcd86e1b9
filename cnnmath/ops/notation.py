"""The compact notation of an operator: ``conv(64, 7, stride=2, padding=3, bias=False)``."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any

from cnnmath.ops.algebra import Operator


def describe(op: Operator) -> str:
    """Write an operator as one would call it, leaving out what is the default.

    Examples
    --------
    >>> from cnnmath.ops import Conv, MaxPool, ReLU
    >>> describe(Conv(64, 7, stride=2, padding=3)), describe(MaxPool((2, 3))), describe(ReLU())
    ('conv(64, 7, stride=2, padding=3)', 'maxpool((2, 3))', 'relu()')
    """
    given = {f.name: getattr(op, f.name) for f in fields(op) if not _is_default(op, f)}
    required = [f.name for f in fields(op) if f.default is MISSING]
    positional = [_positional(name, given.pop(name)) for name in required]
    named = [f"{name}={_short(value)}" for name, value in given.items()]
    return f"{type(op).__name__.lower()}({', '.join([*positional, *named])})"


def _is_default(op: Any, f: Field[Any]) -> bool:
    """Whether a field holds its default, written out an entry an axis."""
    if f.default is None:  # the stride of a pooling is its kernel
        return getattr(op, f.name) == op.kernel
    return f.default is not MISSING and _short(getattr(op, f.name)) == _short(f.default)


def _positional(name: str, value: Any) -> str:
    """The kernel says how many axes there are: only a square one of two shrinks to an integer, and no list does."""
    shrinks = not isinstance(value, tuple) or (len(value) == 2 and name != "channels")
    return _short(value) if shrinks else str(value)


def _short(value: Any) -> str:
    """Equal entries shrink to one."""
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        value = tuple(before if before == after else (before, after) for before, after in value)
    if isinstance(value, tuple) and len(set(value)) == 1 and not isinstance(value[0], tuple):
        return str(value[0])
    return repr(value) if isinstance(value, str) else str(value)
