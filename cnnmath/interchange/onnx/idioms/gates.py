"""Gates written out: GELU, SiLU, the hard sigmoid and the hard swish; and the logarithm of one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import pi, sqrt
from typing import Any

from cnnmath.interchange.onnx.idioms.idiom import Idiom, Read, as_one, computed
from cnnmath.interchange.onnx.idioms.pattern import Is, Match, Pattern, Scaled
from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.pointwise import bounds
from cnnmath.ops import LogSigmoid

X = "x"
SIXTH = 1 / 6


def product(*factors: Pattern) -> Is:
    """Product of two."""
    return Is("Mul", factors)


def total(*terms: Pattern) -> Is:
    """Sum of two."""
    return Is("Add", terms)


def scaled_product(a: Pattern, b: Pattern, factor: float) -> tuple[Pattern, ...]:
    """Product of two patterns and a number, in whichever order."""
    return Scaled(product(a, b), factor), product(Scaled(a, factor), b), product(a, Scaled(b, factor))


BY_ERF = total(Is("Erf", (Scaled(X, sqrt(1 / 2)),)), 1)
CUBES: tuple[Pattern, ...] = (Is("Pow", (X, 3)), product(X, product(X, X)))
CUBICS = [total(X, Scaled(cube, 0.044715)) for cube in CUBES]
BY_TANH = [total(Is("Tanh", (Scaled(cubic, sqrt(2 / pi)),)), 1) for cubic in CUBICS]
RAMP = Is("Clip", (total(X, 3),), "ramp")
HARD_SIGMOID = Is("HardSigmoid", (X,), "gate")


def gelu(approximate: str) -> Read:
    """GELU, by the error function or by a hyperbolic tangent."""
    return lambda here, match: _gate(here, match, "Gelu", approximate=approximate)


def silu(here: Here, match: Match) -> Known | None:
    """SiLU: a number times its logistic function."""
    return _gate(here, match, "Swish")


def hard_swish(here: Here, match: Match) -> Known | None:
    """HardSwish: a number times its hard sigmoid, of slope 1/6 and shift 1/2."""
    settings = match.part("gate").attributes
    slope, shift = settings.get("alpha", 0.2), settings.get("beta", 0.5)
    return _gate(here, match, "HardSwish") if abs(slope - SIXTH) < 1e-7 and shift == 0.5 else None


def by_ramp(kind: str, **attributes: Any) -> Read:
    """What is written by a ramp from 0 at -3 to 6 at 3."""

    def read(here: Here, match: Match) -> Known | None:
        ramp = Here(match.part("ramp"), here.reading)
        return _gate(here, match, kind, **attributes) if bounds(ramp) == (0, 6) else None

    return read


def log_sigmoid(here: Here, match: Match) -> Known | None:
    """LogSigmoid, of which ONNX has no operator."""
    x = computed(here, match.values[X])
    return x and here.add(LogSigmoid(), x)


def _gate(here: Here, match: Match, kind: str, **attributes: Any) -> Known | None:
    return computed(here, match.values[X]) and as_one(here, kind, [match.values[X]], **attributes)


def _all(patterns: Sequence[Pattern], read: Read) -> list[Idiom]:
    return [Idiom(pattern, read) for pattern in patterns]


IDIOMS: tuple[Idiom, ...] = (
    *_all(scaled_product(X, BY_ERF, 0.5), gelu("none")),
    *_all(list(chain.from_iterable(scaled_product(X, gate, 0.5) for gate in BY_TANH)), gelu("tanh")),
    *_all(scaled_product(X, RAMP, SIXTH), by_ramp("HardSwish")),
    Idiom(Scaled(RAMP, SIXTH), by_ramp("HardSigmoid", alpha=SIXTH, beta=0.5)),
    Idiom(product(X, HARD_SIGMOID), hard_swish),
    Idiom(product(X, Is("Sigmoid", (X,))), silu),
    Idiom(Is("Log", (Is("Sigmoid", (X,)),)), log_sigmoid),
    Idiom(Is("Neg", (Is("Softplus", (Is("Neg", (X,)),)),)), log_sigmoid),
)
"""The idioms of this chapter."""
