"""Backpropagation through time in a simple recurrent network, and why its gradients vanish or explode.

References
----------
.. [1] P. J. Werbos, "Backpropagation through time: what it does and how to do it", Proc. IEEE 78, 1990.
.. [2] R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks",
       arXiv:1211.5063, section 2.
.. [3] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, sections 10.2 and 10.7.
"""

from __future__ import annotations

from itertools import pairwise

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.subjects.recurrence.cell import LATER, Activation, activation_of, assumptions, instances, resting
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.terms import Maximum, Partial, Sigma, array, index, size

D, H, M, Q, T = map(size, "DHMQT")
d, i, j, k, m, n, q, t = map(index, "dijkmnqt")
x, h, U, W, V = map(array, "xhUWV")
dx, da, dh, do, du, dw, dv, db, dc = (array(f"dL/d{name}") for name in "xahoUWVbc")
"""Sizes (inputs, hidden units, times apart, outputs, times), indices, arrays and gradients."""

MOST_STEPS = 5
"""A product of Jacobians is written out over at most so many times."""

UPSTREAM = remark("The loss L is any function of the outputs: {} is given.", do[t, q])


def backpropagation_through_time(activation: str = "tanh") -> Derivation:
    r"""Gradients of a simple recurrent network, from the last time to the first.

    .. math:: \frac{\partial L}{\partial h_t} = V^T \frac{\partial L}{\partial o_t}
       + W^T \operatorname{diag}(1 - h_{t+1}^2) \frac{\partial L}{\partial h_{t+1}}, \quad
       \frac{\partial L}{\partial W} = \sum_t \frac{\partial L}{\partial a_t} h_{t-1}^T

    Parameters
    ----------
    activation
        ``"tanh"``, ``"sigmoid"`` or ``"identity"``.

    Examples
    --------
    >>> print(backpropagation_through_time().steps[2])
    Recursion: dL/dh[t,i] = sum{q<Q} V[q,i]*dL/do[t,q] + sum{j<H} W[j,i]*dL/dh[t+1,j]*(1 - h[t+1,j]^2)
    """
    slope = activation_of(activation).slope
    over, times = [(t, T), (i, H)], [(t, T)]
    read = Sigma(do[t, q] * V[q, i], [(q, Q)])
    return Derivation(
        f"Backpropagation through time, with {activation}",
        assumptions(),
        (
            step(
                "State",
                "a state is read twice: by the output of its time, and by the pre-activations of the next.",
                dh[t, i],
                read + Sigma(da[t + 1, j] * W[j, i], [(j, H)]),
                over,
            ),
            step(
                "Pre-activation",
                "the slope of the activation, written with its value.",
                da[t, i],
                dh[t, i] * slope(h[t, i]),
                over,
            ),
            step(
                "Recursion",
                "put the second into the first: begin at the last time, and go back.",
                dh[t, i],
                read + Sigma(dh[t + 1, j] * slope(h[t + 1, j]) * W[j, i], [(j, H)]),
                over,
            ),
            step(
                "Input",
                "an input is read by the pre-activations of its time alone.",
                dx[t, d],
                Sigma(da[t, i] * U[i, d], [(i, H)]),
                [(t, T), (d, D)],
            ),
            step(
                "Read-out weights",
                "shared by all times, they collect a gradient from each.",
                dv[q, i],
                Sigma(do[t, q] * h[t, i], times),
                [(q, Q), (i, H)],
            ),
            step("Read-out bias", "so does the bias.", dc[q], Sigma(do[t, q], times), [(q, Q)]),
            step("Bias", "the same for the bias of the cell.", db[i], Sigma(da[t, i], times), [(i, H)]),
            step(
                "Input weights",
                "each time adds the product of what the weight leads to and what it reads.",
                du[i, d],
                Sigma(da[t, i] * x[t, d], times),
                [(i, H), (d, D)],
            ),
            step(
                "Recurrent weights",
                "the same, where what is read is the state of the time before.",
                dw[i, j],
                Sigma(da[t, i] * h[t - 1, j], times),
                [(i, H), (j, H)],
            ),
        ),
        instances(activation),
        (UPSTREAM, LATER),
    )


