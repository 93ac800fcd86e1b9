"""Mistakes of poolings with a sliding window: maxima and means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.maxima import first_maxima
from cnnmath.numeric.pool import divisor, max_switches
from cnnmath.numeric.windows import Array, tap_slices
from cnnmath.ops import AveragePool, MaxPool
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import (
    Mistake,
    Shows,
    of_another,
    resized,
    spoils,
    with_setting,
    wrong_gradients,
    wrong_output,
)
from cnnmath.verify.mistakes.reading import meetings, rereads, shared, shared_by_outputs, shared_inside
from cnnmath.verify.mistakes.settings import window_mistakes

MAX, AVERAGE = KERNELS[MaxPool], KERNELS[AveragePool]
CLOSE, LANES = 1e-2, 4


def every_maximum(op: Any, dy: Array, x: Array) -> Array:
    """All that equals the maximum takes the gradient."""
    return _to_taps(op, dy, x, lambda seen, y: seen == y)


def close_to_the_maximum(op: Any, dy: Array, x: Array) -> Array:
    """All that is close to the maximum takes the gradient."""
    return _to_taps(op, dy, x, lambda seen, y: abs(seen - y) <= CLOSE)


def last_maximum(op: Any, dy: Array, x: Array) -> Array:
    """The last of equal maxima takes the gradient."""
    dx = np.zeros(x.shape, dy.dtype)
    taps = [(outputs, inputs, True) for _, outputs, inputs in tap_slices(op.windows(x.shape[2:]), x.shape[2:])]
    for outputs, inputs, won in first_maxima(x, MAX.forward(op, x), reversed(taps)):
        dx[:, :, *inputs] += np.where(won, dy[:, :, *outputs], np.zeros((), dy.dtype))
    return dx


def stored(*, last: bool) -> Callable[..., Array]:
    """Gradients stored at the maximum where they should be added: the last window's stays, or the first's."""

    def gradient(op: Any, dy: Array, x: Array) -> Array:
        dx = np.zeros((*x.shape[:2], prod(x.shape[2:])), dy.dtype)
        places, values = (a.reshape(*x.shape[:2], -1) for a in (max_switches(op, x), dy))
        for at in range(values.shape[2]) if last else reversed(range(values.shape[2])):
            np.put_along_axis(dx, places[:, :, at : at + 1], values[:, :, at : at + 1], 2)
        return dx.reshape(x.shape)

    return gradient


def zero_padded(op: Any, x: Array) -> Array:
    """A maximum in which padding counts as zero."""
    y = MAX.forward(op, x)
    return np.where(_partial(op, x.shape), np.maximum(y, np.zeros((), y.dtype)), y)


def lost_below_zero(op: Any, dy: Array, x: Array) -> Array:
    """A maximum whose padding counts as zero when gradients are sent back."""
    kept = np.where(zero_padded(op, x) == MAX.forward(op, x), dy, np.zeros((), dy.dtype))
    return MAX.backward(op, kept, x)["x"]


def every_overhang(op: Any, x: Array) -> Array:
    """Rounding up without dropping the window that would start in the far padding: zeros for it."""
    y = MAX.forward(op, x)
    return resized(y, (*x.shape[:2], *(o for o, _ in _rounded_up(op, x.shape))))


def without_nan(op: Any, x: Array) -> Array:
    """A maximum by comparisons, which not a number never wins."""
    return MAX.forward(op, np.where(x != x, -np.inf, x).astype(x.dtype)) if x.dtype.kind == "f" else MAX.forward(op, x)


def without_nan_behind_the_first_lanes(op: Any, x: Array) -> Array:
    """The same in all columns of the output but the first four."""
    y = MAX.forward(op, x)
    y[..., LANES:] = without_nan(op, x)[..., LANES:]
    return y


def last_tap_alone(op: Any, dy: Array, x: Array) -> Array:
    """The mean's gradient, written where it should be added."""
    dx, share = np.zeros(x.shape, dy.dtype), dy / divisor(op, x.shape[2:]).astype(dy.dtype)
    for _, outputs, inputs in tap_slices(op.windows(x.shape[2:]), x.shape[2:]):
        dx[:, :, *inputs] = share[:, :, *outputs]
    return dx


def times(op: Any, x: Shape, over: Any) -> Any:
    """What a mean is multiplied by, if it is divided by other numbers."""
    return divisor(op, x[2:]) / over


def _of_max() -> Iterator[Mistake]:
    def of_dx(name: str, says: str, change: Callable[..., Array], shows: Shows, *corpus: str) -> Mistake:
        return Mistake(name, MaxPool, says, spoils("x"), wrong_gradients(MaxPool, x=change), shows, corpus)

    def of_y(name: str, says: str, change: Callable[..., Array], shows: Shows, *corpus: str) -> Mistake:
        return Mistake(name, MaxPool, says, spoils("y"), wrong_output(MaxPool, change), shows, corpus)

    yield of_dx("ties-counted-twice", "all of several equal maxima took the gradient", every_maximum, _choosing)
    yield of_dx("close-counted-as-tie", "all numbers near the maximum took the gradient", close_to_the_maximum,
                _choosing, "B25")  # fmt: skip
    yield of_dx("last-tie-wins", "the last of several equal maxima took the gradient", last_maximum, _choosing)
    yield of_dx("max-overlaps-overwritten", "a maximum of several windows took the last window's gradient alone",
                stored(last=True), _overlapping, "B08")  # fmt: skip
    yield of_dx("max-overlaps-counted-once", "a maximum of several windows took the first window's gradient alone",
                stored(last=False), _overlapping, "B09")  # fmt: skip
    yield of_dx("max-dx-lost-below-zero", "maxima below zero lost to the padding, going back", lost_below_zero,
                _with_padding, "B07")  # fmt: skip
    yield of_y("max-padding-of-zero", "padding were zero, and could win", zero_padded, _with_padding, "B23")
    yield of_y("every-overhang-kept", "rounding up kept a window that starts in the far padding", every_overhang,
               lambda op, inputs: any(o > right for o, right in _rounded_up(op, inputs[0])), "B20")  # fmt: skip
    for name, says, forward, shows in (
        ("max-drops-nan", "NaN never won a maximum", without_nan, lambda *_: True),
        ("max-drops-nan-behind-the-first-lanes", "NaN never won, but in the first columns",
         without_nan_behind_the_first_lanes, lambda op, inputs: op.shape(*inputs)[-1] > LANES),
    ):  # fmt: skip
        yield Mistake(name, MaxPool, says, spoils("y"), Kernel(forward, MAX.backward), shows, ("B24",), "nan")
    yield from _rounding_up(MaxPool, "max-")
    yield from window_mistakes(MaxPool, "max-", ("y", "x"))


