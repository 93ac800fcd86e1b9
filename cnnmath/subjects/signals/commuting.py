"""The algebra of convolution: the order does not matter, the brackets do not matter, and how long the result is.

A convolution layer computes a correlation, which has neither law; what it has instead stands beside each of them.

References
----------
.. [1] A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, Prentice Hall 2009, chapter 2.
.. [2] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, chapter 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import sympy as sp

from cnnmath.subjects.signals.lattice import (
    REACH,
    check_rank,
    correlated,
    drawn_signal,
    everywhere,
    integers,
    minus,
    place,
    plus,
    scattered,
)
from cnnmath.symbolic import Derivation, Remark, Step, remark, step
from cnnmath.symbolic.instance import Instance, Sparse
from cnnmath.symbolic.terms import Expr, Sigma, array

SUPPORTS = {
    1: ((range(-2, 1),), (range(-1, 1),), (range(2),)),
    2: ((range(-2, 1), range(2)), (range(-1, 1), range(3)), (range(2), range(-1, 1))),
    3: ((range(-1, 1), range(2), range(1)), (range(1), range(2), range(-1, 1)), (range(2), range(1), range(2))),
}
"""Where the three small signals of each rank are not zero: nowhere alike, so that what is exchanged is seen."""


def commutativity(rank: int = 1) -> Derivation:
    r"""Correlation with its arguments exchanged is reflected; convolution commutes.

    .. math:: (h \star x)_n = (x \star h)_{-n}, \qquad (x * h)_n = (h * x)_n

    Parameters
    ----------
    rank
        Number of axes, 1 to 3.

    Raises
    ------
    SettingError
        For another rank.

    Examples
    --------
    >>> derivation = commutativity()
    >>> derivation.steps[3], derivation.result
    (Reflected: q[n] = r[-n], Commutativity: u[n] = v[n])
    """
    check_rank(rank)
    n, k, m = (integers(letter, rank) for letter in "nkm")
    x, h, r, q, u, v = map(array, "xhrquv")
    over_k, over_m = everywhere(*k), everywhere(*m)
    opposite = minus((0,) * rank, n)

    def equation(name: str, rule: str | Remark, left: Expr, right: Expr) -> Step:
        return step(name, rule, left, right, everywhere(*n))

    correlation = (
        equation(
            "Correlation", _named("slide {} over {}, as a layer does.", "hx"), r[n], Sigma(h[k] * x[plus(n, k)], over_k)
        ),
        equation("Exchanged", _named("slide {} over {} instead.", "xh"), q[n], Sigma(x[k] * h[plus(n, k)], over_k)),
        equation("Shift", _substituted(m, plus(n, k)), q[n], Sigma(h[m] * x[minus(m, n)], over_m)),
        equation(
            "Reflected",
            remark("this is the correlation at {}: the two agree only where it is even.", place(opposite)),
            q[n],
            r[opposite],
        ),
    )
    convolution = (
        equation(
            "Convolution",
            _named("{} is reflected before it slides over {}.", "hx"),
            u[n],
            Sigma(x[k] * h[minus(n, k)], over_k),
        ),
        equation("Reflection", _substituted(m, minus(n, k)), u[n], Sigma(h[m] * x[minus(n, m)], over_m)),
        equation(
            "Other order", _named("reflect {} and slide it over {}.", "xh"), v[n], Sigma(h[k] * x[minus(n, k)], over_k)
        ),
        equation("Commutativity", "both are the same sum, but for the name of its index.", u[n], v[n]),
    )
    return Derivation(
        "Convolution commutes, and correlation does not",
        (
            _named("{} and {} have finite support; all indices run over all integers", "xh"),
            _named("{} is {} correlated with {}, and {} is {} correlated with {}", "rxhqhx"),
            _named("{} is {} convolved with {}, and {} is {} convolved with {}", "uxhvhx"),
        ),
        correlation + convolution,
        tuple(_pair(rank, seed) for seed in (1, 2)),
    )


def associativity(rank: int = 1) -> Derivation:
    r"""Correlations in a row are one, whose kernels are convolved; convolutions in a row are one convolution.

    .. math:: (x \star h) \star g = x \star (h * g), \qquad (x * h) * g = x * (h * g)

    Parameters
    ----------
    rank
        Number of axes, 1 to 3.

    Raises
    ------
    SettingError
        For another rank.

    Examples
    --------
    >>> derivation = associativity()
    >>> derivation.steps[3], derivation.result
    (Correlations in a row: q[n] = sum{k} w[k]*x[n+k], Associativity: v[n] = sum{k} w[n-k]*x[k])
    """
    check_rank(rank)
    n, k, m, j = (integers(letter, rank) for letter in "nkmj")
    x, h, g, w, r, q, u, v = map(array, "xhgwrquv")
    over_k, over_m, over_j = (everywhere(*indices) for indices in (k, m, j))

    def equation(name: str, rule: str | Remark, left: Expr, right: Expr) -> Step:
        return step(name, rule, left, right, everywhere(*n))

    correlation = (
        equation("Kernels", _named("convolve {} with {}.", "hg"), w[n], Sigma(h[j] * g[minus(n, j)], over_j)),
        equation(
            "Correlation",
            _named("correlate {} with {}, and the result with {}, as two layers do.", "xhg"),
            q[n],
            Sigma(r[plus(n, m)] * g[m], over_m),
        ),
        equation(
            "Put in",
            "what the second layer reads is itself a sum.",
            q[n],
            Sigma(g[m] * Sigma(h[j] * x[plus(plus(n, m), j)], over_j), over_m),
        ),
        equation(
            "Correlations in a row",
            remark(
                "collect the terms by {}: the kernels are convolved, and not correlated.",
                place([sp.Eq(i, a, evaluate=False) for i, a in zip(k, plus(m, j), strict=True)]),
            ),
            q[n],
            Sigma(w[k] * x[plus(n, k)], over_k),
        ),
    )
    convolution = (
        equation(
            "Convolution",
            _named("convolve {} with {}, and the result with {}.", "xhg"),
            v[n],
            Sigma(u[m] * g[minus(n, m)], over_m),
        ),
        equation(
            "Interchange",
            "put the first sum in; both are finite, so their order is free.",
            v[n],
            Sigma(x[k] * Sigma(h[minus(m, k)] * g[minus(n, m)], over_m), over_k),
        ),
        equation(
            "Shift",
            _substituted(j, minus(m, k)),
            v[n],
            Sigma(x[k] * Sigma(h[j] * g[minus(minus(n, k), j)], over_j), over_k),
        ),
        equation(
            "Associativity",
            remark("the inner sum is {}: a chain of convolutions is one, with one kernel.", w[minus(n, k)]),
            v[n],
            Sigma(x[k] * w[minus(n, k)], over_k),
        ),
    )
    return Derivation(
        "Convolution is associative, and correlation is not",
        (
            _named("{}, {} and {} have finite support; all indices run over all integers", "xhg"),
            _named("{} is {} correlated with {}, and {} is {} correlated with {}", "rxhqrg"),
            _named("{} is {} convolved with {}, and {} is {} convolved with {}", "uxhvug"),
        ),
        correlation + convolution,
        tuple(_triple(rank, seed) for seed in (1, 2)),
    )


def _named(text: str, letters: str) -> Remark:
    """A sentence about signals, each by its letter."""
    return remark(text, *map(sp.Symbol, letters))


def _substituted(new: Sequence[Expr], old: Sequence[Expr]) -> Remark:
    """Why an index may be exchanged for another."""
    return remark("write {} for {}: as one runs over all integers, so does the other.", place(new), place(old))


def _signals(rank: int, seed: int) -> tuple[Sparse, Sparse, Sparse]:
    """Three signals, each on its own side of the origin."""
    draw = Random(seed)
    x, h, g = SUPPORTS[rank]
    return drawn_signal(draw, *x), drawn_signal(draw, *h), drawn_signal(draw, *g)


def _pair(rank: int, seed: int) -> Instance:
    x, h, _ = _signals(rank, seed)
    arrays = {"u": scattered(x, h), "v": scattered(h, x), "r": correlated(x, h), "q": correlated(h, x)}
    return Instance({sp.oo: REACH[rank]}, {"x": x, "h": h, **arrays})


def _triple(rank: int, seed: int) -> Instance:
    x, h, g = _signals(rank, seed)
    u, w, r = scattered(x, h), scattered(h, g), correlated(x, h)
    arrays = {"u": u, "v": scattered(u, g), "w": w, "r": r, "q": correlated(r, g)}
    return Instance({sp.oo: REACH[rank]}, {"x": x, "h": h, "g": g, **arrays})
