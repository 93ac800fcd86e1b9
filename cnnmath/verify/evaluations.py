"""How kernels evaluate operators where that is not their sentence, for the bounds of their roundings.

A sentence's own roundings are bounded by `cnnmath.readers.rounding`. Here is what common kernels do otherwise, each
written in the same verbs, so that its bound is derived in the same way. A result may be off by as much as the worst of
an operator's evaluations says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from math import prod
from typing import Any, ClassVar, TypeAlias

import numpy as np

from cnnmath import ops
from cnnmath.numeric.statistics import Frame, frame
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Algebra, Number, rational
from cnnmath.ops.statistics import HALF
from cnnmath.readers.rounding import Format, Given, Rounded, Rounding, added, backward, constant, unknown

Array: TypeAlias = np.ndarray[Any, Any]
Evaluation: TypeAlias = Callable[..., Number]
"""What gives an output number, as a sentence does: ``(m, at, *operands)``."""
Normalisation: TypeAlias = ops.BatchNorm | ops.GroupNorm | ops.InstanceNorm | ops.LayerNorm


@singledispatch
def evaluations(op: Operator) -> tuple[Evaluation, ...]:
    """Ways in which kernels compute an output, and autograd its gradient: the sentence, if no other is known."""
    return (op.element,)


@evaluations.register
def _(op: ops.BinaryCrossEntropy) -> tuple[Evaluation, ...]:
    """Also one logarithm for both answers, ``(1 - t) x + (1 + (w - 1) t) log(1 + exp(-x))`` (PyTorch).

    Where t is 0 and x is far below 0 it cancels, and loses up to the roundings of x.
    """

    def joined(m: Algebra, at: Any, x: Any, t: Any, weights: Any = None) -> Number:
        def loss(n: int, c: int, *o: int) -> Number:
            own = t[n, c, *o]
            both = m.log(1 + m.exp(-x[n, c, *o]))
            both = both if weights is None else (1 + (weights[c] - 1) * own) * both
            return (1 - own) * x[n, c, *o] + both

        return op.reduced(m, at, x.shape, loss, lambda *_: 1)

    return op.element, joined


@evaluations.register
def _(op: ops.LocalResponseNorm) -> tuple[Evaluation, ...]:
    """Also a sum that slides along the channels: what enters is added, what leaves is subtracted (ONNX Runtime).

    The roundings of all channels before stay in it.
    """

    def sliding(m: Algebra, at: tuple[int, ...], x: Any) -> Number:
        n, c, *o = at
        window, channels = op.neighbours(), x.shape[1]
        entered, left = min(channels, window.tap(c, op.size - 1) + 1), max(0, window.tap(c, 0))
        total = m.sum(lambda q: x[n, q, *o] * x[n, q, *o], entered)
        if left:
            total = total - m.sum(lambda q: x[n, q, *o] * x[n, q, *o], left)
        return x[at] / m.power(rational(op.k) + rational(op.alpha) / op.size * total, rational(op.beta))

    return op.element, sliding


@evaluations.register
def _(op: ops.HardSwish) -> tuple[Evaluation, ...]:
    """Also in sixths, divided last: above 3 the number is multiplied by 6 and divided by it again (PyTorch)."""

    def sixths(m: Algebra, at: tuple[int, ...], x: Any) -> Number:
        below = m.when(-x[at] > -3, lambda: x[at] + 3, lambda: 6)
        return x[at] * m.when(x[at] > -3, lambda: below, lambda: 0) / 6

    return op.element, sixths


@evaluations.register
def _(op: ops.LinearUpsample) -> tuple[Evaluation, ...]:
    """Weights from places that are rounded themselves.

    A place is a product of two rounded numbers, less a half: for an axis of n inputs it lies within 4 u n of the exact
    one, and so do the weights of the inputs beside it. An output on an input may take the next one on either side in.
    """

    def placed(m: Any, at: tuple[int, ...], x: Any) -> Number:
        n, c, *j = at
        sizes = x.shape[2:]
        parts, unsure = op.parts(sizes), 4 * m.format.unit * sum(sizes)

        def near(*i: int) -> Any:
            distances = zip(parts, op.distances(sizes, j, i), strict=True)
            return (abs(distance) <= most for most, distance in distances)

        whole = 1 if op.align_corners else sum(op.weight(sizes, j, i) for i in np.ndindex(*sizes) if all(near(*i)))
        whole *= np.prod(parts, dtype=object) if op.align_corners else 1
        return m.sum(
            lambda *i: x[n, c, *i] * constant(m.format, rational(op.weight(sizes, j, i)) / whole).widened(unsure),
            *sizes,
            where=near,
        )

    return (placed,)


@evaluations.register(ops.BatchNorm)
@evaluations.register(ops.GroupNorm)
@evaluations.register(ops.InstanceNorm)
@evaluations.register(ops.LayerNorm)
def _(op: Normalisation) -> tuple[Evaluation, ...]:
    """A mean that is brought up to date number by number, with the squared deviations from it (Welford).

    The means on the way are off by as much as the last, which counts twice in a product of deviations from two.
    """

    def updated(m: Rounding, at: tuple[int, ...], *operands: Any) -> Number:
        return op.element(Updating(m), at, *operands)

    return (op.element,) if isinstance(op, ops.BatchNorm) and not op.training else (updated,)


class Updating:
    """The verbs of another reader, with a mean that is off by twice as much."""

    pi: ClassVar = Rounding.pi

    def __init__(self, m: Rounding) -> None:
        self.sum, self.max, self.when = m.sum, m.max, m.when
        self.exp, self.log, self.erf, self.power = m.exp, m.log, m.erf, m.power
        self.m = m

    def let(self, name: str, over: Sequence[int], value: Callable[[], Number]) -> Number:
        """Computed once."""
        if name != "mean":
            return self.m.let(name, over, value)

        def twice() -> Number:
            mean = value()
            return mean.widened(mean.error) if isinstance(mean, Rounded) else mean

        return self.m.let(name, over, twice)


@singledispatch
def gradient(
    op: Operator,  # noqa: ARG001 - as all that follow in this function
    wrt: str,  # noqa: ARG001
    form: Format,  # noqa: ARG001
    dy: Given,  # noqa: ARG001
    operands: dict[str, Given],  # noqa: ARG001
) -> Array | None:
    """Gradient by one operand where kernels have a formula for it that is not the chain rule; else None."""
    return None


@gradient.register(ops.GroupNorm)
@gradient.register(ops.InstanceNorm)
@gradient.register(ops.LayerNorm)
@gradient.register(ops.BatchNorm)
def _(op: Normalisation, wrt: str, form: Format, dy: Given, operands: dict[str, Given]) -> Array | None:
    r"""Through the numbers, the mean and the variance, the deviations multiplied out or not.

    .. math:: dx = s \Big( g - \overline{g} - (x - \mu)\, s^2\, \overline{g (x - \mu)} \Big), \quad g = \gamma\, dy

    PyTorch's group and layer normalisation take :math:`\overline{g x} - \mu \overline{g}` for the last mean, and the
    rest as ``a*x + b``: where the mean is large beside the deviation, these cancel.
    """
    if len(operands) > 3 or wrt not in ("x", "gamma", "beta"):
        return None
    at = frame(op, operands["x"].shape)
    rows = _Rows(at)
    x, above = (rows.of(_numbers(a)) for a in (operands["x"], dy))  # (blocks, M)
    gamma = rows.of(np.broadcast_to(_numbers(operands["gamma"]).reshape(at.affine), at.shape))
    pairs = [_block(op, form, *row) for row in zip(x, above, gamma, strict=True)]
    if wrt == "x":
        return rows.back(np.array([dx for dx, _ in pairs], object)).reshape(operands["x"].shape)
    terms = rows.back(np.array([hat for _, hat in pairs], object)) if wrt == "gamma" else _numbers(dy).reshape(at.shape)
    lists = np.moveaxis(terms, at.shared, range(len(at.shared))).reshape(-1, _numbers(operands["gamma"]).size)
    summed = [constant(form, 0) + added(form, column) for column in lists.T]
    return np.array(summed, object).reshape(operands["gamma"].shape)


def _block(op: Normalisation, form: Format, x: Array, dy: Array, gamma: Array) -> tuple[list[Rounded], list[Rounded]]:
    """Gradient by the numbers of one block, and ``dy`` times each number normalised."""
    m, count = Rounding(form), len(x)
    mean = m.of(m.added([*x])) / count
    apart = [number - mean.widened(mean.error).settled() for number in x]
    variance = m.of(m.added([d * d for d in apart])) / count
    scale = 1 / m.power(variance + rational(op.epsilon), HALF)
    g = [a * b for a, b in zip(dy, gamma, strict=True)]
    pull = (scale * scale * (m.of(m.added([a * d for a, d in zip(g, apart, strict=True)])) / count)).settled()
    even = m.of(m.added(g)) / count
    hats = [a * d * scale for a, d in zip(dy, apart, strict=True)]
    return [scale * (a - even - d * pull) for a, d in zip(g, apart, strict=True)], hats


@gradient.register
def _(op: ops.LpPool, wrt: str, form: Format, dy: Given, operands: dict[str, Given]) -> Array | None:
    """By the chain rule, or ``sign(x) |x|^(p-1)`` times sums of ``dy/y^(p-1)``.

    Where a power could leave the format's range, the one divides by 0 where the other does not, and nothing is said.
    """
    found, x = backward(op.element, form, dy, wrt, operands), operands["x"]
    sizes = [abs(number.value) for number in x.tensor.values]
    least = min((size for size in sizes if size), default=1.0)
    over = max(sizes, default=0.0) ** op.p * prod(op.kernel) > form.largest
    numbers = np.empty(len(sizes), object)
    for i, (at, size) in enumerate(zip(x.tensor.positions(), sizes, strict=True)):
        lost = over or (op.p > 1 and (size or least) ** op.p < form.smallest / form.unit)
        numbers[i] = unknown(form) if lost else found.get(at, constant(form, 0))
    return numbers.reshape(x.shape)


class _Rows:
    """Blocks as rows, and back."""

    def __init__(self, at: Frame) -> None:
        self.at = at
        self.last = range(len(at.shape) - len(at.block), len(at.shape))

    def of(self, a: Array) -> Array:
        return np.moveaxis(a.reshape(self.at.shape), self.at.block, self.last).reshape(-1, self.at.count)

    def back(self, rows: Array) -> Array:
        apart = [n for axis, n in enumerate(self.at.shape) if axis not in self.at.block]
        sizes = [self.at.shape[axis] for axis in self.at.block]
        return np.moveaxis(rows.reshape(*apart, *sizes), self.last, self.at.block)


def _numbers(a: Given) -> Array:
    made = np.empty(a.shape, object)
    made.reshape(-1)[:] = a.tensor.values
    return made
