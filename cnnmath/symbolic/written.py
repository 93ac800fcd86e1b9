"""Formulas written out, element by element, for one small size."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape
from cnnmath.ops.notation import describe
from cnnmath.symbolic.derivation import Derivation, Target
from cnnmath.symbolic.evaluate import compiled, positions
from cnnmath.symbolic.notations import Latex, Notation, Text
from cnnmath.symbolic.setting import bind
from cnnmath.symbolic.show import align
from cnnmath.symbolic.terms import Expr, array
from cnnmath.symbolic.typeset import equation

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


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """Every entry of a derivation's result, for a concrete operator and small input shapes.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> from cnnmath.symbolic import derive
    >>> op = Conv(1, (2,), stride=2, dilation=2, bias=False)
    >>> WrittenOut(derive(op), op, ((1, 1, 5),))
    dL/dx of conv(1, (2,), stride=2, dilation=2, bias=False) on (1, 1, 5)
      dL/dx[0] = dL/dy[0]*w[0]
      dL/dx[1] = 0
      dL/dx[2] = dL/dy[0]*w[1] + dL/dy[1]*w[0]
      dL/dx[3] = 0
      dL/dx[4] = dL/dy[1]*w[1]
    """

    derivation: Derivation
    op: Operator
    inputs: tuple[Shape, ...]

    def equations(self) -> list[tuple[Expr, Expr]]:
        """Both sides of each equation, as SymPy expressions.

        Raises
        ------
        SettingError
            Where they would run past the limit; it says how many they would be.
        ShapeError
            Where the inputs do not fit the operator.
        """
        target = self._target()
        wrt = target.wrt
        shapes = {**operands(self.op, *self.inputs), "y": self.op.shape(*self.inputs)}
        if prod(shapes[wrt]) > LIMIT:
            raise SettingError(
                "the formulas would be too many to write out.",
                here=f"{wrt} has shape {shapes[wrt]}: {prod(shapes[wrt]):,} equations",
                rule=f"at most {LIMIT:,}",
                fix="give a smaller input, or none for the index form",
            )
        letters = {name: Letters(name, shape) for name, shape in shapes.items()}
        letters["dL/dy"] = Letters("dL/dy", shapes["y"])
        values = bind(target.op, target.inputs, target.definitions, self.op, self.inputs)
        left = Letters("y" if wrt == "y" else f"dL/d{wrt}", shapes[wrt])
        right = compiled(self.derivation.result.right)
        entries = positions(target.entry, {**values, **letters})
        return [(left[at], sp.sympify(right(here))) for at, here in entries]

    def write(self, notation: Notation) -> str:
        """The equations in a notation: LaTeX as an ``align*`` environment, text under a title."""
        rows = [equation(left, right, notation) for left, right in self.equations()]
        if isinstance(notation, Latex):
            return align(rows)
        shapes = " and ".join(map(str, self.inputs))
        wrt = self._target().wrt
        what = "y =" if wrt == "y" else f"dL/d{wrt} of"
        rules = [f"  {rule.write(Text())}" for rule in self.derivation.conventions]
        return "\n".join([f"{what} {describe(self.op)} on {shapes}", *rules, *(f"  {row}" for row in rows)])

    def _target(self) -> Target:
        if self.derivation.target is None:
            raise SettingError(
                "this derivation has no entries to write out.",
                here=self.derivation.title,
                fix="leave the input out, for the index form",
            )
        return self.derivation.target

    def __repr__(self) -> str:
        return self.write(Text())
