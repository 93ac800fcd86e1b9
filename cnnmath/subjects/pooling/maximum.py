"""Max pooling: who gets the gradient at a tie, and what becomes of the gradient's sum.

References
----------
.. [1] Y. Boureau, J. Ponce and Y. LeCun, "A theoretical analysis of feature pooling in visual recognition", ICML 2010,
   section 2.
.. [2] R. T. Rockafellar, "Convex Analysis", Princeton 1970, section 23 (subgradients).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from random import Random

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import MaxPool
from cnnmath.subjects.pooling.sliding import BATCH, OTHERS, Sliding, summed, tabulated
from cnnmath.symbolic import Derivation, Step, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance, Place, drawn
from cnnmath.symbolic.terms import Expr, Maximum, Partial, Sigma, array

RULES = {
    "first": "the first maximum, in row-major order, takes the whole gradient, as in PyTorch, cuDNN and TensorFlow.",
    "shared": "each of the maxima takes an equal share of the gradient.",
    "all": "each of the maxima takes the whole gradient.",
}
"""What may happen to the gradient at a tie."""


def max_pooling(op: MaxPool, ties: str = "first") -> Derivation:
    r"""Max pooling and its gradient, by one of three rules for ties; two of them lose nothing of the gradient.

    .. math:: y_o = \max_k x_{s o + d k - p}, \quad
       \sum_j \partial L/\partial x_j = \sum_o \partial L/\partial y_o \text{ where one maximum takes all, or all share}

    Parameters
    ----------
    op
        A max pooling; its window may be symbols.
    ties
        ``"first"``: the first maximum takes all; ``"shared"``: 1/m to each of m maxima; ``"all"``: 1 to each.

    Raises
    ------
    SettingError
        For another rule.

    Examples
    --------
    >>> print(max_pooling(MaxPool((2,)), "shared").result)
    Mass: sum{n<N, c<C, j<L} dL/dx[n,c,j] = sum{n<N, c<C, o<O} dL/dy[n,c,o]
    """
    if ties not in RULES:
        raise SettingError(
            "there is no such rule for ties.",
            here=f"ties {ties!r}",
            rule="; ".join(f"{name}: {rule[:-1]}" for name, rule in RULES.items()),
            fix=f"use {', '.join(RULES)}",
        )
    pool, known = Sliding.of(op), derive(op, "x" if ties == "first" else "y")
    rule = () if ties == "first" else _by_value(pool, shared=ties == "shared")
    convex = () if ties == "all" else (_subgradient(pool),)
    return Derivation(
        f"dL/dx of {pool.letters.setting}, ties: {ties}",
        known.assumptions,
        (*known.steps, *rule, *convex, *_mass(pool, kept=ties != "all")),
        pool.instances(lambda instance: _told(pool, instance, ties)),
        (remark(f"At a tie {RULES[ties]}"), *known.conventions),
    )


def _by_value(pool: Sliding, *, shared: bool) -> tuple[Step, ...]:
    """Steps of a rule that treats all maxima alike: those taps win whose entry equals the maximum."""
    y, m = array("y")[*OTHERS, *pool.o], array("m")
    won = sp.Eq(array("x")[*OTHERS, *pool.read], y)
    slope, below = (1 / m[*OTHERS, *pool.o], m[*BATCH, *pool.met]) if shared else (sp.S.One, sp.S.One)
    gather = step(
        "Gather",
        "an entry gets its share from every window of which it is a maximum.",
        pool.entry("dL/dx"),
        pool.gathered(
            array("dL/dy")[*BATCH, *pool.met] / below, [sp.Eq(pool.entry("x"), array("y")[*BATCH, *pool.met])]
        ),
        [*pool.batch, *pool.inputs],
    )
    rule = "the rule gives each maximum of a window " + ("an equal share." if shared else "the factor 1.")
    return (_maxima(pool), pool.chain(), pool.jacobian("Rule", rule, slope, [won]), gather)


def _maxima(pool: Sliding) -> Step:
    own = array("x")[*BATCH, *pool.read]
    return step(
        "Maxima",
        remark("{} counts the taps at which the maximum is attained.", sp.Symbol("m")),
        array("m")[*BATCH, *pool.o],
        Sigma(1, pool.taps, [*pool.within, sp.Eq(own, array("y")[*BATCH, *pool.o])]),
        [*pool.batch, *pool.outputs],
    )


def _subgradient(pool: Sliding) -> Step:
    """At any other input z the maximum is no less than the linear function that the rule takes for it."""
    z, at = array("z"), (*BATCH, *pool.j)
    linear = Partial(array("y")[*BATCH, *pool.o], array("x")[at]) * (z[at] - array("x")[at])
    return step(
        "Subgradient",
        remark(
            "a maximum is convex: at any other input {} it lies nowhere below the line that the rule takes for it.",
            sp.Symbol("z"),
        ),
        Maximum(z[*BATCH, *pool.read], pool.taps, pool.within),
        array("y")[*BATCH, *pool.o] + Sigma(linear, pool.inputs),
        [*pool.batch, *pool.outputs],
        ">=",
    )


def _mass(pool: Sliding, *, kept: bool) -> tuple[Step, Step]:
    """What the shares of a window add up to, and so all gradients."""
    here = (*BATCH, *pool.o)
    weight: Expr = sp.S.One if kept else array("m")[here]
    outputs = [*pool.batch, *pool.outputs]
    one = step(
        "Shares",
        "the shares of one output add up to 1." if kept else "the shares of one output add up to its number of maxima.",
        Sigma(Partial(array("y")[here], pool.entry("x")), pool.inputs),
        weight,
        outputs,
    )
    everywhere = step(
        "Mass",
        "so pooling loses nothing of the gradient on its way back, and adds nothing."
        if kept
        else "so a window with several maxima passes its gradient on as many times: that is no subgradient.",
        summed("dL/dx", [*pool.batch, *pool.inputs]),
        summed("dL/dy", outputs) if kept else Sigma(array("dL/dy")[here] * weight, outputs),
    )
    return one, everywhere


def _told(pool: Sliding, instance: Instance, ties: str) -> Mapping[str, Array]:
    """Another input z; and, for a rule that no reader has, its gradients by plain loops."""
    x, dy = instance.tensor("x"), instance.tensor("dL/dy")
    more: dict[str, Array] = {"z": drawn(x.shape, Random(1))}
    if ties == "first":
        return more
    counts: dict[Place, int] = {}
    slopes: dict[Place, Fraction] = {}
    total: dict[Place, Fraction] = {}
    seen = pool.seen(instance)
    for at in dy.positions():
        read = [(*at[:2], *position) for _, position in seen[at[2:]]]
        most = max(x[position] for position in read)
        winners = [position for position in read if x[position] == most]
        counts[at] = len(winners)
        for winner in winners:
            share = Fraction(1, len(winners) if ties == "shared" else 1)
            slopes[*at, *winner] = share
            total[winner] = total.get(winner, Fraction(0)) + dy[at] * share
    more["m"] = tabulated(dy.shape, counts)
    more["dy/dx"] = tabulated((*dy.shape, *x.shape), slopes)
    more["dL/dx"] = tabulated(x.shape, total)
    return more
