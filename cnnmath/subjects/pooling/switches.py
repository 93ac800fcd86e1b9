"""Switches: max pooling as a selection that is made forward, stored, and read again backward.

References
----------
.. [1] M. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", arXiv:1311.2901, section 2.1.
.. [2] M. Zeiler, G. Taylor and R. Fergus, "Adaptive deconvolutional networks for mid and high level feature learning",
   ICCV 2011, section 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

import sympy as sp

from cnnmath.ops import MaxPool
from cnnmath.subjects.pooling.sliding import BATCH, OTHERS, Sliding, tabulated
from cnnmath.symbolic import Derivation, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance, Place
from cnnmath.symbolic.operators import FIRST_MAXIMUM
from cnnmath.symbolic.terms import Bracket, Expr, Partial, Sigma, array


def switches(op: MaxPool) -> Derivation:
    r"""Max pooling by switches: where each maximum was is stored, and the gradient is scattered to there.

    .. math:: z_o = \arg\max_{j \text{ in window } o} x_j, \quad y_o = x_{z_o}, \quad
       \partial L/\partial x_j = \sum_o [z_o = j]\, \partial L/\partial y_o

    With the switches kept the input need not be: pooling is then linear, and its transpose is unpooling.

    Parameters
    ----------
    op
        A max pooling; its window may be symbols.

    Examples
    --------
    >>> switches(MaxPool((2,))).steps[-2]
    Unpooling: u[n,c,j] = sum{o<O | z[n,c,o] = j} y[n,c,o]
    """
    pool, definition = Sliding.of(op), derive(op, "y").steps[0]
    here, place = (*BATCH, *pool.o), _row_major(pool.j, pool.letters.sizes)
    x, y, dx, dy, z = (array(name) for name in ("x", "y", "dL/dx", "dL/dy", "z"))
    at_switch = sp.Eq(z[here], place)
    outputs, inputs = [*pool.batch, *pool.outputs], [*pool.batch, *pool.inputs]
    steps = (
        definition,
        step(
            "Switch",
            "beside each maximum store where it was, the number of the position in row-major order.",
            z[here],
            Sigma(_row_major(pool.read, pool.letters.sizes), pool.taps, [*pool.within, pool.first(pool.k, pool.o)]),
            outputs,
        ),
        step(
            "Selection",
            "with the switches fixed, pooling is linear: each output is the entry at its switch.",
            y[here],
            Sigma(x[*BATCH, *pool.j], pool.inputs, [at_switch]),
            outputs,
        ),
        step(
            "Jacobian",
            "it is 1 at the switch and 0 elsewhere.",
            Partial(y[*OTHERS, *pool.o], pool.entry("x")),
            Bracket(*map(sp.Eq, OTHERS, BATCH), sp.Eq(z[*OTHERS, *pool.o], place)),
            [*pool.others, *pool.outputs, *inputs],
        ),
        step(
            "Scatter",
            "so each output sends its gradient to its switch, where gradients add up; the input is not needed.",
            pool.entry("dL/dx"),
            Sigma(dy[here], pool.outputs, [at_switch]),
            inputs,
        ),
        step(
            "Unpooling",
            remark("the same map sends the outputs back; {} is zero but at the switches.", sp.Symbol("u")),
            array("u")[*BATCH, *pool.j],
            Sigma(y[here], pool.outputs, [at_switch]),
            inputs,
        ),
        step(
            "Transpose",
            "selecting and scattering are transposes of each other.",
            Sigma(dx[*BATCH, *pool.j] * x[*BATCH, *pool.j], inputs),
            Sigma(dy[here] * y[here], outputs),
        ),
    )
    return Derivation(
        f"{pool.letters.setting} by switches",
        pool.letters.assumptions,
        steps,
        pool.instances(lambda instance: _told(pool, instance)),
        (FIRST_MAXIMUM, remark("Where two windows share a switch, unpooling adds what they send.")),
    )


def _row_major(position: Sequence[Expr], sizes: Sequence[Expr]) -> Expr:
    """Number of a position when positions are counted with the last axis fastest."""
    return sp.Add(*(index * prod(sizes[i + 1 :]) for i, index in enumerate(position)))


def _told(pool: Sliding, instance: Instance) -> Mapping[str, Array]:
    """Switches and unpooled outputs, by plain loops."""
    x, outputs = instance.tensor("x"), instance.tensor("dL/dy")
    places: dict[Place, int] = {}
    unpooled: dict[Place, int] = {}
    numbered = {position: number for number, position in enumerate(product(*map(range, x.shape[2:])))}
    seen = pool.seen(instance)
    for at in outputs.positions():
        winner = max((position for _, position in seen[at[2:]]), key=lambda position: x[*at[:2], *position])
        places[at] = numbered[winner]
        back = (*at[:2], *winner)
        unpooled[back] = unpooled.get(back, 0) + x[back]
    return {"z": tabulated(outputs.shape, places), "u": tabulated(x.shape, unpooled)}
