"""Rung 5: what a kernel does to memory, and what memory does to a kernel.

A kernel reads its operands and writes one result. It leaves the operands as they are, gives an array of its own, writes
every number of it, gives the same whenever it is asked, wherever the operands lie in memory, and whatever lies around
them. A layout that it refuses with an exception is withheld, and no counterexample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from cnnmath import ops
from cnnmath.numeric.windows import Array
from cnnmath.readers.monomials import monomials
from cnnmath.readers.reach import reach
from cnnmath.verify.compare import differing, number, place
from cnnmath.verify.data import mode
from cnnmath.verify.evidence import Evidence, Finding, Withheld
from cnnmath.verify.guard import Guard, carrier, checked
from cnnmath.verify.real import real
from cnnmath.verify.rounding import FORMATS
from cnnmath.verify.rungs.asked import RefutedError, half_of_the_digits
from cnnmath.verify.rungs.draws import BITS, distinct, drawn, integers, room
from cnnmath.verify.rungs.integers import ANY
from cnnmath.verify.rungs.layouts import LAYOUTS, Layout, Soiled, plain, repeated, root, silenced, within
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import Trial

RUNG = 5
AGAIN = 3
"""Further runs on the same numbers."""

BYTES = (0xFF, 0x41)
"""What unwritten memory holds, everywhere: a NaN that no operation gives, and a number far from all others."""

CLEAN = "it leaves operands alone, writes all of a result of its own, and gives the same always and for every layout"
PASSING = (ops.MaxPool, ops.AdaptiveMaxPool, ops.Maxout, ops.ReLU)
"""Operators of which an output is NaN where it reads one, whatever the kernel's method."""


def hygienic(
    guard: Guard, case: Case, wanted: Sequence[str], generator: np.random.Generator
) -> Iterator[Evidence | Withheld | Finding]:
    """Watch each result that is wanted being computed, on numbers for which the order of sums does not matter."""
    if guard.tested.dtype not in BITS:
        yield from (Withheld(RUNG, wrt, f"no numbers are known for {guard.tested.dtype}") for wrt in wanted)
        return
    trial, exact = _trial(guard.tested.dtype, case, generator)
    exact = exact and guard.tested.algorithm == ANY
    for wrt in wanted:
        subject = Watched(guard, trial, wrt, exact)
        try:
            refused = [text for check in CHECKS for text in check(subject)]
        except RefutedError as refuted:
            yield refuted.finding
            return
        fact = CLEAN + (" that it takes" if refused else "") + ("" if exact else ", to half of the digits")
        yield Evidence(RUNG, wrt, fact, subject.runs, subject.runs * prod(trial.shape(wrt)))
        yield from (Withheld(RUNG, wrt, text) for text in refused)


