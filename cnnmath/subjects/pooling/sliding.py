"""The letters of a sliding pooling: which positions an output reads, and which outputs read a position."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod
from random import Random
from typing import Any, Self

import sympy as sp

from cnnmath.ops.pool import Pool
from cnnmath.ops.spatial import inside, taps
from cnnmath.symbolic import Step, step
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Array, Instance, Lazy, Place, drawn
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.oracle import told
from cnnmath.symbolic.ranges import decided
from cnnmath.symbolic.terms import Attains, Bracket, Divides, Expr, Maximum, Partial, Range, Sigma, array, index
from cnnmath.window import Window

BATCH = (index("n"), index("c"))
"""Indices of a sample and a channel; an output that is summed over has them with a prime."""

OTHERS = (index("n'"), index("c'"))


@dataclass(frozen=True, slots=True)
class Sliding:
    """Indices of outputs o, taps k and input positions j, one an axis, and what holds between them.

    Examples
    --------
    >>> from cnnmath.ops import MaxPool
    >>> pool = Sliding.of(MaxPool((3,), stride=2, padding=1))
    >>> pool.read, pool.met
    ((k + 2*o - 1,), (j/2 - k/2 + 1/2,))
    """

    letters: Letters

    @classmethod
    def of(cls, op: Pool) -> Self:
        """Letters of a pooling, whose window may be symbols."""
        return cls(Letters.of(op))

    @property
    def windows(self) -> tuple[Window, ...]:
        """One window an axis."""
        return self.letters.windows

    @property
    def batch(self) -> tuple[Range, ...]:
        """Samples and channels."""
        return tuple(zip(BATCH, self.letters.shapes["x"][:2], strict=True))

    @property
    def others(self) -> tuple[Range, ...]:
        """The same with a prime."""
        return tuple(zip(OTHERS, self.letters.shapes["x"][:2], strict=True))

    @property
    def outputs(self) -> tuple[Range, ...]:
        """Positions of an output."""
        return self.letters.axes("o", self.letters.outputs)

    @property
    def taps(self) -> tuple[Range, ...]:
        """Taps of the window."""
        return self.letters.axes("k", [window.kernel for window in self.windows])

    @property
    def inputs(self) -> tuple[Range, ...]:
        """Positions of the input."""
        return self.letters.axes("j", self.letters.sizes)

    @property
    def o(self) -> tuple[Expr, ...]:
        """Indices of an output."""
        return _indices(self.outputs)

    @property
    def k(self) -> tuple[Expr, ...]:
        """Indices of a tap."""
        return _indices(self.taps)

    @property
    def j(self) -> tuple[Expr, ...]:
        """Indices of an input position."""
        return _indices(self.inputs)

    @property
    def read(self) -> tuple[Expr, ...]:
        """The position that output o reads through tap k: s*o + d*k - p on each axis."""
        return taps(self.windows, self.o, self.k)

    @property
    def within(self) -> list[Any]:
        """Conditions under which that position lies in the input."""
        known = dict([*self.outputs, *self.taps])
        return [decided(c, known) for c in inside(self.windows, self.read, self.letters.sizes)]

    @property
    def met(self) -> tuple[Expr, ...]:
        """The output that reads position j through tap k, where there is one: (j + p - d*k)/s on each axis."""
        return tuple(sp.expand(number / w.stride) for w, number in zip(self.windows, self._reached, strict=True))

    @property
    def meets(self) -> list[Any]:
        """Conditions under which there is one: the stride divides, and the quotient is an output."""
        known, conditions = dict([*self.inputs, *self.taps]), []
        for w, number, o, (_, extent) in zip(self.windows, self._reached, self.met, self.outputs, strict=True):
            bounds = (decided(sp.Ge(o, 0), known), decided(sp.Lt(o, extent), known))
            conditions += [Divides(w.stride, number), *bounds]
        return conditions

    @property
    def _reached(self) -> tuple[Expr, ...]:
        return tuple(j + w.before - w.dilation * k for w, j, k in zip(self.windows, self.j, self.k, strict=True))

    def gathered(self, term: Expr, conditions: Sequence[Any] = ()) -> Expr:
        """Sum of a term over the taps through which an output reads position j, where more conditions hold."""
        return Sigma(term, self.taps, [*self.meets, *conditions])

    def first(self, k: Sequence[Expr], o: Sequence[Expr]) -> Attains:
        """Whether tap k is the first at which the maximum of output o is attained."""
        maximum = Maximum(array("x")[*BATCH, *self.read], self.taps, self.within)
        return Attains(maximum, k, (*BATCH, *self.o)).xreplace(dict(zip(self.o, o, strict=True)))

    def chain(self) -> Step:
        """The chain rule: every output passes its gradient on."""
        upstream, slope = array("dL/dy")[*OTHERS, *self.o], Partial(array("y")[*OTHERS, *self.o], self.entry("x"))
        return step(
            "Chain rule",
            "every output that the entry touches passes its gradient on.",
            self.entry("dL/dx"),
            Sigma(upstream * slope, [*self.others, *self.outputs]),
            [*self.batch, *self.inputs],
        )

    def jacobian(self, name: str, rule: Any, slope: Expr, conditions: Sequence[Any] = ()) -> Step:
        """A Jacobian: a factor of the output, for the taps at which the conditions hold and that read the entry."""
        same = map(sp.Eq, (*OTHERS, *self.read), (*BATCH, *self.j))
        return step(
            name,
            rule,
            Partial(array("y")[*OTHERS, *self.o], self.entry("x")),
            slope * Sigma(Bracket(*same), self.taps, [*self.within, *conditions]),
            [*self.others, *self.outputs, *self.batch, *self.inputs],
        )

    def entry(self, name: str) -> sp.Indexed:
        """An array's entry at input position j."""
        return array(name)[*BATCH, *self.j]

    def instances(self, more: Callable[[Instance], Mapping[str, Array]] = lambda _: {}) -> tuple[Instance, ...]:
        """Small instances, every other one of few numbers, so that maxima tie, and with a channel of zeros."""
        own = (self._redrawn(instance) if i % 2 else instance for i, instance in enumerate(self.letters.instances()))
        return tuple(replace(instance, arrays={**instance.arrays, **more(instance)}) for instance in own)

    def _redrawn(self, instance: Instance) -> Instance:
        def numbers(setting: Any) -> Any:
            if isinstance(setting, str):
                return setting
            return tuple(map(numbers, setting)) if isinstance(setting, tuple) else int(evaluate(setting, known))

        known, op = instance.environment, self.letters.padded
        op = replace(op, **{f: numbers(getattr(op, f)) for f in ("kernel", "stride", "dilation", "padding")})
        x, dy = drawn(instance.tensor("x").shape, Random(7), -1, 1), instance.tensor("dL/dy")
        x.values[: prod(x.shape[2:])] = [Fraction(0)] * prod(x.shape[2:])
        return replace(instance, arrays={**instance.arrays, "x": x, **told(op, dy.shape, {"x": x}, dy)})

    def seen(self, instance: Instance) -> dict[Place, list[tuple[Place, Place]]]:
        """For each output the taps and the input positions that it reads, by plain loops over numbers."""
        windows, sizes = numeric(self.windows, instance), instance.tensor("x").shape[2:]
        table: dict[Place, list[tuple[Place, Place]]] = {}
        for o in product(*map(range, instance.tensor("dL/dy").shape[2:])):
            reads = ((k, taps(windows, o, k)) for k in product(*(range(w.kernel) for w in windows)))
            table[o] = [(k, at) for k, at in reads if all(i in range(n) for i, n in zip(at, sizes, strict=True))]
        return table


def numeric(windows: Sequence[Window], instance: Instance) -> list[Window]:
    """Windows with the numbers that an instance has for their symbols; what is padded behind is left out."""
    settings = ((w.kernel, w.stride, w.dilation, w.before) for w in windows)
    return [Window(*(int(evaluate(number, instance.environment)) for number in setting)) for setting in settings]


def _indices(ranges: Sequence[Range]) -> tuple[Expr, ...]:
    return tuple(symbol for symbol, _ in ranges)


def summed(name: str, ranges: Sequence[Range]) -> Expr:
    """Sum of all entries of an array."""
    return Sigma(array(name)[*_indices(ranges)], ranges)


def tabulated(shape: Sequence[int], numbers: dict[Place, Any]) -> Lazy:
    """An array of numbers that are known by position, zero at all others."""
    return Lazy(tuple(shape), lambda at: numbers.get(at, 0))
