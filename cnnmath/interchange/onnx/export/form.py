"""What forms share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from cnnmath.interchange.onnx.export.body import Body
from cnnmath.ops import Operator
from cnnmath.window import Window

Form: TypeAlias = Callable[..., str]
"""From an operator, the body that grows, the shapes of its inputs and the names of its operands to that of its output."""

FAR = (1 << 63) - 1
"""Where a slice ends that takes all that follow."""

AUTOMATIC = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}
"""ONNX's words for paddings that have a name."""


def one(kind: str, **attributes: Any) -> Form:
    """The form of an operator that is always this node, of all its operands."""

    def form(op: Operator, m: Body, shapes: Any, *operands: str) -> str:
        return m(kind, *operands, **attributes)

    return form


def setting(kind: str, **names: str) -> Form:
    """The form of an operator that is this node, whose attributes are its settings of other names."""

    def form(op: Operator, m: Body, shapes: Any, *operands: str) -> str:
        return m(kind, *operands, **{name: getattr(op, own) for name, own in names.items()})

    return form


def window(op: Any) -> dict[str, Any]:
    """Settings of a window: all pads before, then all after, or by name."""
    given: dict[str, Any] = {"kernel_shape": op.kernel, "strides": op.stride, "dilations": op.dilation}
    if isinstance(op.padding, str):
        return given | {"auto_pad": AUTOMATIC[op.padding]}
    return given | {"pads": sides(op.padding)}


def sides(pairs: Any) -> list[Any]:
    """All that is before, then all that is after."""
    return [n for side in zip(*pairs, strict=True) for n in side]


def pads(windows: tuple[Window, ...]) -> list[Any]:
    """Paddings of windows."""
    return sides([(w.before, w.after) for w in windows])
