"""Settings of what moves numbers about: axes in another order, other shapes, parts, copies, blocks and shuffles."""

from __future__ import annotations

from math import prod
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath import ops
from cnnmath.ops.blocks import ORDERS
from cnnmath.verify.strategies.feature import BATCH, CHANNELS, RANK, SHAPED, Feature, compared, number, several, word
from cnnmath.verify.strategies.plan import FREE, Case, Plan, pick, shape_of

AXES = ("channels", "positions", "batch")
"""Along which axis something is done."""

RINGS = {3: (1, 2, 0), 4: (2, 0, 3, 1), 5: (2, 4, 1, 0, 3)}
"""Orders that are not their own inverses, no axis staying where it is."""


def axis_of(draw: DrawFn, plan: Plan, rank: int, sizes: tuple[int, ...]) -> int:
    """An axis of the planned class: of the spatial ones the longest."""
    longest = 2 + max(range(rank), key=sizes[2:].__getitem__)
    return draw(pick(plan, "axis", {"channels": [1], "positions": [longest], "batch": [0]}))


@st.composite
def select(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a choice among channels, positions or samples."""
    x = shape_of(draw, plan)
    axis = axis_of(draw, plan, len(x) - 2, x)
    n = x[axis]
    lists = {
        "in order": tuple(range(n)),
        "another order": tuple(reversed(range(n))),
        "some": (n - 1,),
        "repeated": (n - 1, 0, n - 1),
    }
    few = st.lists(st.integers(0, n - 1), min_size=1, max_size=4)
    return Case(kind(lists[plan["listed"]] if plan else tuple(draw(few)), axis=axis), (x,))


@st.composite
def concat(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of inputs one behind the other."""
    x = shape_of(draw, plan)
    others = draw(pick(plan, "inputs", {"two": [1], "three": [2]}))
    axis = axis_of(draw, plan, len(x) - 2, x)
    if plan:
        lengths = [x[axis] + (i if plan["sides"] == "unequal" else 0) for i in range(1, others + 1)]
    else:
        lengths = [draw(st.integers(1, 3)) for _ in range(others)]
    return Case(kind(axis=axis), (x, *((*x[:axis], n, *x[axis + 1 :]) for n in lengths)))


@st.composite
def transpose(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of axes in another order."""
    x = shape_of(draw, plan)
    wished, axes = plan.get("order"), tuple(range(len(x)))
    if wished:
        swap = (0, *axes[:0:-1])  # samples stay, the other axes come from the last
        return Case(kind({"kept": axes, "its own inverse": swap, "a ring": RINGS[len(x)]}[wished]), (x,))
    return Case(kind(tuple(draw(st.permutations(axes)))), (x,))


@st.composite
def reshape(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of another shape: two sizes from the first axis on that does not stay, then one by one the old ones."""
    x = shape_of(draw, plan)
    start = draw(pick(plan, "start", {"0": [0], "1": [1], "2": [2]}))
    kept = draw(st.integers(0, len(x) - max(start, 2)))
    moved = prod(x[start : len(x) - kept])
    last = draw(st.sampled_from([d for d in range(1, max(moved, 1) + 1) if moved % d == 0]))
    first = -1 if draw(pick(plan, "left open", {"none": [False], "one": [True]})) else moved // last
    return Case(kind((first, last, *x[len(x) - kept :]), start), (x,))


@st.composite
def crop(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of a part: along each axis two places inside, counted from either end."""
    x = shape_of(draw, plan)
    steps = [draw(pick(plan, "step", {"1": [1], "larger": [1, 2, 3], "backwards": [-1, -2, 1]})) for _ in x]
    if (least := {"larger": 2, "backwards": -2}.get(plan.get("step", ""))) is not None:
        steps[-1] = least
    part = draw(pick(plan, "part", {"all": [False], "some": [True]}))
    bounds = [_ends(draw, n, step, part=part, must=bool(plan) and part) for n, step in zip(x, steps, strict=True)]
    return Case(kind(tuple(a for a, _ in bounds), tuple(b for _, b in bounds), tuple(steps)), (x,))


def _ends(draw: DrawFn, n: int, step: int, *, part: bool, must: bool) -> tuple[int | None, int | None]:
    """Start and end along an axis, all of it or a part that leaves something out at one end where it can."""
    if not part or n < 2:
        return None, None
    low = draw(st.integers(0, n - 1))
    high = draw(st.integers(low + 1, n))
    if must and high - low == n:
        low = 1
    start, end = (low, high) if step > 0 else (high - 1, low - 1)
    sign = draw(st.booleans())
    return start - n if sign else start, None if end in (-1, n) else end - n if sign else end


@st.composite
def tile(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of copies along each axis."""
    x = shape_of(draw, plan)
    if plan:
        repeats = {"1": (1,) * len(x), "equal": (2,) * len(x), "unequal": (2, 1, 3, 2, 1)[: len(x)]}[plan["repeats"]]
    else:
        repeats = tuple(draw(st.integers(1, 2)) for _ in x)
    return Case(kind(repeats), (x,))


@st.composite
def blocks(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of blocks: sizes, or numbers of channels, are multiples of theirs."""
    order = draw(pick(plan, "order", {word: [word] for word in ORDERS}))
    n, c, *sizes = shape_of(draw, plan, most=2)
    own = {"1": [(1,)], "equal": [(2,)], "unequal": [(1, 2, 1), (2, 1, 1)]}
    block = draw(pick(plan, "block", own)) if plan else tuple(draw(st.integers(1, 2)) for _ in sizes)
    block = (block * 3 if len(block) == 1 else block)[: len(sizes)]
    if kind is ops.SpaceToDepth:
        return Case(kind(block, order), ((n, c, *(m * b for m, b in zip(sizes, block, strict=True))),))
    places = prod(block)
    if plan:
        numbers = {"1": (1,), "few": range(2, 7), "around a block": range(7, 17)}[plan["channels"]]
        c = draw(st.sampled_from([m for m in numbers if m % places == 0]))
    return Case(kind(block, order), ((n, c if plan else places * min(c, 3), *sizes),))


PARTS = {
    ("1", "1"): [(1, 1)],
    ("1", "few"): [(1, 2), (1, 3)],
    ("1", "around a block"): [(1, 8), (1, 7)],
    ("several", "few"): [(2, 6), (3, 6), (2, 4)],
    ("several", "around a block"): [(2, 8), (4, 8), (3, 9)],
}
"""Numbers of groups, and of channels that they divide."""


@st.composite
def shuffle(draw: DrawFn, kind: Any, plan: Plan = FREE) -> Case:
    """Settings of channels dealt out."""
    n, c, *sizes = shape_of(draw, plan)
    if plan:
        groups, channels = draw(st.sampled_from(PARTS[plan["groups"], plan["channels"]]))
    else:
        groups = draw(st.integers(1, 3))
        channels = groups * min(c, 3)
    return Case(kind(groups), ((n, channels, *sizes),))


def _axis(case: Case) -> str:
    op: Any = case.op
    return {0: "batch", 1: "channels"}.get(op.axis, "positions")


def _listed(case: Case) -> str:
    op: Any = case.op
    if len(set(op.places)) < len(op.places):
        return "repeated"
    if len(op.places) < case.inputs[0][op.axis]:
        return "some"
    return "in order" if list(op.places) == sorted(op.places) else "another order"


def _order(order: tuple[int, ...]) -> str:
    if list(order) == sorted(order):
        return "kept"
    return "its own inverse" if all(order[order[axis]] == axis for axis in order) else "a ring"


def _step(steps: tuple[int, ...]) -> str:
    return "backwards" if min(steps) < 0 else "larger" if max(steps) > 1 else "1"


def _part(case: Case) -> str:
    op: Any = case.op
    bounds = [(op.bounds(axis, n), n) for axis, n in enumerate(case.inputs[0])]
    whole = all((a, b) == ((0, n) if s > 0 else (n - 1, -1)) for (a, b, s), n in bounds)
    return "all" if whole else "some"


INPUTS = Feature(("two", "three"), lambda case: "two" if len(case.inputs) == 2 else "three")
SIDES = Feature(("equal", "unequal"), lambda case: "equal" if len(set(case.inputs)) == 1 else "unequal")
AXIS = Feature(AXES, _axis)
SELECT = SHAPED | {"axis": AXIS, "listed": Feature(("in order", "another order", "some", "repeated"), _listed)}
CONCAT = SHAPED | {"axis": AXIS, "inputs": INPUTS, "sides": SIDES}
TRANSPOSE = SHAPED | {"order": number("order", _order, "kept", "its own inverse", "a ring")}
RESHAPE = SHAPED | {
    "start": number("start", lambda start: str(min(start, 2)), "0", "1", "2"),
    "left open": number("sizes", lambda sizes: "one" if -1 in sizes else "none", "none", "one"),
}
SLICE = SHAPED | {"step": number("steps", _step, "1", "larger", "backwards"), "part": Feature(("all", "some"), _part)}
TILE = SHAPED | {"repeats": number("repeats", compared, "1", "equal", "unequal")}
BLOCKS = {"rank": RANK, "batch": BATCH, "channels": CHANNELS}
BLOCKS |= {"block": number("block", compared, "1", "equal", "unequal"), "order": word("order", *ORDERS)}
SHUFFLE = SHAPED | {"groups": number("groups", several, "1", "several")}
