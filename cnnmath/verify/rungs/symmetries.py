"""Laws of place: what is computed apart, what moves when its input moves, and two ways to one convolution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from cnnmath import ops
from cnnmath.axis import Axis, Transposed
from cnnmath.errors import CnnmathError, ShapeError
from cnnmath.numeric.windows import Array
from cnnmath.ops import operands
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.samples import samples_meet
from cnnmath.verify.evidence import Finding, result_name
from cnnmath.verify.rungs.asked import RUNG, Asked, changed, everything
from cnnmath.verify.strategies import Case
from cnnmath.verify.trial import Trial
from cnnmath.window import Window

Blocks: TypeAlias = dict[str, tuple[int, int]]
"""Of each operand that comes in blocks, and of ``dy``: the axis, and how long a block is on it."""

CHANNELWISE = (
    *(ops.MaxPool, ops.AveragePool, ops.LpPool, ops.Subsample, ops.GlobalAveragePool, ops.AdaptiveAveragePool),
    *(ops.AdaptiveMaxPool, ops.MaxUnpool, ops.ReflectPad, ops.EdgePad, ops.Upsample, ops.LinearUpsample),
    *(ops.BatchNorm, ops.InstanceNorm, ops.ReLU, ops.LeakyReLU, ops.ELU, ops.Sigmoid, ops.Tanh, ops.Softplus),
    ops.LogSigmoid,
    *(ops.Erf, ops.GELU, ops.SiLU, ops.Mish, ops.HardSigmoid, ops.HardSwish),
    *(ops.Add, ops.Dropout, ops.Resize, ops.WrapPad, ops.LinearLast),
    *(ops.Subtract, ops.Multiply, ops.Divide, ops.Pow, ops.Maximum, ops.Minimum),
    *(ops.Abs, ops.Affine, ops.Clip, ops.Exp, ops.Log, ops.Power),
    *(ops.PReLU, ops.SELU, ops.CELU, ops.ThresholdedReLU, ops.Softsign),
)
"""Operators that treat every channel apart from all others, and like them."""


def apart(asked: Asked, wrt: str) -> Iterator[str]:
    """Blocks move up by one, and new numbers come last: each result moves too, and does not change.

    What all blocks share has a gradient that does not depend on their order; there no new numbers come.
    """
    for law, blocks in blocks_of(asked.case):
        sizes = {name: everything(asked.base)[name].shape[axis] // step for name, (axis, step) in blocks.items()}
        if min(sizes.values()) < 2:
            continue
        key = "dy" if wrt == "y" else wrt
        new = asked.drawn() if key in blocks else asked.base
        moved = {name: _moved(asked.base, new, name, *place) for name, place in blocks.items()}
        given = asked.ask(changed(asked.base, moved), wrt)
        if key in blocks:
            axis, step = blocks[key]
            left, right = _part(given, axis, slice(None, -step)), _part(asked.first(wrt), axis, slice(step, None))
            with_it = ", ".join(name for name in moved if name in asked.base.given(wrt))
            asked.same(law, wrt, left, right, f"{result_name(wrt)} moves by {step} on axis {axis} with {with_it}")
        else:
            asked.same(law, wrt, given, asked.first(wrt), f"{result_name(wrt)} does not depend on their order")
        yield law


def translation(asked: Asked, wrt: str) -> Iterator[str]:
    """Away from the borders, an input that moves by the stride moves the output by one; transposed, the other way.

    Inputs that are repeated along an axis do not move on it.
    """
    op, inputs, x = asked.case.op, asked.case.inputs, asked.case.inputs[0]
    if wrt != "y" or any(asked.base.dy.ndim != len(each) for each in inputs):
        return
    those = [
        name
        for name, shape in operands(op, *inputs).items()
        if name not in op.parameters(*inputs) and len(shape) == len(x)
    ]
    held = False
    for axis, reading in enumerate(op.axes(x[2:]) or (), 2):
        steps = _steps(reading)
        if steps is None:
            continue
        into, out = steps
        places = [o for o in range(asked.base.dy.shape[axis] - out) if _moves(reading, o, x[axis], into, out)]
        if not places:
            continue
        new = asked.drawn()
        movable = [name for name in those if asked.base.arrays[name].shape[axis] == x[axis]]
        moved = {name: _shifted(asked.base.arrays[name], new.arrays[name], axis, into) for name in movable}
        given = asked.ask(changed(asked.base, moved), wrt)
        left, right = given.take([o + out for o in places], axis), asked.first(wrt).take(places, axis)
        says = f"y moves by {out} on axis {axis} with {', '.join(movable)}, by {into}"
        asked.same("translation", wrt, left, right, says, (axis, [o + out for o in places]))
        held = True
    if held:
        yield "translation"


def groups(asked: Asked, wrt: str) -> Iterator[str]:
    """A grouped convolution is its groups, each a convolution of its own."""
    op = asked.case.op
    if wrt != "y" or not isinstance(op, (ops.Conv, ops.ConvTranspose)) or op.groups == 1:
        return
    if "groups" not in asked.guard.tested.takes(op):
        return
    filters, channels = op.filters // op.groups, asked.case.inputs[0][1] // op.groups
    own = replace(op, groups=1, filters=filters)
    alone = Case(own, ((asked.case.inputs[0][0], channels, *asked.case.inputs[0][2:]),))
    blocks = dict(blocks_of(asked.case))["groups apart"]
    for g in range(op.groups):
        parts = {
            name: _part(array, axis, slice(g * step, (g + 1) * step))
            for name, array in everything(asked.base).items()
            for axis, step in [blocks[name]]
        }
        dy = parts.pop("dy")
        given = asked.guard(Trial(alone, parts, dy), wrt, RUNG)
        if isinstance(given, Finding):
            return  # of another setting than the one that is judged
        here = asked.first(wrt)[:, g * filters : (g + 1) * filters]
        asked.same("groups as blocks", wrt, here, given, f"group {g} is {alone}", (1, range(g * filters, op.filters)))
        asked.runs += 1
    yield "groups as blocks"


def stuffed(asked: Asked, wrt: str) -> Iterator[str]:
    """A dilated convolution is one without dilation, with zeros between the taps."""
    op = asked.case.op
    if wrt != "y" or not isinstance(op, (ops.Conv, ops.ConvTranspose)) or set(op.dilation) == {1}:
        return
    if not {"kernel", "dilation"} <= asked.guard.tested.takes(op):
        return
    extents = tuple(d * (k - 1) + 1 for d, k in zip(op.dilation, op.kernel, strict=True))
    try:
        dense = Case(replace(op, kernel=extents, dilation=1), asked.case.inputs)
    except CnnmathError:
        return
    w = np.zeros((*asked.base.arrays["w"].shape[:2], *extents), asked.base.arrays["w"].dtype)
    w[:, :, *(slice(None, None, d) for d in op.dilation)] = asked.base.arrays["w"]
    given = asked.guard(Trial(dense, asked.base.arrays | {"w": w}, asked.base.dy), wrt, RUNG)
    if isinstance(given, Finding):
        return
    asked.runs += 1
    asked.same("dilation as zeros between taps", wrt, asked.first(wrt), given, f"it is {dense}, with zeros in w")
    yield "dilation as zeros between taps"


def blocks_of(case: Case) -> Iterator[tuple[str, Blocks]]:
    """In what an operator's operands come apart, with a name for the law that they do."""
    op = case.op
    if not samples_meet(op, *case.inputs) and (samples := _grown(case, 0)):
        yield "samples apart", samples
    if isinstance(op, CHANNELWISE) and (channels := _grown(case, 1)):
        yield "channels apart", channels
    if isinstance(op, (ops.Conv, ops.ConvTranspose)) and op.groups > 1:
        channels, filters = case.inputs[0][1] // op.groups, op.filters // op.groups
        w = filters if isinstance(op, ops.Conv) else channels
        bias: Blocks = {"b": (0, filters)} if op.bias else {}
        yield "groups apart", {"dy": (1, filters), "x": (1, channels), "w": (0, w), **bias}