@dataclass(slots=True)
class Watched:
    """A kernel that computes one result, and what it has given before."""

    guard: Guard
    trial: Trial
    wrt: str
    exact: bool
    runs: int = 0
    last: Any = None
    _reference: list[Array] = field(default_factory=list)

    @property
    def reference(self) -> Array:
        """What it gives for arrays of their own, in row-major order."""
        if not self._reference:
            given = self.run(self.laid_out(plain))
            if given.dtype.kind == "f" and not np.isfinite(given).all():
                raise self.refuted("nan", "what goes in is finite, and what comes out is not")
            self._reference.append(given)
        return self._reference[0]

    def laid_out(self, layout: Layout, fill: Any = 0, given: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """All that goes in, laid out as the kernel has its axes, each with what lies around it."""
        arrays = {}
        for name, array in (given or self.trial.given(self.wrt)).items():
            axes = self.guard.tested.axes(self.trial.case.op, name, array.ndim)
            arrays[name] = layout(array.transpose(axes), fill).transpose(np.argsort(axes))
        return arrays

    def run(self, given: Mapping[str, Array], guard: Guard | None = None) -> Array:
        """A copy of what it gives for these very arrays.

        Raises
        ------
        RefutedError
            Where it changes them, gives memory of theirs, or nothing that it should.
        """
        roots = {name: root(array) for name, array in given.items()}
        before = {name: (np.array(given[name]), around.copy()) for name, around in roots.items()}
        arrays, dy = {name: a for name, a in given.items() if name != "dy"}, given.get("dy")
        with silenced():
            raw = (guard or self.guard).result(self.trial, self.wrt, arrays, dy)
        self.runs += 1
        for name, (numbers, around) in before.items():
            self._unchanged(name, given[name], numbers)
            if not _same(roots[name], around):
                raise self.refuted("writes", f"it writes to memory around {name}")
            if isinstance(raw, np.ndarray) and np.may_share_memory(raw, roots[name]):
                raise self.refuted(
                    "view", f"the result has its memory from {name}: who writes to one changes the other"
                )
        if self.last is not None and isinstance(raw, np.ndarray) and np.may_share_memory(raw, self.last):
            raise self.refuted("view", "results of two calls have one memory: the second call changes the first result")
        result = checked(raw, self.trial.shape(self.wrt), RUNG, self.wrt, self.guard.tested.dtype, self.guard.limit)
        if isinstance(result, Finding):
            raise RefutedError(result)
        self.last = raw if isinstance(raw, np.ndarray) else None
        return result.copy()

    def compared(self, given: Array, expected: Array, kind: str, when: str) -> None:
        """Compare a run with another of the same numbers, as far as the order of sums decides nothing."""
        greatest = max(
            [1.0, *(float(np.abs(a).max(initial=0)) for a in (expected, *self.trial.given(self.wrt).values()))]
        )
        wrong = differing(given, expected, 0 if self.exact else greatest * half_of_the_digits(self.guard.tested.dtype))
        self.equal(given, expected, wrong, kind, when)

    def identical(self, given: Array, expected: Array, kind: str, when: str) -> None:
        """Compare a run with another of the same numbers, bit for bit."""
        self.equal(given, expected, _unlike(given, expected), kind, when)

    def refuted(self, kind: str, fact: str, at: tuple[int, ...] | None = None) -> RefutedError:
        """What is wrong, as a finding."""
        return RefutedError(Finding(kind, fact, RUNG, self.wrt, at))

    def equal(self, given: Array, expected: Array, wrong: Array, kind: str, when: str) -> None:
        """Refute where anything is wrong."""
        if wrong.any():
            at = tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))
            fact = f"{place(self.wrt, at)} is {number(expected[at])}, but {number(given[at])} {when}"
            raise self.refuted(kind, fact, at)

    def _unchanged(self, name: str, array: Array, before: Array) -> None:
        wrong = _unlike(array, before)
        if wrong.any():
            at = tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))
            what = f"{name}[{', '.join(map(str, at))}]"
            raise self.refuted("writes", f"it changes {what} from {number(before[at])} to {number(array[at])}", at)


def unwritten(watched: Watched) -> Iterator[str]:
    """No number is what memory held before, one thing once and another then."""
    form, shape = carrier(watched.guard.tested.dtype), watched.trial.shape(watched.wrt)
    operands = watched.trial.given(watched.wrt).values()
    sizes = tuple({prod(s) * form.itemsize for s in (shape, *(a.shape for a in operands))})
    given: dict[int, list[Array]] = {byte: [] for byte in BYTES}
    for byte in BYTES * 2:
        with closing(Guard(Soiled(watched.guard.tested, byte, sizes), watched.guard.limit)) as guard:
            given[byte].append(watched.run(watched.laid_out(plain), guard))
    for byte, other in (BYTES, BYTES[::-1]):
        left = np.full(prod(shape) * form.itemsize, byte, np.uint8).view(form).reshape(shape)
        stale = ~np.logical_and.reduce([_unlike(y, left) for y in given[byte]])
        stale &= np.logical_or.reduce([_unlike(y, left) for y in given[other]])
        if stale.any():
            at = tuple(int(i) for i in np.unravel_index(int(stale.argmax()), shape))
            raise watched.refuted(
                "unwritten", f"{place(watched.wrt, at)} is what memory held before: it is not written", at
            )
    yield from ()


def unstable(watched: Watched) -> Iterator[str]:
    """Asked again, it gives the same, bit for bit."""
    for _ in range(AGAIN):
        given, when = watched.run(watched.laid_out(plain)), "when it is asked again"
        watched.identical(given, watched.reference, "unstable", when)
    if watched.guard.tested.dtype in FORMATS:  # numbers of which another order of a sum would round otherwise
        trial = real(watched.trial.case, watched.guard.tested.dtype, np.random.default_rng(0))
        first = watched.run(watched.laid_out(plain, given=trial.given(watched.wrt)))
        for _ in range(AGAIN):
            again = watched.run(watched.laid_out(plain, given=trial.given(watched.wrt)))
            watched.identical(again, first, "unstable", "when it is asked again")
    yield from ()


