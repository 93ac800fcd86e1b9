"""What a campaign has found: a record for each setting, in the order of the keys, and what they come to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cnnmath.verify.campaign.judging import Key, Record

SHOWN = 5
"""Counterexamples that a report shows."""


@dataclass(frozen=True, slots=True)
class Group:
    """Settings whose keys begin alike: how many are judged, and how many of those are certified."""

    judged: int
    certified: int


@dataclass(frozen=True, slots=True, repr=False)
class Campaign:
    """What came of judging many settings.

    Attributes
    ----------
    name
        What was judged.
    settings
        How many settings there are.
    records
        What was found of each setting judged, in the order of the keys.
    stopped
        Why not all are judged, and how to go on; empty where all are.

    Examples
    --------
    >>> campaign = Campaign("kernels.conv", 3, {"Conv/1": {"certified": True}, "Conv/2": {"certified": False}})
    >>> campaign
    kernels.conv: 1 of 3 settings certified, 1 not, 1 not judged
      Conv  1 of 2
    not certified:
      Conv/2
    """

    name: str
    settings: int
    records: dict[Key, Record]
    stopped: str = ""

    @property
    def finished(self) -> bool:
        """Whether every setting is judged."""
        return len(self.records) == self.settings

    @property
    def certified(self) -> bool:
        """Whether every setting is judged, and certified."""
        return self.finished and all(record["certified"] for record in self.records.values())

    @property
    def counterexamples(self) -> dict[Key, Record]:
        """The settings that are judged and not certified, in the order of the keys."""
        return {key: record for key, record in self.records.items() if not record["certified"]}

    @property
    def fates(self) -> dict[str, int]:
        """How often the judge gave no record, by what happened: it raised, it died with its process, it hung."""
        found = Counter(record.get("fate") for record in self.records.values())
        return {fate: found[fate] for fate in ("raised", "died", "hanging") if found[fate]}

    @property
    def groups(self) -> dict[str, Group]:
        """Settings by the part of the key before the first ``/``; those without it are in none."""
        judged, certified = Counter[str](), Counter[str]()
        for key, record in self.records.items():
            group, slash, _ = str(key).partition("/")
            if slash:
                judged[group] += 1
                certified[group] += record["certified"]
        return {group: Group(count, certified[group]) for group, count in judged.items()}

    def record(self) -> dict[str, Any]:
        """As JSON has it; the same for every campaign that has judged the same settings."""
        return {
            "campaign": self.name,
            "settings": self.settings,
            "judged": len(self.records),
            "finished": self.finished,
            "certified": self.certified,
            "fates": self.fates,
            "groups": {
                name: {"judged": group.judged, "certified": group.certified} for name, group in self.groups.items()
            },
            "records": [{"key": key, **record} for key, record in self.records.items()],
        }

    def __repr__(self) -> str:
        return "\n".join([self._head(), *self._groups(), *self._counterexamples(), *filter(None, [self.stopped])])

    def _head(self) -> str:
        wrong = len(self.counterexamples)
        fates = ", ".join(f"{count} {fate}" for fate, count in self.fates.items())
        counts = [f"{len(self.records) - wrong} of {self.settings} settings certified"]
        counts += [f"{wrong} not" + (f" ({fates})" if fates else "")] if wrong else []
        counts += [] if self.finished else [f"{self.settings - len(self.records)} not judged"]
        return f"{self.name}: {', '.join(counts)}"

    def _groups(self) -> list[str]:
        width = max(map(len, self.groups), default=0)
        return [f"  {name:<{width}}  {group.certified} of {group.judged}" for name, group in self.groups.items()]

    def _counterexamples(self) -> list[str]:
        found = self.counterexamples
        if not found:
            return []
        lines = [f"  {key}: {record.get('finding', '')}".rstrip(": ") for key, record in islice(found.items(), SHOWN)]
        more = f", the first {SHOWN}" if len(found) > SHOWN else ""
        return [f"not certified{more}:", *lines]
