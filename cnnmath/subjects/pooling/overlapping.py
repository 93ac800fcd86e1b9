"""Overlapping windows: how many of them read a position, and so how many gradients add up there.

References
----------
.. [1] A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet classification with deep convolutional neural networks",
   NeurIPS 2012, section 3.4 (pooling with a stride below the kernel).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

import sympy as sp

from cnnmath.ops import MaxPool
from cnnmath.subjects.pooling.sliding import BATCH, Sliding, summed, tabulated
from cnnmath.symbolic import Derivation, Step, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance, Place
from cnnmath.symbolic.operators import FIRST_MAXIMUM
from cnnmath.symbolic.terms import Divides, Expr, Maximum, Sigma, array

OPEN = {"kernel": 3, "stride": 2, "dilation": 2, "padding": 0}
"""Numbers for what an operator leaves open, the stride and the dilation with a common factor."""


def overlapping(op: MaxPool) -> Derivation:
    r"""How many windows read a position: at most the extent divided by the stride, rounded up, on each axis.

    .. math:: v_j = \#\{(o, k) : s o + d k - p = j\} \le \lceil E/s \rceil, \quad E = d (K - 1) + 1, \quad
       |\partial L/\partial x_j| \le v_j \max_o |\partial L/\partial y_o|

    Where the stride is no less than the extent, windows do not overlap, and the gradient is one term, not a sum.

    Parameters
    ----------
    op
        A max pooling; its window may be symbols.

    Examples
    --------
    >>> overlapping(MaxPool((3,), stride=2)).steps[4]
    Most: v[j] <= 2
    >>> overlapping(MaxPool((2,))).result
    One term: dL/dx[n,c,j] = [floor(j/2) < O, k*[n,c,floor(j/2)] = j mod 2]*dL/dy[n,c,floor(j/2)]
    """
    pool = Sliding.of(op)
    v = array("v")[pool.j]
    apart = all(sp.sympify(w.stride - w.extent).is_nonnegative for w in pool.windows)
    definition, *_, gradient = derive(op).steps
    steps = (
        definition,
        gradient,
        step(
            "Windows",
            remark("{} counts the outputs that read a position, by whichever tap.", sp.Symbol("v")),
            v,
            Sigma(1, [*pool.outputs, *pool.taps], list(map(sp.Eq, pool.read, pool.j))),
            pool.inputs,
        ),
        step(
            "By taps",
            "a tap reads the position for at most one output: for the one that solves the equation, if the stride "
            "divides.",
            v,
            pool.gathered(sp.S.One),
            pool.inputs,
        ),
        step(
            "Most",
            "the windows that reach over a position start within one extent before it, a stride apart.",
            v,
            prod(sp.floor((w.extent + w.stride - 1) / sp.sympify(w.stride)) for w in pool.windows),
            pool.inputs,
            "<=",
        ),
        step(
            "Total",
            "count the pairs of a position and a window by windows instead: it is all taps that lie inside.",
            summed("v", pool.inputs),
            Sigma(1, [*pool.outputs, *pool.taps], pool.within),
        ),
        step(
            "Bound",
            "so where windows overlap gradients add up, as many as there are windows.",
            sp.Abs(pool.entry("dL/dx")),
            v * Maximum(sp.Abs(array("dL/dy")[*BATCH, *pool.o]), pool.outputs),
            [*pool.batch, *pool.inputs],
            "<=",
        ),
    )
    return Derivation(
        f"Windows of {pool.letters.setting} that share a position",
        pool.letters.assumptions,
        (*steps, _one_term(pool)) if apart else steps,
        (*pool.instances(lambda instance: _told(pool, instance)), *_with_common_factor(op)),
        (FIRST_MAXIMUM,),
    )


def _one_term(pool: Sliding) -> Step:
    """The gradient where the stride is no less than the extent: the position decides the window and the tap."""
    outputs: list[Expr] = []
    taps: list[Expr] = []
    conditions: list[Expr] = []
    for w, j, (_, extent) in zip(pool.windows, pool.j, pool.outputs, strict=True):
        output, rest = sp.floor((j + w.before) / sp.sympify(w.stride)), sp.Mod(j + w.before, w.stride)
        conditions += [sp.Lt(output, extent), Divides(w.dilation, rest)]
        conditions += [sp.Lt(rest, w.extent)] if w.stride > w.dilation * w.kernel else []
        outputs.append(output)
        taps.append(rest / w.dilation)
    return step(
        "One term",
        "windows do not overlap here: a position lies in one at most, and division with remainder says in which.",
        pool.entry("dL/dx"),
        Sigma(array("dL/dy")[*BATCH, *outputs], [], [*conditions, pool.first(taps, outputs)]),
        [*pool.batch, *pool.inputs],
    )


def _with_common_factor(op: MaxPool) -> tuple[Instance, ...]:
    """Numbers for symbols such that the stride divides the dilation: all taps then meet on the same positions."""
    rows = {field: getattr(op, field) for field in OPEN}
    chosen = {
        entry: OPEN[field]
        for field, row in rows.items()
        if isinstance(row, tuple)
        for entry in sp.flatten(row)
        if isinstance(entry, sp.Symbol)
    }
    if not any(entry in chosen for entry in op.dilation):
        return ()
    numbers = {field: _put(row, chosen) for field, row in rows.items()}
    pool = Sliding.of(replace(op, **numbers))
    instances = pool.instances(lambda instance: _told(pool, instance))
    longest = max(instances, key=lambda instance: instance.tensor("dL/dy").shape[2])
    return (replace(longest, values={**longest.values, **chosen}),)


def _put(setting: Any, chosen: Mapping[Any, int]) -> Any:
    """A setting with numbers for its symbols."""
    return tuple(_put(each, chosen) for each in setting) if isinstance(setting, tuple) else chosen.get(setting, setting)


def _told(pool: Sliding, instance: Instance) -> Mapping[str, Array]:
    """How many outputs read each position, by plain loops."""
    counts: dict[Place, int] = {}
    for _, position in (pair for pairs in pool.seen(instance).values() for pair in pairs):
        counts[position] = counts.get(position, 0) + 1
    return {"v": tabulated(instance.tensor("x").shape[2:], counts)}
