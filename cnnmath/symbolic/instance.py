"""Instances: numbers for every symbol and every array of a derivation, on which its equations are evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from operator import ge
from operator import index as whole
from random import Random
from typing import Any, Protocol, TypeAlias

import sympy as sp

from cnnmath.errors import DerivationError
from cnnmath.readers import Tensor
from cnnmath.symbolic.evaluate import Environment
from cnnmath.symbolic.rings import Element

Place: TypeAlias = tuple[int, ...]


class Array(Protocol):
    """Numbers at positions."""

    def __getitem__(self, at: Place, /) -> Any:
        """Number at a position; an `IndexError` outside."""
        ...


@dataclass(frozen=True, slots=True)
class Sparse:
    """Numbers at some positions, zero at all others inside the shape: everywhere, for a signal, where there is none.

    Between the integers there is nothing, not even a zero: an index that is a fraction is a `TypeError`.

    Examples
    --------
    >>> x = Sparse({(0,): 4, (1,): 5})
    >>> x[1,], x[-7,]
    (5, 0)
    """

    numbers: Mapping[Place, Any]
    shape: tuple[int, ...] | None = None

    def __getitem__(self, at: Place) -> Any:
        if self.shape is not None:
            _check_inside(at, self.shape)
        return self.numbers.get(tuple(map(whole, at)), 0)


@dataclass(frozen=True, slots=True)
class Lazy:
    """An array whose numbers are computed when they are asked for, each once: what an oracle says of it."""

    shape: tuple[int, ...]
    number: Callable[[Place], Any]
    known: dict[Place, Any] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, at: Place) -> Any:
        if at not in self.known:
            _check_inside(at, self.shape)
            self.known[at] = self.number(tuple(map(whole, at)))
        return self.known[at]


def _check_inside(at: Place, shape: tuple[int, ...]) -> None:
    if len(at) != len(shape) or min(at, default=0) < 0 or any(map(ge, at, shape)):
        raise IndexError(f"position {at} lies outside shape {shape}")


@dataclass(frozen=True, slots=True)
class Instance:
    """A small setting: numbers for symbols (integers, but for elements of a ring) and for arrays, each by its name.

    The name of an array is the base of its entries in formulas: ``x``, ``dL/dy``. The derivative of y by x is the array
    ``dy/dx``, read by a position of y followed by one of x. The value of ``sympy.oo`` is how far "everywhere" reaches.
    What is ``touched`` is kept by checks: where the left side of a step is not zero.
    """

    values: Mapping[Any, Any]
    arrays: Mapping[str, Array]
    touched: dict[Any, Sequence[bool]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for symbol, value in self.values.items():
            if not isinstance(value, (int, Fraction, Element)):
                raise DerivationError(
                    "an instance has exact numbers.",
                    here=f"{symbol} = {value!r}",
                    fix="give an integer, a fraction, or an element of a ring",
                )

    @property
    def environment(self) -> Environment:
        """Symbols and arrays together; fractions that are whole are integers, with which formulas compute faster."""
        return {**self.values, **{name: _plain(array) for name, array in self.arrays.items()}}

    def tensor(self, name: str) -> Tensor:
        """A dense array of the instance, to make others from."""
        array = self.arrays[name]
        if not isinstance(array, Tensor):
            raise TypeError(f"the array {name} is no dense one")
        return array


def plain(number: Any) -> Any:
    """A fraction that is whole as an integer, anything else as it is."""
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number


def _plain(array: Array) -> Array:
    return Tensor(array.shape, list(map(plain, array.values))) if isinstance(array, Tensor) else array


def drawn(shape: Sequence[int], draw: Random, low: int = -3, high: int = 3) -> Tensor:
    """A tensor of small integers, with many ties.

    Examples
    --------
    >>> drawn((2, 2), Random(1), 0, 9).values
    [Fraction(2, 1), Fraction(9, 1), Fraction(1, 1), Fraction(4, 1)]
    """
    return Tensor(tuple(shape), [Fraction(draw.randint(low, high)) for _ in range(prod(shape))])


def labelled(shape: Sequence[int], draw: Random, levels: Sequence[int]) -> Tensor:
    """A tensor of numbers that are each one of these, the first at the first position.

    Examples
    --------
    >>> labelled((4,), Random(0), (0, 1)).values
    [Fraction(0, 1), Fraction(1, 1), Fraction(1, 1), Fraction(0, 1)]
    """
    return Tensor(tuple(shape), [Fraction(draw.choice(levels) if i else levels[0]) for i in range(prod(shape))])


def values(**sizes: int) -> dict[sp.Symbol, int]:
    """Values of sizes by their names, as `cnnmath.symbolic.terms.size` makes them.

    Examples
    --------
    >>> values(N=2, K_1=3)
    {N: 2, K_1: 3}
    """
    return {sp.Symbol(name, integer=True, positive=True): value for name, value in sizes.items()}
