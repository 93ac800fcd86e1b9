"""Nodes of ONNX that grow while an operator is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np

from cnnmath.errors import SettingError
from cnnmath.interchange.onnx.library import onnx
from cnnmath.ops.algebra import Shape

MOST_NODES = 1 << 14
"""Nodes that one operator may become."""

MOST_NUMBERS = 1 << 24
"""Numbers of the constants that an operator may get."""

OUTPUT = "y"
"""What an operator's last value is called."""

NumberLike = float | int | Sequence[Any] | np.ndarray[Any, Any]


@dataclass(slots=True)
class Body:
    """Nodes that compute one operator.

    Attributes
    ----------
    opset
        Version of ONNX's operators.
    nodes
        Every ``NodeProto``, in order.
    """

    opset: int
    nodes: list[Any] = field(default_factory=list)
    numbers: int = 0

    def __call__(self, kind: str, *inputs: str | NumberLike | None, **attributes: Any) -> str:
        """A node, and the name of its output; a number or an array becomes a constant, None an input left out."""
        return self.several(kind, 1, *inputs, **attributes)[0]

    def several(self, kind: str, count: int, *inputs: str | NumberLike | None, **attributes: Any) -> list[str]:
        """A node with several outputs, and their names."""
        names = ["" if i is None else i if isinstance(i, str) else self.constant(i) for i in inputs]
        while names and not names[-1]:
            names.pop()
        outputs = [f"v{len(self.nodes)}_{i}" if i else f"v{len(self.nodes)}" for i in range(count)]
        given = {name: _plain(value) for name, value in attributes.items() if value is not None}
        return self._add(onnx().helper.make_node(kind, names, outputs, **given))

    def constant(self, value: NumberLike) -> str:
        """A node that holds an array: integers in 64 bits, all other numbers in 32."""
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind in "iu" else np.float32)
        self.reserve(array.size)
        outputs = [f"v{len(self.nodes)}"]
        tensor = onnx().numpy_helper.from_array(array)
        return self._add(onnx().helper.make_node("Constant", [], outputs, value=tensor))[0]

    def integers(self, *value: int) -> str:
        """A row of integers, which may be empty."""
        return self.constant(np.array(value, np.int64))

    def reserve(self, count: int) -> None:
        """Raise where constants get too large."""
        self.numbers += count
        if self.numbers > MOST_NUMBERS:
            raise _too_much(f"{self.numbers:,} numbers in constants", f"at most {MOST_NUMBERS:,}")

    def _add(self, node: Any) -> list[str]:
        if len(self.nodes) >= MOST_NODES:
            raise _too_much(f"more than {MOST_NODES:,} nodes", f"at most {MOST_NODES:,}")
        self.nodes.append(node)
        return list(node.output)

    def like(self, x: str, other: str) -> str:
        """The numbers of x in the shape of another value."""
        return self("Reshape", x, self("Shape", other))

    def over_axes(self, kind: str, x: str, axes: Sequence[int], *, keep: bool = True) -> str:
        """A reduction along some axes, one at least."""
        return self(kind, x, self.integers(*axes), keepdims=int(keep))

    def by_channel(self, b: str, rank: int) -> str:
        """A number a channel, so that it meets (N, C, *spatial)."""
        return b if rank <= 2 else self("Unsqueeze", b, self.integers(*range(1, rank - 1)))

    def along(self, x: str, axis: int, rank: int, matrix: np.ndarray[Any, Any]) -> str:
        """Along an axis, the matrix applied to x: a row for each output."""
        if axis == rank - 1:
            return self("MatMul", x, np.ascontiguousarray(matrix.T))
        if axis == rank - 2:
            return self("MatMul", matrix, x)
        order = [*(i for i in range(rank) if i != axis), axis]
        moved = self("MatMul", self("Transpose", x, perm=order), np.ascontiguousarray(matrix.T))
        return self("Transpose", moved, perm=[order.index(i) for i in range(rank)])

    def standardised(self, x: str, axes: Sequence[int], epsilon: Any) -> str:
        """Without the mean along some axes, and divided by the standard deviation."""
        centred = self("Sub", x, self.over_axes("ReduceMean", x, axes))
        variance = self.over_axes("ReduceMean", self("Mul", centred, centred), axes)
        return self("Div", centred, self("Sqrt", self("Add", variance, float(epsilon))))


def is_number(size: Any) -> bool:
    """Whether a size is no formula."""
    return isinstance(size, Integral)


def known(sizes: Shape, what: str) -> tuple[int, ...]:
    """Sizes that are numbers.

    Raises
    ------
    SettingError
        Where one is left open.
    """
    if not all(map(is_number, sizes)):
        raise left_open(what, sizes)
    return tuple(int(n) for n in sizes)


def left_open(what: str, sizes: Sequence[Any]) -> SettingError:
    """The error where ONNX needs a number and there is a formula."""
    return SettingError(
        f"{what} needs sizes that are numbers.",
        here=f"sizes {tuple(sizes)}",
        fix="give the network an input of numbers, with with_input",
    )


def _too_much(here: str, rule: str) -> SettingError:
    return SettingError("the operator becomes too much of a model.", rule=rule, here=here)


def _plain(value: Any) -> Any:
    return [int(v) for v in value] if isinstance(value, (tuple, list)) else value
