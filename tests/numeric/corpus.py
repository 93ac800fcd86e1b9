"""The mistakes of the bug corpus, planted: for each, the settings that show it, and a kernel that makes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from cnnmath import ops
from cnnmath.numeric import KERNELS, Kernel
from cnnmath.numeric.pool import divisor
from cnnmath.numeric.windows import tap_slices
from cnnmath.ops import Operator
from cnnmath.verify import Case
from cnnmath.window import fit
from tests.verify.kernels import MUTANTS, of_another, zero_padded

CONV, TRANSPOSE, MAX = (KERNELS[kind] for kind in (ops.Conv, ops.ConvTranspose, ops.MaxPool))
AVERAGE, ADAPTIVE, BINS = (KERNELS[k] for k in (ops.AveragePool, ops.AdaptiveAveragePool, ops.AdaptiveMaxPool))


@dataclass(frozen=True)
class Planted:
    """A mistake of one operator's kernel, and the settings at which it is one."""

    kind: type[Operator]
    shows: Callable[[Operator, tuple[int, ...]], Any]
    kernel: Kernel

    def shown_by(self, case: Case) -> bool:
        return bool(self.shows(case.op, case.inputs[0]))


def planted(name, shows):
    """A mistake that the tests of `verify` plant already."""
    kind, kernel, _ = MUTANTS[name]
    return Planted(kind, shows, kernel)


def rests(op, x):
    """What every axis leaves unread at its end."""
    return [(n + w.before + w.after - w.extent) % w.stride for n, w in zip(x[2:], op.windows(x[2:]), strict=True)]


def backward_of_conv(**changes):
    """A convolution's kernel with some gradients computed otherwise, from (op, dy, x, w)."""

    def backward(op, dy, x, w, *b):
        return CONV.backward(op, dy, x, w, *b) | {name: change(op, dy, x, w) for name, change in changes.items()}

    return Kernel(CONV.forward, backward)


def dx_of(op, dy, x, w):
    return CONV.backward(replace(op, bias=False), dy, x, w)["x"]


def dw_of(op, dy, x, w):
    return CONV.backward(replace(op, bias=False), dy, x, w)["w"]


def read_part(op, dy, x, w):
    """Gradient of the part of the input that some window reads."""
    return dx_of(op, dy, x, w)[:, :, *(slice(n - r) for n, r in zip(x.shape[2:], rests(op, x.shape), strict=True))]


def read_part_at_the_end(op, dy, x, w):
    part = read_part(op, dy, x, w)
    return np.pad(part, [(n - m, 0) for n, m in zip(x.shape, part.shape, strict=True)])


def first_padding(op):
    return op if isinstance(op.padding, str) else replace(op, padding=(op.padding[0],) * len(op.kernel))


def renamed(op, x, change):
    """Padding by name as other settings would have it, in numbers."""
    if op.padding not in ("same", "same_lower"):
        return op
    settings = zip(x.shape[2:], op.kernel, op.stride, op.dilation, strict=True)
    fitted = [fit(n, *change(k, s, d), op.padding) for n, k, s, d in settings]
    return replace(op, padding=tuple((w.before, w.after) for w in fitted))


def turned(w):
    """Turned by a quarter where it should be by a half."""
    return np.rot90(w, 1, (2, w.ndim - 1)).reshape(w.shape) if w.ndim > 3 else w


def exchanged(w):
    return np.swapaxes(w, 2, w.ndim - 1).reshape(w.shape)


def flipped(w):
    return np.flip(w, tuple(range(2, w.ndim)))


def scattered(op, dy, x, w, store):
    """A convolution's dx a tap at a time, stored by ``store(dx, where, what)``."""
    dx = np.zeros(x.shape)
    for k, outputs, inputs in tap_slices(op.windows(x.shape[2:]), x.shape[2:]):
        filters = np.zeros(w.shape)
        filters[:, :, *k] = w[:, :, *k]
        some = np.zeros(dy.shape)
        some[:, :, *outputs] = dy[:, :, *outputs]
        store(dx, (slice(None), slice(None), *inputs), dx_of(op, some, x, filters)[:, :, *inputs])
    return dx


def overwrite(dx, where, what):
    dx[where] = what


