"""Average pooling: what it divides by at each output, and its gradient.

References
----------
.. [1] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998, section II-A.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import sympy as sp

from cnnmath.ops import AveragePool
from cnnmath.ops.spatial import taps
from cnnmath.subjects.pooling.sliding import BATCH, Sliding, numeric, summed, tabulated
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Array, Instance, Place
from cnnmath.symbolic.ranges import decided
from cnnmath.symbolic.terms import Expr, Partial, Sigma, array


def average_pooling(op: AveragePool) -> Derivation:
    r"""Average pooling with the divisor of each output, and the gradient that its taps share equally.

    .. math:: y_o = \frac{1}{t_o} \sum_k x_{s o + d k - p}, \quad
       \partial L/\partial x_j = \sum_{k} \frac{1}{t_o}\, \partial L/\partial y_o
       \text{ with } o = (j + p - d k)/s

    Parameters
    ----------
    op
        An average pooling, whose divisor counts padding or does not, and whose last window may reach past the padded
        input (``ceil``); its window may be symbols.

    Examples
    --------
    >>> average_pooling(AveragePool((3,), stride=2, padding=1, count_padding=False)).steps[1]
    In closed form: t[o] = min(3, L + 1 - 2*o) - max(0, 1 - 2*o)
    """
    pool = Sliding.of(op)
    here, t = (*BATCH, *pool.o), array("t")
    counted = _counted(pool)
    steps = (
        *_divisor(pool, counted),
        step(
            "Definition",
            "add up what lies inside the input, and divide.",
            array("y")[here],
            Sigma(array("x")[*BATCH, *pool.read], pool.taps, pool.within) / t[pool.o],
            [*pool.batch, *pool.outputs],
        ),
        pool.chain(),
        pool.jacobian("Jacobian", "every tap inside the input has the same weight.", 1 / t[pool.o]),
        step(
            "Gather",
            "a sum against a bracket leaves the one output that solves it; each brings its own divisor.",
            pool.entry("dL/dx"),
            pool.gathered(array("dL/dy")[*BATCH, *pool.met] / t[pool.met]),
            [*pool.batch, *pool.inputs],
        ),
        *_mass(pool, kept=set(counted) == {c for c in pool.within if c is not sp.true}),
    )
    padding = "counts" if op.count_padding else "does not count"
    overhang = (remark("The overhang of a last window past the padded input never counts."),) if op.ceil else ()
    return Derivation(
        f"dL/dx of {pool.letters.setting}, divisor by divisor",
        pool.letters.assumptions,
        steps,
        pool.instances(lambda instance: {"t": _divisors(pool, instance)}),
        (remark(f"Padding {padding} in the divisor."), *overhang),
    )


def _counted(pool: Sliding) -> list[Any]:
    """Conditions under which a tap counts in the divisor, but for those that always hold."""
    known = dict([*pool.outputs, *pool.taps])
    conditions = _averaging(pool).counted(pool.letters.sizes, pool.o, pool.k)
    return [c for c in (decided(c, known) for c in conditions) if c is not sp.true]


def _divisor(pool: Sliding, counted: list[Any]) -> tuple[Step, ...]:
    """The divisor as a count, and as a formula: the same on each axis."""
    op, t = _averaging(pool), array("t")[pool.o]
    count = step(
        "Divisor",
        remark("{} counts the taps that the average divides by.", sp.Symbol("t")),
        t,
        Sigma(1, pool.taps, counted),
        pool.outputs,
    )
    if not counted:
        whole = prod(w.kernel for w in pool.windows)
        return (count, step("In closed form", "all taps count, at every output.", t, whole, pool.outputs))
    sizes = pool.letters.sizes
    ends = [n + w.after if op.count_padding else n for n, w in zip(sizes, op.declared(sizes), strict=True)]
    axes = zip(pool.windows, pool.o, ends, strict=True)
    closed = prod(_taps_below(w, o, end) - (0 if op.count_padding else _taps_below(w, o, 0)) for w, o, end in axes)
    rule = "on each axis the taps that count are consecutive: those ahead of the end, less those ahead of the start."
    return (count, step("In closed form", rule, t, closed, pool.outputs))


def _taps_below(w: Any, o: Expr, end: Expr) -> Expr:
    """How many taps k < K of an output have s*o + d*k - p < end."""
    below = sp.floor((end - w.tap(o, 0) + w.dilation - 1) / sp.sympify(w.dilation))
    return sp.Min(w.kernel, below) if end != 0 else sp.Max(0, below)


def _mass(pool: Sliding, *, kept: bool) -> tuple[Step, Step]:
    """What the weights of an output add up to, and so all gradients."""
    here = (*BATCH, *pool.o)
    outputs = [*pool.batch, *pool.outputs]
    weight = sp.S.One if kept else Sigma(1, pool.taps, pool.within) / array("t")[pool.o]
    weights = step(
        "Weights",
        "the weights of an output add up to 1: only taps inside the input count."
        if kept
        else "the weights of an output add up to the part of its taps that lies inside the input.",
        Sigma(Partial(array("y")[here], pool.entry("x")), pool.inputs),
        weight,
        outputs,
    )
    mass = step(
        "Mass",
        "so averaging loses nothing of the gradient on its way back."
        if kept
        else "so the padding takes its share of the gradient, which is lost.",
        summed("dL/dx", [*pool.batch, *pool.inputs]),
        Sigma(array("dL/dy")[here] * weight, outputs),
    )
    return weights, mass


def _divisors(pool: Sliding, instance: Instance) -> Array:
    """The divisor of each output, by plain loops over its taps."""
    op, sizes, windows = _averaging(pool), instance.tensor("x").shape[2:], numeric(pool.windows, instance)
    after = [evaluate(w.after, instance.environment) for w in op.declared(pool.letters.sizes)]
    counted = [range(n) for n in sizes]
    if op.count_padding:
        counted = [range(-w.before, n + int(end)) for w, n, end in zip(windows, sizes, after, strict=True)]
    counts: dict[Place, int] = {}
    for o in product(*map(range, instance.tensor("dL/dy").shape[2:])):
        reads = (taps(windows, o, k) for k in product(*(range(w.kernel) for w in windows)))
        counts[o] = sum(all(i in axis for i, axis in zip(at, counted, strict=True)) for at in reads)
    return tabulated(instance.tensor("dL/dy").shape[2:], counts)


def _averaging(pool: Sliding) -> AveragePool:
    op = pool.letters.padded
    assert isinstance(op, AveragePool)  # what the letters were made of
    return op
