"""Sliding windows along one to three axes, and sizes that they fit: drawn freely, or according to a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from cnnmath.verify.strategies.plan import FREE, Plan, pick
from cnnmath.window import Window, fit

NAMES = ("kernel", "stride", "dilation")
Settings = tuple[dict[str, Any], tuple[int, ...]]
"""Window settings as an operator takes them, and the spatial sizes of an input."""


@st.composite
def windows(draw: DrawFn, *, blind: bool = False) -> tuple[Window, int]:
    """A window, and an input size that it fits; padding may reach the extent where windows may be ``blind``.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(windows(), lambda drawn: drawn[0].before > 0)
    (Window(kernel=2, stride=1, dilation=1, before=1, after=0), 1)
    """
    window = _window(draw, *(draw(st.integers(1, 3)) for _ in NAMES), blind=blind)
    least = _least(window, blind=blind)
    return window, draw(st.integers(least, least + 4))


def _window(draw: DrawFn, kernel: int, stride: int, dilation: int, *, blind: bool) -> Window:
    most = Window(kernel, dilation=dilation).extent - (not blind)
    return Window(kernel, stride, dilation, draw(st.integers(0, most)), draw(st.integers(0, most)))


def _least(window: Window, *, blind: bool) -> int:
    """Least size that a window fits; where it may not be blind, one that does not fall between two taps."""
    return max(window.preimage(1)[0], 1 if blind else window.dilation)


@st.composite
def free_axes(draw: DrawFn, *, blind: bool) -> list[tuple[Window, int]]:
    """Windows and sizes for one to three axes; a third of the time all that can differ between axes does."""
    if draw(st.sampled_from((False, False, True))):
        return _distinct(draw, blind=blind)
    return draw(st.lists(windows(blind=blind), min_size=1, max_size=3))


def _distinct(draw: DrawFn, *, blind: bool) -> list[tuple[Window, int]]:
    """Two or three axes with pairwise distinct kernels, strides, dilations and sizes."""
    orders = [draw(st.permutations((1, 2, 3))) for _ in NAMES]
    found: list[tuple[Window, int]] = []
    for _, *settings in zip(range(draw(st.integers(2, 3))), *orders, strict=False):
        window = _window(draw, *settings, blind=blind)
        least = _least(window, blind=blind)
        used = [n for _, n in found]
        found.append((window, draw(st.sampled_from([n for n in range(least, least + 5) if n not in used]))))
    return found


def as_settings(drawn: Sequence[tuple[Window, int]]) -> Settings:
    """Windows as an operator takes them, and the sizes apart."""
    settings: dict[str, Any] = {name: tuple(getattr(w, name) for w, _ in drawn) for name in NAMES}
    return settings | {"padding": tuple((w.before, w.after) for w, _ in drawn)}, tuple(n for _, n in drawn)


@st.composite
def sliding(draw: DrawFn, plan: Plan = FREE, *, blind: bool) -> Settings:
    """Settings of a sliding window, padding by name among them, and sizes of an input that they fit."""
    if plan:
        return _planned(draw, plan, blind=blind)
    settings, sizes = as_settings(draw(free_axes(blind=blind)))
    if draw(st.sampled_from((False, True) if blind else (False, False, True))):
        settings["padding"] = draw(st.sampled_from(["valid", "same", "same_lower", "same", "same_lower"]))
        extents = [d * (k - 1) + 1 for d, k in zip(settings["dilation"], settings["kernel"], strict=True)]
        sizes = tuple(max(n, e) for n, e in zip(sizes, extents, strict=True))
    return settings, sizes


UNEQUAL = {2: [(3, 2), (2, 3), (3, 1), (1, 3)], 3: [(3, 2, 2), (2, 1, 3), (2, 3, 2), (2, 2, 3)]}


@dataclass(frozen=True, slots=True)
class Frame:
    """What a plan leaves of the windows before padding: the axis that is to show its classes, and all settings."""

    telling: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def extents(self) -> list[int]:
        """Length of the stretch that an output sees, for each axis."""
        return [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True)]


def frame(draw: DrawFn, plan: Plan, *, blind: bool) -> Frame:
    """Kernels, dilations and strides of the planned classes, which the axis of the largest kernel shows."""
    rank = int(plan["rank"])
    inner = plan["padding"] in ("symmetric", "asymmetric") and not blind  # padding below the most needs room
    kernels: Mapping[str, Sequence[tuple[int, ...]]] = {
        "1": [(1,) * rank],
        "equal": [(k,) * rank for k in ((3,) if inner else (2, 3))],
        "unequal": UNEQUAL.get(rank, []),
    }
    kernel = draw(pick(plan, "kernel", kernels))
    telling = draw(st.sampled_from([axis for axis, k in enumerate(kernel) if k == max(kernel)]))
    dilation = [
        1 if plan["dilation"] == "1" else draw(st.sampled_from((2, 1, 3) if k == 2 else (2, 1))) for k in kernel
    ]
    if plan["dilation"] == "larger":
        dilation[telling] = 2
    extents = Frame(telling, kernel, (), tuple(dilation)).extents
    if plan["stride"] == "1":
        return Frame(telling, kernel, (1,) * rank, tuple(dilation))
    beyond = plan["stride"] == "beyond"
    stride = [draw(st.integers(1, min(e + beyond, 3))) for e in extents]
    own = extents[telling]
    stride[telling] = own + 1 if beyond else own if plan.get("rounding") == "dropped" else draw(st.integers(2, own))
    return Frame(telling, kernel, tuple(stride), tuple(dilation))


def pads(draw: DrawFn, plan: Plan, made: Frame, *, blind: bool) -> list[tuple[int, int]]:
    """Padding of the planned class, for each axis."""
    how, most = plan["padding"], [e - (not blind) for e in made.extents]
    if how not in ("symmetric", "asymmetric", "whole"):
        return [(0, 0)] * len(most)
    room = most if how == "whole" else [max(m - 1, 0) for m in most]
    drawn = [_unequal(draw, m) for m in room]
    if how == "symmetric":
        drawn = [(before, before) for before, _ in drawn]
    own = room[made.telling]
    sides = {"before": (own, 0), "after": (0, own), "both": (own, own)}
    side = {"overhang": ["before"], "dropped": ["after"]}.get(plan.get("rounding", ""), ["after", "before"])
    if plan.get("rounding") == "down" and plan["rest"] == "some":
        side = ["before"]  # rounding up would read the rest
    if how == "symmetric":
        both = draw(st.integers(1, own))
        drawn[made.telling] = (both, both)
    else:
        drawn[made.telling] = sides[draw(st.sampled_from(side + ["both"] * (how == "whole" and len(side) > 1)))]
    return drawn


def _unequal(draw: DrawFn, most: int) -> tuple[int, int]:
    """Padding before and after, of which one differs from the other where there is any."""
    before = draw(st.integers(0, most))
    return before, draw(st.sampled_from([n for n in range(most + 1) if n != before] or [0]))


def _planned(draw: DrawFn, plan: Plan, *, blind: bool) -> Settings:
    """Settings of the planned classes, and the smallest sizes that show them, no two alike where that is possible."""
    made, ceil = frame(draw, plan, blind=blind), plan.get("rounding", "down") != "down"
    named = plan["padding"] in ("same", "same_lower")
    padding: Any = plan["padding"] if named else tuple(pads(draw, plan, made, blind=blind))
    sizes: list[int] = []
    for axis, settings in enumerate(zip(made.kernel, made.stride, made.dilation, strict=True)):
        own = padding if named else padding[axis]
        wanted = _wanted(plan, telling=axis == made.telling)
        plain = Window(*settings)
        window = plain if named else Window(*settings, *own)
        least = max(
            _least(window, blind=blind), plain.extent if named else window.preimage(1 + (axis == made.telling))[0]
        )
        fitting = [n for n in range(least, least + 4 * window.stride) if _ending(n, settings, own, ceil=ceil) in wanted]
        if "rest" in wanted:  # best one that rounding up would read
            fitting = [n for n in fitting if _ending(n, settings, own, ceil=True) == "overhang"] or fitting
        sizes.append(draw(st.sampled_from(([n for n in fitting if n not in sizes] or fitting)[:2])))
    return {name: getattr(made, name) for name in NAMES} | {"padding": padding}, tuple(sizes)


def _wanted(plan: Plan, *, telling: bool) -> tuple[str, ...]:
    """How the outputs along an axis may end: no other may show what the telling one is to show alone."""
    rounding = plan.get("rounding", "down")
    if not telling or plan["rest"] == "none":
        return ("even",)
    return ("rest",) if rounding == "down" else (rounding,)


def _ending(n: int, settings: tuple[int, int, int], padding: Any, *, ceil: bool) -> str:
    """How the outputs end along an axis: evenly, with a rest that is not read, or as rounding up has it."""
    window = fit(n, *settings, padding)
    if (n + window.before + window.after - window.extent) % window.stride == 0:
        return "even"
    if not ceil:
        return "rest"
    return "overhang" if window.rounded_up(n) > window.placements(n) else "dropped"
