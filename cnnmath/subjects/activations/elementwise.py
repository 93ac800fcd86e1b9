"""What derivations of activations have in common: numbers of a layer, each by itself.

Letters: z goes in, y comes out; dL/dy comes from above, dL/dz is passed back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from random import Random

import sympy as sp

from cnnmath.ops import Operator
from cnnmath.readers import Tensor
from cnnmath.subjects.scalar import Given, numbers
from cnnmath.symbolic import Remark, Step, remark, step
from cnnmath.symbolic.instance import Instance, drawn, values
from cnnmath.symbolic.oracle import told
from cnnmath.symbolic.terms import Expr, Partial, array, index, size

i, N = index("i"), size("N")
z, y = array("z")[i], array("y")[i]
dy, dz = array("dL/dy")[i], array("dL/dz")[i]
slope = Partial(y, z)
every = ((i, N),)

POINTS = ((-2, Fraction(-1, 2), 0, Fraction(1, 3), 3), (Fraction(5, 2), -1, Fraction(-7, 3), 0))
"""Inputs on both sides of 0, and 0 itself, where rectifiers have their kink and slopes their maximum."""


def elementwise() -> tuple[Remark, ...]:
    """What the arrays are."""
    return (remark("{} and {} {}: each number of the layer by itself", sp.Symbol("z"), sp.Symbol("y"), sp.Tuple(N)),)


def backward(factor: Expr) -> Step:
    """The gradient that is passed back: the one from above times the slope."""
    return step("Backward pass", "each output depends on its own input alone.", dz, dy * factor, every)


def instances(
    op: Operator | Callable[[Fraction], Operator],
    symbol: sp.Symbol | None = None,
    given: Given = None,
    stand_ins: Iterable[Fraction] = (Fraction(1), Fraction(1)),
) -> tuple[Instance, ...]:
    """What the readers say of an activation on numbers of either sign.

    Parameters
    ----------
    op
        The activation, or what makes it from a number of its own.
    symbol, given, stand_ins
        The letter of this number, the number that a setting gives for it, and what else stands in for it.
    """
    made = []
    for seed, (points, stand_in) in enumerate(zip(POINTS, stand_ins, strict=True)):
        scalars = numbers({symbol: given}, {symbol: stand_in}) if symbol else {}
        activation = op if isinstance(op, Operator) else op(*scalars.values())
        tensors = {"z": Tensor((len(points),), [Fraction(p) for p in points])}
        above = drawn((len(points),), Random(seed))
        told_of = told(activation, above.shape, tensors, above)
        made.append(Instance({**values(N=len(points)), **scalars}, {**tensors, "dL/dy": above, **told_of}))
    return tuple(made)
