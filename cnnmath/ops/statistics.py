"""Numbers normalised by the statistics of the block that they belong to: what every such operator's sentence shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from cnnmath.ops.algebra import Algebra, Number, Operand, rational
from cnnmath.window import Shape, Size

HALF = Fraction(1, 2)
"""The exponent of a square root."""


@dataclass(frozen=True, slots=True)
class Block:
    """The numbers that are normalised together: one channel of a batch, one group of channels of a sample, ...

    Attributes
    ----------
    total
        Sum over the block of a function of its numbers.
    sizes
        Of the axes that the sum runs over.
    over
        Indices that say which block it is.
    """

    total: Callable[[Callable[[Number], Number]], Number]
    sizes: Shape
    over: tuple[Size, ...]


def standardised(m: Algebra, x: Operand, at: Sequence[Size], block: Block, epsilon: float | Fraction) -> Number:
    r"""A number of a block less the block's mean, over its deviation.

    .. math:: \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \quad
       \mu = \frac1M \sum x, \quad \sigma^2 = \frac1M \sum (x - \mu)^2
    """
    count = prod(block.sizes)
    mean = m.let("mean", block.over, lambda: block.total(lambda x: x) / count)

    def squared(x: Number) -> Number:
        deviation = x - mean
        return deviation * deviation

    variance = m.let("variance", block.over, lambda: block.total(squared) / count)
    scale = m.let("scale", block.over, lambda: 1 / m.power(variance + rational(epsilon), HALF))
    return m.let("normalised input", at, lambda: (x[tuple(at)] - mean) * scale)
