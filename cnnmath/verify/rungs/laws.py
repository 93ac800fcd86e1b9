"""Rung 3: laws, which need no oracle.

Each is an equation between results of the kernel itself, tried on random integers that no operation rounds, so that
its two sides are compared with ``==``. Operators that do not stay among the integers are held to half of the digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import log2
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from cnnmath import ops
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.readers.monomials import of_gradient
from cnnmath.verify.data import divisor
from cnnmath.verify.evidence import Evidence, Finding, Withheld, result_name
from cnnmath.verify.guard import Guard
from cnnmath.verify.rungs.asked import RUNG, Asked, RefutedError, asked, changed
from cnnmath.verify.rungs.draws import rational
from cnnmath.verify.rungs.integers import judged
from cnnmath.verify.rungs.symmetries import apart, groups, stuffed, translation
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import Trial

Law: TypeAlias = Callable[[Asked, str], Iterator[str]]
"""``law(asked, wrt)`` tries a law on one result: its name where it holds, nothing where there is no such law."""


def lawful(
    guard: Guard, case: Case, wanted: Sequence[str], generator: np.random.Generator
) -> Iterator[Evidence | Withheld | Finding]:
    """Try every law on every result that is wanted."""
    subject = asked(guard, case, tuple(wanted), generator)
    if isinstance(subject, str):
        yield from (Withheld(RUNG, wrt, subject) for wrt in wanted)
        return
    for wrt in wanted:
        runs, numbers = subject.runs, subject.numbers
        try:
            names = [name for law in LAWS for name in law(subject, wrt)]
        except RefutedError as refuted:
            if rounds := _rounding(subject, refuted.finding):
                yield rounds
                continue
            yield refuted.finding
            return
        if not names:
            yield Withheld(RUNG, wrt, "no law is known for it")
            continue
        within = "" if subject.exact else f", within 2^{int(log2(subject.unit))} of the largest number"
        yield Evidence(RUNG, wrt, "; ".join(names) + within, subject.runs - runs, subject.numbers - numbers)


def _rounding(asked: Asked, found: Finding) -> Withheld | None:
    """Whether a law that should hold exactly does not only because the kernel rounds where no sum has to.

    What the definition gives keeps every law: a kernel that breaks one is off it in one of its results, and each is
    either wrong or a rounding of what is right.
    """
    if not asked.exact or found.kind != "law":
        return None
    said = [judged(asked.guard, trial, wrt, RUNG) for trial, wrt in asked.tried]
    if any(isinstance(word, Finding) for word in said):
        return None
    return next((replace(word, wrt=found.wrt) for word in said if isinstance(word, Withheld)), None)


def linear(asked: Asked, wrt: str) -> Iterator[str]:
    """``f(v1 + v2) = f(v1) + f(v2)``, and with ``+ f(0)`` on the left where f is only affine."""
    names = []
    for name, affine in _linear_in(asked, wrt).items():
        base, other = asked.base.given(wrt)[name], asked.drawn().given(wrt)[name]
        ones = [asked.ask(changed(asked.base, {name: v}), wrt) for v in (base + other, other)]
        left, right = ones[0], asked.first(wrt) + ones[1]
        result, zero = result_name(wrt), ""
        if affine:
            right = right - asked.ask(changed(asked.base, {name: 0 * base}), wrt)
            zero = f" - {result}(0)"
        says = f"{result}({name}1 + {name}2) = {result}({name}1) + {result}({name}2){zero}"
        asked.same(f"{'affine' if affine else 'linear'} in {name}", wrt, left, right, says)
        names.append((affine, name))
    for affine, word in ((False, "linear"), (True, "affine")):
        if those := [name for a, name in names if a is affine]:
            yield f"{word} in {_and(those)}"


def adjoint(asked: Asked, wrt: str) -> Iterator[str]:
    """``<f(v) - f(0), dy> = <v, dv>`` for an operand v in which the output f is affine."""
    if wrt == "y" or not asked.exact or wrt not in _linear_in(asked, "y"):
        return
    own = "y" in asked.wanted

    def output(trial: Trial) -> Array:
        return rational(asked.ask(trial, "y") if own else trial.truth("y"))

    v, base = asked.base.arrays[wrt], asked.base
    y = rational(asked.first("y")) if own else output(base)
    if _linear_in(asked, "y")[wrt]:
        y = y - output(changed(base, {wrt: 0 * v}))
    left, right = np.sum(rational(v) * rational(asked.first(wrt))), np.sum(y * rational(base.dy))
    asked.numbers += 2
    whose = "its own output" if own else "the definition's output"
    if left != right:
        says = f"<{wrt}, {result_name(wrt)}> = <y({wrt}) - y(0), dy>, of {whose}"
        raise asked.refuted("adjoint", wrt, f"<{wrt}, {result_name(wrt)}>", left, right, says)
    yield f"adjoint of {whose}"


def mass(asked: Asked, wrt: str) -> Iterator[str]:
    """Nothing is lost and nothing added: numbers have the sum of those that they are made of."""
    axes = _conserved(asked.case, wrt)
    if axes is None or not asked.exact:
        return
    source = asked.base.arrays["x"] if wrt == "y" else asked.base.dy
    given = asked.first(wrt)
    left, right = (_summed(rational(a), axes) for a in (given, source))
    of = "x" if wrt == "y" else "dy"
    asked.numbers += left.size
    for at in np.ndindex(left.shape):
        if left[at] != right[at]:
            what = f"sum({result_name(wrt)}[{', '.join(map(str, at))}])"
            raise asked.refuted("mass", wrt, what, left[at], right[at], f"sum({result_name(wrt)}) = sum({of})", at)
    yield "mass"


def constants(asked: Asked, wrt: str) -> Iterator[str]:
    """Means, choices and repetitions of equal numbers are that number."""
    if wrt != "y" or not asked.exact or not averaging(asked.case.op, asked.case):
        return
    x = asked.base.arrays["x"]
    number = 3 * divisor(asked.case.op, *asked.case.inputs)
    given = asked.ask(changed(asked.base, {"x": np.full_like(x, number)}), wrt)
    asked.same("constants", wrt, given, np.full_like(given, number), "where all numbers are equal, so are means")
    yield "constants"


def bias(asked: Asked, wrt: str) -> Iterator[str]:
    """The gradient by a bias is the sum of the gradient from above over samples and positions."""
    if wrt != "b" or not asked.exact or not isinstance(asked.case.op, BIASED):
        return
    right = _summed(rational(asked.base.dy), (1,))
    asked.same("bias", wrt, rational(asked.first(wrt)), right, "db[f] = sum(dy[:, f])")
    yield "a bias gathers dy"


LAWS: tuple[Law, ...] = (linear, adjoint, mass, constants, bias, apart, translation, groups, stuffed)
"""All laws; each knows where it holds."""

BIASED = (ops.Conv, ops.ConvTranspose, ops.Linear, ops.Subsample)
"""Operators that add a number b to every output of a channel."""

WHOLE: Mapping[type[Operator], tuple[int, ...]] = MappingProxyType(
    {
        **dict.fromkeys((ops.MaxPool, ops.AdaptiveMaxPool, ops.AdaptiveAveragePool, ops.GlobalAveragePool), (0, 1)),
        **dict.fromkeys(
            (ops.Upsample, ops.LinearUpsample, ops.Resize, ops.ReflectPad, ops.EdgePad, ops.WrapPad, ops.AveragePool),
            (0, 1),
        ),
        **dict.fromkeys((ops.Maxout, ops.Flatten, ops.Dropout), (0,)),
        **dict.fromkeys((ops.SpaceToDepth, ops.DepthToSpace, ops.ChannelShuffle), (0,)),
        **dict.fromkeys((ops.Select, ops.Slice, ops.Transpose, ops.Reshape, ops.Tile), ()),
    }
)
"""Operators of which an output is a mean of inputs, and the axes along which none is taken."""


def averaging(op: Operator, case: Case) -> bool:
    """Whether every output is a mean of inputs, with weights that add up to one.

    Examples
    --------
    >>> [averaging(op, Case(op, ((1, 1, 4, 4),))) for op in (ops.AveragePool(2), ops.AveragePool(2, padding=1))]
    [True, False]
    """
    if isinstance(op, ops.AveragePool) and op.count_padding:
        return all(w.before == w.after == 0 for w in op.declared(case.inputs[0][2:]))
    if isinstance(op, ops.Resize):
        return op.crop is None
    return type(op) in WHOLE and not (isinstance(op, ops.Dropout) and op.training)


def _conserved(case: Case, wrt: str) -> tuple[int, ...] | None:
    """Axes that are left where sums are equal."""
    op = case.op
    if wrt == "x" and averaging(op, case):
        return WHOLE[type(op)]
    if wrt == "y" and isinstance(op, ops.Pad) and op.value == 0:
        return (0,)
    return (0, 1) if wrt == "y" and isinstance(op, ops.MaxUnpool) else None


def _linear_in(asked: Asked, wrt: str) -> dict[str, bool]:
    """In which operands a result is linear or affine; whether it is only affine.

    Every gradient is linear in that from above, whatever the operator is.
    """
    if asked.found is None or not asked.exact:
        return {} if wrt == "y" else {"dy": False}
    found = asked.found if wrt == "y" else of_gradient(asked.found, wrt)
    names = sorted({name for m in found for name in m}, key=list(asked.base.given(wrt)).index)
    return {n: any(n not in m for m in found) for n in names if all(m.count(n) <= 1 for m in found)}


def _summed(array: Array, kept: tuple[int, ...]) -> Any:
    return np.asarray(array.sum(axis=tuple(i for i in range(array.ndim) if i not in kept)), array.dtype)


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
