"""What a report says: the analysis of a network, and of each distinct setting its derivations and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cnnmath import numeric
from cnnmath.graph import Architecture, Opaque, Summary, analyze
from cnnmath.graph.sources import Source
from cnnmath.graph.summary import describe_field
from cnnmath.graph.text import count
from cnnmath.ops import Conv, ConvTranspose, Operator
from cnnmath.ops.algebra import Shape
from cnnmath.ops.notation import describe
from cnnmath.ops.reduced import MANY, reduced
from cnnmath.symbolic import Derivation, derive, targets
from cnnmath.verify import Certificate, Verdict, at_reduced_width, judge

RUNGS = (1, 2)
"""Of the ladder: what is proved, and what is exact on integers."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Operators of a network that differ in nothing but their widths.

    Attributes
    ----------
    op, inputs
        The operator at its smallest telling sizes.
    nodes
        Nodes that have this setting.
    """

    op: Operator
    inputs: tuple[Shape, ...]
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What the report says of one setting."""

    setting: Setting
    derivations: Mapping[str, Derivation]
    verdict: Verdict

    @property
    def title(self) -> str:
        """The operator with symbols for its widths."""
        return self.derivations["y"].title.removeprefix("y = ")

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "operator": type(self.setting.op).__name__,
            "setting": self.title,
            "nodes": list(self.setting.nodes),
            "derivations": {wrt: d.latex() for wrt, d in self.derivations.items()},
            "verdict": self.verdict.record(),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A network's analysis and one section for each distinct setting."""

    summary: Summary
    sections: tuple[Section, ...]

    @property
    def agrees(self) -> bool:
        """Whether every kernel agrees with its sentence."""
        return all(section.verdict.certified for section in self.sections)

    def headline(self) -> str:
        """The report in two lines."""
        agreeing = sum(section.verdict.certified for section in self.sections)
        digits = sum(not exact(section.verdict) for section in self.sections)
        how = f"exactly ({digits} with irrational results, to 40 digits)" if digits else "exactly"
        verdict = f"all agreeing {how}" if self.agrees else f"{agreeing} agreeing, {len(self.sections) - agreeing} NOT"
        return (
            f"{self.summary.network.name}: {count(self.summary.parameters)} parameters, "
            f"{count(self.summary.macs)} multiply-accumulates, receptive field {describe_field(self.summary.field)}\n"
            f"{len(self.sections)} distinct operator settings, {verdict}"
        )

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return self.summary.record() | {"agrees": self.agrees, "settings": [s.record() for s in self.sections]}


def settings(summary: Summary) -> list[Setting]:
    """Distinct settings of a network, in order of first use; what has no sentence, or no input, has none.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> [describe(s.op) for s in settings(analyze(zoo.lenet5()))]
    ['conv(2, 5)', 'tanh()', 'averagepool(2)', 'flatten()', 'linear(3)']
    """
    shapes: dict[Operator, tuple[Shape, ...]] = {}
    uses: dict[Operator, list[str]] = {}
    for layer in summary.layers:
        if isinstance(layer.op, (Opaque, Source)):
            continue
        op, inputs = reduced(_in_few_groups(layer.op), len(layer.input_shapes[0]) - 2)
        shapes.setdefault(op, inputs)
        uses.setdefault(op, []).append(layer.name)
    return [Setting(op, shapes[op], tuple(nodes)) for op, nodes in uses.items()]


def _in_few_groups(op: Operator) -> Operator:
    """The operator in the least number of groups that still stand for many: all of them do the same."""
    if not isinstance(op, (Conv, ConvTranspose)) or op.groups <= MANY + 1:
        return op
    return replace(op, groups=MANY + 1, filters=(MANY + 1) * (op.filters // op.groups))


def build(net: Architecture, progress: Callable[[int, int, str], None] = lambda *_: None) -> Report:
    """Analyse a network, and derive and verify each of its distinct settings.

    Parameters
    ----------
    net
        The network.
    progress
        Called before each setting with how many are done, how many there are, and what comes.
    """
    summary = analyze(net)
    distinct, sections = settings(summary), []
    for done, setting in enumerate(distinct):
        progress(done, len(distinct), describe(setting.op))
        sections.append(_section(setting))
    progress(len(distinct), len(distinct), "")
    return Report(summary, tuple(sections))


def _section(setting: Setting) -> Section:
    rank = len(setting.inputs[0]) - 2
    derivations = {wrt: derive(setting.op, wrt, rank=rank) for wrt in targets(setting.op, rank=rank)}
    verdict = judge(numeric.kernel(setting.op), at_reduced_width(setting.op, rank), rungs=RUNGS)
    return Section(setting, derivations, verdict)


def exact(verdict: Verdict) -> bool:
    """Whether nothing was compared to 40 digits only."""
    return not isinstance(verdict, Certificate) or verdict.exact
