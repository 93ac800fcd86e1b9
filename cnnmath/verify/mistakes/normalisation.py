"""Mistakes of normalisations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel, rms_norm, statistics
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.scalar import constant, power
from cnnmath.numeric.windows import Array
from cnnmath.ops import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, Operator, RMSNorm
from cnnmath.ops.algebra import Shape, rational
from cnnmath.verify.mistakes.mistake import Mistake, Shows, of_another, spoils, wrong_gradients, wrong_output
from cnnmath.verify.mistakes.reading import Meetings
from cnnmath.window import Window

HALF = Fraction(1, 2)
BY_BLOCKS: tuple[tuple[type[Operator], str], ...] = (
    (BatchNorm, "batch-norm"), (GroupNorm, "group-norm"), (InstanceNorm, "instance-norm"), (LayerNorm, "layer-norm"),
)  # fmt: skip


def with_scale(kind: type[Operator], scale: Callable[[Any, Array, Any], Array]) -> Kernel:
    """Normalisation by another ``scale(op, variance, frame)``; with stored statistics, the right kernel."""

    def forward(op: Any, x: Array, gamma: Array, beta: Array, *stored: Array) -> Array:
        if stored:
            return KERNELS[kind].forward(op, x, gamma, beta, *stored)
        at = statistics.framed(op, x)
        _, deviations, variance = statistics.moments(x.reshape(at.shape), at)
        y = deviations * (scale(op, variance, at) * gamma.reshape(at.affine)) + beta.reshape(at.affine)
        return y.reshape(x.shape)

    return wrong_output(kind, forward)


def unbiased(op: Any, variance: Array, at: Any) -> Array:
    """By the variance over M - 1."""
    more = variance * at.count / max(at.count - 1, 1)
    return 1 / power(more + constant(op.epsilon, variance), HALF)


def epsilon_outside(op: Any, variance: Array, _: Any) -> Array:
    """By the deviation plus epsilon."""
    return 1 / (power(variance, HALF) + constant(op.epsilon, variance))


def not_rooted(op: Any, variance: Array, _: Any) -> Array:
    """By the variance, not the deviation."""
    return 1 / (variance + constant(op.epsilon, variance))


def without_paths(*, mean: bool, variance: bool) -> Callable[..., Array]:
    """The input's gradient without the way through the mean, through the variance, or both."""

    def gradient(op: Any, dy: Array, x: Array, gamma: Array, beta: Array, *stored: Array) -> Array:
        if stored:
            return KERNELS[type(op)].backward(op, dy, x, gamma, beta, *stored)["x"]
        at = statistics.framed(op, x)
        _, deviations, var = statistics.moments(x.reshape(at.shape), at)
        scale = 1 / power(var + constant(op.epsilon, var), HALF)
        g, hat = dy.reshape(at.shape) * gamma.reshape(at.affine), deviations * scale
        through = (0 if mean else _mean(g, at)) + (0 if variance else hat * _mean(g * hat, at))
        return (scale * (g - through)).reshape(x.shape)

    return gradient


def fresh_statistics(op: Any, x: Array, gamma: Array, beta: Array, *stored: Array) -> Array:
    """In training: the running statistics of a new layer, 0 and 1."""
    if stored:
        return KERNELS[BatchNorm].forward(op, x, gamma, beta, *stored)
    one = gamma * 0 + 1
    return KERNELS[BatchNorm].forward(replace(op, training=False), x, gamma, beta, one * 0, one)


def batch_at_inference(op: Any, x: Array, gamma: Array, beta: Array, *_: Array) -> Array:
    """At inference: the statistics of the batch."""
    if x[:, 0].size < 2:
        return KERNELS[BatchNorm].forward(op, x, gamma, beta, *_)
    return KERNELS[BatchNorm].forward(replace(op, training=True), x, gamma, beta)


def stored_epsilon_outside(op: Any, x: Array, gamma: Array, beta: Array, *stored: Array) -> Array:
    """At inference: stored deviation plus epsilon."""
    if not stored:
        return KERNELS[BatchNorm].forward(op, x, gamma, beta)
    mean, var = (a.reshape(-1, *(1,) * (x.ndim - 2)) for a in stored)
    column = (-1, *(1,) * (x.ndim - 2))
    scale = gamma.reshape(column) / (power(var, HALF) + constant(op.epsilon, var))
    return (x - mean) * scale + beta.reshape(column)


