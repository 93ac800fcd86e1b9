"""Local response normalisation: channels hold each other down, forwards and backwards.

References
----------
.. [1] A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet classification with deep convolutional neural networks",
   NeurIPS 2012, section 3.3.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import LocalResponseNorm
from cnnmath.readers import Tensor, gradients
from cnnmath.subjects.scalar import Given, numbers, positive, settled
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Lazy, drawn, values
from cnnmath.symbolic.oracle import told
from cnnmath.symbolic.terms import Bracket, Partial, Sigma, array, index
from cnnmath.symbolic.terms import size as length
from cnnmath.window import check_at_least

C, c, q = length("C"), index("c"), index("q")
x, y, B, dx, dy = (array(name) for name in ("x", "y", "B", "dL/dx", "dL/dy"))


def local_response_normalisation(
    size: int | None = None, alpha: Given = None, beta: Given = None, k: Given = None
) -> Derivation:
    r"""The gradient of local response normalisation: channels hold each other down, both ways.

    .. math:: \partial L/\partial x_q = \frac{\partial L/\partial y_q}{B_q^\beta} - 2 \alpha \beta\, x_q
       \sum_{c:\, |c - q| \le r} \frac{\partial L/\partial y_c\; x_c}{B_c^{\beta + 1}}

    Parameters
    ----------
    size
        Number of neighbouring channels, an odd number 2r + 1; r is a letter where it is not given.
    alpha, beta, k
        Positive constants of the formula, k the kappa; letters where not given.

    Raises
    ------
    SettingError
        For an even size or one above 15, and for constants that are not positive.

    Examples
    --------
    >>> local_response_normalisation(size=5).steps[0]
    Base: B[c] = kappa + alpha*sum{q<C | abs(c - q) <= 2} x[q]^2
    """
    letters = {positive("alpha"): alpha, positive("beta"): beta, positive("kappa"): k}
    names = ("alpha", "beta", "k")
    scale, power, offset = (settled(*pair, name) for pair, name in zip(letters.items(), names, strict=True))
    r = index("r") if size is None else sp.Integer(_radius(size))
    near, both = sp.Abs(q - c) <= r, [(c, C), (q, C)]
    above = dy[q] / B[q] ** power
    return Derivation(
        "The gradient of local response normalisation",
        (
            remark(
                "{}, {}, {} {}: the channels of one position; others take no part.", *map(sp.Symbol, "xyB"), sp.Tuple(C)
            ),
            remark("A channel has at most {} neighbours, itself among them.", 2 * r + 1),
        ),
        (
            step(
                "Base",
                "the squares of a channel and of its neighbours.",
                B[c],
                offset + scale * Sigma(x[q] ** 2, [(q, C)], [near]),
                [(c, C)],
            ),
            step("Definition", "a channel is divided by a power of its base.", y[c], x[c] / B[c] ** power, [(c, C)]),
            step(
                "Slope of the base",
                "every neighbour counts by its square.",
                Partial(B[c], x[q]),
                2 * scale * x[q] * Bracket(near),
                both,
            ),
            step(
                "Jacobian",
                "quotient rule: the channel itself above, every neighbour below.",
                Partial(y[c], x[q]),
                Bracket(sp.Eq(c, q)) / B[c] ** power - power * x[c] / B[c] ** (power + 1) * Partial(B[c], x[q]),
                both,
            ),
            step(
                "Chain rule",
                "every output that a channel touches passes its gradient on.",
                dx[q],
                Sigma(dy[c] * Partial(y[c], x[q]), [(c, C)]),
                [(q, C)],
            ),
            step(
                "Inputs",
                "who is whose neighbour is symmetric: the sum runs over the same neighbours as before.",
                dx[q],
                above
                - 2 * scale * power * x[q] * Sigma(dy[c] * x[c] / B[c] ** (power + 1), [(c, C)], [sp.Abs(c - q) <= r]),
                [(q, C)],
            ),
        ),
        tuple(
            _response(
                turn + 1 if size is None else int(r),
                turn,
                numbers(letters, dict(zip(letters, own, strict=True))),
            )
            for turn, own in enumerate(CONSTANTS)
        ),
        (
            remark(
                "{} multiplies the sum, as in the paper of 2012; most libraries divide it by the number of neighbours.",
                sp.Symbol("alpha"),
            ),
        ),
    )


CONSTANTS = ((Fraction(1, 2), Fraction(3, 4), 2), (3, Fraction(1, 2), 1))
"""Constants alpha, beta and kappa that stand in for letters."""

MOST_SIZE = 15
"""Greatest number of neighbours that an instance is made for."""


def _radius(size: int) -> int:
    check_at_least("size", size, 1)
    if size > MOST_SIZE:
        raise SettingError(
            "so many neighbours take long to check.",
            here=f"size {size}",
            rule=f"size <= {MOST_SIZE}",
            fix="leave the size out: the formulas hold for every r",
        )
    if size % 2 == 0:
        raise SettingError(
            "an even size has no middle channel.",
            here=f"size {size}",
            rule="a channel, and as many before it as after it: 2*r + 1",
            fix=f"use {size + 1}, or derive the operator localresponsenorm, which takes even sizes",
        )
    return size // 2


def _response(radius: int, spare: int, scalars: dict[sp.Symbol, Fraction]) -> Instance:
    """One position of a layer, and what the readers say of it; the operator divides its alpha by the size.

    There are so many channels, and some to spare, that the middle one has neighbours and others on both sides.
    """
    channels = 2 * radius + 3 + spare
    alpha, beta, kappa = scalars.values()
    draw, count = Random(channels), 2 * radius + 1
    flat, above = drawn((channels,), draw, 1, 4), drawn((channels,), draw, 1, 5)
    op, tensors = LocalResponseNorm(count, alpha=count * alpha, beta=beta, k=kappa), {"x": _position(flat)}
    read = told(op, (1, channels), tensors, _position(above))

    def base(m: Any, x: Any, at: int) -> Any:
        first, last = max(0, at - radius), min(channels, at + radius + 1)
        return kappa + alpha * m.sum(lambda s: x[first + s] * x[first + s], last - first)

    def base_slope(at: tuple[int, ...]) -> Fraction:
        return gradients(lambda m, x: base(m, x, at[0]), {"x": flat})["x"][at[1]]

    bases = [
        kappa + alpha * sum(flat[s] ** 2 for s in range(channels) if at - radius <= s <= at + radius)
        for at in range(channels)
    ]
    return Instance(
        {**values(C=channels), index("r"): radius, **scalars},
        {
            "x": flat, "dL/dy": above, "B": Tensor((channels,), bases), "dB/dx": Lazy((channels, channels), base_slope),
            "y": Lazy(flat.shape, lambda at: read["y"][0, at[0]]),
            "dL/dx": Lazy(flat.shape, lambda at: read["dL/dx"][0, at[0]]),
            "dy/dx": Lazy((channels, channels), lambda at: read["dy/dx"][0, at[0], 0, at[1]]),
        },
    )  # fmt: skip


def _position(flat: Tensor) -> Tensor:
    """A single position of a single sample."""
    return Tensor((1, *flat.shape), flat.values)
