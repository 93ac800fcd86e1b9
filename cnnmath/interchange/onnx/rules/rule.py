"""What rules share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import Operator

Rule: TypeAlias = Callable[[Here], "Known | tuple[Known | None, ...]"]
"""From a node to its outputs."""


def plain(op: Operator) -> Rule:
    """The rule of a node that is always this operator, of its first input."""
    return lambda here: here.add(op, here.input(0))


def merged(op: Operator) -> Rule:
    """The rule of a node that is always this operator, of all its inputs."""
    return lambda here: here.add(op, *(here.input(i) for i in range(len(here.node.inputs))))


def window(here: Here, kernel: Sequence[Any]) -> dict[str, Any]:
    """Settings of a sliding window: stride, dilation and padding.

    References
    ----------
    ONNX operators Conv, MaxPool and AveragePool: ``auto_pad``, ``pads``, ``strides``, ``dilations``.
    """
    rank = len(kernel)
    pads = here.attribute("pads") or (0,) * (2 * rank)
    named = {"NOTSET": None, "SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": "valid"}
    auto = here.attribute("auto_pad", "NOTSET")
    if auto not in named:
        raise UnclaimedError(f"auto_pad {auto}")
    return {
        "stride": tuple(here.attribute("strides") or (1,) * rank),
        "dilation": tuple(here.attribute("dilations") or (1,) * rank),
        "padding": named[auto] or tuple(zip(pads[:rank], pads[rank:], strict=True)),
    }
