"""Kernels broken on purpose: the comparison with the sentence sees each of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from cnnmath import ops
from cnnmath.numeric import (
    activation,
    adaptive,
    border,
    conv,
    norm,
    pad,
    pool,
    recurrent,
    sliding,
    statistics,
    transposed,
    unpool,
    upsample,
    windows,
)
from cnnmath.numeric.methods import direct
from cnnmath.numeric.methods.correlate import correlate
from cnnmath.window import Window
from tests.numeric.test_kernels import assert_agree
from tests.support import problems


def flipped(windows, x, w, *rest, **more):
    return CORRELATE(windows, x, np.flip(w, tuple(range(2, w.ndim))), *rest, **more)


def one_group(windows, x, w, groups=1, **more):
    return CORRELATE(windows, x, np.roll(w, len(w) // groups, axis=0), groups, **more)


def exchanged_taps(problem, block):
    for k, outputs, inputs in DIRECT_TAPS(problem, block):
        yield k[::-1] if problem.kernel[0] == problem.kernel[-1] else k, outputs, inputs


def without_the_first_tap(*settings):
    taps = TAP_SLICES(*settings)
    next(taps, None)
    yield from taps


def without_the_tap_of_the_corner(problem, block):
    for k, outputs, inputs in DIRECT_TAPS(problem, block):
        if any(k):
            yield k, outputs, inputs


def taps_from_the_last(*settings):
    yield from reversed(list(TAP_SLICES(*settings)))


def one_position_late(op, sizes):
    for inputs, inside in BIN_TAPS(op, sizes):
        yield [np.minimum(i + 1, n - 1) for i, n in zip(inputs, sizes, strict=True)], inside


def in_the_corner(_, x):
    return tuple(slice(n) for n in x.shape)


def packed(op, x):
    axes, part = DOWNWARD(op, x)
    spare = [w.extent - w.kernel for w in axes]
    return [Window(w.kernel, w.stride, 1, w.before, w.after + more) for w, more in zip(axes, spare, strict=True)], part


def cut_at_the_end(op, x):
    axes, part = DOWNWARD(op, x)
    return [Window(w.kernel, w.stride, w.dilation, 0, w.before + w.after) for w in axes], part


def unscaled(op, x, at):
    deviations, scale = DEVIATIONS(op, x, at)
    return deviations, scale * 0 + 1


def channels_in_turn(op, x):
    """Groups of every other channel, not of consecutive ones."""
    at = FRAMED(op, x)
    n, groups, width, *sizes = at.shape
    return statistics.Frame((n, width, groups, *sizes), (1, *at.block[1:]), (1, width, groups, *at.affine[3:]))


DEVIATIONS, FRAMED, MOMENTS = statistics._deviations, statistics.framed, statistics.moments
MEAN = statistics._mean


def with_the_border_again(op, shape):
    for axis, end, source in ENDS(op, shape):
        inner = source[axis]
        moved = 1 if end[axis].start is None else 0
        yield axis, end, (*source[:axis], slice(inner.start - moved, inner.stop - moved))


def the_first_border_at_both_ends(op, shape):
    for axis, end, source in ENDS(op, shape):
        before, _ = op.padding[axis - 2]
        yield axis, end, (*source[:axis], slice(before, before + 1))


def ends_on_corners(op, axis, n):
    return PLACES(replace(op, align_corners=not op.align_corners), axis, n)


def column_major(op, switches):
    places, height, width = PLACES_OF(op, switches), op.outputs[0], op.outputs[-1]
    return places % height * width + places // height if len(op.outputs) == 2 else places


ENDS, PLACES, PLACES_OF = border._ends, upsample._places, unpool._places
BIN_TAPS = adaptive._taps
SUMS, GATES, STATES = recurrent._sums, recurrent._gates, recurrent.states
DOWNWARD, INPUT_GRADIENT = transposed._downward, transposed.input_gradient
CORRELATE, DIRECT_TAPS, TAP_SLICES, LINE_TAPS = correlate, direct._taps, windows.tap_slices, sliding._taps
MUTANTS = {
    "a flipped kernel": (ops.Conv, conv, "correlate", flipped),
    "filters of the wrong group": (ops.Conv, conv, "correlate", one_group),
    "a tap left out": (ops.Conv, direct, "_taps", without_the_tap_of_the_corner),
    "height and width exchanged": (ops.Conv, direct, "_taps", exchanged_taps),
    "a transpose without dilation": (ops.ConvTranspose, transposed, "_downward", packed),
    "a transpose cut at its end alone": (ops.ConvTranspose, transposed, "_downward", cut_at_the_end),
    "a transpose with filters of the wrong group": (
        *(ops.ConvTranspose, transposed, "input_gradient"),
        lambda axes, x, w, sizes, groups: INPUT_GRADIENT(axes, x, np.roll(w, len(w) // groups, 0), sizes, groups),
    ),
    "a transpose with a tap left out": (ops.ConvTranspose, direct, "_taps", without_the_tap_of_the_corner),
    "the last of equal maxima": (ops.MaxPool, pool, "tap_slices", taps_from_the_last),
    "a maximum from 0": (ops.MaxPool, pool, "_lowest", lambda _: 0),
    "a mean that misses a tap": (ops.AveragePool, sliding, "_taps", lambda *a: LINE_TAPS(*a)[1:]),
    "the declared divisor": (ops.AveragePool, pool, "divisor", lambda op, _: np.prod(op.kernel)),
    "bins one position late": (ops.AdaptiveMaxPool, adaptive, "_taps", one_position_late),
    "the last of a bin's maxima": (ops.AdaptiveMaxPool, adaptive, "_taps", lambda *a: reversed(list(BIN_TAPS(*a)))),
    "a sum that misses a tap": (ops.Subsample, sliding, "_taps", lambda *a: LINE_TAPS(*a)[1:]),
    "one coefficient for every channel": (ops.Subsample, pool, "_a_channel", lambda a, _: a[0]),
    "the input in the corner of its padding": (ops.Pad, pad, "_middle", in_the_corner),
    "a mirror that shows the border twice": (ops.ReflectPad, border, "_ends", with_the_border_again),
    "the first border at both ends": (ops.EdgePad, border, "_ends", the_first_border_at_both_ends),
    "corners aligned where ends are": (ops.LinearUpsample, upsample, "_places", ends_on_corners),
    "the first neighbour's weight for both": (
        *(ops.LinearUpsample, upsample, "_places"),
        lambda *a: (PLACES(*a)[0], PLACES(*a)[2] // 2 + 0 * PLACES(*a)[1], PLACES(*a)[2]),
    ),
    "gradients of equal neighbours overwritten": (
        *(ops.LinearUpsample, upsample, "_collected"),
        lambda terms, at, axis, n: terms.take(np.searchsorted(at, np.arange(n)).clip(max=len(at) - 1), axis),
    ),
    "places counted down the columns": (ops.MaxUnpool, unpool, "_places", column_major),
    "neighbours left out": (ops.LocalResponseNorm, norm, "tap_slices", without_the_first_tap),
    "a cell that forgets its state": (
        *(ops.RNNCell, recurrent, "_sums"),
        lambda x, h, w, u, b: SUMS(x, 0 * h, w, u, b),
    ),
    "a cell with its recurrent weights transposed": (
        *(ops.RNNCell, recurrent, "_sums"),
        lambda x, h, w, u, b: SUMS(x, h, w, u.T, b),
    ),
    "input and forget gate exchanged": (
        *(ops.LSTMCell, recurrent, "_gates"),
        lambda z: [GATES(z)[i] for i in (1, 0, 2, 3)],
    ),
    "candidate and output gate exchanged": (
        *(ops.LSTMCell, recurrent, "_gates"),
        lambda z: [GATES(z)[i] for i in (0, 1, 3, 2)],
    ),
    "gradients of the states exchanged": (ops.LSTMCell, recurrent, "states", lambda y: STATES(y)[::-1]),
    "a deviation left as it is": (ops.InstanceNorm, statistics, "_deviations", unscaled),
    "no way through the mean": (ops.LayerNorm, statistics, "_mean", lambda a, at: MEAN(a, at) * (a.min() >= 0)),
    "groups of scattered channels": (ops.GroupNorm, statistics, "framed", channels_in_turn),
    "each sample of a batch by itself": (
        *(ops.BatchNorm, statistics, "framed"),
        lambda _, x: FRAMED(ops.InstanceNorm(), x),
    ),
    "the unbiased variance": (
        *(ops.LayerNorm, statistics, "moments"),
        lambda x, at: (None, x - MOMENTS(x, at)[0], MOMENTS(x, at)[2] * at.count / max(at.count - 1, 1)),
    ),
    "an exponential without its 1": (ops.ELU, activation, "expm1", lambda x: x),
}


def compare(kind):
    """The comparison of test_kernels, forward and backward."""

    @settings(max_examples=300, derandomize=True, database=None, phases=[Phase.generate])
    @given(problems(kind))
    def check(problem):
        assert_agree(problem.forward(), problem.exact_forward(), problem.op)
        grads, oracle = problem.backward(), problem.exact_backward()
        for name, grad in grads.items():
            assert_agree(grad, oracle[name], problem.op)

    check()


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_mistake_is_seen(mutant, monkeypatch):
    kind, module, name, broken = MUTANTS[mutant]
    monkeypatch.setattr(module, name, broken)
    with pytest.raises(AssertionError):
        compare(kind)