def _grown(case: Case, axis: int) -> Blocks:
    """Which axes grow where an axis of all inputs is longer by one: none where the output does not."""
    try:
        larger = _shapes(case.op, _longer(case.op, case.inputs, axis))
    except ShapeError:  # the length of the axis is a setting
        return {}
    blocks: Blocks = {}
    for name, (small, large) in _pairs(_shapes(case.op, case.inputs), larger):
        grown = [i for i, (a, b) in enumerate(zip(small, large, strict=True)) if a != b]
        if grown:
            blocks[name] = (grown[0], 1)
    return blocks if "dy" in blocks else {}


def _longer(op: ops.Operator, inputs: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    """All inputs with one place more on an axis of the output; those that are repeated along it stay as they are."""
    output = op.shape(*inputs)
    if not isinstance(op, (Elementwise, ops.MatMul, ops.Expand)):
        return tuple((*x[:axis], x[axis] + 1, *x[axis + 1 :]) for x in inputs)
    if isinstance(op, ops.MatMul) and axis >= len(output) - 2:
        return inputs
    own = [axis + len(x) - len(output) for x in inputs]
    grows = [i >= 0 and x[i] == output[axis] for x, i in zip(inputs, own, strict=True)]
    return tuple((*x[:i], x[i] + 1, *x[i + 1 :]) if g else x for x, i, g in zip(inputs, own, grows, strict=True))


def _shapes(op: ops.Operator, inputs: tuple[Any, ...]) -> dict[str, Any]:
    return {"dy": op.shape(*inputs)} | operands(op, *inputs)


def _pairs(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    return ((name, (a[name], b[name])) for name in a)


def _moved(base: Trial, new: Trial, name: str, axis: int, step: int) -> Array:
    """Blocks moved up by one; last the first of the new numbers."""
    array, fresh = everything(base)[name], everything(new)[name]
    return np.concatenate([_part(array, axis, slice(step, None)), _part(fresh, axis, slice(None, step))], axis)


def _shifted(array: Array, fresh: Array, axis: int, by: int) -> Array:
    """Numbers moved down by some places; first the new ones."""
    n = array.shape[axis]
    return np.concatenate([_part(fresh, axis, slice(None, by)), _part(array, axis, slice(None, max(n - by, 0)))], axis)


def _part(array: Array, axis: int, part: slice) -> Array:
    return array[(slice(None),) * axis + (part,)]


def _steps(axis: Axis) -> tuple[int, int] | None:
    """How far an input moves, and how far its outputs."""
    if isinstance(axis, Window):
        return axis.stride, 1
    return (1, axis.window.stride) if isinstance(axis, Transposed) else None


def _moves(axis: Axis, o: int, n: int, into: int, out: int) -> bool:
    """Whether what an output reads moves with the input, all of it inside, before and after."""
    here, there = axis.reads(o), axis.reads(o + out)
    return [i + into for i in here] == there and all(0 <= i < n - into for i in here)