def packed(dx, where, what):
    """Written side by side, as if the stride were 1."""
    batch, channels, *inputs = where
    near = tuple(slice(s.start, s.start + n) for s, n in zip(inputs, what.shape[2:], strict=True))
    dx[batch, channels, *near] += what


def losing_pairs(op, dy, x, w):
    """Of two taps that add to one input at the same time, the second stores over what the first has stored."""
    if max(op.dilation) == 1:
        return dx_of(op, dy, x, w)
    dx, before, turn = np.zeros(x.shape), np.zeros(x.shape), [0]

    def race(dx, where, what):
        if turn[0] % 2 == 0:
            before[...] = dx
        turn[0] += 1
        dx[where] = before[where] + what

    return dx + scattered(op, dy, x, w, race)


def clipped_stride(op, x):
    """A stride that never exceeds the input."""
    strides = tuple(min(s, n) for s, n in zip(op.stride, x.shape[2:], strict=True))
    return replace(op, stride=strides) if numbers(op) else op


def whole_channels(op, dy, x, w):
    """The filters' gradient as without groups, and of it as many channels as a group has."""
    return dw_of(replace(op, groups=1), dy, x, np.zeros((len(w), x.shape[1], *w.shape[2:])))[:, : w.shape[1]]


def blocks_of_eight(op, dy, x, w):
    """Channels of a depthwise convolution in blocks of 8: all blocks behind the first take its results."""
    dw = dw_of(op, dy, x, w)
    return dw[np.arange(len(dw)) % 8] if op.groups == x.shape[1] == len(dw) and len(dw) > 8 else dw


def counted_from_the_end(op, dy, x, w):
    """A depthwise filter's gradient from a slice that begins by the rest too late."""
    late = [-r for r in rests(op, x.shape)] if op.groups == x.shape[1] else [0] * (x.ndim - 2)
    return dw_of(op, dy, np.roll(x, late, tuple(range(2, x.ndim))), w)


