"""Nodes that read nothing: further inputs of a network, and arrays that belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import check_flag, check_shape
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class Source(Operator):
    """What sources share: they are asked for a shape with that of the batch alone, (N,)."""

    reads: ClassVar[tuple[str, ...]] = ()

    sizes: tuple[Size, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.sizes, Iterable):
            raise ShapeError("this is no shape.", input=f"{self.sizes!r}", fix="give a tuple, such as (64, 1, 1)")
        object.__setattr__(self, "sizes", tuple(self.sizes))
        check_shape(self.sizes)

    def windows(self, sizes: Shape) -> None:
        """None: it sees nothing."""


@dataclass(frozen=True, slots=True)
class Given(Source):
    """A further input of a network, beside the one that every network starts with.

    Parameters
    ----------
    sizes
        Shape of one sample, (C, \\*spatial); where it is not batched, of the whole array.
    batched
        Whether it has a sample for each of the batch.

    Notes
    -----
    *Shape*: y (N, \\*sizes), or sizes. *Cost*: none. A network that has one runs on a dict of arrays by node.

    Examples
    --------
    >>> Given((3, 8, 8)).shape((16,)), Given((10,), batched=False).shape((16,))
    ((16, 3, 8, 8), (10,))
    """

    _: KW_ONLY
    batched: bool = True

    def __post_init__(self) -> None:
        Source.__post_init__(self)
        check_flag("batched", self.batched)

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output, for a batch of shape (N,)."""
        return (*inputs[0], *self.sizes) if self.batched else self.sizes

    def element(self, m: Algebra, at: tuple[Size, ...], *operands: Any) -> Number:
        """One output: what is given there."""
        return operands[0][at]


@dataclass(frozen=True, slots=True)
class Constant(Source):
    """An array that belongs to a network and that no input changes, such as the scale of a layer.

    Parameters
    ----------
    sizes
        Shape of the whole array; it has no batch axis, or one of 1.
    trained
        Whether it is a parameter, as a scale that is learned, or stored beside.
    repeated
        Whether every sample of the batch has it, where its first size is 1: as a class token that goes ahead of all
        others.

    Notes
    -----
    *Shape*: y as value, or (N, \\*the other sizes) where it is repeated. *Cost*: none.

    Examples
    --------
    >>> Constant((1, 96, 1, 1), trained=True).parameters((16,))
    {'value': (1, 96, 1, 1)}
    >>> Constant((1, 1, 768), repeated=True).shape((16,))
    (16, 1, 768)
    """

    _: KW_ONLY
    trained: bool = False
    repeated: bool = False

    def __post_init__(self) -> None:
        Source.__post_init__(self)
        check_flag("trained", self.trained)
        check_flag("repeated", self.repeated)
        if self.repeated and self.sizes[:1] != (1,):
            raise ShapeError(
                "what every sample has is one sample.",
                input=f"{self.sizes}",
                rule="the first size is 1",
                fix="give it an axis of 1 in front",
            )

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output: its own, or with the size of the batch, (N,), in front."""
        return (*inputs[0], *self.sizes[1:]) if self.repeated else self.sizes

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """The array, where it is trained."""
        return {"value": self.sizes} if self.trained else {}

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """The array, where it is not."""
        return {} if self.trained else {"value": self.sizes}

    def element(self, m: Algebra, at: tuple[Size, ...], value: Operand) -> Number:
        """One output: the number that is stored there."""
        return value[0, *at[1:]] if self.repeated else value[at]


SOURCES: Mapping[str, type[Source]] = MappingProxyType({"given": Given, "constant": Constant})
"""Sources by the name that they have in texts."""
