"""Formulas written out, element by element, for one small size."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import operands
from cnnmath.ops.algebra import Operator, Shape
from cnnmath.symbolic.derivation import Derivation
from cnnmath.symbolic.evaluate import compiled, positions
from cnnmath.symbolic.setting import bind
from cnnmath.symbolic.terms import Expr, array

LIMIT = 1000
"""At most so many equations are written out."""


@dataclass(frozen=True, slots=True)
class Letters:
    """An operand whose entries are symbols; batch and channel axes of length one are not written."""

    name: str
    shape: Shape

    def __getitem__(self, at: tuple[int, ...]) -> Expr:
        written = [sp.Integer(i) for axis, (i, n) in enumerate(zip(at, self.shape, strict=True)) if axis > 1 or n > 1]
        return array(self.name)[tuple(written)] if written else sp.Symbol(self.name)


def written_out(derivation: Derivation, op: Operator, *inputs: Shape) -> list[tuple[Expr, Expr]]:
    """Every entry of a derivation's result, for an operator of these input shapes.

    Raises
    ------
    SettingError
        Where it would run past the limit; it says how long it would be.
    ShapeError
        Where the inputs do not fit the operator.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> from cnnmath.symbolic import derive
    >>> op = Conv(1, (2,), stride=2, dilation=2, bias=False)
    >>> for left, right in written_out(derive(op), op, (1, 1, 5)):
    ...     print(left, "=", right)
    dL/dx[0] = dL/dy[0]*w[0]
    dL/dx[1] = 0
    dL/dx[2] = dL/dy[0]*w[1] + dL/dy[1]*w[0]
    dL/dx[3] = 0
    dL/dx[4] = dL/dy[1]*w[1]
    """
    shapes = {**operands(op, *inputs), "y": op.shape(*inputs)}
    shape = shapes[derivation.wrt]
    if prod(shape) > LIMIT:
        raise SettingError(
            "the formulas would be too many to write out.",
            here=f"{derivation.wrt} has shape {shape}: {prod(shape):,} equations",
            rule=f"at most {LIMIT:,}",
            fix="give a smaller input, or none for the index form",
        )
    letters = {name: Letters(name, s) for name, s in shapes.items()} | {"dL/dy": Letters("dL/dy", shapes["y"])}
    values = bind(derivation.op, derivation.inputs, derivation.definitions, op, inputs)
    left = Letters("y" if derivation.wrt == "y" else f"dL/d{derivation.wrt}", shape)
    value = compiled(derivation.result.right)
    return [(left[at], sp.sympify(value(here))) for at, here in positions(derivation.entry, {**values, **letters})]