def transposed_in_groups(op, dy, x, w):
    """The gradient of x with filters and channels of each group exchanged."""
    parts = w.reshape(op.groups, op.filters // op.groups, *w.shape[1:])
    wrong = op.groups > 1 and op.filters != x.shape[1]
    return dx_of(op, dy, x, parts.swapaxes(1, 2).reshape(w.shape) if wrong else w)


def accumulated_flipped(op, dy, x, w):
    """Added up over the batch: the first sample as it is, all others flipped."""
    first = dw_of(op, dy[:1], x[:1], w)
    return first + flipped(dw_of(op, dy[1:], x[1:], w)) if len(x) > 1 else first


def undilated(op, x, w, *b):
    """A transposed convolution without its dilation, in the corner of the right shape."""
    bare = replace(op, dilation=1, padding=0, output_padding=0)
    small, y = TRANSPOSE.forward(bare, x, w, *b), np.zeros(op.shape(x.shape))
    if max(op.dilation) == 1:
        return TRANSPOSE.forward(op, x, w, *b)
    part = tuple(slice(min(m, n)) for m, n in zip(small.shape[2:], y.shape[2:], strict=True))
    y[:, :, *part] = small[:, :, *part]
    return y


def floored_bins(op, x):
    """Bins that end at floor((o + 1) H / O)."""
    y = x
    for n, outputs in zip(x.shape[2:], op.outputs, strict=True):
        starts = [o * n // outputs for o in range(outputs)]
        ends = [max((o + 1) * n // outputs, a + 1) for o, a in enumerate(starts)]
        y = np.stack([y[:, :, a:e].mean(axis=2) for a, e in zip(starts, ends, strict=True)], axis=-1)
    return y


def overhang(op, x):
    """Whether some window reaches past the declared padding."""
    return op.ceil and any(a.after > b.after for a, b in zip(op.windows(x[2:]), op.declared(x[2:]), strict=True))


def overhang_counted(op, x):
    y = AVERAGE.forward(op, x)
    if not op.count_padding:
        return y
    return y * divisor(op, x.shape[2:]) / prod(op.kernel)


def lost_below_zero(op, dy, x):
    """A maximum whose padding counts as zero when gradients are sent back."""
    return MAX.backward(op, np.where(zero_padded(op, x) == MAX.forward(op, x), dy, 0), x)


def stored(take):
    """A maximum's gradient stored a window after the other: ``take`` says what stays of old and new."""

    def backward(op, dy, x):
        dx = np.zeros(x.shape)
        for o in np.ndindex(dy.shape):
            one = np.zeros(dy.shape)
            one[o] = dy[o]
            new = MAX.backward(op, one, x)["x"]
            dx = np.where(new != 0, take(dx, new), dx)
        return {"x": dx}

    return Kernel(MAX.forward, backward)


def close_enough(op, dy, x):
    """All that is close to the maximum takes the gradient."""
    y, dx = MAX.forward(op, x), np.zeros(x.shape)
    for _, outputs, inputs in tap_slices(op.windows(x.shape[2:]), x.shape[2:]):
        close = np.isclose(x[:, :, *inputs], y[:, :, *outputs], atol=1e-2)
        dx[:, :, *inputs] += np.where(close, dy[:, :, *outputs], 0)
    return {"x": dx}


def each_index_once(op, dy, x):
    """Maxima over bins whose gradients are stored by index, the last of equal indices alone."""
    dx = np.zeros(x.shape)
    for o in np.ndindex(dy.shape):
        one = np.zeros(dy.shape)
        one[o] = dy[o]
        new = BINS.backward(op, one, x)["x"]
        dx = np.where(new != 0, new, dx)
    return {"x": dx}


def chunks_of_four(op, x, w, *b):
    """A batch in chunks of four samples: what is left over is forgotten."""
    y = CONV.forward(op, x, w, *b)
    if len(x) > 4:
        y[len(x) - len(x) % 4 :] = 0
    return y


def numbers(op):
    return not isinstance(op.padding, str)


def overlaps(op):
    return any(k > 1 and s < d * (k - 1) + 1 for k, s, d in zip(op.kernel, op.stride, op.dilation, strict=True))


def dropped(op, x):
    """Whether rounding up alone would keep a window that starts in the far padding."""
    return op.ceil and any(
        -(-(n + w.before + w.after - w.extent) // w.stride) + 1 != w.rounded_up(n)
        for n, w in zip(x[2:], op.declared(x[2:]), strict=True)
    )


PLANTED = {
    "B01": Planted(ops.Conv, lambda op, x: any(rests(op, x)), backward_of_conv(x=read_part_at_the_end)),
    "B02": Planted(ops.Conv, lambda op, x: any(rests(op, x)), backward_of_conv(x=read_part)),
    "B03": Planted(ops.Conv, lambda op, _: numbers(op) and len(set(op.padding)) > 1, of_another(CONV, first_padding)),
    "B04": Planted(
        ops.Conv,
        lambda op, _: not numbers(op) and len(set(op.stride)) > 1,
        Kernel(
            lambda op, x, *rest: CONV.forward(renamed(op, x, lambda k, _, d: (k, op.stride[0], d)), x, *rest),
            CONV.backward,
        ),
    ),
    "B05": Planted(
        ops.Conv,
        lambda op, _: len(op.kernel) > 1 and op.kernel[0] != op.kernel[-1],
        backward_of_conv(x=lambda op, dy, x, w: dx_of(op, dy, x, flipped(turned(w)) if len(set(op.kernel)) > 1 else w)),
    ),
    "B06": Planted(
        ops.Conv,
        lambda op, _: len(op.kernel) > 1 and op.kernel[0] != op.kernel[-1],
        backward_of_conv(w=lambda *a: exchanged(dw_of(*a)) if len(set(a[0].kernel)) > 1 else dw_of(*a)),
    ),
    "B07": Planted(
        ops.MaxPool,
        lambda op, x: any(w.before or w.after for w in op.windows(x[2:])),
        Kernel(MAX.forward, lost_below_zero),
    ),
    "B08": Planted(ops.MaxPool, lambda op, _: overlaps(op), stored(lambda _, new: new)),
    "B09": Planted(ops.MaxPool, lambda op, _: overlaps(op), stored(lambda old, new: np.where(old != 0, old, new))),
    "B10": Planted(
        ops.Conv,
        lambda op, _: len(op.kernel) != 2,
        backward_of_conv(x=lambda op, dy, x, w: dx_of(op, dy, x, w if w.ndim == 4 else flipped(w))),
    ),
    "B11": Planted(
        ops.Conv,
        lambda op, x: numbers(op) and any(s > n for s, n in zip(op.stride, x[2:], strict=True)),
        Kernel(lambda op, x, *rest: CONV.forward(clipped_stride(op, x), x, *rest), CONV.backward),
    ),
    "B12": Planted(
        ops.Conv,
        lambda op, _: max(op.stride) > 1,
        backward_of_conv(x=lambda op, dy, x, w: scattered(op, dy, x, w, packed)),
    ),
    "B13": Planted(ops.Conv, lambda op, _: op.groups > 1, backward_of_conv(w=whole_channels)),
    "B14": Planted(ops.Conv, lambda op, x: op.groups == x[1] > 8, backward_of_conv(w=blocks_of_eight)),
    "B15": Planted(
        ops.Conv,
        lambda op, x: op.groups == x[1] and max(op.stride) > 1 and any(rests(op, x)),
        backward_of_conv(w=counted_from_the_end),
    ),
    "B16": Planted(
        ops.Conv,
        lambda op, x: op.groups > 1 and op.filters != x[1],
        backward_of_conv(x=transposed_in_groups),
    ),
    "B17": Planted(ops.Conv, lambda op, x: x[0] > 1 and max(op.kernel) > 1, backward_of_conv(w=accumulated_flipped)),
    "B18": Planted(ops.ConvTranspose, lambda op, _: max(op.dilation) > 1, Kernel(undilated, TRANSPOSE.backward)),
    "B19": Planted(
        ops.AdaptiveAveragePool,
        lambda op, x: any(n % o for n, o in zip(x[2:], op.outputs, strict=True)),
        Kernel(floored_bins, ADAPTIVE.backward),
    ),
    "B20": planted("every overhang kept", dropped),
    "B21": Planted(
        ops.AveragePool,
        lambda op, x: op.count_padding and overhang(op, x),
        Kernel(overhang_counted, AVERAGE.backward),
    ),
    "B22": Planted(
        ops.Conv,
        lambda op, _: op.padding in ("same", "same_lower") and max(op.dilation) > 1 < max(op.kernel),
        Kernel(lambda op, x, *rest: CONV.forward(renamed(op, x, lambda k, s, _: (k, s, 1)), x, *rest), CONV.backward),
    ),
    "B23": planted("padding that counts as zero", lambda op, x: any(w.before or w.after for w in op.windows(x[2:]))),
    "B25": Planted(ops.MaxPool, lambda op, _: max(op.kernel) > 1, Kernel(MAX.forward, close_enough)),
    "B26": Planted(
        ops.AdaptiveMaxPool,
        lambda op, x: any(n % o for n, o in zip(x[2:], op.outputs, strict=True)),
        Kernel(BINS.forward, each_index_once),
    ),
    "B27": Planted(
        ops.Conv,
        lambda op, _: max(op.dilation) > 1 and overlaps(op),
        backward_of_conv(x=losing_pairs),
    ),
    "B28": Planted(
        ops.Conv,
        lambda op, _: overlaps(op),
        backward_of_conv(x=lambda op, dy, x, w: scattered(op, dy, x, w, overwrite)),
    ),
    "B29": Planted(ops.Conv, lambda _, x: x[0] > 4, Kernel(chunks_of_four, CONV.backward)),
    "B30": planted("a flipped kernel", lambda op, _: max(op.kernel) > 1),
}
"""B24 is a matter of NaN, which drawn data never hold: the tests plant it."""

ELSEWHERE = {
    "B31": "tests.graph.test_counting_backward.test_groups_change_nothing_of_the_rule",
    "B32": "tests.readers.test_cost.test_a_transposed_convolution_costs_what_its_adjoint_costs",
    "B33": "tests.graph.test_counting_inside.test_a_transposed_convolution_costs_what_its_adjoint_costs",
    "B34": "tests.graph.test_support.test_a_support_is_where_the_gradient_of_positive_weights_is_not_zero",
    "B35": "tests.symbolic.test_strides.test_stride_two_and_dilation_two_leave_odd_positions_exactly_zero",
}
"""Mistakes in counts, receptive fields and formulas: the test that sees each."""
