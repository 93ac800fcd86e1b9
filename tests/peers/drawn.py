"""Random parameters with which activations and gradients of a deep network stay near 1, and inputs to go with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from cnnmath.graph import Architecture
from cnnmath.graph.propagate import walk
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape, operands

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Node:
    """One node as an interpreter needs it: what it reads, and the keys of its parameters and buffers by operand."""

    name: str
    op: Operator
    reads: tuple[str, ...]
    shapes: tuple[Shape, ...]
    keys: dict[str, str]

    @property
    def trained(self) -> dict[str, str]:
        """Keys of the parameters alone."""
        return {operand: self.keys[operand] for operand in self.op.parameters(*self.shapes)}


def nodes(net: Architecture, batch: int = 1) -> Iterator[Node]:
    """Nodes in topological order; a key is the name of the node that owns the parameter, a dot, and the operand."""
    for name, op, shapes, _ in walk(net, batch, counted=()):
        owned = list(operands(op, *shapes))[len(shapes) :]
        owner = net.shares(name) or name
        yield Node(name, op, net.inputs(name), shapes, {operand: f"{owner}.{operand}" for operand in owned})


def parameters(net: Architecture, seed: int = 0, dtype: Any = np.float32) -> dict[str, Array]:
    """Every parameter and buffer, by "node.operand".

    Weights have the variance 2 over the number of terms of an output, with which the mean square of what a rectifier
    passes on stays as it is [1]_. A scale of 1/2 keeps sums of residual branches from growing.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015, equation 10.
    """
    rng, drawn = np.random.default_rng(seed), {}
    for node in nodes(net):
        shapes = operands(node.op, *node.shapes)
        for operand, key in node.keys.items():
            if key not in drawn:
                drawn[key] = _parameter(operand, shapes[operand], rng).astype(dtype)
    return drawn


def normal(shape: Shape, seed: int = 0, dtype: Any = np.float32) -> Array:
    """Numbers of mean 0 and variance 1."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def _parameter(operand: str, shape: Shape, rng: np.random.Generator) -> Array:
    if operand == "w":
        return rng.standard_normal(shape) * np.sqrt(2 / prod(shape[1:]))
    if operand == "gamma":
        return rng.uniform(0.4, 0.6, shape)
    if operand == "var":
        return rng.uniform(0.8, 1.2, shape)
    return rng.standard_normal(shape) / (2 if operand == "b" else 8)
