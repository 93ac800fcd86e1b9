"""Mistakes of losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.scalar import like
from cnnmath.numeric.windows import Array
from cnnmath.ops import BinaryCrossEntropy, CrossEntropy, SquaredError
from cnnmath.ops.algebra import Shape, rational
from cnnmath.verify.mistakes.mistake import Mistake, Shows, of_another, spoils, with_setting, wrong_gradients

ENTROPY, BINARY = KERNELS[CrossEntropy], KERNELS[BinaryCrossEntropy]


def mean_times(factor: Callable[..., Any]) -> Kernel:
    """The mean times ``factor(op, x, t, *weights)``; the right kernel for another reduction."""

    def times(op: Any, *arrays: Array) -> Any:
        return factor(op, *arrays) if op.reduction == "mean" else 1

    def forward(op: Any, *arrays: Array) -> Array:
        return np.asarray(ENTROPY.forward(op, *arrays) * times(op, *arrays))

    def backward(op: Any, dy: Array, *arrays: Array) -> dict[str, Array]:
        return ENTROPY.backward(op, np.asarray(dy * times(op, *arrays)), *arrays)

    return Kernel(forward, backward)


def with_ignored(op: Any, x: Array, t: Array, *weights: Array) -> Any:
    """What divides the mean, over the same and as many labels more as are ignored."""
    if not _labelled(op) or op.ignored is None:
        return 1
    whole = _whole(op, x, t, *weights)
    return _ratio(whole, whole + int((t == op.ignored).sum()), x)


def by_number(op: Any, x: Array, t: Array, *weights: Array) -> Any:
    """What divides the mean, over the number of labels that count."""
    return _ratio(_whole(op, x, t, *weights), int((t != op.ignored).sum()), x) if _labelled(op) else 1


def a_sample(op: Any, x: Array, *_: Array) -> Any:
    """Positions of a sample."""
    return prod(x.shape[2:])


def _whole(op: Any, x: Array, t: Array, *weights: Array) -> Any:
    """The weights of the labels that count."""
    labels = t[t != op.ignored].astype(np.int64)
    return weights[0][labels].sum() if weights else labels.size


def _ratio(a: Any, b: Any, x: Array) -> Any:
    return Fraction(a) / Fraction(b) if x.dtype == object else float(a) / float(b)


def _less_truth(op: Any, dy: Array, x: Array, t: Array, *weights: Array) -> Array:
    """Softmax less truth, undivided."""
    return ENTROPY.backward(replace(op, reduction="sum"), dy, x, t, *weights)["x"]


def others_share(op: Any, x: Array, t: Array, *weights: Array) -> Array:
    """Smoothing that takes its share from the true class, and gives it to the C - 1 others."""
    classes = x.shape[1]
    more = rational(op.smoothing) * classes / (classes - 1) if classes > 1 else rational(op.smoothing)
    return ENTROPY.forward(replace(op, smoothing=min(more, 1)), x, t, *weights)


def weights_on_no(op: Any, x: Array, t: Array, *weights: Array) -> Array:
    """The weights of a yes, on the no."""
    if not weights:
        return BINARY.forward(op, x, t)
    return BINARY.forward(op, -x, 1 - like(t, x), *weights)


def _of_cross_entropy() -> Iterator[Mistake]:
    def made(name: str, says: str, kernel: Kernel, shows: Callable[[Any, Shape], bool], *results: str) -> Mistake:
        """One class alone is certain: its loss is 0 whatever is done to it."""
        several: Shows = lambda op, inputs: inputs[0][1] > 1 and shows(op, inputs[0])
        return Mistake(f"cross-entropy-{name}", CrossEntropy, says, spoils(*results), kernel, several)

    smooth = with_setting(smoothing=0)
    yield made("mean-over-ignored-labels", "ignored labels counted in the mean", mean_times(with_ignored),
               lambda op, x: _mean(op) and op.ignored is not None and _losses(x) > 1, "y", "x")  # fmt: skip
    yield made("mean-over-the-batch", "the mean were over the samples, not over all positions",
               mean_times(a_sample), lambda op, x: _mean(op) and prod(x[2:]) > 1, "y", "x")  # fmt: skip
    yield made("mean-not-over-weights", "the weighted losses were divided by their number",
               mean_times(by_number), lambda op, _: _mean(op) and _labelled(op) and op.weighted, "y", "x")  # fmt: skip
    yield made("smoothing-left-out", "labels were not smoothed", of_another(CrossEntropy, smooth),
               lambda op, _: op.smoothing > 0, "y", "x")  # fmt: skip
    yield made("smoothing-over-the-others", "the smoothing's share went to the other classes alone",
               Kernel(others_share, ENTROPY.backward), lambda op, _: 0 < op.smoothing < 1, "y")  # fmt: skip
    yield made("weights-left-out", "every class weighed 1",
               Kernel(lambda op, x, t, *_: ENTROPY.forward(replace(op, weighted=False), x, t),
                      lambda op, dy, x, t, *_: ENTROPY.backward(replace(op, weighted=False), dy, x, t)),
               _weights_matter, "y", "x")  # fmt: skip
    yield made("gradient-not-divided", "dx were that of the sum", wrong_gradients(CrossEntropy, x=_less_truth),
               lambda op, x: _mean(op) and (_losses(x) > 1 or (op.weighted and _labelled(op))), "x")  # fmt: skip


def _of_others() -> Iterator[Mistake]:
    yield Mistake(
        "binary-weights-left-out", BinaryCrossEntropy, "a yes weighed 1", spoils("y", "x"),
        Kernel(lambda op, x, t, *_: BINARY.forward(replace(op, weighted=False), x, t),
               lambda op, dy, x, t, *_: BINARY.backward(replace(op, weighted=False), dy, x, t)),
        lambda op, _: op.weighted,
    )  # fmt: skip
    yield Mistake(
        "binary-weights-on-no", BinaryCrossEntropy, "the weights were those of a no", spoils("y"),
        Kernel(weights_on_no, BINARY.backward), lambda op, _: op.weighted,
    )  # fmt: skip
    squared = KERNELS[SquaredError]
    yield Mistake(
        "squared-error-halved", SquaredError, "there were a factor 1/2", spoils("y", "x"),
        Kernel(lambda *a: np.asarray(squared.forward(*a) / 2),
               lambda *a: {"x": squared.backward(*a)["x"] / 2}), lambda *_: True,
    )  # fmt: skip
    yield Mistake(
        "squared-error-slope-halved", SquaredError, "the slope of a square were not doubled", spoils("x"),
        wrong_gradients(SquaredError, x=lambda *a: squared.backward(*a)["x"] / 2), lambda *_: True,
    )  # fmt: skip
    yield Mistake(
        "squared-error-mean-over-the-batch", SquaredError, "the mean were over the samples alone", spoils("y", "x"),
        Kernel(lambda op, x, t: np.asarray(squared.forward(op, x, t) * _a_sample(op, x)),
               lambda op, dy, x, t: squared.backward(op, dy * _a_sample(op, x), x, t)),
        lambda op, inputs: op.reduction == "mean" and prod(inputs[0][1:]) > 1,
    )  # fmt: skip


def _a_sample(op: Any, x: Array) -> int:
    return x[0].size if op.reduction == "mean" else 1


def _mean(op: Any) -> bool:
    return op.reduction == "mean"


def _labelled(op: Any) -> bool:
    return op.targets == "labels"


def _losses(x: Shape) -> int:
    return prod((x[0], *x[2:]))


def _weights_matter(op: Any, x: Shape) -> bool:
    """Equal weights of all that counts cancel in a mean."""
    if not op.weighted or op.reduction != "mean" or not _labelled(op) or op.smoothing > 0:
        return op.weighted
    return _losses(x) > 1 and x[1] - (op.ignored in range(x[1])) > 1


MISTAKES = (*_of_cross_entropy(), *_of_others())
