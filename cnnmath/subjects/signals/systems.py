"""Signals and systems: why a linear system that is the same everywhere is a convolution.

References
----------
.. [1] A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, Prentice Hall 2009, chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import TypeAlias

import sympy as sp

from cnnmath.subjects.signals.lattice import (
    REACH,
    box,
    check_rank,
    drawn_signal,
    everywhere,
    impulse,
    integers,
    minus,
    place,
    scattered,
)
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Place, Sparse
from cnnmath.symbolic.terms import Bracket, Sigma, array

System: TypeAlias = Callable[[Sparse], Sparse]
"""What makes a signal of a signal."""


def impulse_decomposition(rank: int = 1) -> Derivation:
    r"""Every signal is a sum of shifted impulses, each as high as the signal is there.

    .. math:: x_n = \sum_{k=-\infty}^{\infty} x_k\, \delta_{n-k}

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
    >>> impulse_decomposition(2).result
    Decomposition: x[n1,n2] = sum{k1, k2} delta[n1-k1,n2-k2]*x[k1,k2]
    """
    check_rank(rank)
    n, k = integers("n", rank), integers("k", rank)
    x, delta, everyone = array("x"), array("delta"), everywhere(*k)
    apart = minus(n, k)
    steps = (
        step(
            "Impulse",
            "the impulse is 1 at the origin and 0 elsewhere.",
            delta[n],
            Bracket(*(sp.Eq(i, 0) for i in n)),
            everywhere(*n),
        ),
        step(
            "Shift",
            remark("the impulse shifted by {} is 1 there and nowhere else.", place(k)),
            delta[apart],
            Bracket(*(sp.Eq(j, i) for i, j in zip(n, k, strict=True))),
            everywhere(*n, *k),
        ),
        step(
            "One of them",
            "of all shifted impulses, exactly one is 1 at any given place.",
            Sigma(delta[apart], everyone),
            1,
            everywhere(*n),
        ),
        step(
            "Sifting",
            "times a shifted impulse, all of a signal is gone but the number where the impulse stands.",
            x[n] * delta[apart],
            x[k] * delta[apart],
            everywhere(*n, *k),
        ),
        step(
            "Decomposition",
            "multiply the signal by the sum that is 1, and sift every term.",
            x[n],
            Sigma(x[k] * delta[apart], everyone),
            everywhere(*n),
        ),
    )
    return Derivation(
        "A signal as a sum of impulses",
        (remark("{} is any signal; {} and {} run over all integers", sp.Symbol("x"), place(n), place(k)),),
        steps,
        tuple(Instance({sp.oo: REACH[rank]}, {"x": x, "delta": impulse(rank)}) for x in _inputs(rank)),
    )


def convolution_sum(rank: int = 1) -> Derivation:
    r"""The response of a linear, time-invariant system is the convolution of its input and its impulse response.

    .. math:: y_n = \sum_{k=-\infty}^{\infty} x_k\, h_{n-k}

    Parameters
    ----------
    rank
        Number of axes, 1 to 3: a signal in time, an image, a volume.

    Raises
    ------
    SettingError
        For another rank.

    Notes
    -----
    The steps are evaluated on systems that are applied as they are: one that scatters its input, and one with feedback,
    of which the output is computed from its own past, and the impulse response never ends.

    Examples
    --------
    >>> convolution_sum(2).result
    Convolution sum: y[n1,n2] = sum{k1, k2} h[n1-k1,n2-k2]*x[k1,k2]
    """
    check_rank(rank)
    n, k = integers("n", rank), integers("k", rank)
    x, y, h, g, delta = (array(name) for name in ("x", "y", "h", "g", "delta"))
    response, everyone = g[(*n, *k)], everywhere(*k)
    steps = (
        step(
            "Decomposition",
            "a signal is the sum of shifted impulses, each as high as the signal is there.",
            x[n],
            Sigma(x[k] * delta[minus(n, k)], everyone),
            everywhere(*n),
        ),
        step(
            "Superposition",
            "the system is linear: the response to a sum of multiples is the sum of those multiples of the responses.",
            y[n],
            Sigma(x[k] * response, everyone),
            everywhere(*n),
        ),
        step(
            "Impulse response",
            "the response to the impulse at the origin has a name of its own.",
            h[n],
            g[(*n, *(0,) * rank)],
            everywhere(*n),
        ),
        step(
            "Time invariance",
            "the system is the same everywhere: an impulse elsewhere has the same response, shifted along with it.",
            response,
            h[minus(n, k)],
            everywhere(*n, *k),
        ),
        step(
            "Convolution sum",
            "so one signal tells all that the system does: put it in for the responses.",
            y[n],
            Sigma(x[k] * h[minus(n, k)], everyone),
            everywhere(*n),
        ),
    )
    return Derivation(
        "The convolution sum of a linear, time-invariant system",
        (
            remark("{} is the input, of finite support, and {} the output", sp.Symbol("x"), sp.Symbol("y")),
            remark("{} is the response at {} to the impulse at {}", response, place(n), place(k)),
        ),
        steps,
        tuple(observed(system, x, rank) for system, x in zip(_systems(rank), _inputs(rank), strict=True)),
    )


def observed(system: System, x: Sparse, rank: int) -> Instance:
    """What is seen of a system: its output, and its responses to the impulses at all positions."""
    far = REACH[rank]
    places = box(*[range(-far, far + 1)] * rank)
    responses = {k: system(impulse(rank, k)) for k in places}
    return Instance(
        {sp.oo: far},
        {
            "x": x,
            "y": system(x),
            "h": responses[(0,) * rank],
            "g": Sparse({(*n, *k): response[n] for k, response in responses.items() for n in places}),
            "delta": impulse(rank),
        },
    )


def _inputs(rank: int) -> tuple[Sparse, ...]:
    """Signals of a few numbers each; the first of rank 2 is an image of two by two."""
    draw = Random(rank)
    image = Sparse({(0, 0): 4, (1, 0): 5, (0, 1): 2, (1, 1): 3})
    others = [drawn_signal(draw, range(-2, 2), *[range(2)] * (rank - 1)) for _ in range(2)]
    return (image if rank == 2 else others[0], others[1])


def _systems(rank: int) -> tuple[System, System]:
    """A system that scatters its input, and one with feedback along the first axis."""
    kernel = Sparse({(0, 0): 1, (1, 0): 2, (0, 1): 3, (1, 1): 4})
    if rank != 2:
        kernel = drawn_signal(Random(rank + 9), range(-1, 2), *[range(2)] * (rank - 1))
    return partial(scattered, h=kernel), partial(
        echo, places=box(*[range(-2 * REACH[rank], 2 * REACH[rank] + 1)] * rank)
    )


def echo(x: Sparse, places: list[Place]) -> Sparse:
    """A system with feedback, ``y[n] = x[n] - 2*y[n - 1]`` along the first axis, at rest before the input begins.

    Examples
    --------
    >>> echo(Sparse({(0,): 1}), [(-1,), (0,), (1,), (2,)]).numbers
    {(-1,): 0, (0,): 1, (1,): -2, (2,): 4}
    """
    y: dict[Place, int] = {}
    for at in places:
        y[at] = x[at] - 2 * y.get((at[0] - 1, *at[1:]), 0)
    return Sparse(y)
