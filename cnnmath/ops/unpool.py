"""Max unpooling: every number goes back to where a maximum was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import check_rank, integer
from cnnmath.ops.spatial import Axes, per_axis
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class MaxUnpool(Operator):
    r"""Numbers put where switches say, and zeros everywhere else.

    .. math:: y_{n,c,i} = \sum_{j} [z_{n,c,j} = i]\, x_{n,c,j}

    where z holds the switches: of each number the position it goes to, counted in row-major order.

    Parameters
    ----------
    outputs
        Output size: an integer for a square 2-D output, or a tuple with one entry a spatial axis. Undoing a pooling it
        is the size of what was pooled, which the pooling alone does not say where its stride leaves a rest.

    Notes
    -----
    *Shape*: x (N, C, \*spatial), switches of the same shape, to y (N, C, \*outputs).

    *Cost*: one addition a number of the input.

    *Conventions*: `cnnmath.numeric.switches` gives the switches of `MaxPool` and `AdaptiveMaxPool`. Numbers that go to
    one place are added, so that unpooling is the adjoint of reading at the switches, and thereby what max pooling does
    backward; PyTorch's MaxUnpool keeps one of them. Switches are not trained. One outside the output is refused.

    References
    ----------
    .. [1] M. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", arXiv:1311.2901,
       section 2.1.

    Examples
    --------
    >>> MaxUnpool(28).shape((1, 6, 14, 14))
    (1, 6, 28, 28)
    >>> MaxUnpool(28).buffers((1, 6, 14, 14))
    {'switches': (1, 6, 14, 14)}
    """

    outputs: Axes

    def __post_init__(self) -> None:
        outputs = per_axis("output size", self.outputs)
        object.__setattr__(self, "outputs", tuple(integer("output size", o, 1) for o in outputs))

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, C, *outputs)."""
        check_rank(x, len(self.outputs))
        return (*x[:2], *self.outputs)

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """The switches, one a number."""
        return {"switches": x}

    def levels(self, x: Shape) -> dict[str, Sequence[int]]:
        """A switch is a place of the output."""
        return {"switches": range(prod(self.outputs))}

    def windows(self, sizes: Shape) -> None:
        """None: a number may go anywhere."""

    def axes(self, sizes: Shape) -> None:
        """None: so may an output come from anywhere."""

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, switches: Operand) -> Number:
        """One output: the sum of the numbers whose switch is this place, which is neither less nor more."""
        n, c, *i = at
        place: Size = 0
        for index, size in zip(i, self.outputs, strict=True):
            place = place * size + index
        return m.sum(
            lambda *j: m.when(
                switches[n, c, *j] > place,
                lambda: 0,
                lambda: m.when(-switches[n, c, *j] > -place, lambda: 0, lambda: x[n, c, *j]),
            ),
            *x.shape[2:],
        )
