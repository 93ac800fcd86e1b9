"""Maxout: a maximum over groups of channels, which learns its own activation."""

from __future__ import annotations

from dataclasses import dataclass

from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import check_divides, check_rank, integer
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class Maxout(Operator):
    r"""Largest number among consecutive channels.

    .. math:: y_{n,c,o} = \max_{0 \le q < Q} x_{n,\,Q c + q,\,o}

    Parameters
    ----------
    pieces
        Number Q of input channels that each output channel chooses from; it divides the number of input channels.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C/Q, \*spatial). *Cost*: one comparison less than pieces, an output.

    *Conventions*: the channels of a group are consecutive; at a tie the first maximum takes the whole gradient, as in
    `MaxPool`; NaN wins.

    References
    ----------
    .. [1] I. Goodfellow, D. Warde-Farley, M. Mirza, A. Courville and Y. Bengio, "Maxout networks", arXiv:1302.4389,
       section 3.

    Examples
    --------
    >>> Maxout(2).shape((1, 96, 8, 8))
    (1, 48, 8, 8)
    """

    pieces: Size

    def __post_init__(self) -> None:
        object.__setattr__(self, "pieces", integer("number of pieces", self.pieces, 1))

    def output(self, x: Shape) -> Shape:
        """Shape of the output: the channels divided by the pieces."""
        check_rank(x)
        check_divides(ShapeError, "channels", x[1], self.pieces, by="pieces")
        return (x[0], x[1] // self.pieces, *x[2:])

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the maximum over its group of channels."""
        n, c, *o = at
        return m.max(lambda q: x[n, self.pieces * c + q, *o], self.pieces)
