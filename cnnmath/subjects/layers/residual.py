"""The addition that a residual network is made of: the 1 in its slope, and the paths that it opens.

References
----------
.. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep residual learning for image recognition", arXiv:1512.03385, equation 1.
.. [2] A. Veit, M. Wilber and S. Belongie, "Residual networks behave like ensembles of relatively shallow networks",
   arXiv:1605.06431.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.readers import Tensor, gradients
from cnnmath.readers.exact import Exact
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, Lazy, drawn, values
from cnnmath.symbolic.terms import Bracket, Partial, Pi, Sigma, array, index, size
from cnnmath.window import check_at_least

C, D = size("C"), size("D")
i, j, k, l = (index(name) for name in "ijkl")  # noqa: E741 - layers are counted with l

DEEPEST = 6
"""Blocks of which every path is written out: 64 paths."""


def residual_addition(depth: int | None = None) -> Derivation:
    r"""Why a gradient passes a residual block undiminished, and the paths through a stack of them.

    .. math:: y = F(x) + x, \qquad \partial L/\partial x_j = \partial L/\partial y_j
       + \sum_i \partial L/\partial y_i\, \partial F_i/\partial x_j, \qquad
       \prod_{l=0}^{D-1} (1 + r_l) = 1 + \sum_{\emptyset \ne S} \prod_{l \in S} r_l

    Parameters
    ----------
    depth
        Number of blocks of the stack, for which every path is written out; a letter where it is not given.

    Raises
    ------
    SettingError
        For a depth below 1, or so large that there are too many paths to write out.

    Examples
    --------
    >>> residual_addition(depth=2).result
    Written out: da[2]/da[0] = r[0] + r[0]*r[1] + r[1] + 1
    """
    blocks = D if depth is None else sp.Integer(_shallow(depth))
    x, y, u, a, r = (array(name) for name in "xyuar")
    dx, dy = array("dL/dx"), array("dL/dy")
    taken = sp.Mod(k, 2 ** (l + 1)) >= 2**l
    path = Pi(r[l], [(l, blocks)], [taken])
    steps = [
        step("Block", "what a branch computes is added to what it has read.", y[i], u[i] + x[i], [(i, C)]),
        step(
            "Jacobian",
            "the addition has slope 1 in each of its terms.",
            Partial(y[i], x[j]),
            Bracket(sp.Eq(i, j)) + Partial(u[i], x[j]),
            [(i, C), (j, C)],
        ),
        step(
            "Backward pass",
            "whatever the branch does, the gradient from above arrives as it is; the branch adds its own part.",
            dx[j],
            dy[j] + Sigma(dy[i] * Partial(u[i], x[j]), [(i, C)]),
            [(j, C)],
        ),
        step(
            "One of many blocks",
            remark("in a stack of blocks on single numbers, write {} for the slope of the branch.", r[l]),
            Partial(a[l + 1], a[l]),
            1 + r[l],
            [(l, blocks)],
        ),
        step(
            "Stack",
            "by the chain rule the slopes of the blocks are multiplied.",
            Partial(a[blocks], a[0]),
            Pi(1 + r[l], [(l, blocks)]),
        ),
        step(
            "Paths",
            remark("at each block take the branch or the shortcut, as the binary digit {} of {} says.", l, k),
            Partial(a[blocks], a[0]),
            Sigma(path, [(k, 2**blocks)]),
        ),
        step(
            "The path of shortcuts",
            "where no branch is taken the product is empty: a 1 that does not shrink with the depth.",
            Partial(a[blocks], a[0]),
            1 + Sigma(path, [(k, 2**blocks)], [k >= 1]),
        ),
    ]
    if depth is not None:
        product = sp.expand(sp.Mul(*(1 + r[at] for at in range(depth))))
        steps.append(step("Written out", "one term for every choice of branches.", Partial(a[depth], a[0]), product))
    return Derivation(
        "The gradient of a residual block",
        (
            remark("{}, {}, {} {}", *map(sp.Symbol, "xuy"), sp.Tuple(C)),
            remark("{} is what the branch makes of {}.", sp.Symbol("u"), sp.Symbol("x")),
            remark("{} has one number after each of {} blocks.", sp.Symbol("a"), blocks),
        ),
        tuple(steps),
        tuple(_residual(channels, depth or deep) for channels, deep in ((3, 3), (2, 4))),
    )


def _shallow(depth: int) -> int:
    check_at_least("depth", depth, 1)
    if depth > DEEPEST:
        raise SettingError(
            "so many blocks have too many paths to write out.",
            here=f"depth {depth}, {2**depth} paths",
            rule=f"depth <= {DEEPEST}",
            fix="leave the depth out: the sum over all paths is derived for any",
        )
    return depth


def _residual(channels: int, depth: int) -> Instance:
    """A block whose branch is a quadratic form in each output, and a stack of blocks on single numbers."""
    draw = Random(channels)
    x, w, above = drawn((channels,), draw), drawn((channels,) * 3, draw), drawn((channels,), draw)
    v = Tensor((depth,), [Fraction(draw.choice((-2, -1, 1, 3)), 4) for _ in range(depth)])

    def branch(m: Any, x: Any, at: int) -> Any:
        return m.sum(lambda p, q: w[at, p, q] * x[p] * x[q], channels, channels)

    def loss(m: Any, x: Any) -> Any:
        return m.sum(lambda at: above[at] * (branch(m, x, at) + x[at]), channels)

    def jacobian(at: tuple[int, ...], *, shortcut: bool) -> Fraction:
        row = gradients(lambda m, x: branch(m, x, at[0]) + (x[at[0]] if shortcut else 0), {"x": x})["x"]
        return row[at[1:]]

    def through(first: int, last: int, start: Any) -> Any:
        """The number after a block, from the number before another."""
        for at in range(first, last):
            start = v[at] * start * start + start
        return start

    def slope(at: tuple[int, ...]) -> Fraction:
        start = Tensor((1,), [through(0, at[1], Fraction(1, 2))])
        return gradients(lambda m, s: through(at[1], at[0], s[0]), {"s": start})["s"][0]  # noqa: ARG005 - m is not needed

    before = [through(0, at, Fraction(1, 2)) for at in range(depth + 1)]
    square = (channels, channels)
    return Instance(
        values(C=channels, D=depth),
        {
            "x": x, "u": Lazy(x.shape, lambda at: branch(Exact(), x, at[0])),
            "y": Lazy(x.shape, lambda at: branch(Exact(), x, at[0]) + x[at]), "dL/dy": above,
            "du/dx": Lazy(square, lambda at: jacobian(at, shortcut=False)),
            "dy/dx": Lazy(square, lambda at: jacobian(at, shortcut=True)),
            "dL/dx": gradients(loss, {"x": x})["x"],
            "a": Tensor((depth + 1,), before), "da/da": Lazy((depth + 1, depth + 1), slope),
            "r": Tensor((depth,), [2 * v[at] * before[at] for at in range(depth)]),
        },
    )  # fmt: skip
