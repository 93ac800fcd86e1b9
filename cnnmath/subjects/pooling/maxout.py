"""Maxout: max pooling across channels, with the rectifier and the absolute value among its special cases.

References
----------
.. [1] I. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville and Y. Bengio, "Maxout networks", arXiv:1302.4389,
   sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import sympy as sp

from cnnmath.ops import Maxout, MaxPool, ReLU
from cnnmath.readers import Tensor, forward
from cnnmath.subjects.pooling.global_average import check_axes
from cnnmath.symbolic import Derivation, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.oracle import told
from cnnmath.symbolic.terms import Attains, Maximum, Partial, Sigma, array, index


def maxout(op: Maxout, rank: int = 1) -> Derivation:
    r"""Maxout and its gradient: max pooling across channels, of which two pieces make a rectifier or an absolute value.

    .. math:: y_{n,c} = \max_q x_{n,\,Q c + q}, \quad
       \partial L/\partial x_{n,c} = [q^* = c \bmod Q]\, \partial L/\partial y_{n,\lfloor c/Q \rfloor}, \quad
       \max(0, x) = \mathrm{relu}(x), \; \max(x, -x) = |x|

    Parameters
    ----------
    op
        A maxout; its number of pieces may be a symbol.
    rank
        Number of spatial axes, 1 to 3.

    Raises
    ------
    SettingError
        For another rank.

    Examples
    --------
    >>> maxout(Maxout(2), rank=2).steps[-1]
    Absolute value: abs(x[n,c,o1,o2]) = max{q<2} x[n,c,o1,o2]*(1 - 2*q)
    """
    check_axes(rank)
    letters, gradient = Letters.of(op, rank), derive(op, rank=rank)
    n, c, q = (index(name) for name in "ncq")
    o = letters.axes("o", letters.sizes)
    at = (n, c, *(i for i, _ in o))
    samples, channels = letters.shapes["x"][:2]
    pieces, x, h = op.pieces, array("x"), array("h")
    every, outputs = [(n, samples), (c, channels), *o], [(n, samples), (c, letters.shapes["y"][1]), *o]
    rectified = Maximum(q * x[at], [(q, 2)])
    steps = (
        *gradient.steps,
        step(
            "Max pooling",
            remark(
                "{} is max pooling along the channels, with kernel and stride {}: its windows are the groups.",
                sp.Symbol("v"),
                pieces,
            ),
            array("v")[at],
            array("y")[at],
            outputs,
        ),
        step(
            "Mass",
            "one piece takes the whole gradient, so nothing of it is lost.",
            Sigma(array("dL/dx")[at], every),
            Sigma(array("dL/dy")[at], outputs),
        ),
        step(
            "Rectifier",
            remark("the pieces 0 and {} give the rectifier {}.", sp.Symbol("x"), sp.Symbol("h")),
            h[at],
            rectified,
            every,
        ),
        step(
            "Rectifier's slope",
            remark(
                "here {} numbers the piece that wins among 0 and {}. At 0 they tie: the first one wins, whose slope "
                "is 0, as the rectifier's convention has it.",
                sp.Symbol("k*"),
                sp.Symbol("x"),
            ),
            Partial(h[at], x[at]),
            Sigma(q, [(q, 2)], [Attains(rectified.xreplace({q: index("q'")}), [q], at)]),
            every,
        ),
        step(
            "Absolute value",
            remark("the pieces {} and its opposite give the absolute value.", sp.Symbol("x")),
            sp.Abs(x[at]),
            Maximum((1 - 2 * q) * x[at], [(q, 2)]),
            every,
        ),
    )
    return Derivation(
        f"dL/dx of {letters.setting} as max pooling",
        gradient.assumptions,
        steps,
        letters.instances(_told),
        gradient.conventions,
    )


def _told(instance: Instance) -> Mapping[str, Array]:
    """Max pooling along the channels as an axis, and the rectifier, by the exact readers."""
    x, y = instance.tensor("x"), instance.tensor("dL/dy")
    pieces = x.shape[1] // y.shape[1]
    pooled: dict[tuple[int, ...], Tensor] = {}
    for n, *o in product(*map(range, (x.shape[0], *x.shape[2:]))):
        channels = Tensor((1, 1, x.shape[1]), [x[n, c, *o] for c in range(x.shape[1])])
        pooled[n, *o] = forward(MaxPool((pieces,)), (1, 1, y.shape[1]), channels)
    rectifier = told(ReLU(), x.shape, {"x": x}, x)
    return {
        "v": Tensor(y.shape, [pooled[n, *o][0, 0, c] for n, c, *o in y.positions()]),
        "h": rectifier["y"],
        "dh/dx": rectifier["dy/dx"],
    }