def _of_average() -> Iterator[Mistake]:
    def of_both(name: str, says: str, factor: Callable[[Any, Shape], Any], shows: Shows, *corpus: str) -> Mistake:
        kernel = Kernel(
            lambda op, x: AVERAGE.forward(op, x) * _as(factor(op, x.shape), x),
            lambda op, dy, x: AVERAGE.backward(op, dy * _as(factor(op, x.shape), dy), x),
        )
        return Mistake(name, AveragePool, says, spoils("y", "x"), kernel, shows, corpus)

    yield Mistake(
        "average-overlaps-overwritten", AveragePool, "what several windows give to an input were stored, not added",
        spoils("x"), wrong_gradients(AveragePool, x=last_tap_alone),
        lambda op, inputs: shared(meetings(op, inputs[0])),
    )  # fmt: skip
    for name, says, counted in (
        ("divisor-counts-padding", "padding counted in the divisor", True),
        ("divisor-without-padding", "padding did not count in the divisor", False),
    ):
        change = with_setting(count_padding=counted)
        kernel = of_another(AveragePool, change)
        yield Mistake(name, AveragePool, says, spoils("y", "x"), kernel, rereads(change))
    yield of_both(
        "overhang-in-the-divisor", "the overhang of rounding up counted in the divisor",
        lambda op, x: times(op, x, prod(op.kernel)) if op.count_padding else np.ones(()),
        lambda op, inputs: op.count_padding and bool((divisor(op, inputs[0][2:]) != prod(op.kernel)).any()),
        "B21",
    )  # fmt: skip
    yield of_both(
        "sum-for-mean", "nothing were divided by", lambda op, x: times(op, x, 1),
        _divided,
    )  # fmt: skip
    yield Mistake(
        "average-dx-not-divided", AveragePool, "dx were not divided by the number of taps", spoils("x"),
        wrong_gradients(AveragePool, x=_undivided), _divided,
    )  # fmt: skip
    yield from _rounding_up(AveragePool, "average-")
    yield from window_mistakes(AveragePool, "average-", ("y", "x"))


def _rounding_up(kind: type[Any], prefix: str) -> Iterator[Mistake]:
    for name, says, ceil, results in (
        ("rounding-up-ignored", "the number of outputs were rounded down", False, ("y", "x")),
        ("rounding-up-always", "the number of outputs were rounded up", True, ("y",)),
    ):
        change = with_setting(ceil=ceil)
        kernel = of_another(kind, change, results)
        yield Mistake(prefix + name, kind, says, spoils(*results), kernel, rereads(change))


def _undivided(op: Any, dy: Array, x: Array) -> Array:
    return AVERAGE.backward(op, dy * _as(divisor(op, x.shape[2:]), dy), x)["x"]


def _divided(op: Any, inputs: tuple[Shape, ...]) -> bool:
    return bool((divisor(op, inputs[0][2:]) != 1).any())


def _as(factor: Any, like: Array) -> Array:
    return np.asarray(factor).astype(like.dtype)


def _to_taps(op: Any, dy: Array, x: Array, takes: Callable[[Array, Array], Array]) -> Array:
    y, dx = MAX.forward(op, x), np.zeros(x.shape, dy.dtype)
    for _, outputs, inputs in tap_slices(op.windows(x.shape[2:]), x.shape[2:]):
        taken = takes(x[:, :, *inputs], y[:, :, *outputs])
        dx[:, :, *inputs] += np.where(taken, dy[:, :, *outputs], np.zeros((), dy.dtype))
    return dx


def _partial(op: Any, x: Shape) -> Array:
    """Outputs whose window reaches into the padding."""
    windows = op.windows(x[2:])
    count = np.zeros([w.placements(n) for w, n in zip(windows, x[2:], strict=True)], int)
    for _, outputs, _ in tap_slices(windows, x[2:]):
        count[outputs] += 1
    return count < prod(op.kernel)


def _rounded_up(op: Any, x: Shape) -> Iterator[tuple[int, int]]:
    """For each axis: outputs of rounding up alone, and the right ones."""
    for n, w, declared in zip(x[2:], op.windows(x[2:]), op.declared(x[2:]), strict=True):
        most = -(-(n + declared.before + declared.after - declared.extent) // declared.stride) + 1
        yield (most if op.ceil else w.placements(n)), w.placements(n)


def _choosing(op: Any, inputs: tuple[Shape, ...]) -> bool:
    return shared_inside(meetings(op, inputs[0]))


def _overlapping(op: Any, inputs: tuple[Shape, ...]) -> bool:
    return shared_by_outputs(meetings(op, inputs[0]))


def _with_padding(op: Any, inputs: tuple[Shape, ...]) -> bool:
    return bool(_partial(op, inputs[0]).any())


MISTAKES = (*_of_max(), *_of_average())
