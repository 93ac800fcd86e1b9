"""Worked examples: one entry of every step of a derivation, with the numbers of a small instance put in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import sympy as sp

from cnnmath.readers import Tensor
from cnnmath.symbolic.check import positions_of, terms
from cnnmath.symbolic.evaluate import compiled
from cnnmath.symbolic.instance import Array, Instance
from cnnmath.symbolic.notations import Notation
from cnnmath.symbolic.terms import Attains, Expr, Partial, array, entry_at
from cnnmath.symbolic.traced import Traced, formula
from cnnmath.symbolic.typeset import SIGNS, equation, typeset

if TYPE_CHECKING:
    from cnnmath.symbolic.derivation import Derivation, Step

MOST_ENTRIES = 24
"""A formula that reads more entries is shown by its value alone."""


@dataclass(frozen=True, slots=True)
class Worked:
    """An entry of a step: the formula there, the same with numbers, and the values of both sides."""

    step: Step
    left: Expr
    formula: Expr
    numbers: Mapping[Expr, Any]
    values: tuple[Any, Any]

    def write(self, notation: Notation) -> str:
        """The chain of equations in a notation; of a bound, a chain for each side."""
        if self.step.relation == "=":
            return chain(self.left, self.formula, self.values[1], self.numbers, notation)
        sides = zip((self.left, self.formula), self.values, strict=True)
        written = [
            chain(side, side, value, self.numbers, notation) if side.free_symbols else typeset(side, notation)
            for side, value in sides
        ]
        return notation.relation(SIGNS[self.step.relation], *written)


def worked(derivation: Derivation) -> tuple[Instance, list[Worked]]:
    """One entry of every step that is no identity of polynomials, on the smallest instance of the derivation.

    The entry is one whose value is not zero, where there is one.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> from cnnmath.symbolic import derive
    >>> from cnnmath.symbolic.notations import Text
    >>> _, steps = worked(derive(Conv(1, (2,), bias=False), "y"))
    >>> steps[0].write(Text())
    'y[0,0,1] = w[0,0,0]*x[0,0,1] + w[0,0,1]*x[0,0,2] = (-3)*2 + (-1)*3 = -9'
    """
    instance = min(derivation.instances, key=lambda i: (_terms(derivation.steps, i), _numbers(i)))
    return instance, [_worked(step, instance) for step in derivation.steps if step.relation != "identical"]


def _terms(steps: Iterable[Step], instance: Instance) -> int:
    environment = instance.environment
    return sum(terms(step.right, environment) for step in steps)


def _numbers(instance: Instance) -> int:
    return sum(len(array.values) for array in instance.arrays.values() if isinstance(array, Tensor))


def _worked(step: Step, instance: Instance) -> Worked:
    environment = instance.environment
    sides = [compiled(side) for side in (step.left, step.right)]
    places = positions_of(step, instance)
    here = next((at for at in places if sides[1](environment | at) != 0), places[0])
    values = tuple(side(environment | here) for side in sides)
    if not any(side.has(sp.Indexed, Partial, sp.MatrixExpr) for side in (step.left, step.right)):
        scalars = {s: _number(v) for s, v in (environment | here).items() if isinstance(s, sp.Symbol)}
        return Worked(step, step.left, step.right, scalars, values)
    partials = step.left.atoms(Partial) | step.right.atoms(Partial)
    letters = (
        environment | {name: _Letters(name, numbers, partials) for name, numbers in instance.arrays.items()} | here
    )
    left, right = (_formula(side(letters)) for side in sides)
    entries = left.atoms(sp.Indexed, Partial) | right.atoms(sp.Indexed, Partial)
    numbers = {entry: _number(compiled(entry)(environment)) for entry in entries}
    return Worked(step, left, right, numbers, values)


@dataclass(frozen=True, slots=True)
class _Letters:
    """An array whose numbers remember which entries they are."""

    name: str
    numbers: Array
    partials: Collection[Expr]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array, where it has one."""
        return self.numbers.shape  # type: ignore[attr-defined]  # asked for where a matrix is read as a whole

    def __getitem__(self, at: tuple[int, ...]) -> Traced:
        at = tuple(int(i.value) if isinstance(i, Traced) else i for i in at)
        return Traced(self.numbers[at], self._entry(at))

    def _entry(self, at: tuple[int, ...]) -> Expr:
        for partial in self.partials:
            y, x = partial.args
            if self.name == f"d{y.base}/d{x.base}":
                return Partial(entry_at(str(y.base), at[: len(y.indices)]), x.base[at[len(y.indices) :]])
        return entry_at(self.name, tuple(map(sp.Integer, at)))


def _formula(value: Any) -> Expr:
    """What a number remembers; of a matrix, the matrix of it."""
    if isinstance(value, tuple):
        return sp.ImmutableMatrix([[formula(entry) for entry in row] for row in value])
    return formula(value)


def _number(value: Any) -> Expr:
    """A number as it is shown: irrational ones by their first digits."""
    if isinstance(value, tuple):
        return sp.ImmutableMatrix(value)
    number = sp.sympify(value)
    return sp.Float(float(number), 6) if number.is_Rational and number.q > 10**9 else number


def chain(left: Expr, right: Expr, value: Any, numbers: Mapping[Expr, Any], notation: Notation) -> str:
    """An equation; where there is a value, the same with numbers for its entries (unless it is long), and the value."""
    if value is None:
        return equation(left, right, notation)
    parts = [typeset(left, notation)]
    if right.free_symbols and right.count(lambda part: isinstance(part, (sp.Indexed, Partial))) <= MOST_ENTRIES:
        parts += [] if right == left else [typeset(right, notation)]
        parts += [] if right in numbers or right.has(Attains) else [typeset(right, notation, numbers)]
    return notation.relation("=", *parts, typeset(_number(value), notation))


def arrays_read(steps: Iterable[Step], instance: Instance) -> Iterator[tuple[Expr, Expr]]:
    """The dense arrays that steps read, each as blocks: an entry of its outer axes, and a matrix of numbers."""
    read = {str(entry.base) for step in steps for entry in step.right.atoms(sp.Indexed)}
    for name, tensor in instance.arrays.items():
        if name in read and isinstance(tensor, Tensor):
            yield from _matrices(name, tensor)


def _matrices(name: str, tensor: Tensor) -> Iterator[tuple[Expr, Expr]]:
    """A tensor as one matrix for each setting of all but its last two axes; a single row where it has one axis."""
    *outer, rows, columns = (1,) * (2 - len(tensor.shape)) + tuple(tensor.shape)
    size = rows * columns
    for block, at in enumerate(product(*map(range, outer))):
        values = tensor.values[block * size : (block + 1) * size]
        label = array(name)[tuple(map(sp.Integer, at))] if at else sp.Symbol(name)
        yield label, sp.ImmutableMatrix(rows, columns, [_number(v) for v in values])
