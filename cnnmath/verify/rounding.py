"""How far a float result may be from the exact one, before any kernel runs: a bound for every number of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from cnnmath.ops import Operator
from cnnmath.readers import exact, gradient, rounding
from cnnmath.readers.exact import Tensor
from cnnmath.readers.rounding import FORMATS, Format, Given, Rounded

__all__ = ["FORMATS", "Bounded", "Format", "bounded"]


@dataclass(frozen=True, slots=True)
class Bounded:
    """What a kernel should give, and how far from it a float kernel may be.

    Attributes
    ----------
    value
        Exact numbers, as fractions; irrational ones within a relative 10^-50.
    bound
        For each the largest error, rounded up; infinite where nothing can be said.
    """

    value: np.ndarray[Any, Any]
    bound: np.ndarray[Any, Any]


def bounded(
    op: Operator,
    wrt: str,
    arrays: Mapping[str, Any],
    dy: Any,
    format: Format,  # noqa: A002 - it is what the field calls it
    *,
    algorithm: str = "any order",
) -> Bounded:
    """Exact numbers of an operator or of its gradient, and how far from them a kernel may be.

    Parameters
    ----------
    op
        The operator.
    wrt
        ``"y"`` for the output, or the operand by which ``sum(dy * y)`` is differentiated.
    arrays
        Operands by name, in the order of the sentence. Their numbers are exact: the format holds them.
    dy
        Gradient of the output; it is not read for the output.
    format
        In which the kernel computes, or rounds what it computed in a longer one.
    algorithm
        ``"any order"``.
    """
    tensors = {name: Tensor.of(np.asarray(a)) for name, a in arrays.items()}
    above = None if wrt == "y" else Tensor.of(np.asarray(dy))
    count = len(arrays) if op.variadic else len(op.reads)
    inputs = [t.shape for t in list(tensors.values())[:count]]
    levels = op.levels(*inputs)
    operands = {name: t if name in levels else Given(format, t) for name, t in tensors.items()}
    if above is None:
        truth = exact.forward(op, op.shape(*inputs), *tensors.values())
        numbers = rounding.forward(op, format, truth.positions(), *operands.values())
    else:
        truth = gradient.backward(op, above, tensors)[wrt]
        found = rounding.backward(op, format, Given(format, above), wrt, operands)
        zero = rounding.constant(format, 0)
        numbers = [found.get((wrt, at), zero) for at in truth.positions()]
    return Bounded(_array(truth.shape, truth.values, object), _array(truth.shape, map(_final, numbers), float))


def _final(number: Rounded) -> float:
    error = number.settled().error
    return error if error < inf else inf


def _array(shape: tuple[int, ...], values: Any, dtype: Any) -> np.ndarray[Any, Any]:
    made = np.empty(shape, dtype)
    made.reshape(-1)[:] = [*values]
    return made
