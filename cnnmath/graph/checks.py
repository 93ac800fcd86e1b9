"""What functions of networks are given: a network, and sizes that are numbers where they need them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from cnnmath.errors import GraphError, ShapeError, clip
from cnnmath.graph.architecture import Architecture
from cnnmath.ops import Operator
from cnnmath.window import Size


def check_network(net: Any) -> Architecture:
    """The network that is given; raise where it is something else, and say how one comes about.

    Examples
    --------
    >>> check_network("lenet5")
    Traceback (most recent call last):
    cnnmath.errors.GraphError: this is no network.
      here    'lenet5'
      fix     give cnnmath.zoo.named('lenet5'), or cnnmath.graph.parse(text, input_shape) of operators joined by >
    """
    if isinstance(net, Architecture):
        return net
    if isinstance(net, str) and net.isidentifier():
        fix = f"give cnnmath.zoo.named({net!r}), or cnnmath.graph.parse(text, input_shape) of operators joined by >"
    elif isinstance(net, str):
        fix = "read it first: cnnmath.graph.parse(text, input_shape) of operators joined by >, cnnmath.graph.load(path)"
    elif isinstance(net, Operator):
        fix = "put it into one: net = cnnmath.Architecture('mine', (3, 32, 32)), then net.add('name', operator)"
    elif isinstance(getattr(net, "network", None), Architecture):
        fix = "give its attribute network"
    else:
        fix = "give one of cnnmath.zoo, cnnmath.graph.parse(text, input_shape), or a cnnmath.Architecture of your own"
    raise GraphError("this is no network.", here=clip(repr(net)), fix=fix)


def check_numbers(shape: Sequence[Size], what: str, where: str = "") -> None:
    """Raise where something that needs sizes as numbers is asked of a network whose sizes are symbols.

    Examples
    --------
    >>> check_numbers((3, 224, 224), "memory")
    """
    if not all(isinstance(n, Integral) for n in shape):
        raise ShapeError(
            f"the {what} needs sizes that are numbers.",
            input=f"{tuple(shape)}",
            fix="give the network an input of numbers, with with_input",
        ).at(where)
