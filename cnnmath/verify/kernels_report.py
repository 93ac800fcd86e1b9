"""What a campaign over kernels has found, by operator: how far up the ladder, and the first counterexamples in full."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cnnmath.verify.campaign import Campaign
from cnnmath.verify.evidence import SHORT

SHOWN = 3
"""Counterexamples that are shown in full."""


@dataclass(frozen=True, slots=True, repr=False)
class KernelCampaign(Campaign):
    """What came of judging kernels at many settings.

    Examples
    --------
    >>> found = {"certified": True, "verdict": "certificate", "rung": 2, "finding": ""}
    >>> KernelCampaign("my_conv", 3, {"Conv/conv(1, 1) on 1x1x1": found, "Conv/conv(1, 2) on 1x1x2": found})
    my_conv: 2 of 3 settings certified, 1 not judged
      Conv  2 of 2  exact 2
    """

    @property
    def reached(self) -> dict[str, dict[int, int]]:
        """By operator: how many settings are certified at which rung, the highest first."""
        tallies: dict[str, Counter[int]] = {group: Counter() for group in self.groups}
        for key, record in self.records.items():
            if record["certified"]:
                tallies[str(key).partition("/")[0]][record["rung"]] += 1
        return {group: dict(sorted(tally.items())) for group, tally in tallies.items()}

    @property
    def powerless(self) -> bool:
        """Whether nothing is wrong but that of some settings, or of all, nothing can be said."""
        verdicts = {record.get("verdict") for record in self.counterexamples.values()}
        return self.finished and verdicts == {"no power"}

    def record(self) -> dict[str, Any]:
        """As JSON has it; the same for every campaign that has judged the same settings."""
        whole = Campaign.record(self)
        for group, reached in self.reached.items():
            whole["groups"][group]["rungs"] = {str(rung): count for rung, count in reached.items()}
        return whole

    def _groups(self) -> list[str]:
        lines = Campaign._groups(self)
        width = max(map(len, lines), default=0)
        said = [", ".join(f"{SHORT[rung]} {count}" for rung, count in some.items()) for some in self.reached.values()]
        return [f"{line:<{width}}  {text}".rstrip() for line, text in zip(lines, said, strict=True)]

    def _counterexamples(self) -> list[str]:
        found = self.counterexamples
        if not found:
            return []
        more = f", the first {SHOWN} of {len(found)}" if len(found) > SHOWN else ""
        lines = [f"not certified{more}:"]
        for key, record in islice(found.items(), SHOWN):
            lines.append(f"  {key}: {record['finding']}")
            lines += [f"    {line}" for line in record.get("report", "").splitlines()]
        return lines
