"""A network without branches in one line: ``conv(8, 5) > maxpool(2) > flatten > linear(10)``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from cnnmath.errors import UnknownNameError
from cnnmath.graph.architecture import UNNAMED, Architecture
from cnnmath.ops import Operator, notation
from cnnmath.window import Size


def parse(text: str, input_shape: Sequence[Size], name: str = UNNAMED) -> Architecture:
    """Read a chain of operators; nodes are numbered by kind: ``conv1``, ``maxpool1``, ``conv2`` ...

    Parameters
    ----------
    text
        Operators joined by ``>``, each as `cnnmath.ops.notation.parse` reads it; ``3 * (conv(8, 3) > relu)`` repeats. A
        name where a number is expected, such as F in ``conv(F, 3)``, is a size left open: a positive integer symbol.
    input_shape
        Shape of one sample, (C, \\*spatial).
    name
        What the network is called.

    Raises
    ------
    NotationError, UnknownNameError, SettingError
        For text that is no chain of operators; the message points at the place.
    ShapeError
        For an input that is no shape.

    Examples
    --------
    >>> from cnnmath.graph import analyze
    >>> analyze(parse("conv(8, 5) > maxpool(2) > flatten > linear(10)", (3, 32, 32)))
    network: input 3x32x32, 4 operators
      parameters       16,298
      MACs             486,080
      receptive field  6, stride 2, padding 0
    """
    try:
        operators = notation.chain(text, symbol)
    except UnknownNameError as error:
        if text.strip().isidentifier():
            error.lines["fix"] = f"if it is a network of the zoo, cnnmath.zoo.named({text.strip()!r}) builds it"
        raise
    return network(operators, input_shape, name)


def network(operators: Iterable[Operator], input_shape: Sequence[Size], name: str = UNNAMED) -> Architecture:
    """Join operators to a network without branches.

    Examples
    --------
    >>> from cnnmath.ops import Conv, ReLU
    >>> network([Conv(8, 3), ReLU(), Conv(8, 3)], (3, 8, 8)).order()
    ['conv1', 'relu1', 'conv2']
    """
    net, numbers = Architecture(name, input_shape), Counter[str]()
    for op in operators:
        kind = type(op).__name__.lower()
        numbers[kind] += 1
        net.add(f"{kind}{numbers[kind]}", op)
    return net


def sizes(text: str) -> tuple[Size, ...]:
    """Sizes joined by x; a letter, with digits behind it or none, is a size left open.

    Examples
    --------
    >>> sizes("3x224x224"), sizes("3xHxW")
    ((3, 224, 224), (3, H, W))
    """
    return notation.sizes(text, symbol)


def symbol(name: str) -> Any:
    """A size left open: a positive integer symbol.

    Examples
    --------
    >>> symbol("H") > 0
    True
    """
    import sympy

    return sympy.Symbol(name, integer=True, positive=True)
