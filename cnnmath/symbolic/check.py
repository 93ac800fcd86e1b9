"""Checks of derivations: both sides of an equation, evaluated exactly on small instances."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, TypeAlias

import sympy as sp

from cnnmath.errors import DerivationError
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape
from cnnmath.ops.reduced import reduced
from cnnmath.readers import Tensor, exact, gradient
from cnnmath.symbolic.evaluate import Compiled, Entry, Environment, compiled, positions
from cnnmath.symbolic.setting import bind, symbols_in
from cnnmath.symbolic.terms import Expr, Quantified

LEAST, MOST, EFFORT = 4, 100, 20_000
"""Entries compared in one step: from the least to the most, as many as the effort (terms evaluated) allows."""

TOUCHED = 40
"""At most so many outputs of an instance have a gradient from above; it is zero at the others."""

CLOSE = Fraction(1, 10**40)
"""Relative difference allowed where roots and exponentials are irrational: the exact reader carries 50 digits."""

NUMBERS = {"K": (3, 2), "s": (2, 3), "d": (1, 2), "p": (0, 1)}
"""Numbers that stand in for symbolic kernels, strides, dilations and paddings, exchanged from axis to axis."""


Place: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """An operator with numbers for all symbols, operands of small integers, and what the readers say of them."""

    op: Operator
    environment: Environment
    tensors: dict[str, Tensor]
    dy: Tensor

    def forward(self, step: str, formula: Expr, at: Entry) -> None:
        """Compare a formula of the output with the exact reader."""
        value, everywhere = compiled(formula), dict(positions(at, self.environment))
        for position in _sample(everywhere, everywhere, self._most(formula)):
            truth = exact.evaluate(self.op, position, *self.tensors.values())
            self._compare(step, position, value, everywhere[position], truth)

    def backward(self, wrt: str, at: Entry, **formulas: Expr) -> None:
        """Compare formulas of a gradient, by step, with the gradient reader."""
        truth = gradient.backward(self.op, self.dy, self.tensors)[wrt]
        everywhere = dict(positions(at, self.environment))
        touched = [position for position in everywhere if truth[position]]
        for step, formula in formulas.items():
            value = compiled(formula)
            for position in _sample(touched, everywhere, self._most(formula)):
                self._compare(step, position, value, everywhere[position], truth[position])

    def partials(self, step: str, formula: Expr, wrt: str, output: Entry, entry: Entry) -> None:
        """Compare a formula of the Jacobian with the gradient reader, output by output."""
        value, most = compiled(formula), self._most(formula)
        outputs, entries = (dict(positions(at, self.environment)) for at in (output, entry))
        for above in _sample(outputs, outputs, max(LEAST, most // 4)):
            row = {at: p for (name, at), p in gradient.partials(self.op, above, self.tensors).items() if name == wrt}
            for below in _sample(row, entries, max(LEAST, most // 2)):
                self._compare(step, (above, below), value, outputs[above] | entries[below], row.get(below, 0))

    def _most(self, formula: Expr) -> int:
        return min(MOST, max(LEAST, EFFORT // _terms(formula, self.environment)))

    def _compare(self, step: str, position: Any, formula: Compiled, here: Environment, truth: Any) -> None:
        try:
            value = Fraction(formula(here))
        except IndexError as outside:
            raise self._refuted(step, f"at {position} the formula reads outside an operand: {outside}") from None
        if abs(value - truth) > CLOSE * abs(truth):
            raise self._refuted(step, f"at {position} the formula gives {value}, the definition {truth}")

    def _refuted(self, step: str, here: str) -> DerivationError:
        return DerivationError(
            f"the step '{step}' does not hold.",
            here=here,
            rule="both sides of every equation agree exactly on small instances",
        ).at(type(self.op).__name__.lower())


def instances(op: Operator, inputs: Sequence[Shape], definitions: Mapping[sp.Symbol, Expr]) -> list[Instance]:
    """Small instances at both telling sizes, with two choices of numbers where the window is symbolic."""
    symbols = sorted({s for f in fields(op) for s in symbols_in(getattr(op, f.name)) if str(s)[0] in NUMBERS}, key=str)
    turns = range(2 if symbols else 1)
    return [_instance(op, inputs, definitions, symbols, turn, exact) for turn in turns for exact in (False, True)]


def _instance(
    op: Operator,
    inputs: Sequence[Shape],
    definitions: Mapping[sp.Symbol, Expr],
    symbols: Sequence[sp.Symbol],
    turn: int,
    exact: bool,  # noqa: FBT001 - which of the two telling sizes
) -> Instance:
    window = {s: NUMBERS[str(s)[0]][(turn + int(str(s).partition("_")[2] or 0)) % 2] for s in symbols}
    small, shapes = reduced(_bound(op, window), len(inputs[0]) - 2, exact=exact)
    shapes = shapes[: len(inputs)]
    binding = bind(op, inputs, definitions, small, shapes)
    draw = random.Random(0)
    tensors = {name: _tensor(name, shape, draw) for name, shape in operands(small, *shapes).items()}
    dy = _tensor("dy", small.shape(*shapes), draw)
    for i in draw.sample(range(len(dy.values)), max(0, len(dy.values) - TOUCHED)):
        dy.values[i] = Fraction(0)
    return Instance(small, {**binding, **tensors, "dL/dy": dy}, tensors, dy)


def _sample(touched: Iterable[Place], everywhere: Iterable[Place], most: int) -> list[Place]:
    """Some places, drawn once and for all: half of them touched, the rest any, the last corners always among them."""
    draw, some, every = random.Random(0), list(touched), list(everywhere)
    first = draw.sample(some, min(len(some), most - most // 2))
    return list(dict.fromkeys([*first, *every[-2:], *draw.sample(every, min(len(every), most - len(first)))]))


def _terms(expr: Any, environment: Environment) -> int:
    """About how many terms one evaluation of a formula goes through."""
    inner = max((_terms(argument, environment) for argument in expr.args), default=1)
    if not isinstance(expr, Quantified):
        return inner
    known = [extent for _, extent in expr.ranges if extent.free_symbols <= environment.keys()]
    return inner * math.prod(max(1, int(compiled(extent)(environment))) for extent in known)


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
