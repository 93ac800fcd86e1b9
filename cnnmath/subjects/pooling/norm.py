"""Lp pooling: between the sum of absolute values and their maximum.

References
----------
.. [1] P. Sermanet, S. Chintala and Y. LeCun, "Convolutional neural networks applied to house numbers digit
   classification", ICPR 2012.
.. [2] G. Hardy, J. Littlewood and G. Pólya, "Inequalities", Cambridge 1934, chapter II (limits of means).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from math import prod

import sympy as sp

from cnnmath.ops import LpPool
from cnnmath.subjects.pooling.sliding import BATCH, OTHERS, Sliding
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.terms import Expr, Maximum, Sigma, array, size

EXPONENTS = (1, 2, 5, 3)
"""Numbers that stand in for an exponent that grows."""


def lp_pooling(op: LpPool) -> Derivation:
    r"""Lp pooling, its gradient, and the maximum as its limit.

    .. math:: y_o = \Big(\sum_k |x_{s o + d k - p}|^q\Big)^{1/q}, \quad
       \frac{\partial y}{\partial x} = \mathrm{sign}(x) \frac{|x|^{q-1}}{y^{q-1}}, \quad
       \max |x| \le y \le m^{1/q} \max |x|

    for windows of m taps, with q the operator's exponent: the sum of absolute values at 1, the root of the sum of
    squares at 2, and the maximum in the limit.

    Parameters
    ----------
    op
        An Lp pooling; its window may be symbols, its exponent is a number.

    Examples
    --------
    >>> lp_pooling(LpPool((2,), stride=1)).steps[3]
    Gather: dL/dx[n,c,j] = x[n,c,j]*sum{k<2 | 0 <= j - k < O, y[n,c,j-k] > 0} dL/dy[n,c,j-k]/y[n,c,j-k]
    """
    pool = Sliding.of(op)
    instances = pool.instances()
    growing = (
        replace(instance, values={**instance.values, size("r"): r})
        for instance, r in zip(instances, cycle(EXPONENTS), strict=False)
    )
    return Derivation(
        f"dL/dx of {pool.letters.setting}",
        pool.letters.assumptions,
        (*_gradient(pool, op.p), *_bounds(pool, op.p)),
        tuple(growing),
        (
            remark("Input outside its extent counts as zero."),
            remark("Where {} the derivative is 0, one of the subgradients.", sp.Eq(sp.Symbol("y"), 0, evaluate=False)),
        ),
    )


def _gradient(pool: Sliding, q: int) -> tuple[Step, ...]:
    y, dy, x = (array(name) for name in ("y", "dL/dy", "x"))
    there = (*OTHERS, *pool.o)
    own = x[*OTHERS, *pool.read]
    weighted = _slope(own, q) / y[there] ** (q - 1)
    slope = pool.jacobian(
        "Jacobian",
        "the chain rule through root and power leaves one power less of the entry, with its sign, over as much of y."
        if q > 1
        else "the derivative of an absolute value is its sign, and 0 at 0.",
        sp.S.One,
        [y[there] > 0] if q > 1 else [],
    )
    total = slope.right
    return (
        step(
            "Definition",
            NAMES.get(q, "the root of the sum of powers: the norm of the window."),
            y[*BATCH, *pool.o],
            _norm(pool, q),
            [*pool.batch, *pool.outputs],
        ),
        pool.chain(),
        replace(slope, right=Sigma(weighted * total.body, total.ranges, total.conditions)),
        step(
            "Gather",
            "the entry's own power leaves the sum; each output that reads it brings its own.",
            pool.entry("dL/dx"),
            _slope(pool.entry("x"), q)
            * pool.gathered(
                dy[*BATCH, *pool.met] / y[*BATCH, *pool.met] ** (q - 1), [y[*BATCH, *pool.met] > 0] if q > 1 else []
            ),
            [*pool.batch, *pool.inputs],
        ),
    )


NAMES = {1: "the sum of the absolute values.", 2: "the root of the sum of squares: the length of the window's vector."}
"""What the first norms are."""


def _bounds(pool: Sliding, q: int) -> tuple[Step, ...]:
    """How far a norm is from the maximum, and that the distance vanishes as the exponent grows."""
    over, y, r = [*pool.batch, *pool.outputs], array("y")[*BATCH, *pool.o], size("r")
    size_of = sp.Abs(array("x")[*BATCH, *pool.read])
    most, m = Maximum(size_of, pool.taps, pool.within), prod(w.kernel for w in pool.windows)
    return (
        step("Below", "one of the terms is the largest, and no term is negative.", most, y, over, "<="),
        step(
            "Above",
            "no term is more than the largest, and there are at most as many as taps.",
            y,
            sp.Pow(m, sp.Rational(1, q)) * most,
            over,
            "<=",
        ),
        step(
            "Sum",
            "a norm falls as its exponent grows: it is at most the sum of the absolute values.",
            y,
            Sigma(size_of, pool.taps, pool.within),
            over,
            "<=",
        ),
        step(
            "Bernoulli",
            remark("by Bernoulli's inequality that factor comes close to 1 as the exponent, now {}, grows.", r),
            sp.Pow(m, 1 / r) - 1,
            (sp.sympify(m) - 1) / r,
            (),
            "<=",
        ),
        step(
            "Limit",
            "so a norm, no less than the maximum, exceeds it by a factor that tends to 1: the maximum is the limit.",
            Sigma(size_of**r, pool.taps, pool.within) ** (1 / r),
            (1 + (sp.sympify(m) - 1) / r) * most,
            over,
            "<=",
        ),
    )


def _norm(pool: Sliding, q: int) -> Expr:
    powers = sp.Abs(array("x")[*BATCH, *pool.read]) ** q
    return Sigma(powers, pool.taps, pool.within) ** sp.Rational(1, q)


def _slope(x: Expr, q: int) -> Expr:
    """Derivative of |x|^q over q: sign(x) |x|^(q-1), which is a power of x itself where q is even."""
    return sp.sign(x) * sp.Abs(x) ** (q - 1) if q % 2 else x ** (q - 1)
