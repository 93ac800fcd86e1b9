"""What a report says: the analysis of a network, and of each distinct setting its derivations and the verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cnnmath.graph import Architecture, Summary, analyze
from cnnmath.graph.summary import describe_field
from cnnmath.graph.text import count, plural
from cnnmath.symbolic import Derivation, derive, targets
from cnnmath.verify import Certificate, Verdict
from cnnmath.verify.network import Setting, settings, verified


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
        summary, part = self.summary, " in part" if self.summary.uncounted else ""
        return (
            f"{summary.network.name}: {count(summary.parameters)} parameters{part}, "
            f"{count(summary.macs)} multiply-accumulates{part}, receptive field {describe_field(summary.field)}\n"
            f"{plural(len(self.sections), 'distinct operator setting')}, {verdict}"
        )

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return self.summary.record() | {"agrees": self.agrees, "settings": [s.record() for s in self.sections]}


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
    distinct = settings(summary)
    sections = tuple(
        Section(
            setting,
            {wrt: derive(setting.op, wrt, rank=setting.rank) for wrt in targets(setting.op, rank=setting.rank)},
            verdict,
        )
        for setting, verdict in verified(distinct, progress)
    )
    return Report(summary, sections)


def exact(verdict: Verdict) -> bool:
    """Whether nothing was compared to 40 digits only."""
    return not isinstance(verdict, Certificate) or verdict.exact
