"""Checks of derivations: both sides of an equation, evaluated exactly on small instances."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

import sympy as sp

from cnnmath.errors import DerivationError
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape
from cnnmath.ops.reduced import reduced
from cnnmath.readers import Tensor, exact, gradient
from cnnmath.symbolic.evaluate import Entry, Environment, compiled, positions, terms
from cnnmath.symbolic.setting import bind, symbols_in
from cnnmath.symbolic.terms import Expr

LEAST, MOST, EFFORT = 8, 60, 20_000
"""Entries compared in one step: from the least to the most, as many as the effort (terms evaluated) allows."""

CLOSE = Fraction(1, 10**40)
"""Relative difference allowed where roots and exponentials are irrational: the exact reader carries 50 digits."""

NUMBERS = {"K": (3, 2), "s": (2, 3), "d": (1, 2), "p": (1, 0)}
"""Numbers that stand in for symbolic kernels, strides, dilations and paddings, exchanged from axis to axis."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An operator with numbers for all symbols, operands of small integers, and what the readers say of them."""

    op: Operator
    environment: Environment
    tensors: dict[str, Tensor]
    dy: Tensor

    def forward(self, step: str, formula: Expr, at: Entry) -> None:
        """Compare a formula of the output with the exact reader."""
        value = compiled(formula)
        for position, here in self._sample(at, formula):
            self._compare(step, position, value(here), exact.evaluate(self.op, position, *self.tensors.values()))

    def backward(self, wrt: str, at: Entry, **formulas: Expr) -> None:
        """Compare formulas of a gradient, by step, with the gradient reader."""
        truth = gradient.backward(self.op, self.dy, self.tensors)[wrt]
        for step, formula in formulas.items():
            value = compiled(formula)
            for position, here in self._sample(at, formula):
                self._compare(step, position, value(here), truth[position])

    def partials(self, step: str, formula: Expr, wrt: str, output: Entry, entry: Entry) -> None:
        """Compare a formula of the Jacobian with the gradient reader, output by output."""
        value, entries = compiled(formula), self._sample(entry, formula)
        for above, here in self._sample(output, formula, len(entries)):
            row = gradient.partials(self.op, above, self.tensors)
            for below, there in entries:
                self._compare(step, (above, below), value(here | there), row.get((wrt, below), 0))

    def _sample(self, at: Entry, formula: Expr, times: int = 1) -> list[tuple[tuple[int, ...], Environment]]:
        """All positions of an array, or so many of them as the effort allows, drawn once and for all."""
        everywhere = list(positions(at, self.environment))
        most = min(MOST, max(LEAST, EFFORT // (times * terms(formula, self.environment))))
        return everywhere if len(everywhere) <= most else random.Random(0).sample(everywhere, most)

    def _compare(self, step: str, position: Any, left: Any, right: Any) -> None:
        left, right = Fraction(left), Fraction(right)
        if abs(left - right) > CLOSE * abs(right):
            raise DerivationError(
                f"the step '{step}' does not hold.",
                here=f"at {position} the formula gives {left}, the definition {right}",
                rule="both sides of every equation agree exactly on small instances",
            ).at(type(self.op).__name__.lower())


def instances(op: Operator, inputs: Sequence[Shape], definitions: Mapping[sp.Symbol, Expr]) -> list[Instance]:
    """Small instances of an operator: two where its window is symbolic, so that no number hides a mistake."""
    symbols = sorted({s for f in fields(op) for s in symbols_in(getattr(op, f.name)) if str(s)[0] in NUMBERS}, key=str)
    return [_instance(op, inputs, definitions, symbols, turn) for turn in range(2 if symbols else 1)]


def _instance(
    op: Operator,
    inputs: Sequence[Shape],
    definitions: Mapping[sp.Symbol, Expr],
    symbols: Sequence[sp.Symbol],
    turn: int,
) -> Instance:
    window = {s: NUMBERS[str(s)[0]][(turn + int(str(s).partition("_")[2] or 0)) % 2] for s in symbols}
    small, shapes = reduced(_bound(op, window), len(inputs[0]) - 2)
    shapes = shapes[: len(inputs)]
    binding = bind(op, inputs, definitions, small, shapes)
    draw = random.Random(0)
    tensors = {name: _tensor(name, shape, draw) for name, shape in operands(small, *shapes).items()}
    dy = _tensor("dy", small.shape(*shapes), draw)
    return Instance(small, {**binding, **tensors, "dL/dy": dy}, tensors, dy)


def _tensor(name: str, shape: Shape, draw: random.Random) -> Tensor:
    """Small integers, with many ties; a variance is positive."""
    low = 1 if name == "var" else -3
    count = 1
    for n in shape:
        count *= n
    return Tensor(shape, [Fraction(draw.randint(low, 3)) for _ in range(count)])


def _bound(op: Operator, values: Mapping[sp.Symbol, int]) -> Operator:
    """The operator with numbers for the symbols of its window."""

    def number(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(number, value))
        return values.get(value, value) if isinstance(value, sp.Symbol) else value

    return replace(op, **{f.name: number(getattr(op, f.name)) for f in fields(op)})
