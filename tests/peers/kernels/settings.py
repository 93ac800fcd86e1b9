"""Settings that libraries have of an operator, where these are not all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from cnnmath import ops
from cnnmath.verify.strategies import Case, cases

_batch = st.tuples(st.integers(1, 2), st.integers(1, 3))


@st.composite
def equally_padded_pools(draw: DrawFn, kind: Any) -> Case:
    """PyTorch's: equal padding at both sides, at most half the kernel; no window sees padding alone.

    Means have no dilation, and in three dimensions PyTorch takes no input smaller than the kernel, padded or not.
    """
    axes = []
    for _ in range(draw(st.integers(1, 3))):
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        dilation = draw(st.integers(1, 2)) if kind is ops.MaxPool else 1
        padding = draw(st.integers(0, kernel // 2))
        least = max(dilation * (kernel - 1) + 1 - 2 * padding, dilation) if kind is ops.MaxPool else kernel
        axes.append((kernel, stride, dilation, padding, draw(st.integers(least, least + 4))))
    kernel, stride, dilation, padding, sizes = zip(*axes, strict=True)
    own = {"count_padding": draw(st.booleans())} if kind is ops.AveragePool else {}
    op = kind(kernel, stride=stride, dilation=dilation, padding=padding, ceil=draw(st.booleans()), **own)
    return Case(op, ((*draw(_batch), *sizes),))


@st.composite
def whole_pools(draw: DrawFn, kind: Any, *, automatic: bool = False) -> Case:
    """Every window as it is declared: padding below the kernel at either side, no overhang, no dilation."""
    axes = []
    for _ in range(draw(st.integers(1, 3))):
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        before, after = draw(st.integers(0, kernel - 1)), draw(st.integers(0, kernel - 1))
        axes.append((kernel, stride, (before, after), draw(st.integers(kernel, kernel + 4))))
    kernel, stride, padding, sizes = zip(*axes, strict=True)
    own: dict[str, Any] = {"count_padding": draw(st.booleans())} if kind is ops.AveragePool else {}
    own |= {"p": draw(st.integers(1, 4))} if kind is ops.LpPool else {}
    if automatic and draw(st.booleans()):
        padding, stride = draw(st.sampled_from(["same", "same_lower", "valid"])), tuple(map(min, stride, kernel))
    return Case(kind(kernel, stride=stride, padding=padding, **own), ((*draw(_batch), *sizes),))


@st.composite
def even_powers(draw: DrawFn) -> Case:
    """Norms of windows without padding, of even powers: of odd ones PyTorch takes no absolute values."""
    case = draw(whole_pools(ops.LpPool))
    return Case(replace(case.op, padding=0, p=draw(st.sampled_from([2, 4]))), case.inputs)


@st.composite
def dense(draw: DrawFn, kind: Any) -> Case:
    """Explicit padding where windows are dilated: automatic padding is for dense ones alone."""
    case = draw(cases(kind))
    return Case(replace(case.op, dilation=1), case.inputs) if isinstance(case.op.padding, str) else case


def of_rank(strategy: SearchStrategy[Case], *ranks: int) -> SearchStrategy[Case]:
    """Those of so many spatial axes."""
    return strategy.filter(lambda case: len(case.inputs[0]) - 2 in ranks)
