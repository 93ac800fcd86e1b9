"""The library: all known mistakes, by families of operators."""

from __future__ import annotations

from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes import (
    arithmetic,
    bins,
    convolution,
    convolution_gradients,
    dense,
    enlarging,
    gates,
    hygiene,
    losses,
    moves,
    normalisation,
    pointwise,
    pooling,
    powers,
    rectifiers,
    recurrent,
    reduction,
    resizing,
    transposed,
)
from cnnmath.verify.mistakes.mistake import Mistake

MISTAKES: tuple[Mistake, ...] = (
    *convolution.MISTAKES,
    *convolution_gradients.MISTAKES,
    *transposed.MISTAKES,
    *pooling.MISTAKES,
    *bins.MISTAKES,
    *dense.MISTAKES,
    *arithmetic.MISTAKES,
    *normalisation.MISTAKES,
    *pointwise.MISTAKES,
    *rectifiers.MISTAKES,
    *powers.MISTAKES,
    *gates.MISTAKES,
    *reduction.MISTAKES,
    *losses.MISTAKES,
    *moves.MISTAKES,
    *enlarging.MISTAKES,
    *resizing.MISTAKES,
    *recurrent.MISTAKES,
    *hygiene.MISTAKES,
)
"""Of every operator the simplest first: what is said of one axis before what is said of all."""


def mistakes(op: Operator, *inputs: Shape) -> list[Mistake]:
    """The mistakes of an operator that show at a setting.

    Parameters
    ----------
    op
        The operator.
    *inputs
        Shapes of its inputs.

    Examples
    --------
    >>> from cnnmath.ops import AdaptiveAveragePool
    >>> for mistake in mistakes(AdaptiveAveragePool((2,)), (1, 1, 5)):
    ...     print(mistake)
    AdaptiveAveragePool: bins-floored
    AdaptiveAveragePool: bins-of-equal-length
    """
    return [mistake for mistake in MISTAKES if mistake.kind is type(op) and mistake.shows(op, inputs)]


def named(name: str) -> Mistake:
    """The mistake of a name.

    Examples
    --------
    >>> named("flipped-kernel").says
    'the kernel were flipped'
    """
    return next(mistake for mistake in MISTAKES if mistake.name == name)
