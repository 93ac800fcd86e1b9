"""Operators that move numbers about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import prod
from types import MappingProxyType
from typing import Any

from cnnmath.errors import ShapeError
from cnnmath.interchange.onnx.known import Known, content, numbers
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Concat, DepthToSpace, Flatten, Reshape, Select, Slice, SpaceToDepth, Tile, Transpose
from cnnmath.ops.algebra import Shape
from cnnmath.window import Size

FAR = 2**31 - 1
"""Exporters end a slice here, or further out, where it takes all that follow."""


def transpose(here: Here) -> Known:
    """Transpose; where no order is given, the axes from the last to the first."""
    x = here.input(0)
    order = tuple(here.attribute("perm") or range(x.rank)[::-1])
    return x if list(order) == sorted(order) else here.add(Transpose(order), x)


def reshape(here: Here) -> Known:
    """Reshape to the sizes that are asked for."""
    x = here.input(0)
    return reshaped(here, x, *resolved(here, x.sizes))


def resolved(here: Here, sizes: Shape) -> tuple[Shape, int | None]:
    """Sizes that a Reshape asks for, and the axis that is left open.

    0 is the input's own size unless that is forbidden, and -1 what the others leave.
    """
    target = list(numbers(here.input(1)) if len(here.node.inputs) > 1 else here.attribute("shape"))
    if not here.attribute("allowzero", 0):
        target = [sizes[i] if _is(n, 0) else n for i, n in enumerate(target)]
    left_open = next((i for i, n in enumerate(target) if _is(n, -1)), None)
    if left_open is not None:
        others = prod(n for i, n in enumerate(target) if i != left_open)
        if _is(others, 0):
            raise UnclaimedError(f"to {tuple(target)}, where any size would do")
        target[left_open] = prod(sizes) // others
    return tuple(target), left_open


def flatten(here: Here) -> Known:
    """Flatten to a matrix, the axes ahead of one in its rows."""
    x = here.input(0)
    axis = here.attribute("axis", 1)
    axis = axis + x.rank if axis < 0 else axis
    return reshaped(here, x, [prod(x.sizes[:axis]), prod(x.sizes[axis:])])


def squeeze(here: Here) -> Known:
    """Squeeze: the axes that are named, or all of size 1, go."""
    x = here.input(0)
    axes = here.axes(1)
    gone = {a % x.rank for a in axes} if axes is not None else {i for i, n in enumerate(x.sizes) if _is(n, 1)}
    return reshaped(here, x, [n for i, n in enumerate(x.sizes) if i not in gone])


def unsqueeze(here: Here) -> Known:
    """Unsqueeze: axes of size 1 come, at places of the output."""
    x = here.input(0)
    axes = here.axes(1) or ()
    rank, rest = x.rank + len(axes), iter(x.sizes)
    new = {a % rank for a in axes}
    if len(new) < len(axes):
        raise UnclaimedError(f"of an axis that is named twice: {', '.join(map(str, axes))}")
    return reshaped(here, x, [1 if i in new else next(rest) for i in range(rank)])


def slice_(here: Here) -> Known:
    """Slice: what lies outside is cut off, as the operator has it."""
    x = here.input(0)
    if len(here.node.inputs) > 1:
        starts, ends = numbers(here.input(1)), numbers(here.input(2))
        axes = here.axes(3)
        steps = numbers(here.optional(4)) if here.optional(4) else (1,) * len(starts)
    else:
        starts, ends, axes = here.attribute("starts"), here.attribute("ends"), here.attribute("axes")
        steps = (1,) * len(starts)
    parts: dict[int, Part] = {}
    for axis, *part in zip(range(len(starts)) if axes is None else axes, starts, ends, steps, strict=True):
        parts[axis % x.rank] = _part(x.sizes[axis], *part)
    return sliced(here, x, parts)


def split(here: Here) -> tuple[Known, ...]:
    """Split: several slices; where no lengths are given, equal ones, of which the last may be shorter."""
    x, count = here.input(0), len(here.node.outputs)
    axis = here.attribute("axis", 0) % x.rank
    given = here.optional(1)
    lengths = here.attribute("split") if given is None else numbers(given)
    if lengths is None:
        n = x.sizes[axis]
        if not isinstance(n, int):
            raise UnclaimedError("into equal parts of a size that is left open")
        each = -(-n // count)
        lengths = [min(each, n - each * i) for i in range(count)]
    ends = list(accumulate(lengths))
    parts = [_part(x.sizes[axis], end - length, end, 1) for end, length in zip(ends, lengths, strict=True)]
    return tuple(sliced(here, x, {axis: part}, f"{i}" if i + 1 < count else "") for i, part in enumerate(parts))


def gather(here: Here) -> Known:
    """Gather at places that are known: a choice, and another shape where they are no row."""
    x, places, row = here.input(0), content(here.input(1)), numbers(here.input(1))
    axis = here.attribute("axis", 0) % x.rank
    n = x.sizes[axis]
    if not places.size:
        raise UnclaimedError("of no places")
    if not all(isinstance(place, int) for place in row):
        raise UnclaimedError("of places that are left open")
    if min(row) < 0:
        if not isinstance(n, int):
            raise UnclaimedError("of places counted from an end that is left open")
        row = tuple(place + n if place < 0 else place for place in row)
    found = here.add(Select(row, axis=axis), x, suffix="" if places.ndim == 1 else "select")
    target = [*x.sizes[:axis], *places.shape, *x.sizes[axis + 1 :]]
    return found if places.ndim == 1 else reshaped(here, found, target)


def concat(here: Here) -> Known:
    """Concat along any axis; what has no length along it adds nothing."""
    inputs = [here.input(i) for i in range(len(here.node.inputs))]
    axis = here.attribute("axis", 1) % inputs[0].rank
    inputs = [x for x in inputs if not _is(x.sizes[axis], 0)] or inputs[:1]
    return inputs[0] if len(inputs) == 1 else here.add(Concat(axis=axis), *inputs)


def tile(here: Here) -> Known:
    """Tile by repeats that are known."""
    x, repeats = here.input(0), numbers(here.input(1))
    if not all(isinstance(r, int) and r > 0 for r in repeats):
        raise UnclaimedError(f"repeated {repeats} times")
    return x if all(r == 1 for r in repeats) else here.add(Tile(repeats), x)


def depth_to_space(here: Here) -> Known:
    """DepthToSpace in either order."""
    return here.add(DepthToSpace(here.attribute("blocksize"), here.attribute("mode", "DCR")), here.input(0))


def space_to_depth(here: Here) -> Known:
    """SpaceToDepth, which has an order in new sets alone."""
    return here.add(SpaceToDepth(here.attribute("blocksize"), here.attribute("mode", "DCR")), here.input(0))


def reshaped(here: Here, x: Known, target: Sequence[Size], left_open: int | None = None) -> Known:
    """The same numbers in another shape: leading axes that keep their sizes stay, the one that is left open last.

    Parameters
    ----------
    here
        The node.
    x
        What it reads.
    target
        All sizes of the output, known or formulas.
    left_open
        The axis whose size follows from the others; without one, the only size that is a formula.
    """
    target = [int(n) if getattr(n, "is_Integer", False) else n for n in target]
    if tuple(target) == tuple(x.sizes):
        return x
    if x.rank > 1 and len(target) == 2 and target[0] == x.sizes[0]:
        return here.add(Flatten(), x)
    pairs = list(zip(target, x.sizes, strict=False))
    start = next((i for i, (a, b) in enumerate(pairs) if a != b), len(pairs))
    formulas = [i for i, n in enumerate(target) if i >= start and not isinstance(n, int)]
    if left_open is None or left_open < start or (formulas and left_open not in formulas):
        left_open = formulas[0] if formulas else None
    sizes = [-1 if i == left_open else n for i, n in enumerate(target)][start:]
    return here.add(Reshape(tuple(sizes), start), x)


Part = tuple[int, "int | None", int]
"""Start, end and step."""
WHOLE: Part = (0, None, 1)


def sliced(here: Here, x: Known, parts: Mapping[int, Part], suffix: str = "") -> Known:
    """A part along some axes; the input itself where that is all of it."""
    parts = {axis: part for axis, part in parts.items() if part != WHOLE}
    if not parts:
        return x
    starts, ends, steps = zip(*(parts.get(axis, WHOLE) for axis in range(max(parts) + 1)), strict=True)
    try:
        return here.add(Slice(starts, ends, steps), x, suffix=suffix)
    except ShapeError as error:
        if all(isinstance(x.sizes[axis], int) for axis in parts):
            raise
        raise UnclaimedError("of an axis whose size is left open") from error


def _part(n: Size, start: Any, end: Any, step: Any) -> Part:
    """A slice inside an axis of this size: as it is given, but for what it takes outside."""
    end = None if end == n and step > 0 else end
    if not all(isinstance(v, int) for v in (start, step)) or not (end is None or isinstance(end, int)):
        raise UnclaimedError(f"from {start} to {end} by {step}")
    if not isinstance(n, int):
        return _unbounded(start, end, step)
    if not len(range(*slice(start, end, step).indices(n))):
        return 0, 0, 1
    low, high = (0, None) if step > 0 else (-1, None)
    start = start if -n <= start < n else low
    beyond = end is not None and (end >= n if step > 0 else end < -n)
    return start, high if beyond else end, step


def _unbounded(start: int, end: int | None, step: int) -> Part:
    """The same of an axis whose size is left open: only what lies far outside is taken to."""
    first = (0 if step > 0 else -1) if abs(start) >= FAR else start
    return first, None if end is None or abs(end) >= FAR else end, step


def _is(size: Size, number: int) -> bool:
    return isinstance(size, int) and size == number


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "Transpose": transpose,
        "Reshape": reshape,
        "Flatten": flatten,
        "Squeeze": squeeze,
        "Unsqueeze": unsqueeze,
        "Slice": slice_,
        "Split": split,
        "Gather": gather,
        "Concat": concat,
        "Tile": tile,
        "DepthToSpace": depth_to_space,
        "SpaceToDepth": space_to_depth,
    }
)
"""The rules of this chapter."""
