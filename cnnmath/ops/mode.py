"""The operator that an operator is in training, and the one that it is at inference."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from cnnmath.ops.algebra import Operator
from cnnmath.ops.norm import BatchNorm


@singledispatch
def training(op: Operator) -> Operator:
    """The operator as it behaves while a network is trained; most behave as ever.

    Examples
    --------
    >>> from cnnmath.ops import ReLU
    >>> training(BatchNorm()), training(ReLU())
    (BatchNorm(epsilon=1e-05, training=True, momentum=0.1), ReLU())
    """
    return op


@singledispatch
def inference(op: Operator) -> Operator:
    """The operator as it behaves once a network is trained: the inverse of `training`.

    Examples
    --------
    >>> inference(training(BatchNorm())) == BatchNorm()
    True
    """
    return op


@training.register
def _(op: BatchNorm) -> Operator:
    return replace(op, training=True)


@inference.register
def _(op: BatchNorm) -> Operator:
    return replace(op, training=False)