def surroundings(watched: Watched) -> Iterator[str]:
    """What lies ahead of the operands and behind them does not matter."""
    for fill in _fills(watched.guard.tested.dtype):
        when = f"where {number(fill)} lies ahead of the operands and behind them"
        watched.compared(watched.run(watched.laid_out(within, fill)), watched.reference, "surroundings", when)
    yield from ()


def layouts(watched: Watched) -> Iterator[str]:
    """Neither do strides, nor leave to write."""
    fill = _fills(watched.guard.tested.dtype)[0]
    for words, layout in LAYOUTS.items():
        try:
            given = watched.run(watched.laid_out(layout, fill))
        except RefutedError as refuted:
            yield _refusal(refuted, words)
            continue
        watched.compared(given, watched.reference, "layout", f"for arrays {words}")


def strides_of_zero(watched: Watched) -> Iterator[str]:
    """Nor that one number in memory stands for many."""
    everywhere = watched.wrt != "y"  # as the gradient of a sum is
    wide = {
        name: repeated(array, everywhere=everywhere and name == "dy")
        for name, array in watched.trial.given(watched.wrt).items()
    }
    expected = watched.run(watched.laid_out(plain, given=wide))
    words = "with strides of 0"
    try:
        given = watched.run(wide)
    except RefutedError as refuted:
        yield _refusal(refuted, words)
        return
    watched.compared(given, expected, "layout", f"for arrays {words}")


def passing_nan(watched: Watched) -> Iterator[str]:
    """A maximum or a rectifier that reads a NaN gives NaN, and no other does.

    Who reads a number is known from the definition: whose output a number greater than all others is.
    """
    case = watched.trial.case
    if watched.wrt != "y" or not isinstance(case.op, PASSING) or watched.reference.dtype.kind != "f":
        return
    x = watched.trial.arrays["x"]
    greatest = 2.0 ** (int(np.abs(x).max(initial=0)) + 1).bit_length()  # exact in every format
    for at in _read(case):
        great, spoiled = x.copy(), x.copy()
        great[at], spoiled[at] = greatest, np.nan
        truth = Trial(case, {"x": great}, watched.trial.dy).truth("y").astype(x.dtype)
        given = watched.run({"x": spoiled})
        expected = np.where(truth == greatest, x.dtype.type(np.nan), truth)
        wrong = ~((given == expected) | (np.isnan(given) & np.isnan(expected)))
        watched.equal(expected, given, wrong, "nan", f"by the definition, where {place('x', at)[1:]} is NaN")
    yield from ()


CHECKS = (unwritten, unstable, surroundings, layouts, strides_of_zero, passing_nan)
"""Each raises what it finds, and yields which layouts are refused."""


def _trial(dtype: str, case: Case, generator: np.random.Generator) -> tuple[Trial, bool]:
    """Numbers, and whether they are integers that no operation rounds."""
    if mode(case.op, *case.inputs) != "integers":
        return Trial(case, *drawn(case, generator, dtype)), False
    found = monomials(case.op, *case.inputs)
    if found is None:
        return distinct(Trial(case, *drawn(case, generator, dtype)), generator, BITS[dtype]), True
    largest = room(case, found, BITS[dtype])
    return integers(case, max(largest, 1), generator, dtype), largest >= 1


def _read(case: Case) -> list[tuple[int, ...]]:
    """Positions of the input that the first output reads, one in the middle, and the last."""
    shape = case.op.shape(*case.inputs)
    outputs = (
        [np.unravel_index(i, shape) for i in sorted({0, prod(shape) // 2, prod(shape) - 1})] if prod(shape) else []
    )
    return [max(reach(case.op, tuple(map(int, o)), *case.inputs)) for o in outputs]


def _fills(dtype: str) -> tuple[Any, ...]:
    """Numbers that would be seen if they were read."""
    form = carrier(dtype)
    return (np.nan, np.finfo(form).max) if form.kind == "f" else (np.iinfo(form).max, np.iinfo(form).min)


def _refusal(refuted: RefutedError, words: str) -> str:
    """That a layout is refused; what else is wrong is no refusal."""
    if refuted.finding.kind != "raises":
        raise refuted
    return f"it refuses arrays {words}: {refuted.finding.fact.removeprefix('it raises '):.80}"


def _unlike(a: Array, b: Array) -> Array:
    """Where bits differ."""
    bits = np.dtype(f"u{a.dtype.itemsize}") if a.dtype.itemsize <= 8 else None
    if bits is None:
        return (a != b) & ~((a != a) & (b != b))
    return np.array(a, order="C").view(bits) != np.array(b, order="C").view(bits)


def _same(a: Array, b: Array) -> bool:
    return not _unlike(a, b).any()
