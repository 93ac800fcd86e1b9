"""Operators of several inputs, whose axes of length 1 are repeated."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from cnnmath.graph import Constant
from cnnmath.interchange.onnx.known import Known, computed_in, constant, numbers
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.rule import Rule, merged
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Add, Divide, Expand, Maximum, Minimum, Multiply, Operator, Pow, Subtract
from cnnmath.ops.checks import same


def several(op: Operator) -> Rule:
    """The rule of a node that may have a single input, and is then that input."""
    rule = merged(op)
    return lambda here: rule(here) if len(here.node.inputs) > 1 else here.input(0)


def mean(here: Here) -> Known | tuple[Known | None, ...]:
    """Mean: a sum over a count."""
    total = several(Add())(here)
    count = len(here.node.inputs)
    if count == 1 or not isinstance(total, Known):
        return total
    divisor = constant(f"{here.node.name or 'mean'}.count", np.array(count, computed_in(total.dtype)))
    return here.add(Divide(), total, divisor)


def divide(here: Here) -> Known | tuple[Known | None, ...]:
    """Div, of floats."""
    if here.input(0).dtype.startswith(("int", "uint")):
        raise UnclaimedError("of integers, whose quotients are cut off")
    return merged(Divide())(here)


def expand(here: Here) -> Known:
    """Expand to a fixed shape; a size that the input has is kept, so that a batch may be of any size.

    A stored sample that is expanded to the size of the batch is one that every sample has.
    """
    x, asked = here.input(0), numbers(here.input(1))
    if asked is None:
        raise UnclaimedError("to a shape that is computed while the model runs")
    own = (*(1,) * (len(asked) - len(x.sizes)), *x.sizes)[-len(asked) :]
    whole = tuple(size if same((n,), (1,)) else n for n, size in zip(own, asked, strict=True))
    each = x.rank > 1 and x.sizes == (1, *whole[1:]) and same(whole[:1], (here.reading.batch,))
    if x.array is not None and not x.node and each:
        return here.add(Constant(x.array.shape, trained=x.array.trained, repeated=True), arrays={"value": x})
    sizes = tuple(1 if same((n,), (size,)) else size for n, size in zip(own, asked, strict=True))
    return here.add(Expand(sizes or (1,)), x)


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "Add": merged(Add()),
        "Sub": merged(Subtract()),
        "Mul": merged(Multiply()),
        "Div": divide,
        "Pow": merged(Pow()),
        "Max": several(Maximum()),
        "Min": several(Minimum()),
        "Sum": several(Add()),
        "Mean": mean,
        "Expand": expand,
    }
)
"""The rules of this chapter."""
