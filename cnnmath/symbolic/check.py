"""Checks: both sides of an equation, evaluated exactly on an instance, at positions spread over it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import compress, product
from random import Random
from typing import TYPE_CHECKING, Any

import sympy as sp

from cnnmath.errors import DerivationError
from cnnmath.symbolic.evaluate import Environment, compiled
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.terms import Expr, Partial, Quantified

if TYPE_CHECKING:
    from cnnmath.symbolic.derivation import Step

LEAST, MOST, EFFORT = 4, 120, 4_000
"""Positions compared in one step: from the least to the most, as many as the effort (terms evaluated) allows."""

ALL, ROWS, COLUMNS = 512, 12, 60
"""Up to so many positions are looked at one and all; of more, so many settings of the first half of the indices, and
for each so many of the others."""

CLOSE = Fraction(1, 10**40)
"""Relative difference allowed where roots and exponentials are irrational: the exact reader carries 50 digits."""

RELATIONS: dict[str, Callable[[Any, Any], bool]] = {"<=": operator.le, ">=": operator.ge, "<": operator.lt}
"""What a step may say beside that its sides are equal."""


def check(step: Step, instance: Instance) -> int:
    """Compare the two sides of a step on an instance, at up to some hundred positions, and say at how many.

    A third of them are positions at which the left side is not zero, where that is quickly found, and half are such
    moved to an end of one axis, where a single condition may fail; the last corner is always among them.

    Raises
    ------
    DerivationError
        Where they differ; it names the step, the position and both values.
    """
    if step.relation == "identical":
        _check_identity(step)
        return 1
    environment = instance.environment
    left, right = compiled(step.left), compiled(step.right)
    here: dict[sp.Symbol, int] = {}
    try:
        places = positions_of(step, instance)
        for here in places:
            full = environment | here
            sides = left(full), right(full)
            if not _holds(step.relation, *sides):
                raise _refuted(step, here, f"the left side is {_shown(sides[0])}, the right side {_shown(sides[1])}")
    except (LookupError, TypeError) as error:
        raise _refuted(step, here, f"a formula reads where there is no entry: {error}") from None
    except (ArithmeticError, ValueError) as error:
        raise _refuted(step, here, f"a formula has no value: {error}") from None
    return len(places)


def _check_identity(step: Step) -> None:
    """Expand the difference of two sides, polynomials or matrices of them: it must vanish, term by term."""
    left, right = (_entries(side) for side in (step.left, step.right))
    if left.shape != right.shape:
        raise _refuted(step, {}, f"the left side is a matrix of shape {left.shape}, the right side of {right.shape}")
    rest = (left - right).applyfunc(sp.expand)
    if any(entry != 0 for entry in rest):
        raise _refuted(step, {}, f"the difference of the two sides is {next(entry for entry in rest if entry != 0)}")


def _entries(side: Expr) -> Expr:
    """A matrix, its products carried out, or a single expression as one."""
    return sp.ImmutableMatrix(_carried_out(side) if isinstance(side, sp.MatrixExpr) else [[side]])


def _carried_out(side: Expr) -> Expr:
    match side:
        case sp.MatMul():
            return reduce(operator.mul, map(_carried_out, side.args))
        case sp.HadamardProduct():
            return reduce(sp.MatrixBase.multiply_elementwise, map(_carried_out, side.args))
        case _:
            return side


def positions_of(step: Step, instance: Instance) -> list[dict[sp.Symbol, int]]:
    """Positions to compare: settings of the free indices, those first at which the left side is not zero."""
    environment = instance.environment
    symbols = [symbol for symbol, _ in step.over]
    extents = tuple(_values(extent, environment) for _, extent in step.over)
    draw, spread = Random(0), _spread(extents)
    most = min(MOST, max(LEAST, EFFORT // (terms(step.left, environment) + terms(step.right, environment))))
    touched = list(compress(spread, _touched(step, instance, spread)))
    first = draw.sample(touched, min(len(touched), most // 3))
    beside = list(dict.fromkeys(at for position in first for at in _beside(position, extents)))
    near = draw.sample(beside, min(len(beside), most // 2))
    others = draw.sample(spread, min(len(spread), most - len(first) - len(near)))
    chosen = dict.fromkeys([*first, *spread[-2:], *near, *others])
    return [dict(zip(symbols, at, strict=True)) for at in chosen]


def _touched(step: Step, instance: Instance, spread: Sequence[tuple[int, ...]]) -> Sequence[bool]:
    """At which positions the left side is not zero, where that is quickly found: once, for all right sides of it."""
    if not step.left.has(sp.Indexed, Partial) or step.left.has(Quantified):
        return ()
    key = step.left, step.over
    if key not in instance.touched:
        value, environment, symbols = compiled(step.left), instance.environment, [symbol for symbol, _ in step.over]
        found = (value(environment | dict(zip(symbols, at, strict=True))) != 0 for at in spread)
        instance.touched[key] = tuple(map(bool, found))
    return instance.touched[key]


def _beside(position: tuple[int, ...], extents: Sequence[range]) -> list[tuple[int, ...]]:
    """Positions moved from one to an end of one axis alone: there a single condition may fail."""
    ends = [(axis, end) for axis, extent in enumerate(extents) for end in {extent[0], extent[-1]} - {position[axis]}]
    return [(*position[:axis], end, *position[axis + 1 :]) for axis, end in ends]


@lru_cache(maxsize=256)
def _spread(extents: tuple[range, ...]) -> Sequence[tuple[int, ...]]:
    """All positions where they are few; else some rows and, of each, some columns, the last corners at the end."""
    if math.prod(map(len, extents)) <= ALL:
        return tuple(product(*extents))
    draw, half = Random(0), len(extents) // 2
    rows, columns = _some(extents[:half], ROWS, draw), _some(extents[half:], COLUMNS, draw)
    others = (_some(extents[half:], COLUMNS, draw) for _ in rows)
    spread = [(*row, *column) for row, own in zip(rows, others, strict=True) for column in own]
    corners = [(*row, *column) for row in rows[-2:] for column in columns[-2:]]
    return tuple(dict.fromkeys(spread) | dict.fromkeys(corners))


def _some(extents: Sequence[range], most: int, draw: Random) -> list[tuple[int, ...]]:
    """Some positions, the last corner last."""
    corner = tuple(extent[-1] for extent in extents)
    if math.prod(map(len, extents)) <= most:
        return list(product(*extents))
    return list(dict.fromkeys([*(tuple(map(draw.choice, extents)) for _ in range(most - 1)), corner]))


def terms(expr: Any, environment: Environment) -> int:
    """About how many terms one evaluation of a formula goes through."""
    count = 1
    for symbol, extent in expr.ranges if isinstance(expr, Quantified) else ():
        if extent.free_symbols <= environment.keys():
            length = max(1, len(_values(extent, environment)))
            count, environment = count * length, environment | {symbol: length - 1}
    return count * max((terms(argument, environment) for argument in expr.args), default=1)


def _values(extent: Expr, environment: Environment) -> range:
    """Values of an index: below its extent, or all integers, as far as the instance says that they reach."""
    if extent is sp.oo:
        return range(-environment[sp.oo], environment[sp.oo] + 1)
    value = compiled(extent)(environment)
    if int(value) != value:
        raise ValueError(f"an index cannot run below {value}")
    return range(int(value))


def _holds(relation: str, left: Any, right: Any) -> bool:
    """Whether two values stand in a relation; irrational ones are equal to 40 digits."""
    if relation != "=":
        alike = _close(left, right)
        return not alike and left < right if relation == "<" else alike or RELATIONS[relation](left, right)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(_holds("=", *pair) for pair in zip(left, right, strict=True))
    return bool(left == right) or _close(left, right)


def _close(left: Any, right: Any) -> bool:
    """Whether two irrational numbers are equal as far as their digits are known."""
    return _irrational(left, right) and abs(left - right) <= CLOSE * abs(right)


def _irrational(*numbers: Any) -> bool:
    """Whether one of them has so long a denominator that it stands for an irrational number."""
    return all(isinstance(n, (int, Fraction)) for n in numbers) and any(n.denominator > 10**20 for n in numbers)


def _shown(value: Any) -> str:
    if isinstance(value, Fraction) and value.denominator > 10**20:
        return f"{float(value):.12g}"
    return str(value) if not isinstance(value, tuple) else f"({', '.join(map(_shown, value))})"


def _refuted(step: Step, here: dict[sp.Symbol, int], fact: str) -> DerivationError:
    where = ", ".join(f"{symbol} = {value}" for symbol, value in here.items())
    return DerivationError(
        f"the step '{step.name.lower()}' does not hold.",
        here=f"at {where}: {fact}" if where else fact,
        rule="both sides of every equation agree exactly on small instances",
    )


def check_all(steps: Iterable[Step], instances: Iterable[Instance]) -> None:
    """Check every step on every instance; an identity, which depends on none, once."""
    everywhere = list(instances)
    for step in steps:
        chosen = everywhere if step.relation != "identical" else everywhere[:1]
        if not sum(check(step, instance) for instance in chosen):
            raise DerivationError(
                f"the step '{step.name.lower()}' was compared nowhere.",
                here="a free index has no value on any instance",
                fix="give an instance on which it has some",
            )
