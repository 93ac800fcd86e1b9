"""Arithmetic of small arrays that no input decides; sizes among their numbers may be formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.interchange.onnx.formulas import quotient, rounded_down
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.numeric.windows import Array

LARGEST = 1 << 20
"""Numbers of an array that is made of sizes alone."""


def _range(_: Here, start: Array, limit: Array, delta: Array) -> Array:
    first, last, step = (array.reshape(()).item() for array in (start, limit, delta))
    if step == 0 or abs((last - first) / step) > LARGEST:
        raise UnclaimedError(f"a range from {first} to {last} by {step}")
    return np.arange(first, last, step)


def _gather(here: Here, x: Array, indices: Array) -> Array:
    return np.take(x, indices.astype(int), axis=here.attribute("axis", 0))


def _slice(here: Here, x: Array, *places: Array | None) -> Array:
    given: list[Any] = [here.attribute("starts"), here.attribute("ends"), here.attribute("axes"), None]
    if places:
        given = [None if p is None else p.tolist() for p in [*places, None, None][:4]]
    starts, ends, axes, steps = given
    cut = [slice(None)] * x.ndim
    for i, axis in enumerate(range(len(starts)) if axes is None else axes):
        cut[axis] = slice(starts[i], ends[i], steps[i] if steps else 1)
    return x[tuple(cut)]


def _concat(here: Here, *arrays: Array) -> Array:
    return np.concatenate(arrays, axis=here.attribute("axis", 1))


def _divide(here: Here, a: Array, b: Array) -> Array:
    """Quotients; those of integers are rounded towards 0."""
    if here.input(0).dtype.startswith("float"):
        return quotient(a, b)
    return np.frompyfunc(_quotient, 2, 1)(a, b) if a.dtype == object else a / b


def _quotient(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        if b == 0:
            raise UnclaimedError("a size is divided by 0")
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return a // b


def _expand(_: Here, x: Array, shape: Array) -> Array:
    sizes = [int(n) for n in shape.tolist()]
    if prod(sizes) > LARGEST:
        raise UnclaimedError(f"a constant is expanded to {sizes}")
    return x * np.ones(sizes, x.dtype)


def _reduced(function: Callable[..., Any]) -> Callable[..., Array]:
    def fold(here: Here, x: Array, *_: Array) -> Array:
        axes = here.axes(1)
        keep = bool(here.attribute("keepdims", 1))
        return np.asarray(function(x, axis=tuple(axes) if axes else None, keepdims=keep))

    return fold


ARITHMETIC: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "Gather": _gather,
        "Concat": _concat,
        "Slice": _slice,
        "Range": _range,
        "Expand": _expand,
        "Add": lambda _, a, b: a + b,
        "Sub": lambda _, a, b: a - b,
        "Mul": lambda _, a, b: a * b,
        "Div": _divide,
        "Mod": lambda _, a, b: a % b,
        "Neg": lambda _, a: -a,
        "Abs": lambda _, a: abs(a),
        "Floor": lambda _, a: rounded_down(a) if a.dtype == object else np.floor(a),
        "Ceil": lambda _, a: -rounded_down(-a) if a.dtype == object else np.ceil(a),
        "Sqrt": lambda _, a: np.sqrt(a.astype(float)).astype(a.dtype if a.dtype != object else float),
        "Reciprocal": lambda _, a: 1 / a,
        "Pow": lambda _, a, b: a ** b.astype(a.dtype),
        "Exp": lambda _, a: np.exp(a),
        "Log": lambda _, a: np.log(a),
        "Min": lambda _, *arrays: np.minimum.reduce(np.broadcast_arrays(*arrays)),
        "Max": lambda _, *arrays: np.maximum.reduce(np.broadcast_arrays(*arrays)),
        "Equal": lambda _, a, b: np.asarray(a == b, bool),
        "Less": lambda _, a, b: np.asarray(a < b, bool),
        "Greater": lambda _, a, b: np.asarray(a > b, bool),
        "Not": lambda _, a: ~a,
        "And": lambda _, a, b: a & b,
        "Or": lambda _, a, b: a | b,
        "Where": lambda _, c, a, b: np.where(c, a, b),
        "ReduceProd": _reduced(np.prod),
        "ReduceSum": _reduced(np.sum),
        "ReduceMax": _reduced(np.max),
        "ReduceMin": _reduced(np.min),
    }
)
"""Nodes that compute, of arrays small enough to be computed at once."""
