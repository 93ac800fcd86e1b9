"""Activations and their derivatives, as formulas in one variable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType

import sympy as sp

from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Candidate, Finding, Findings, Formula, NotCoveredError, Said, exactly, notes_style
from cnnmath.audit.given import wrong
from cnnmath.audit.grammar import Grammar
from cnnmath.audit.judges.kernels import written
from cnnmath.audit.printed import Printed
from cnnmath.audit.proof import same, throughout
from cnnmath.errors import CnnmathError
from cnnmath.ops import ELU, LeakyReLU, Operator, ReLU, Sigmoid, Softplus, Tanh
from cnnmath.symbolic.terms import Expr

NAMES: Mapping[str, type[Operator]] = MappingProxyType(
    {"leaky relu": LeakyReLU, "relu": ReLU, "elu": ELU, "sigmoid": Sigmoid, "tanh": Tanh, "softplus": Softplus}
)
CONSTANTS: Mapping[type[Operator], str] = MappingProxyType({LeakyReLU: "slope", ELU: "alpha"})
VALUES = tuple(map(Fraction, ("1", "1/100", "3/10", "2", "7/5")))
"""What a constant that is a letter is set to: a formula has to hold for each."""

FROM_THE_RIGHT = "the derivative at 0 is the one from the right"
Z = sp.Symbol("z", real=True)


def activation(claim: Claim) -> Findings:
    """An activation as a formula."""
    return {"": exactly(_formula(_settings(claim), "y"))}


def derivative(claim: Claim) -> Findings:
    """Derivative of an activation; at a kink, also from the right."""
    settings = _settings(claim)
    right = _formula(settings, "x", from_the_right=True)
    return {"": exactly(_formula(settings, "x"), (right, FROM_THE_RIGHT))}


def derivative_range(claim: Claim) -> Findings:
    """Range of a derivative: its least and its greatest value, from limits and from where its slope is zero."""
    ((op, _),) = _settings(claim)
    slope = written(op, "x")
    if slope.has(sp.Piecewise):
        raise NotCoveredError("the range of a derivative with a kink")
    turning = sp.solveset(sp.diff(slope, Z), Z, sp.Reals)
    if not isinstance(turning, sp.FiniteSet):
        raise NotCoveredError("where the slope of the derivative is zero is not known")
    attained = [sp.simplify(slope.subs(Z, at)) for at in turning.args]
    limits = [sp.limit(slope, Z, end) for end in (sp.oo, -sp.oo)]
    low, high = min(attained + limits), max(attained + limits)
    opening, closing = "[" if low in attained else "(", "]" if high in attained else ")"
    truth = f"{opening}{low}, {high}{closing}"
    own = Candidate(Said(claim.claimed == truth, truth))
    ends = [Fraction(int(end.p), int(end.q)) for end in (low, high)]
    missing = [str(end) for end in (low, high) if end not in attained]
    name = f"an end that is only approached counts: {' and '.join(missing)}" if missing else ""
    return {"": Finding((own, Candidate(ends, name)))}


def _settings(claim: Claim) -> Sequence[tuple[Operator, dict[Expr, Expr]]]:
    """The operator of the subject; where its constant is a letter, with several values for it."""
    found = re.search("|".join(NAMES), claim.subject.lower())
    if found is None:
        raise NotCoveredError("which activation is meant is not understood")
    kind = NAMES[found[0]]
    name = CONSTANTS.get(kind)
    value = claim.given.get(name) if name else None
    if name is None or value is None:
        return [(kind(), {})]
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z]{1,10}", value, re.ASCII):
        letter = sp.Symbol(value, real=True)
        return [(kind(**{name: v}), {letter: sp.Rational(v)}) for v in VALUES]
    try:
        return [(kind(**{name: Printed.of(value).value}), {})]
    except CnnmathError:
        raise wrong(claim, name, "this is no constant.", "give a number, or a letter") from None


def _formula(
    settings: Sequence[tuple[Operator, dict[Expr, Expr]]], wrt: str, *, from_the_right: bool = False
) -> Formula:
    """What must hold for each setting; sigma is the logistic sigmoid, f the activation itself."""
    truths = [written(op, wrt) for op, _ in settings]
    if from_the_right:
        truths = [truth.replace(sp.StrictGreaterThan, sp.GreaterThan) for truth in truths]
    own: Callable[..., Expr] = sp.Function("f")
    grammar = Grammar({"z": Z, "x": Z}, {**_functions(), "f": own})

    def agrees(other: Expr) -> bool | None:
        return throughout(
            same(truth, other.subs(values).replace(own, lambda a, op=op: written(op, "y").subs(Z, a)))
            for (op, values), truth in zip(settings, truths, strict=True)
        )

    letters = {number: letter for letter, number in settings[-1][1].items()}
    return Formula(notes_style(truths[-1].subs(letters)), grammar, agrees)


def _functions() -> dict[str, Callable[[Expr], Expr]]:
    """Activations without constants, by the names that formulas use."""

    def applied(kind: type[Operator]) -> Callable[[Expr], Expr]:
        itself = written(kind(), "y")
        return lambda a: itself.subs(Z, a)

    return {"sigma": applied(Sigmoid), "sigmoid": applied(Sigmoid), "tanh": applied(Tanh), "relu": applied(ReLU)}
