"""Other settings than those that are asked for, as operators with windows are given them by mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cnnmath.ops import Conv, Operator
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.mistake import Change, Mistake, of_another, spoils
from cnnmath.verify.mistakes.reading import rereads
from cnnmath.window import fit

AXES = range(3)
"""The spatial axes for which there is a mistake each."""


def swapped(op: Any, _: Shape = ()) -> Any:
    """Padding before and after exchanged on every axis; the odd one of padding by name goes to the other side."""
    if isinstance(op.padding, str):
        return replace(op, padding={"same": "same_lower", "same_lower": "same"}.get(op.padding, op.padding))
    return replace(op, padding=tuple((after, before) for before, after in op.padding))


def swapped_on(axis: int) -> Change:
    """The same on one axis of several."""

    def change(op: Any, x: Shape) -> Any:
        if axis >= len(op.kernel) or len(op.kernel) == 1:
            return op
        pairs = [(w.before, w.after) for w in _declared(op, x)]
        return replace(op, padding=(*pairs[:axis], pairs[axis][::-1], *pairs[axis + 1 :]))

    return change


def first_padding(op: Any, _: Shape = ()) -> Any:
    """The first axis's padding on every axis."""
    return op if isinstance(op.padding, str) else replace(op, padding=(op.padding[0],) * len(op.kernel))


def padding_first(op: Any, x: Shape) -> Any:
    """All padding of an axis ahead of the input."""
    return replace(op, padding=tuple((w.before + w.after, 0) for w in _declared(op, x)))


def padding_last(op: Any, x: Shape) -> Any:
    """All padding of an axis behind the input."""
    return replace(op, padding=tuple((0, w.before + w.after) for w in _declared(op, x)))


def twice_before(op: Any, _: Shape = ()) -> Any:
    """The padding before an axis on both its sides."""
    return op if isinstance(op.padding, str) else replace(op, padding=tuple((p, p) for p, _ in op.padding))


def first_of(name: str) -> Change:
    """The first axis's stride, or another setting, on every axis."""
    return lambda op, _: replace(op, **{name: (getattr(op, name)[0],) * len(op.kernel)})


def ends_exchanged(name: str) -> Change:
    """The first axis's stride, or another setting, on the last axis, and the last one's on the first."""

    def change(op: Any, _: Shape = ()) -> Any:
        values = getattr(op, name)
        if isinstance(values, str) or len(values) == 1:
            return op
        return replace(op, **{name: (values[-1], *values[1:-1], values[0])})

    return change


EXCHANGED = (
    ("padding", "the padding of the first and the last axis were exchanged"),
    ("stride", "the strides of the first and the last axis were exchanged"),
    ("dilation", "the dilations of the first and the last axis were exchanged"),
)
"""Settings that every axis has one of, each with what is said where those of two axes are exchanged."""


def one_on(name: str, axis: int) -> Change:
    """Stride or dilation 1 on one axis of several."""

    def change(op: Any, _: Shape) -> Any:
        values = getattr(op, name)
        if axis >= len(values) or len(values) == 1:
            return op
        return replace(op, **{name: (*values[:axis], 1, *values[axis + 1 :])})

    return change


def clipped_stride(op: Any, x: Shape) -> Any:
    """A stride that never exceeds the input."""
    if isinstance(op.padding, str):
        return op
    return replace(op, stride=tuple(min(s, n) for s, n in zip(op.stride, x[2:], strict=True)))


def same_by(change: Callable[[int, int, int, Any], tuple[int, int, int]]) -> Change:
    """Padding by name in numbers, as ``change(kernel, stride, dilation, op)`` would have it."""

    def numbers(op: Any, x: Shape) -> Any:
        if op.padding not in ("same", "same_lower"):
            return op
        settings = zip(x[2:], op.kernel, op.stride, op.dilation, strict=True)
        fitted = [fit(n, *change(k, s, d, op), op.padding) for n, k, s, d in settings]
        return replace(op, padding=tuple((w.before, w.after) for w in fitted))

    return numbers


same_undilated = same_by(lambda k, s, _, __: (k, s, 1))
same_first_stride = same_by(lambda k, _, d, op: (k, op.stride[0], d))
same_unstrided = same_by(lambda k, _, d, __: (k, 1, d))


def window_mistakes(kind: type[Operator], prefix: str, results: tuple[str, ...]) -> Iterator[Mistake]:
    """The mistakes of settings that all operators with a sliding window share."""

    def made(name: str, says: str, change: Change, *corpus: str) -> Mistake:
        kernel = of_another(kind, change, results)
        shown = rereads(change)
        return Mistake(prefix + name, kind, says, spoils(*results), kernel, shown, () if prefix else corpus)

    for a in AXES:
        yield made(f"padding-swapped-on-axis-{a}", f"padding were swapped before and after on axis {a}", swapped_on(a))
    yield made("padding-swapped", "padding were swapped before and after on every axis", swapped)
    yield made("padding-dropped", "there were no padding", _without_padding)
    yield made(
        "padding-of-the-first-axis", "the padding of the first axis were used for all axes", first_padding, "B03"
    )
    yield made("padding-before-on-both-sides", "the padding before an axis were used on both its sides", twice_before)
    yield made("padding-all-before", "all padding of an axis lay before the input", padding_first)
    yield made("padding-all-after", "all padding of an axis lay behind the input", padding_last)
    yield made("stride-of-the-first-axis", "the stride of the first axis were used for all axes", first_of("stride"))
    for a in AXES:
        yield made(f"stride-ignored-on-axis-{a}", f"the stride of axis {a} were 1", one_on("stride", a))
    yield made("stride-ignored", "the stride were 1", lambda op, _: replace(op, stride=1))
    if kind is Conv:  # a pool's windows see input, so that no stride of several outputs exceeds it
        yield made("stride-clipped-to-the-input", "no stride exceeded the input", clipped_stride, "B11")
    for a in AXES:
        yield made(f"dilation-ignored-on-axis-{a}", f"the dilation of axis {a} were 1", one_on("dilation", a))
    yield made("dilation-ignored", "the dilation were 1", lambda op, _: replace(op, dilation=1))
    yield made(
        "dilation-of-the-first-axis", "the dilation of the first axis were used for all axes", first_of("dilation")
    )
    for name, says in EXCHANGED:
        yield made(f"{name}-of-axes-exchanged", says, ends_exchanged(name))
    yield made(
        "same-padding-of-the-undilated-kernel",
        "SAME padding were computed from the kernel without its dilation",
        same_undilated,
        "B22",
    )
    yield made(
        "same-padding-of-the-first-stride",
        "SAME padding were computed with the stride of the first axis",
        same_first_stride,
        "B04",
    )
    yield made("same-padding-of-stride-1", "SAME padding were computed for stride 1", same_unstrided)


def _without_padding(op: Any, _: Shape) -> Any:
    return replace(op, padding=0)


def _declared(op: Any, x: Shape) -> Any:
    """The windows of an operator without the overhang of rounding up."""
    return op.declared(x[2:]) if hasattr(op, "declared") else op.windows(x[2:])
