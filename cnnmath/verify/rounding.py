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
from cnnmath.verify import transformed
from cnnmath.verify.evaluations import evaluations
from cnnmath.verify.evaluations import gradient as formula

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
        ``"any order"`` of summation, blocked or not, with fused multiply-adds or in higher precision; of convolutions
        also ``"winograd"``, ``"winograd(m)"`` for tiles of m outputs an axis, and ``"fft"``, whose bounds are those of
        `cnnmath.verify.transformed` beside the others.

    Notes
    -----
    What is assumed of kernels is said in `cnnmath.readers.rounding`, what they do otherwise than the sentences in
    `cnnmath.verify.evaluations`. PyTorch's softplus, which is the identity above 20, is beyond the bound in float64.

    Examples
    --------
    >>> from cnnmath.ops import Linear
    >>> x, w = np.full((1, 3), 3.0), np.full((1, 3), 0.5)
    >>> found = bounded(Linear(1, bias=False), "y", {"x": x, "w": w}, None, FORMATS["float32"])
    >>> found.value[0, 0], f"{found.bound[0, 0] * 2**24:.2f}"
    (Fraction(9, 2), '18.00')
    """
    arrays, dy = {name: np.asarray(a) for name, a in arrays.items()}, np.asarray(dy)
    tensors = {name: Tensor.of(a) for name, a in arrays.items()}
    above = None if wrt == "y" else Tensor.of(dy)
    count = len(arrays) if op.variadic else len(op.reads)
    inputs = [t.shape for t in list(tensors.values())[:count]]
    levels = op.levels(*inputs)
    operands = {name: t if name in levels else Given.of(format, t) for name, t in tensors.items()}
    if above is None:
        truth = exact.forward(op, op.shape(*inputs), *tensors.values())
    else:
        truth = gradient.backward(op, above, tensors, [wrt])[wrt]
    found = _numbers(op, wrt, operands, above and Given.of(format, above), truth, format)
    error = np.max([[*map(_final, numbers)] for numbers in found], axis=0)
    added = 0.0 if algorithm == "any order" else transformed.error(op, wrt, arrays, dy, format, algorithm)
    if added:
        error = (error + added) * (1 + 2 * format.unit)
    return Bounded(_array(truth.shape, truth.values, object), _array(truth.shape, error, float))


def _numbers(
    op: Operator, wrt: str, operands: dict[str, Any], dy: Given | None, truth: Tensor, form: Format
) -> list[list[Rounded]]:
    """All numbers with their bounds, by every evaluation."""
    if dy is None:
        return [rounding.forward(e, form, truth.positions(), *operands.values()) for e in evaluations(op)]
    own = formula(op, wrt, form, dy, operands)
    if own is not None:
        return [own.ravel().tolist()]
    zero = rounding.constant(form, 0)
    found = [rounding.backward(e, form, dy, wrt, operands) for e in evaluations(op)]
    return [[numbers.get(at, zero) for at in truth.positions()] for numbers in found]


def _final(number: Rounded) -> float:
    error = number.settled().error
    return error if error < inf else inf


def _array(shape: tuple[int, ...], values: Any, dtype: Any) -> np.ndarray[Any, Any]:
    made = np.empty(shape, dtype)
    made.reshape(-1)[:] = [*values]
    return made
