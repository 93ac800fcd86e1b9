"""What idioms share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from cnnmath.interchange.onnx.idioms.pattern import Match, Pattern
from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules import RULES

Read: TypeAlias = Callable[[Here, Match], "Known | None"]
"""From the last node, and where the pattern stands, to what is known of its output; None where it is not the idiom."""


@dataclass(frozen=True, slots=True)
class Idiom:
    """Several nodes that exporters write for one operator.

    Attributes
    ----------
    pattern
        What they look like.
    read
        How they are read. Here shapes are known, and axes.
    """

    pattern: Pattern
    read: Read


def as_one(here: Here, kind: str, inputs: Sequence[str], **attributes: Any) -> Known | None:
    """What is known of the output of a single node of ONNX that computes the same."""
    node = replace(here.node, kind=kind, inputs=tuple(inputs), attributes=attributes)
    found = RULES[kind](Here(node, here.reading))
    return found if isinstance(found, Known) else None


def computed(here: Here, value: str) -> Known | None:
    """What is known of a value that an input decides; None where none does, or where it has no axis."""
    x = here.value(value)
    return x if x.array is None and x.rank > 0 else None
