"""Fourier: the transform that makes products of convolutions, in any ring that has the roots of unity for it.

References
----------
.. [1] J. von zur Gathen and J. Gerhard, "Modern Computer Algebra", 3rd edition, Cambridge 2013, chapter 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import sympy as sp

from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Sparse, values
from cnnmath.symbolic.rings import Element, Gaussian, Residue
from cnnmath.symbolic.terms import Bracket, Divides, Sigma, array, index, size

ROOTS: tuple[tuple[int, Element], ...] = (
    (4, Gaussian(0, -1)),
    (6, Residue(3, 7)),
    (5, Residue(3, 11)),
    (4, Residue(8, 65)),
)
"""Lengths N with a root of order N: of the complex numbers, of two fields, and of a ring with divisors of zero."""


def convolution_theorem() -> Derivation:
    r"""The Fourier transform of a circular convolution is the product of the transforms.

    .. math:: y_n = \sum_{m=0}^{N-1} x_m\, h_{(n-m) \bmod N} \;\Rightarrow\; Y_k = X_k\, H_k,
       \quad X_k = \sum_{n=0}^{N-1} x_n\, \omega^{k n}

    In signal processing omega is :math:`e^{-2 \pi i/N}`; all that is used of it is the sum of its powers.

    Notes
    -----
    The steps are evaluated exactly: over the Gaussian rationals with N = 4 and omega = -i, over the integers modulo 7
    and 11, and modulo 65, where not every number has an inverse.

    Examples
    --------
    >>> derivation = convolution_theorem()
    >>> derivation.steps[1], derivation.result
    (Orthogonality: sum{n<N} omega^(n*k) = N*[N divides k], Theorem: Y[k] = H[k]*X[k])
    """
    n, m, k, j = map(index, "nmkj")
    length, omega = size("N"), sp.Symbol("omega")
    x, h, y, X, H, Y = map(array, ("x", "h", "y", "X", "H", "Y"))
    every_n, every_m, every_k, every_j = ([(i, length)] for i in (n, m, k, j))
    around = sp.Mod(n - m, length)
    steps = (
        step(
            "Transform",
            remark("evaluate the polynomial with the coefficients {} at the powers of {}.", x[n], omega),
            X[k],
            Sigma(x[n] * omega ** (k * n), every_n),
            every_k,
        ),
        step(
            "Orthogonality",
            remark("the powers add up to nothing, unless all of them are 1: this is what is asked of {}.", omega),
            Sigma(omega ** (k * n), every_n),
            length * Bracket(Divides(length, k)),
            [(k, 2 * length + 1)],
        ),
        step(
            "Inverse",
            "put the transform in: of the inner sums only one is left.",
            x[n],
            Sigma(X[k] * omega ** (-k * n), every_k) / length,
            every_n,
        ),
        step(
            "Circular convolution",
            remark("what falls out at the end comes in at the beginning: {} counts modulo {}.", n - m, length),
            y[n],
            Sigma(x[m] * h[around], every_m),
            every_n,
        ),
        step(
            "Period",
            remark("as {}, only the exponent modulo {} counts.", sp.Eq(omega**length, 1, evaluate=False), length),
            omega ** (k * n),
            omega ** (k * m) * omega ** (k * around),
            [*every_k, *every_n, *every_m],
        ),
        step(
            "Put in",
            "transform the sum, and split the power.",
            Y[k],
            Sigma(x[m] * omega ** (k * m) * Sigma(h[around] * omega ** (k * around), every_n), every_m),
            every_k,
        ),
        step(
            "Turn",
            remark("with {}, {} runs once over all residues; it may be called {}.", n, around, j),
            Sigma(h[around] * omega ** (k * around), every_n),
            Sigma(h[j] * omega ** (k * j), every_j),
            [*every_k, *every_m],
        ),
        step("Theorem", remark("the inner sum is {}, whatever {} is.", H[k], m), Y[k], X[k] * H[k], every_k),
    )
    return Derivation(
        "The convolution theorem",
        (
            remark(
                "{} is an element of a commutative ring with {}, and its powers add up to 0 as below",
                omega,
                sp.Eq(omega**length, 1, evaluate=False),
            ),
            remark("{} has an inverse in the ring", length),
            remark("{}, {} and {} are the transforms of {}, {} and {}", *map(sp.Symbol, "XHYxhy")),
        ),
        steps,
        tuple(_instance(length, root) for length, root in ROOTS),
        (remark("others transform with {} and back with {}, or divide by {} at once.", 1 / omega, omega, length),),
    )


def _instance(length: int, root: Element) -> Instance:
    """Two signals in a ring, their transforms by Horner's rule, and their products placed around a circle."""
    draw = Random(length)
    x, h = ([root.of(draw.randint(-4, 4)) + root * draw.randint(0, 2) for _ in range(length)] for _ in range(2))
    y = [root.of(0)] * length
    for i, number in enumerate(x):
        for k, weight in enumerate(h):
            y[(i + k) % length] += number * weight
    signals = {"x": x, "h": h, "y": y}
    arrays = {name: _line(signal) for name, signal in signals.items()}
    transforms = {
        name.upper(): _line([_horner(signal, root**k) for k in range(length)]) for name, signal in signals.items()
    }
    return Instance({**values(N=length), sp.Symbol("omega"): root}, arrays | transforms)


def _horner(coefficients: Sequence[Element], at: Element) -> Element:
    """Value of a polynomial, its constant first, with one product a coefficient."""
    value = at.of(0)
    for coefficient in reversed(coefficients):
        value = value * at + coefficient
    return value


def _line(numbers: Sequence[Any]) -> Sparse:
    return Sparse({(i,): number for i, number in enumerate(numbers)}, (len(numbers),))
