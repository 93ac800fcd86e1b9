"""Answers to questions about input sizes: the sizes along each axis, and why these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnnmath.graph.progression import Sizes
from cnnmath.notebook import table
from cnnmath.window import Shape, Size


@dataclass(frozen=True, slots=True)
class Along:
    """The answer along one axis.

    Attributes
    ----------
    axis
        Its name: length, or height and width.
    sizes
        All sizes of the input that answer the question.
    reason
        Why these, in one sentence.
    nearest
        Where no size answers: the output sizes nearest to the wanted one, or the input size that leaves least over.
    layers
        The layers that contradict each other, where some do.
    """

    axis: str
    sizes: Sizes
    reason: str
    nearest: tuple[int, ...] = ()
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """Input sizes that answer a question, one answer an axis."""

    network: str
    question: str
    channels: Size
    axes: tuple[Along, ...]

    @property
    def possible(self) -> bool:
        """Whether every axis has an answer."""
        return all(along.sizes for along in self.axes)

    @property
    def least(self) -> Shape | None:
        """Smallest (C, *spatial) among them, or None where there is none."""
        return (self.channels, *(along.sizes.least for along in self.axes)) if self.possible else None

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        axes = [
            {"axis": a.axis, **a.sizes.record(), "text": repr(a.sizes), "reason": a.reason}
            | ({"nearest": list(a.nearest)} if a.nearest else {})
            | ({"layers": list(a.layers)} if a.layers else {})
            for a in self.axes
        ]
        return {"question": self.question, "possible": self.possible, "axes": axes}

    def rows(self) -> list[tuple[str, str, str]]:
        """Axes that have the same answer, their sizes, and why these."""
        same: dict[tuple[Sizes, str], list[str]] = {}
        for a in self.axes:
            same.setdefault((a.sizes, a.reason), []).append(a.axis)
        return [(", ".join(names), str(sizes), reason) for (sizes, reason), names in same.items()]

    def __repr__(self) -> str:
        lines = [f"{self.network}: {self.question}"]
        for names, sizes, reason in self.rows():
            lines += [f"  {names}: {sizes}", f"    {reason}"]
        return "\n".join(lines if self.axes else [*lines, "  no spatial axis"])

    def _repr_html_(self) -> str:
        head = ("axes", "sizes", "why")
        notes = [] if self.axes else ["no spatial axis"]
        return table(f"{self.network}: {self.question}", head, self.rows(), notes=notes, names=head)