def by_mean_of_squares(op: Any, variance: Array, _: Any) -> Array:
    """The right scale, of a variance that was computed otherwise."""
    return 1 / power(np.maximum(variance, 0) + constant(op.epsilon, variance), HALF)


def less_square_of_mean(kind: type[Operator]) -> Kernel:
    """Variance as mean of squares less square of mean, which cancels in floats."""

    def forward(op: Any, x: Array, gamma: Array, beta: Array, *stored: Array) -> Array:
        if stored:
            return KERNELS[kind].forward(op, x, gamma, beta, *stored)
        at = statistics.framed(op, x)
        rows = x.reshape(at.shape)
        mean = rows.sum(axis=at.block, keepdims=True) / at.count
        variance = (rows * rows).sum(axis=at.block, keepdims=True) / at.count - mean * mean
        scale = by_mean_of_squares(op, variance, at)
        y = (rows - mean) * (scale * gamma.reshape(at.affine)) + beta.reshape(at.affine)
        return y.reshape(x.shape).astype(x.dtype)

    return wrong_output(kind, forward)


def _mean(a: Array, at: Any) -> Array:
    return a.sum(axis=at.block, keepdims=True) / at.count


def _counted(least: int) -> Shows:
    """Blocks of so many numbers, whose statistics are their own."""

    def shows(op: Any, inputs: tuple[Shape, ...]) -> bool:
        stored = isinstance(op, BatchNorm) and not op.training
        return not stored and statistics.frame(op, inputs[0]).count >= least

    return shows


def _of_blocks() -> Iterator[Mistake]:
    """A block of one number is 0, less its mean; of two, each way takes the gradient back as a whole."""
    for kind, prefix in BY_BLOCKS:
        for name, says, scale in (
            ("unbiased-variance", "the variance were divided by M - 1", unbiased),
            ("epsilon-outside-the-root", "epsilon were added to the deviation, not to the variance", epsilon_outside),
            ("variance-without-root", "numbers were divided by the variance, not by its root", not_rooted),
        ):
            yield Mistake(f"{prefix}-{name}", kind, says, spoils("y"), with_scale(kind, scale), _counted(2))
        for name, says, ways in (
            ("forgets-the-mean", "the mean did not depend on x", {"mean": True, "variance": False}),
            ("forgets-the-variance", "the variance did not depend on x", {"mean": False, "variance": True}),
            ("of-constant-statistics", "mean and variance did not depend on x", {"mean": True, "variance": True}),
        ):
            kernel = wrong_gradients(kind, x=without_paths(**ways))
            least = 1 if ways["mean"] else 2
            yield Mistake(f"{prefix}-gradient-{name}", kind, says, spoils("x"), kernel, _counted(least))
        yield Mistake(
            f"{prefix}-by-mean-of-squares", kind, "the variance were the mean of squares less the square of the mean",
            spoils("y"), less_square_of_mean(kind), _counted(2), (), "rounding",
        )  # fmt: skip


def _of_batch() -> Iterator[Mistake]:
    def made(name: str, says: str, forward: Callable[..., Array], shows: Shows) -> Mistake:
        return Mistake(f"batch-norm-{name}", BatchNorm, says, spoils("y"), wrong_output(BatchNorm, forward), shows)

    at_inference: Shows = lambda op, _: not op.training
    yield made("running-statistics-in-training", "training used running statistics of 0 and 1", fresh_statistics,
               _counted(2))  # fmt: skip
    yield made("batch-statistics-at-inference", "inference used the statistics of the batch", batch_at_inference,
               lambda op, inputs: at_inference(op, inputs) and _count(inputs[0]) > 1)  # fmt: skip
    yield made("stored-epsilon-outside-the-root", "epsilon were added to the stored deviation", stored_epsilon_outside,
               at_inference)  # fmt: skip
    alone = lambda op, _: InstanceNorm(op.epsilon) if op.training else op
    yield Mistake(
        "batch-norm-of-each-sample", BatchNorm, "each sample were normalised by itself", spoils("y", "x", "gamma"),
        of_another_kind(BatchNorm, InstanceNorm, alone), lambda op, inputs: op.training and inputs[0][0] > 1,
    )  # fmt: skip


