"""What the letters of an operator stand for in a concrete one of the same form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.ops.notation import describe
from cnnmath.symbolic.terms import Expr


def symbols_in(setting: Any) -> set[sp.Symbol]:
    """Symbols in an operator's setting."""
    if isinstance(setting, tuple):
        return set().union(*map(symbols_in, setting))
    return setting.free_symbols if isinstance(setting, sp.Basic) else set()


def bind(
    op: Operator,
    inputs: Sequence[Shape],
    definitions: Mapping[sp.Symbol, Expr],
    concrete: Operator,
    shapes: Sequence[Shape],
) -> dict[sp.Symbol, int]:
    """What the symbols of an operator and its input shapes stand for in a concrete one of the same form."""
    values: dict[sp.Symbol, int] = {}

    def agree(form: Any, number: Any) -> None:
        if form != number:
            raise SettingError(
                "the operator has another setting than the derivation.",
                here=f"{describe(concrete)} against {describe(op)}",
                fix="derive the operator that is written out",
            )

    def match(form: Any, number: Any) -> None:
        if isinstance(form, tuple):
            for a, b in zip(form, number, strict=True):
                match(a, b)
        elif isinstance(form, sp.Basic) and not isinstance(number, str):
            times, symbol = (form.xreplace(values) if form.is_Mul else form).as_coeff_Mul()  # a width, or a multiple
            agree(values.setdefault(symbol, int(number) // int(times)) * int(times), number)
        elif form is not None and not isinstance(form, str):
            agree(form, number)

    for f in fields(op):
        match(getattr(op, f.name), getattr(concrete, f.name))
    match(tuple(inputs), tuple(shapes))
    for name, meaning in definitions.items():
        values[name] = int(meaning.xreplace(values))
    return values
