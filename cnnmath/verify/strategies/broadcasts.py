"""Settings of operators that repeat axes of length 1, and how the second input differs from the first."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath.ops.algebra import Shape
from cnnmath.verify.strategies.feature import Feature
from cnnmath.verify.strategies.plan import FREE, Case, Plan, pick, shape_of

REPEATED = ("nothing", "positions", "channels", "in front", "the first")
"""What is repeated: axes of the second input, axes that it lacks in front, or an axis that the first lacks."""


@st.composite
def elementwise(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Two or three inputs, the third like the first."""
    x = shape_of(draw, plan)
    ones = (1,) * (len(x) - 2)
    second = {
        "nothing": [x],
        "positions": [(*x[:2], *ones)],
        "channels": [(x[0], 1, *x[2:])],
        "in front": [(x[1], *ones)],
        "the first": [(2, *x)],
    }
    inputs = (x, draw(pick(plan, "repeated", second)))
    return Case(
        kind(), (*inputs, *(x,) * draw(pick(plan, "inputs", {"two": [0], "three": [1]}))) if kind.variadic else inputs
    )


@st.composite
def product(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """A matrix for every sample and channel, and one for each of them, for each sample, or for all."""
    x = shape_of(draw, plan)
    matrix = (x[-1], draw(st.integers(1, 3)))
    second = {"nothing": [(*x[:-2], *matrix)], "samples": [(1, *x[1:-2], *matrix)], "in front": [matrix]}
    return Case(kind(), (x, draw(pick(plan, "repeated", second))))


@st.composite
def expand(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """An input of which axes of length 1 are repeated, where it has some."""
    x = shape_of(draw, plan)
    ones = (1,) * (len(x) - 2)
    sizes: dict[str, list[Shape]] = {"nothing": [ones], "in front": [(2, 1, 1, *ones)]}
    if x[1] == 1:
        sizes["channels"] = [(3, *ones)]
    if 1 in x[2:]:
        sizes["positions"] = [tuple(3 if n == 1 else 1 for n in x[2:])]
    return Case(kind(draw(pick(plan, "repeated", sizes))), (x,))


def _repeated(case: Case) -> str:
    x, other = case.inputs[:2]
    if len(other) != len(x):
        return "in front" if len(other) < len(x) else "the first"
    return "nothing" if other == x else "positions" if other[2:] != x[2:] else "channels"


def _matrices(case: Case) -> str:
    x, other = case.inputs
    if len(other) < len(x):
        return "in front"
    return "nothing" if other[:-2] == x[:-2] else "samples"


def _expanded(case: Case) -> str:
    (x,), y = case.inputs, case.op.shape(*case.inputs)
    if len(y) > len(x):
        return "in front"
    return "nothing" if y == x else "channels" if y[1] != x[1] else "positions"


INPUTS = {"inputs": Feature(("two", "three"), lambda case: "two" if len(case.inputs) == 2 else "three")}
OTHER = {"repeated": Feature(REPEATED, _repeated)}
MATRICES = {"repeated": Feature(("nothing", "samples", "in front"), _matrices)}
EXPANDED = {"repeated": Feature(REPEATED[:-1], _expanded)}