def _of_groups() -> Iterator[Mistake]:
    yield Mistake(
        "group-norm-of-each-channel", GroupNorm, "each channel were normalised by itself",
        spoils("y", "x", "gamma"),
        of_another_kind(GroupNorm, InstanceNorm, lambda op, _: InstanceNorm(op.epsilon)),
        lambda op, inputs: inputs[0][1] > op.groups,
    )  # fmt: skip
    whole = lambda op, _: replace(op, groups=1)
    yield Mistake(
        "group-norm-of-one-group", GroupNorm, "all channels were one group", spoils("y", "x", "gamma"),
        of_another(GroupNorm, whole), lambda op, _: op.groups > 1,
    )  # fmt: skip


def of_another_kind(kind: type[Operator], other: type[Operator], change: Callable[[Any, Shape], Any]) -> Kernel:
    """The kernel of another operator that reads the same operands."""

    def pick(op: Any) -> tuple[Any, Kernel]:
        changed = change(op, ())
        return changed, KERNELS[other if isinstance(changed, other) else kind]

    def forward(op: Any, *arrays: Array) -> Array:
        changed, kernel = pick(op)
        return kernel.forward(changed, *arrays)

    def backward(op: Any, dy: Array, *arrays: Array) -> dict[str, Array]:
        changed, kernel = pick(op)
        return kernel.backward(changed, dy, *arrays)

    return Kernel(forward, backward)


def _of_response() -> Iterator[Mistake]:
    whole = lambda op, _: replace(op, alpha=rational(op.alpha) * op.size)
    yield Mistake(
        "response-alpha-not-divided", LocalResponseNorm, "alpha were not divided by the size of the window",
        spoils("y", "x"), of_another(LocalResponseNorm, whole),
        lambda op, _: op.size > 1 and op.alpha * op.beta != 0,
    )  # fmt: skip
    yield Mistake(
        "response-odd-neighbour-after", LocalResponseNorm, "the odd channel of an even window lay behind",
        spoils("y"), wrong_output(LocalResponseNorm, odd_neighbour_after),
        lambda op, inputs: _other_neighbours(op, inputs[0][1]) and op.alpha * op.beta != 0,
    )  # fmt: skip


def odd_neighbour_after(op: Any, x: Array) -> Array:
    """The channels in the opposite order, there and back."""
    return KERNELS[LocalResponseNorm].forward(op, x[:, ::-1])[:, ::-1]


def _other_neighbours(op: Any, channels: int) -> bool:
    def near(before: int) -> Meetings:
        window = Window(op.size, before=before, after=op.size - 1 - before)
        return tuple(frozenset((c, 0, t) for t in window.reads(c) if 0 <= t < channels) for c in range(channels))

    return near(op.size // 2) != near((op.size - 1) // 2)


def _count(x: Shape) -> int:
    return int(np.prod((x[0], *x[2:])))


def _of_mean_squares() -> Iterator[Mistake]:
    def by(scale: Callable[[Any, Array, Array], Array], *, less: bool = False) -> Kernel:
        def forward(op: Any, x: Array, gamma: Array) -> Array:
            axes = tuple(range(op.first(x.shape), x.ndim))
            count = int(np.prod(x.shape[op.first(x.shape) :]))
            x = x - statistics.summed(x, axes, count) if less else x
            mean = statistics.summed(x * x, axes, count)
            return x * scale(op, mean, constant(op.epsilon, mean)) * gamma

        return wrong_output(RMSNorm, forward)

    def made(name: str, says: str, result: str, kernel: Kernel, least: int) -> Mistake:
        shows: Shows = lambda op, inputs: int(np.prod(inputs[0][op.first(inputs[0]) :])) >= least
        return Mistake(f"rms-norm-{name}", RMSNorm, says, spoils(result), kernel, shows)

    yield made("less-the-mean", "the mean were subtracted first, as in a layer normalisation", "y",
               by(lambda _, mean, epsilon: 1 / power(mean + epsilon, HALF), less=True), 1)  # fmt: skip
    yield made("epsilon-outside-the-root", "epsilon were added to the root, not to the mean square", "y",
               by(lambda _, mean, epsilon: 1 / (power(mean, HALF) + epsilon)), 1)  # fmt: skip
    yield made("without-root", "numbers were divided by the mean square, not by its root", "y",
               by(lambda _, mean, epsilon: 1 / (mean + epsilon)), 1)  # fmt: skip
    constant_scale = lambda op, dy, x, gamma: dy * gamma * rms_norm.scale(op, x)
    yield made("gradient-of-a-constant", "the mean square did not depend on x", "x",
               wrong_gradients(RMSNorm, x=constant_scale), 1)  # fmt: skip


MISTAKES = (*_of_blocks(), *_of_batch(), *_of_groups(), *_of_response(), *_of_mean_squares())
