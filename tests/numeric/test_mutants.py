"""Kernels broken on purpose: the comparison with the sentence sees each of them."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from cnnmath import ops
from cnnmath.numeric import activation, adaptive, conv, norm, pad, pool, statistics, transposed, windows
from cnnmath.window import Window
from tests.numeric.test_kernels import assert_agree
from tests.support import problems


def flipped(op, w):
    axes = tuple(range(2, w.ndim))
    return FILTERS(op, np.flip(w, axes))


def one_group(op, w):
    return np.roll(FILTERS(op, w), 1, axis=0)


def exchanged_taps(axes, sizes):
    for k, outputs, inputs in TAP_SLICES(axes, sizes):
        yield k[::-1] if axes[0].kernel == axes[-1].kernel else k, outputs, inputs


def without_the_first_tap(axes, sizes):
    taps = TAP_SLICES(axes, sizes)
    next(taps, None)
    yield from taps


def taps_from_the_last(axes, sizes):
    yield from reversed(list(TAP_SLICES(axes, sizes)))


def one_position_late(op, sizes):
    for inputs, inside in BIN_TAPS(op, sizes):
        yield [np.minimum(i + 1, n - 1) for i, n in zip(inputs, sizes, strict=True)], inside


def in_the_corner(_, x):
    return tuple(slice(n) for n in x.shape)


def packed(op):
    return [Window(w.kernel, w.stride) for w in BARE(op)]


def cut_at_the_end(op, x):
    inner, lengths, part = FRAME(op, x)
    return inner, lengths, [slice(s.stop - s.start) for s in part]


def unscaled(op, x, at):
    hat, scale = STANDARDISED(op, x, at)
    return hat, scale * 0 + 1


def channels_in_turn(op, x):
    """Groups of every other channel, not of consecutive ones."""
    at = FRAMED(op, x)
    n, groups, width, *sizes = at.shape
    return statistics.Frame((n, width, groups, *sizes), (1, *at.block[1:]), (1, width, groups, *at.affine[3:]))


STANDARDISED, FRAMED, MOMENTS = statistics._standardised, statistics.framed, statistics.moments
BIN_TAPS = adaptive._taps
BARE, FRAME, SPREAD_FILTERS = transposed._bare, transposed._frame, transposed._filters
FILTERS, TAP_SLICES = conv._filters, windows.tap_slices
MUTANTS = {
    "a flipped kernel": (ops.Conv, conv, "_filters", flipped),
    "filters of the wrong group": (ops.Conv, conv, "_filters", one_group),
    "a tap left out": (ops.Conv, windows, "tap_slices", without_the_first_tap),
    "height and width exchanged": (ops.Conv, windows, "tap_slices", exchanged_taps),
    "a transpose without dilation": (ops.ConvTranspose, transposed, "_bare", packed),
    "a transpose cut at its end alone": (ops.ConvTranspose, transposed, "_frame", cut_at_the_end),
    "a transpose with filters of the wrong group": (
        *(ops.ConvTranspose, transposed, "_filters"),
        lambda op, w: np.roll(SPREAD_FILTERS(op, w), 1, axis=0),
    ),
    "a transpose with a tap left out": (ops.ConvTranspose, windows, "tap_slices", without_the_first_tap),
    "the last of equal maxima": (ops.MaxPool, pool, "tap_slices", taps_from_the_last),
    "a maximum from 0": (ops.MaxPool, pool, "_lowest", lambda _: 0),
    "a mean that misses a tap": (ops.AveragePool, pool, "tap_slices", without_the_first_tap),
    "the declared divisor": (ops.AveragePool, pool, "divisor", lambda op, _: np.prod(op.kernel)),
    "bins one position late": (ops.AdaptiveMaxPool, adaptive, "_taps", one_position_late),
    "the last of a bin's maxima": (ops.AdaptiveMaxPool, adaptive, "_taps", lambda *a: reversed(list(BIN_TAPS(*a)))),
    "a sum that misses a tap": (ops.Subsample, pool, "tap_slices", without_the_first_tap),
    "one coefficient for every channel": (ops.Subsample, pool, "_a_channel", lambda a, _: a[0]),
    "the input in the corner of its padding": (ops.Pad, pad, "_middle", in_the_corner),
    "neighbours left out": (ops.LocalResponseNorm, norm, "tap_slices", without_the_first_tap),
    "statistics that are constants": (ops.InstanceNorm, statistics, "_standardised", unscaled),
    "groups of scattered channels": (ops.GroupNorm, statistics, "framed", channels_in_turn),
    "each sample of a batch by itself": (
        *(ops.BatchNorm, statistics, "framed"),
        lambda _, x: FRAMED(ops.InstanceNorm(), x),
    ),
    "the unbiased variance": (
        *(ops.LayerNorm, statistics, "moments"),
        lambda x, at: (None, x - MOMENTS(x, at)[0], MOMENTS(x, at)[2] * at.count / max(at.count - 1, 1)),
    ),
    "an exponential without its 1": (ops.ELU, activation, "_expm1", lambda x: x),
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
