"""Convolution on a circle: what transforms compute, and how long they must be for it to be the linear one.

References
----------
.. [1] A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, Prentice Hall 2009, chapter 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from random import Random
from typing import Any

import sympy as sp

from cnnmath.readers import Tensor
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Lazy, Sparse, values
from cnnmath.symbolic.terms import Bracket, Sigma, array, index, size

CASES = ((5, 3, 7), (5, 3, 6), (3, 5, 5), (4, 4, 4), (2, 6, 9), (1, 1, 1))
"""Lengths n and k, and the length N of the circle: exactly enough, too short by 1 and by more, and too long."""


def fft_convolution() -> Derivation:
    r"""A circular convolution of length N is the linear one exactly where N is at least n + k - 1.

    .. math:: c_i = \sum_{m} y_{i + m N} = y_i + y_{i+N}, \qquad c = y \iff N \ge n + k - 1

    So two signals are padded with zeros to a length N that is enough, transformed, multiplied and transformed back.

    Examples
    --------
    >>> derivation = fft_convolution()
    >>> derivation.steps[5], derivation.result
    (Two terms: c[i] = y[i+N] + y[i], Exactly when: G[N] = [n + k - 1 <= N])
    """
    i, j = index("i"), index("j")
    m = sp.Symbol("m", integer=True)
    n, k, length, wrapped = size("n"), size("k"), size("N"), index("W")
    x, h, y, c, G = map(array, "xhycG")
    full, laps = n + k - 1, [(m, sp.oo)]
    around, once = [(i, length)], [(j, length)]
    steps = (
        step(
            "Linear",
            "the convolution that is wanted, of a kernel that is zero beyond its ends.",
            y[i],
            Sigma(x[j] * h[i - j], [(j, n)]),
            [(i, full)],
        ),
        step(
            "Circular",
            "the convolution that transforms compute, of both signals with zeros behind them.",
            c[i],
            Sigma(x[j] * h[sp.Mod(i - j, length)], once),
            around,
        ),
        step(
            "Laps",
            remark("a remainder is its number, and laps of {}; the kernel is zero on all laps but one.", length),
            h[sp.Mod(i - j, length)],
            Sigma(h[i - j + m * length], laps),
            [*around, *once],
        ),
        step(
            "Interchange",
            "put this in and exchange the sums.",
            c[i],
            Sigma(Sigma(x[j] * h[i + m * length - j], once), laps),
            around,
        ),
        step(
            "Wrap-around",
            "each inner sum is an entry of the linear convolution.",
            c[i],
            Sigma(y[i + m * length], laps),
            around,
        ),
        step(
            "Two terms",
            remark("as {} is less than {}, it goes around less than twice.", full, 2 * length),
            c[i],
            y[i] + y[i + length],
            around,
        ),
        step(
            "Spoilt entries",
            remark("{} is an entry of the linear convolution while {}.", y[i + length], i + length < full),
            wrapped,
            sp.Max(full - length, 0),
        ),
        step(
            "Exactly when",
            "none is spoilt where the circle is long enough; else the impulses at the two ends meet at a wrong place.",
            G[length],
            Bracket(full <= length),
            [(length, n + k + 3)],
        ),
    )
    return Derivation(
        "Linear convolution on a circle",
        (
            remark(
                "{} has {} numbers and {} has {}; both are zero elsewhere, and {} is at least {}",
                *_letters("x"),
                n,
                *_letters("h"),
                k,
                length,
                sp.Max(n, k),
            ),
            remark(
                "{} is the number of entries of {} that are not those of {}, whatever the numbers",
                wrapped,
                *_letters("cy"),
            ),
            remark(
                "{} is 1 where a circle of length {} has the linear convolution of any impulses, else 0",
                G[length],
                length,
            ),
        ),
        steps,
        tuple(_instance(*case) for case in CASES),
    )


def _letters(names: str) -> list[sp.Symbol]:
    return [sp.Symbol(name) for name in names]


def _instance(n: int, k: int, length: int) -> Instance:
    """A signal and a kernel, their products placed on a line and around a circle."""
    draw = Random(n)
    x, h = ([draw.choice((-3, -2, -1, 1, 2, 3)) for _ in range(size)] for size in (n, k))
    sums = {a + b for a, b in product(range(n), range(k))}
    wrapped = len({at % length for at in sums if at >= length})
    return Instance(
        {**values(n=n, k=k, N=length), index("W"): wrapped, sp.oo: 3},
        {
            "x": Sparse(_line(x).numbers, (length,)),
            "h": _line(h),
            "y": _line(placed(x, h, n + k - 1)),
            "c": Tensor((length,), placed(x, h, length)),
            "G": Lazy((n + k + 3,), lambda at: int(_holds_all(n, k, *at))),
        },
    )


def placed(x: Sequence[int], h: Sequence[int], length: int) -> list[int]:
    """Products of two signals, each put where its two positions add up to, around a circle of some length.

    Examples
    --------
    >>> placed([1, 2, 3], [1, 10], 4), placed([1, 2, 3], [1, 10], 3)
    ([1, 12, 23, 30], [31, 12, 23])
    """
    y = [0] * length
    for (i, number), (k, weight) in product(enumerate(x), enumerate(h)):
        y[(i + k) % length] += number * weight
    return y


def _holds_all(n: int, k: int, length: int) -> bool:
    """Whether signals of these lengths fit on a circle, and every pair of impulses has its linear convolution there."""

    def right(a: int, b: int) -> bool:
        x, h = ([int(i == at) for i in range(size)] for at, size in ((a, n), (b, k)))
        line, circle = placed(x, h, n + k - 1), placed(x, h, length)
        longest = max(len(line), len(circle))
        return line + [0] * (longest - len(line)) == circle + [0] * (longest - len(circle))

    return length >= max(n, k) and all(right(*pair) for pair in product(range(n), range(k)))


def _line(numbers: Sequence[Any]) -> Sparse:
    return Sparse({(i,): number for i, number in enumerate(numbers)})
