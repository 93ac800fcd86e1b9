"""Formulas written out, element by element, for one small size."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape
from cnnmath.ops.notation import describe
from cnnmath.readers import Tensor
from cnnmath.symbolic.binding import bind
from cnnmath.symbolic.check import terms as count_terms
from cnnmath.symbolic.derivation import Derivation, Step, Target
from cnnmath.symbolic.evaluate import Environment, compiled, positions
from cnnmath.symbolic.notations import Latex, Notation
from cnnmath.symbolic.oracle import oracle
from cnnmath.symbolic.show import align, listed
from cnnmath.symbolic.terms import Expr, array
from cnnmath.symbolic.typeset import equation

LIMIT, LONGEST = 1_000, 100_000
"""At most so many equations are written out, and so many terms in all of them."""


@dataclass(frozen=True, slots=True)
class Letters:
    """An operand whose entries are symbols; batch and channel axes of length one are not written."""

    name: str
    shape: Shape
    known: dict[tuple[int, ...], Expr] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, at: tuple[int, ...]) -> Expr:
        if at not in self.known:
            axes = enumerate(zip(at, self.shape, strict=True))
            written = tuple(sp.sympify(i) for axis, (i, n) in axes if axis > 1 or n > 1)
            self.known[at] = array(self.name)[written] if written else sp.Symbol(self.name)
        return self.known[at]


@dataclass(frozen=True, slots=True)
class Defined:
    """An array that a step says: its entries are formulas of what the step reads."""

    step: Step
    environment: Environment
    known: dict[tuple[int, ...], Environment] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, at: tuple[int, ...]) -> Any:
        if not self.known:
            self.known.update(positions((self.step.left.indices, dict(self.step.over)), self.environment))
        return compiled(self.step.right)(self.known[tuple(map(int, at))])


def with_names(derivation: Derivation, given: Environment) -> Environment:
    """What is given, and the arrays that steps ahead of the result say of it: a mean, a gate, a gradient by one.

    Examples
    --------
    >>> from cnnmath.ops import RMSNorm
    >>> from cnnmath.symbolic import derive
    >>> from cnnmath.symbolic.instance import values
    >>> given = {**values(N=1, C=1, L=2), "x": Tensor((1, 1, 2), [3, 1])}
    >>> with_names(derive(RMSNorm(), "y", rank=1), given)["meansquare"][0, 0]
    5
    """
    found = dict(given)
    for step in derivation.steps[:-1]:
        if isinstance(step.left, sp.Indexed):
            found.setdefault(str(step.left.base), Defined(step, found))
    return found


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
        letters, values = self._letters(), self._values()
        wrt, right = self._target().wrt, compiled(self.derivation.result.right)
        self._check_length(letters["y" if wrt == "y" else wrt].shape, values)
        left = letters["y" if wrt == "y" else f"dL/d{wrt}"]
        entries = positions(self._target().entry, with_names(self.derivation, {**values, **letters}))
        return [(left[at], sp.sympify(right(here))) for at, here in entries]

    def numbers(self) -> tuple[dict[Expr, Expr], list[Any]]:
        """Small integers for every entry that the equations read, and the value of each equation for them."""
        arrays, letters = oracle(self.op, self.inputs, nonzero=True), self._letters()
        dense = {name: tensor for name, tensor in arrays.items() if isinstance(tensor, Tensor)}
        right = compiled(self.derivation.result.right)
        environment = with_names(self.derivation, {**self._values(), **arrays})
        values = [right(here) for _, here in positions(self._target().entry, environment)]
        entries = (
            (letters[name][at], sp.sympify(tensor[at])) for name, tensor in dense.items() for at in tensor.positions()
        )
        return dict(entries), values

    def write(self, notation: Notation) -> str:
        """The equations in a notation, on lines of their own; LaTeX as an ``align*`` environment."""
        rows = [equation(left, right, notation) for left, right in self.equations()]
        return align(rows) if isinstance(notation, Latex) else "\n".join(rows)

    def write_as(self, form: str, *, numbers: bool = False) -> str:
        """The equations under a title, as text, LaTeX, Markdown or HTML; with numbers, each with numbers put in."""
        wrt, shapes = self._target().wrt, " and ".join(map(str, self.inputs))
        title = f"{'y =' if wrt == 'y' else f'dL/d{wrt} of'} {describe(self.op)} on {shapes}"
        rules, found = self.derivation.conventions, self.equations()
        entries, values = self.numbers() if numbers else ({}, [None] * len(found))
        return listed(title, rules, [(*pair, v) for pair, v in zip(found, values, strict=True)], form, entries)

    def _letters(self) -> dict[str, Letters]:
        """The operands, the output, and the gradients, as letters."""
        shapes = {**operands(self.op, *self.inputs), "y": self.op.shape(*self.inputs)}
        gradients = {f"dL/d{name}": shape for name, shape in shapes.items()}
        return {name: Letters(name, shape) for name, shape in {**shapes, **gradients}.items()}

    def _values(self) -> dict[sp.Symbol, int]:
        target = self._target()
        return bind(target.op, target.inputs, target.definitions, self.op, self.inputs)

    def _check_length(self, shape: Shape, values: dict[sp.Symbol, int]) -> None:
        """Raise where nobody would read the equations, for their number or for their length."""
        terms = prod(shape) * count_terms(self.derivation.result.right, values)
        if prod(shape) > LIMIT or terms > LONGEST:
            raise SettingError(
                "the formulas would be too long to write out.",
                here=f"{prod(shape):,} equations, about {terms:,} terms",
                rule=f"at most {LIMIT:,} equations and {LONGEST:,} terms",
                fix="give a smaller input, or none for the index form",
            )

    def _target(self) -> Target:
        if self.derivation.target is None:
            raise SettingError(
                "this derivation has no entries to write out.",
                here=self.derivation.title,
                fix="leave the input out, for the index form",
            )
        return self.derivation.target

    def __repr__(self) -> str:
        return self.write_as("text")

    def _repr_latex_(self) -> str:
        return self.write(Latex())

    def _repr_html_(self) -> str:
        return self.write_as("html")
