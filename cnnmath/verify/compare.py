"""Comparison: the first number that differs, and what it is made of."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from numbers import Rational
from typing import Any

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.readers import Tensor, gradient
from cnnmath.readers.monomials import monomials
from cnnmath.verify.data import mode
from cnnmath.verify.evidence import Finding, result_name
from cnnmath.verify.oracle import SMALL
from cnnmath.verify.trial import Trial, size

TERMS = 3
"""Terms of a number that a report shows."""


def differing(given: Array, truth: Array, allowed: Any = 0) -> Array:
    """Where two arrays differ by more than is allowed; NaN and infinities always do."""
    if given.dtype.kind == "O" or truth.dtype.kind == "O":
        allowed = np.broadcast_to(np.asarray(allowed, object), truth.shape)
        flat = zip(given.ravel().tolist(), truth.ravel().tolist(), allowed.ravel().tolist(), strict=True)
        return np.array([not _close(g, t, a) for g, t, a in flat], bool).reshape(truth.shape)
    with np.errstate(invalid="ignore"):
        return ~(np.abs(given - truth) <= allowed)


def compared(
    trial: Trial, wrt: str, given: Array, rung: int, *, allowed: Any = 0, kind: str = "value"
) -> Finding | None:
    """The first number that is not what the sentence says, in the words of a finding; None where all are.

    Parameters
    ----------
    trial, wrt
        What was asked.
    given
        What the kernel gave: numbers of a format are compared with the truth rounded to it.
    rung
        On which rung.
    allowed
        By how much a number may differ.
    kind
        ``value``, or ``bound`` where rounding is allowed for.
    """
    truth = trial.truth(wrt)
    if kind == "value" and given.dtype.kind == "f":
        truth = truth.astype(np.float64).astype(given.dtype)
    wrong = differing(given, truth, allowed)
    if not wrong.any():
        return None
    at = tuple(int(i) for i in np.unravel_index(int(wrong.argmax()), wrong.shape))
    here, right = number_of(given[at]), number_of(truth[at])
    fact = f"{place(wrt, at)} is {number(here)}, but the definition gives {number(right)}"
    lines = [("how many", f"{int(wrong.sum()):,} of {wrong.size:,} numbers are wrong")]
    if kind == "bound":
        bound = float(np.broadcast_to(np.asarray(allowed), truth.shape)[at])
        error = float(abs(Fraction(here) - Fraction(right))) if _finite(here) else float("inf")
        lines.append(("bound", f"rounding explains {bound:.3g}, the error is {error:.3g}"))
    terms = composition(trial, wrt, at)
    lines += [("made of", terms)] if terms else []
    return Finding("nan" if here != here else kind, fact, rung, wrt, at, tuple(lines))


def place(wrt: str, at: tuple[int, ...]) -> str:
    """A number of a result, as a report names it."""
    return f"{result_name(wrt)}[{', '.join(map(str, at))}]"


def composition(trial: Trial, wrt: str, at: tuple[int, ...]) -> str:
    """The terms of a number: what enters it, each with its factor, or that nothing does; empty where that takes long.

    The factor of an entry is the derivative of the number by it.
    """
    op = trial.case.op
    if size(trial.case) > SMALL or mode(op, *trial.case.inputs) != "integers":
        return ""
    tensors = {name: Tensor.of(array) for name, array in trial.arrays.items()}
    source = next(iter(tensors)) if wrt == "y" else "dy"
    if wrt == "y":
        named = {source, *(m[0] for m in monomials(op, *trial.case.inputs) or () if len(m) == 1)}
        entries = gradient.partials(op, at, tensors).items()
        terms = [(name, where, tensors[name][where], factor) for (name, where), factor in entries if name in named]
    else:
        dy = Tensor.of(trial.dy)
        slopes = ((o, gradient.partials(op, o, tensors, [wrt]).get((wrt, at))) for o in dy.positions())
        terms = [("dy", o, dy[o], slope) for o, slope in slopes if slope is not None]
    texts = [f"{name}{list(where)} = {number(v)} times {number(f)}" for name, where, v, f in islice(terms, TERMS)]
    rest = len(terms) - TERMS
    return (
        "; ".join([*texts, *([f"and {rest} more"] if rest > 0 else [])])
        or f"no {source}: by the definition none enters here"
    )


def number_of(value: Any) -> Any:
    """A NumPy number as Python has it."""
    return value.item() if isinstance(value, np.generic) else value


def number(value: Any) -> str:
    """A number as a report has it: whole where it is, in digits where not.

    Examples
    --------
    >>> number(3.0), number(Fraction(1, 3)), number(float("nan"))
    ('3', '1/3', 'nan')
    """
    value = number_of(value)
    if not _finite(value):
        return str(value)
    if isinstance(value, (float, Fraction)) and value == int(value) and abs(value) < 1 << 60:
        return str(int(value))
    if isinstance(value, Fraction) and value.denominator > 10**6:
        return f"{float(value):.17g}"
    return str(value)


def _close(given: Any, truth: Any, allowed: Any) -> bool:
    if not isinstance(given, (float, Rational)) or not _finite(given):
        return False
    if isinstance(allowed, float) and allowed == float("inf"):
        return True
    return given == truth or abs(Fraction(given) - Fraction(truth)) <= allowed


def _finite(value: Any) -> bool:
    value = number_of(value)
    return not isinstance(value, float) or value - value == 0
