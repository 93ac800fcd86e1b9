"""Counting conventions: one census of a network, and what each tool and paper takes from it.

A convention is data: for every kind of operator, how often which quantity of a layer is counted. What a convention does
not name it does not count, and `Count.ignored` says which operators these were.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from cnnmath.graph.plain import plain
from cnnmath.graph.propagate import Layer
from cnnmath.graph.quantities import QUANTITIES
from cnnmath.graph.text import count
from cnnmath.ops import Operator
from cnnmath.window import Size

Kinds: TypeAlias = tuple[type[Operator], ...]


@dataclass(frozen=True, slots=True)
class Convention:
    """What a tool or a paper counts.

    Attributes
    ----------
    name, says, source
        Its name, what it counts in words, and who counts so.
    rules
        For kinds of operators, how often each quantity is counted.
    """

    name: str
    says: str
    source: str
    rules: tuple[tuple[Kinds, Mapping[str, int]], ...]

    @property
    def needs_numbers(self) -> bool:
        """Whether it counts something that sizes left open do not have: taps inside the input."""
        return any("macs inside" in rule for _, rule in self.rules)

    def of(self, layer: Layer) -> Size:
        """What it counts of one layer: nothing where the operator is not known."""
        rule = self._rule(layer.op) if layer.census else None
        return sum(times * QUANTITIES[quantity](layer) for quantity, times in rule.items()) if rule else 0

    def counts(self, op: Operator) -> bool:
        """Whether it counts operators of this kind at all."""
        return self._rule(op) is not None

    def _rule(self, op: Operator) -> Mapping[str, int] | None:
        return next((rule for kinds, rule in self.rules if isinstance(op, kinds)), None)


@dataclass(frozen=True, slots=True)
class Count:
    """A network counted by a convention.

    Attributes
    ----------
    convention
        What was counted.
    total, by_layer
        The sum, and what each layer that is counted adds to it.
    ignored
        Kinds of operators that the convention leaves out, with how many of them there are.
    unknown
        Nodes whose operator is not known, so that the total is a part of the whole.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> analyze(zoo.resnet50()).count("fvcore").total
    4111512576
    """

    convention: Convention
    total: Size
    by_layer: Mapping[str, Size]
    ignored: Mapping[str, int]
    unknown: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return plain(
            {
                "convention": self.convention.name,
                "says": self.convention.says,
                "source": self.convention.source,
                "total": self.total,
                "by_layer": dict(self.by_layer),
                "ignored": dict(self.ignored),
                "not_counted": list(self.unknown),
            }
        )

    def __repr__(self) -> str:
        left = ", ".join(f"{n} {kind}" for kind, n in self.ignored.items())
        partial = f"\n  not counted  {', '.join(self.unknown)}: the total is a part" if self.unknown else ""
        return (
            f"{self.convention.name}: {count(self.total)}\n  counts       {self.convention.says}"
            f"\n  leaves out   {left or 'nothing'}{partial}"
        )


def counted(layers: Sequence[Layer], convention: Convention) -> Count:
    """Count a network's layers by a convention.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import propagate
    >>> from cnnmath.graph.conventions import convention
    >>> counted(propagate(zoo.lenet5()), convention("macs")).total
    416520
    """
    known = [layer for layer in layers if layer.census]
    by_layer = {layer.name: convention.of(layer) for layer in known if convention.counts(layer.op)}
    ignored = Counter(type(layer.op).__name__ for layer in known if layer.name not in by_layer)
    unknown = tuple(layer.name for layer in layers if not layer.census)
    return Count(convention, sum(by_layer.values()), by_layer, ignored, unknown)