def vanishing_through_time(activation: str = "tanh", steps: int = 3) -> Derivation:
    r"""Why gradients through time vanish or explode: a product of one Jacobian a time, and its bound.

    .. math:: \frac{\partial h_{t+M}}{\partial h_t} = \prod_{m=M}^{1} \operatorname{diag}(1 - h_{t+m}^2)\, W, \quad
       \Bigl| \frac{\partial h_{t+M,i}}{\partial h_{t,j}} \Bigr| \le \bigl(H \max |W|\bigr)^M

    The factors of later times stand further left.

    Parameters
    ----------
    activation
        ``"tanh"``, ``"sigmoid"``, whose slope is at most 1/4, or ``"identity"``.
    steps
        Over how many times the product is written out.

    Raises
    ------
    SettingError, UnknownNameError
        For another activation, and for steps below 1 or too many to write out.

    Examples
    --------
    >>> vanishing_through_time(steps=2).steps[2]
    Product: dh[t+2,i]/dh[t,j] = sum{k1<H} W[i,k1]*W[k1,j]*(1 - h[t+1,k1]^2)*(1 - h[t+2,i]^2)
    >>> vanishing_through_time("sigmoid").result
    Largest weight: abs(dh[t+M,i]/dh[t,j]) <= (H/4*max{k<H, n<H} abs(W[k,n]))^M
    """
    own = activation_of(activation)
    if type(steps) is not int or not 1 <= steps <= MOST_STEPS:
        raise SettingError(
            "the product can not be written out over so many times.",
            here=f"steps {steps!r}",
            rule=f"1 <= steps <= {MOST_STEPS}",
            fix="use 3: the recursion holds for any number",
        )
    over = [(t, T - M), (i, H), (j, H)]
    rows = own.steepest * Maximum(Sigma(sp.Abs(W[k, n]), [(n, H)]), [(k, H)])
    largest = own.steepest * H * Maximum(sp.Abs(W[k, n]), [(k, H), (n, H)])
    return Derivation(
        f"Vanishing and exploding gradients, with {activation}",
        assumptions(),
        (
            step(
                "Jacobian",
                "from one time to the next: the slope of the activation times the weight.",
                Partial(h[t + 1, i], h[t, j]),
                own.slope(h[t + 1, i]) * W[i, j],
                [(t, T - 1), (i, H), (j, H)],
            ),
            step(
                "Recursion",
                remark("over {} times: the chain rule through the state before the last.", M),
                Partial(h[t + M, i], h[t, j]),
                own.slope(h[t + M, i]) * Sigma(W[i, k] * Partial(h[t + M - 1, k], h[t, j]), [(k, H)]),
                over,
            ),
            _product(own, steps),
            step(
                "Loss",
                "the gradient by a state collects what comes back from the output of every later time.",
                dh[t, j],
                Sigma(do[t + m, q] * V[q, i] * Partial(h[t + m, i], h[t, j]), [(m, T), (q, Q), (i, H)], [t + m < T]),
                [(t, T), (j, H)],
            ),
            step(
                "One time",
                remark(
                    "the slope is at most {}: a row of the Jacobian is bounded by the row of greatest sum.",
                    own.steepest,
                ),
                Sigma(sp.Abs(Partial(h[t + 1, i], h[t, j])), [(j, H)]),
                rows,
                [(t, T - 1), (i, H)],
                relation="<=",
            ),
            step(
                "Many times",
                "this norm of a product is at most the product of the norms.",
                Sigma(sp.Abs(Partial(h[t + M, i], h[t, j])), [(j, H)]),
                rows**M,
                over[:2],
                relation="<=",
            ),
            step(
                "Largest weight",
                remark(
                    "a row has {} weights: below 1, what is raised to the power makes the gradient vanish with the "
                    "distance in time, and it can explode only above 1.",
                    H,
                ),
                sp.Abs(Partial(h[t + M, i], h[t, j])),
                largest**M,
                over,
                relation="<=",
            ),
        ),
        instances(activation, steps + 1) + resting(activation, steps + 2),
        (UPSTREAM,),
    )


def _product(own: Activation, steps: int) -> Step:
    """The Jacobian over so many times, written out as a sum over the units on the way."""
    way = [i, *(index(f"k_{number}") for number in range(1, steps)), j]
    factors = (
        own.slope(h[t + steps - ago, unit]) * W[unit, before] for ago, (unit, before) in enumerate(pairwise(way))
    )
    return step(
        "Product",
        "unfolded: a sum over all ways from unit to unit, each a product of slopes and weights.",
        Partial(h[t + steps, i], h[t, j]),
        Sigma(sp.Mul(*factors), [(unit, H) for unit in way[1:-1]]) if steps > 1 else sp.Mul(*factors),
        [(t, T - steps), (i, H), (j, H)],
    )
