"""Layer normalisation written out, as sets of operators before 17 need it."""

from __future__ import annotations

from typing import Any

from cnnmath.interchange.onnx.idioms.idiom import Idiom, as_one, computed
from cnnmath.interchange.onnx.idioms.pattern import Is, Match, Pattern
from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here

CENTRED = Is("Sub", ("x", Is("ReduceMean", ("x",), "mean")), "centred")
SQUARES: tuple[Pattern, ...] = (Is("Pow", ("centred", 2)), Is("Mul", ("centred", "centred")))


def _written(square: Pattern) -> Is:
    variance = Is("ReduceMean", (square,), "variance")
    deviation = Is("Sqrt", (Is("Add", (variance, "epsilon")),))
    return Is("Add", (Is("Mul", (Is("Div", (CENTRED, deviation)), "gamma")), "beta"))


def layer_norm(here: Here, match: Match) -> Known | None:
    """LayerNormalization: both means over the same last axes, of which scale and shift have the sizes."""
    x = computed(here, match.values["x"])
    if x is None:
        return None
    axes = [_axes(Here(match.part(name), here.reading), x) for name in ("mean", "variance")]
    first = x.rank - len(axes[0] or ())
    gamma, beta = (here.value(match.values[name]) for name in ("gamma", "beta"))
    epsilon = here.number(here.value(match.values["epsilon"]))
    last = tuple(range(first, x.rank))
    if not (axes[0] == axes[1] == last != () and gamma.sizes == beta.sizes == x.sizes[first:]):
        return None
    if gamma.array is None or beta.array is None or epsilon is None:
        return None
    names = [match.values[name] for name in ("x", "gamma", "beta")]
    return as_one(here, "LayerNormalization", names, axis=first, epsilon=_decimal(epsilon))


def _axes(here: Here, x: Known) -> tuple[Any, ...] | None:
    """Axes of a mean that keeps them, counted from the first; None for another."""
    axes = here.axes(1)
    return tuple(sorted(a % x.rank for a in axes)) if axes and here.attribute("keepdims", 1) else None


def _decimal(epsilon: float) -> float:
    """The shortest decimal that 32 bits stand for, as attributes are read."""
    return float(f"{epsilon:.7g}")


IDIOMS: tuple[Idiom, ...] = tuple(Idiom(_written(square), layer_norm) for square in SQUARES)
"""The idioms of this chapter."""
