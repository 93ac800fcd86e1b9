"""Settings before they are drawn: a case, and a plan of the classes that it should be in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.ops.notation import describe

Plan: TypeAlias = Mapping[str, str]
"""For each feature of a setting the class that it should have; what is not in it is drawn freely."""

FREE: Plan = MappingProxyType({})
"""The plan that leaves everything free."""

FLAGS = {"no": [False], "yes": [True]}
"""Classes of a setting that is true or false."""

AROUND_BLOCKS = (8, 9, 7, 16, 17, 15, 24, 25, 23)
"""Channel counts at which kernels that take 8 or 16 at a time change their ways."""


@dataclass(frozen=True, slots=True)
class Case:
    """An operator and the shapes of its inputs."""

    op: Operator
    inputs: tuple[Shape, ...]

    def __str__(self) -> str:
        return f"{describe(self.op)} on {' and '.join(map(str, self.inputs))}"


def pick(plan: Plan, feature: str, options: Mapping[str, Sequence[Any]]) -> SearchStrategy[Any]:
    """One of the values of the class that is planned for a feature; of all classes where none is.

    Examples
    --------
    >>> from hypothesis import find
    >>> pooled = {"down": [False], "up": [True]}
    >>> find(pick({"rounding": "up"}, "rounding", pooled), lambda _: True)
    True
    >>> find(pick(FREE, "rounding", pooled), lambda _: True)
    False
    """
    wished = plan.get(feature)
    values = options[wished] if wished else [value for values in options.values() for value in values]
    return st.sampled_from(values)


CHANNELS: Mapping[str, Sequence[int]] = {"1": [1], "few": [2, 3]}
RANKS: Mapping[str, Sequence[int]] = {"1": [1], "2": [2], "3": [3]}


def batch_of(draw: DrawFn, plan: Plan, several: Sequence[int] = (2,)) -> int:
    """Number of samples; none at all only where that is planned."""
    if plan:
        return {"0": 0, "1": 1, "several": draw(st.sampled_from(several))}[plan["batch"]]
    return draw(st.integers(1, 2))


def channels_of(draw: DrawFn, plan: Plan) -> int:
    """Number of channels, a few where no more are planned."""
    return draw(pick(plan, "channels", {**CHANNELS, "around a block": (8, 9, 7)} if plan else CHANNELS))


def shape_of(draw: DrawFn, plan: Plan = FREE, most: int = 4) -> Shape:
    """Shape of an input with one to three spatial axes; one time in ten with about a block of channels.

    Half of the time no two axes have the same size, as far as there are so many sizes.
    """
    block = not plan and draw(st.sampled_from((False,) * 9 + (True,)))
    rank = draw(pick(plan, "rank", RANKS))
    n, c, *sizes = batch_of(draw, plan), channels_of(draw, plan), *sizes_of(draw, plan, rank, most)
    if block:  # drawn after all else, so that a failure shrinks to fewer
        return (n, draw(st.sampled_from(AROUND_BLOCKS)), 1)
    return (n, c, *sizes)


def sizes_of(draw: DrawFn, plan: Plan, rank: int, most: int) -> Shape:
    """Spatial sizes, half of the time pairwise distinct as far as there are so many."""
    least = 2 if plan.get("sizes") == "larger" else 1
    most = max(most, least)
    distinct = bool(plan) or draw(st.booleans())
    sizes: list[int] = [1] if plan.get("sizes") == "1" else []
    while len(sizes) < rank:
        unused = [n for n in range(least, most + 1) if n not in sizes] if distinct else []
        sizes.append(draw(st.sampled_from(unused or range(least, most + 1))))
    return tuple(sizes)
