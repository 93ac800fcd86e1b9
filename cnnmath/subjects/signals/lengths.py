"""How long a convolution is: all of it, and the parts of it that padding leaves.

References
----------
.. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, chapter 2.
"""

from __future__ import annotations

from random import Random

import sympy as sp

from cnnmath.ops import Conv
from cnnmath.readers import Tensor, evaluate
from cnnmath.subjects.signals.lattice import scattered
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Lazy, Sparse, drawn, values
from cnnmath.symbolic.terms import Bracket, Sigma, array, index, size

CASES = ((5, 3, 1, 0), (4, 4, 3, 3), (6, 3, 1, 1), (3, 1, 0, 0), (5, 4, 0, 3), (2, 3, 2, 1), (2, 5, 4, 1))
"""Lengths of signal and kernel, and the padding before and after; the last kernels are longer than their signals."""


def full_size() -> Derivation:
    r"""The full convolution of lengths N and K has N + K - 1 entries, of which a padded layer computes a part.

    .. math:: z_o = y_{o + K - 1 - p_1}, \quad O = N + p_1 + p_2 - (K - 1), \qquad M = N + K - 1

    Without padding this is the *valid* part, of ``N - K + 1`` entries; with ``p_1 + p_2 = K - 1`` the *same* part, of
    N. On several axes, this holds for each of them.

    Examples
    --------
    >>> derivation = full_size()
    >>> derivation.steps[4], derivation.result
    (Size: O = N + p1 + p2 + 1 - K, Full: M = N + K - 1)
    """
    i, j, k, o = map(index, "ijko")
    before, after = index("p_1"), index("p_2")
    signal, kernel, full, part = map(size, "NKMO")
    x, h, y, c, z = map(array, "xhycz")
    everywhere = [(i, signal + kernel - 1)]
    keeps = Bracket(sp.Eq(before + after, kernel - 1))
    steps = (
        step(
            "Definition",
            "every number of the signal meets every number of the kernel, at the sum of their positions.",
            y[i],
            Sigma(x[j] * h[k], [(j, signal), (k, kernel)], [sp.Eq(j + k, i)]),
            everywhere,
        ),
        step(
            "One sum",
            remark("{} is known where {} and {} are; it must be a tap.", k, i, j),
            y[i],
            Sigma(x[j] * h[i - j], [(j, signal)], [i - j >= 0, i - j < kernel]),
            everywhere,
        ),
        step(
            "Overlap",
            remark("at both ends there are fewer products than {}, which is what borders are about.", kernel),
            c[i],
            sp.Min(i + 1, signal, kernel, signal + kernel - 1 - i),
            everywhere,
        ),
        step(
            "Padding",
            remark("with padding {} before, the layer skips the first {} entries.", before, kernel - 1 - before),
            z[o],
            y[o + kernel - 1 - before],
            [(o, part)],
        ),
        step(
            "Size",
            "the kernel has as many places as it fits into the padded signal.",
            part,
            signal + before + after - kernel + 1,
        ),
        step(
            "Same", remark("the size is kept where {} is {}.", before + after, kernel - 1), part * keeps, signal * keeps
        ),
        step(
            "Valid",
            "without padding, the entries are those in which the kernel overlaps the signal with all its taps.",
            Sigma(Bracket(sp.Eq(c[i], kernel)), everywhere),
            sp.Max(signal - kernel + 1, 0),
        ),
        step(
            "Full",
            remark(
                "with padding {} on both sides nothing is lost: {} is anything from 0 to {}.",
                kernel - 1,
                j + k,
                signal + kernel - 2,
            ),
            full,
            signal + kernel - 1,
        ),
    )
    return Derivation(
        "Sizes of a convolution",
        (
            remark(
                "{} has {} numbers, {} has {}, and their convolution {} has {}",
                *_symbols("x"),
                signal,
                *_symbols("h"),
                kernel,
                *_symbols("y"),
                full,
            ),
            remark("{} is the number of products in {}", c[i], y[i]),
            remark(
                "{}, of size {}, is a layer with the reflected kernel and paddings {} and {}, at most {} each",
                *_symbols("z"),
                part,
                before,
                after,
                kernel - 1,
            ),
        ),
        steps,
        tuple(_instance(*case) for case in CASES),
    )


def _symbols(names: str) -> list[sp.Symbol]:
    return [sp.Symbol(name) for name in names]


def _instance(signal: int, kernel: int, before: int, after: int) -> Instance:
    """A signal and a kernel, their products placed one by one, and what a padded layer makes of them."""
    draw = Random(3 * signal)
    x, h = drawn((signal,), draw), drawn((kernel,), draw)
    met = [j + k for j in range(signal) for k in range(kernel)]
    layer = Conv(1, (kernel,), padding=((before, after),), bias=False)
    image, weights = Tensor((1, 1, signal), x.values), Tensor((1, 1, kernel), h.values[::-1])
    outputs = layer.shape(image.shape)[2]
    ends = (max(met) + 1,)
    sizes = values(N=signal, K=kernel, M=len(set(met)), O=outputs)
    return Instance(
        {**sizes, index("p_1"): before, index("p_2"): after},
        {
            "x": x,
            "h": h,
            "y": Sparse(scattered(*(Sparse({at: t[at] for at in t.positions()}) for t in (x, h))).numbers, ends),
            "c": Tensor(ends, [met.count(i) for i in range(max(met) + 1)]),
            "z": Lazy((outputs,), lambda at: evaluate(layer, (0, 0, *at), image, weights)),
        },
    )
