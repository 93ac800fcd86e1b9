"""Kinds of operators, by which drawings colour them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.ops.adaptive import AdaptivePool, GlobalAveragePool
from cnnmath.ops.algebra import Operator
from cnnmath.ops.conv import Conv
from cnnmath.ops.linear import Linear, LinearLast, RadialBasis
from cnnmath.ops.pool import Pool
from cnnmath.ops.recurrent import Cell
from cnnmath.ops.transposed import ConvTranspose

KINDS: Mapping[str, tuple[type[Operator], ...]] = MappingProxyType(
    {
        "convolution": (Conv, ConvTranspose),
        "pooling": (Pool, AdaptivePool, GlobalAveragePool),
        "dense": (Linear, LinearLast, RadialBasis, Cell),
        "other": (Operator,),
    }
)
"""The first kind that fits counts."""


def kind(op: Operator) -> str:
    """Kind of an operator.

    Examples
    --------
    >>> from cnnmath.ops import AdaptiveMaxPool, ReLU
    >>> kind(ConvTranspose(8, 2)), kind(AdaptiveMaxPool(7)), kind(ReLU())
    ('convolution', 'pooling', 'other')
    """
    return next(name for name, operators in KINDS.items() if isinstance(op, operators))
