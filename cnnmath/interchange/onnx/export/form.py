"""What forms share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from cnnmath.interchange.onnx.export.body import Body, is_number
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.window import Window

Form: TypeAlias = Callable[..., str]
"""From an operator, the body that grows, shapes of the inputs and names of the operands to the name of the output."""

FAR = (1 << 63) - 1
"""Where a slice ends that takes all that follow."""

AUTOMATIC = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}
"""ONNX's words for paddings that have a name."""


def one(kind: str, **attributes: Any) -> Form:
    """The form of an operator that is always this node, of all its operands."""

    def form(op: Operator, m: Body, shapes: Any, *operands: str) -> str:
        return m(kind, *operands, **attributes)

    return form


def along(kind: str) -> Form:
    """The form of an operator that is this node, along its axis."""

    def form(op: Any, m: Body, shapes: Any, *operands: str) -> str:
        return m(kind, *operands, axis=op.axis)

    return form


def setting(kind: str, **names: str) -> Form:
    """The form of an operator that is this node, whose attributes are numbers that it calls otherwise."""

    def form(op: Operator, m: Body, shapes: Any, *operands: str) -> str:
        return m(kind, *operands, **{name: float(getattr(op, own)) for name, own in names.items()})

    return form


def window(op: Any, sizes: Shape = ()) -> dict[str, Any]:
    """Settings of a window: all pads before, then all after, or by name.

    With sizes that are numbers, a name is written as pads where the window is dilated, for which runtimes have none.
    """
    given: dict[str, Any] = {"kernel_shape": op.kernel, "strides": op.stride, "dilations": op.dilation}
    if not isinstance(op.padding, str):
        return given | {"pads": sides(op.padding)}
    if sizes and set(op.dilation) != {1} and all(map(is_number, sizes)):
        return given | {"pads": pads(op.windows(sizes))}
    return given | {"auto_pad": AUTOMATIC[op.padding]}


def sides(pairs: Any) -> list[Any]:
    """All that is before, then all that is after."""
    return [n for side in zip(*pairs, strict=True) for n in side]


def pads(windows: tuple[Window, ...]) -> list[Any]:
    """Paddings of windows."""
    return sides([(w.before, w.after) for w in windows])
