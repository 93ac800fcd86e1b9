"""Five hundred drawn settings: every derived gradient is the gradient reader's, exactly and on every element.

The derivations are made without their own checks: what is judged here are the formulas, by numbers that no check has
seen. Where the taps of a strided or dilated window pass over a position, its gradient is 0 and nothing is read for it.
"""

from itertools import product
from random import Random

import pytest

from cnnmath import ops
from cnnmath.symbolic import derivation, derive, letters, targets
from cnnmath.symbolic.binding import bind
from cnnmath.symbolic.evaluate import compiled, positions
from cnnmath.verify import Case
from cnnmath.window import Window
from tests.symbolic.instances import Instance

CHUNKS, EACH = 20, 25
KINDS = (ops.Conv, ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.AveragePool)
RANKS = (1, 1, 2, 2, 3)


def test_there_are_five_hundred_settings_no_two_alike_and_of_every_sort():
    cases = [case for chunk in range(CHUNKS) for case in drawn(chunk)]
    operators = [case.op for case in cases]
    assert len(cases) == len(set(cases)) == 500
    assert {(type(op), len(op.kernel)) for op in operators} == set(product(KINDS, RANKS))
    for setting in ("stride", "dilation", "kernel"):
        assert {n for op in operators for n in getattr(op, setting)} == {1, 2, 3}
    named = [op.padding for op in operators if isinstance(op.padding, str)]
    assert {"same", "same_lower"} <= set(named)
    assert any(b != a for op in operators if not isinstance(op.padding, str) for b, a in op.padding)
    assert {op.groups for op in operators if isinstance(op, (ops.Conv, ops.ConvTranspose))} == {1, 2, 3}
    assert {(op.ceil, op.count_padding) for op in operators if isinstance(op, ops.AveragePool)} == set(
        product((False, True), repeat=2)
    )


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_gradient_of_drawn_settings_is_the_readers_on_every_element(chunk, monkeypatch):
    monkeypatch.setattr(derivation, "check_all", lambda *_: None)
    monkeypatch.setattr(letters, "instances", lambda *_: ("nothing is checked",))
    cases, zeros = drawn(chunk), 0
    assert len(cases) == EACH
    for case in cases:
        instance, rank = Instance(case), len(case.op.kernel)
        for wrt in targets(case.op, rank=rank)[1:]:
            derived = derive(case.op, wrt, rank=rank)
            assert instance.mistakes(derived) == {}, f"dL/d{wrt} of {case}"
            zeros += passed_over(case, instance, derived) if wrt == "x" else 0
    assert zeros


class Watched:
    """An array that takes whole numbers for an index alone, and counts how often it is read."""

    def __init__(self, tensor):
        self.tensor, self.reads = tensor, 0

    def __getitem__(self, at):
        assert all(type(i) is int for i in at)
        self.reads += 1
        return self.tensor[at]


def passed_over(case, instance, derived):
    """How many positions no output reads; the derived formula is 0 there, and everywhere it reads entries alone."""
    watched = {name: Watched(tensor) for name, tensor in instance.data.items()}
    target, value, count = derived.target, compiled(derived.result.right), 0
    read, dy = reached(case), watched["dL/dy"]
    environment = bind(target.op, target.inputs, target.definitions, case.op, case.inputs) | watched
    for at, here in positions(target.entry, environment):
        before, number = dy.reads, value(here)
        if not all(j in axis for j, axis in zip(at[2:], read, strict=True)):
            assert number == 0, f"{at} of {case}"
            assert dy.reads == before, f"{at} of {case}"
            count += 1
    return count


def reached(case):
    """Positions along each axis of the input that some output reads through some tap: all pairs are tried."""
    op, sizes, outputs = case.op, case.inputs[0][2:], case.op.shape(*case.inputs)[2:]
    if isinstance(op, ops.ConvTranspose):
        axes = zip(op.kernel, op.stride, op.dilation, op.padding, sizes, outputs, strict=True)
        return [{j for j in range(n) for k in range(K) if 0 <= s * j + d * k - p < o} for K, s, d, (p, _), n, o in axes]
    axes = zip(op.windows(sizes), sizes, outputs, strict=True)
    taps = [{w.stride * o + w.dilation * k - w.before for o in range(m) for k in range(w.kernel)} for w, _, m in axes]
    return [axis & set(range(n)) for axis, n in zip(taps, sizes, strict=True)]


def drawn(chunk):
    """A chunk of settings, every kind and rank in turn, none drawn in vain."""
    draw = Random(chunk)
    return [case(draw, KINDS[i % 5], RANKS[(i // 5 + chunk) % 5]) for i in range(EACH)]


def case(draw, kind, rank):
    """One setting of a kind, with an input that fits it: the larger its rank, the smaller."""
    most, wide = (3, 3) if rank == 1 else (3, 2) if rank == 2 else (2, 1)
    windows = [window(draw, most, blind=kind in (ops.Conv, ops.ConvTranspose)) for _ in range(rank)]
    settings = {name: tuple(getattr(w, name) for w in windows) for name in ("kernel", "stride", "dilation")}
    padding = tuple((w.before, w.after) for w in windows)
    batch = draw.randint(1, 2 if rank < 3 else 1)
    if kind is ops.ConvTranspose:
        extra = tuple(draw.randint(0, max(w.stride, w.dilation) - 1) for w in windows)
        cut = (w.before + w.after - w.extent - e for w, e in zip(windows, extra, strict=True))
        sizes = [max(1, 2 + c // w.stride) + draw.randint(0, 1) for c, w in zip(cut, windows, strict=True)]
        settings |= {"output_padding": extra}
    else:
        least = [max(w.preimage(1)[0], 1 if kind is ops.Conv else w.dilation) for w in windows]
        sizes = [n + draw.randint(0, 3 if rank < 3 else 1) for n in least]
        if draw.random() < 1 / 4:
            padding = draw.choice(["same", "same_lower"])
            sizes = [max(n, w.extent) for n, w in zip(sizes, windows, strict=True)]
    if kind in (ops.Conv, ops.ConvTranspose):
        groups, channels, filters = draw.randint(1, max(wide, 2)), draw.randint(1, wide), draw.randint(1, 2)
        op = kind(filters * groups, groups=groups, padding=padding, bias=draw.random() < 2 / 3, **settings)
        return Case(op, ((batch, channels * groups, *sizes),))
    own = {"count_padding": draw.random() < 1 / 2} if kind is ops.AveragePool else {}
    op = kind(padding=padding, ceil=draw.random() < 1 / 2, **own, **settings)
    return Case(op, ((batch, draw.randint(1, 2), *sizes),))


def window(draw, most, *, blind):
    """A window whose padding is as long as it where all of it may lie in the padding, else shorter."""
    kernel, stride, dilation = (draw.randint(1, most) for _ in range(3))
    reach = Window(kernel, dilation=dilation).extent - (not blind)
    return Window(kernel, stride, dilation, draw.randint(0, reach), draw.randint(0, reach))
