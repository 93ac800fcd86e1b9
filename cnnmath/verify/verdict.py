"""Verdicts: a certificate, a counterexample, or that nothing can be said; values that read as reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from cnnmath.notebook import report
from cnnmath.verify import wording
from cnnmath.verify.evidence import RUNGS, SHORT, TO_DIGITS, Evidence, Finding, Withheld, result_name
from cnnmath.verify.strategies import Case


@dataclass(frozen=True, slots=True)
class Certificate:
    """What may be believed of a kernel, how surely, where, and under which assumptions.

    Attributes
    ----------
    kernel
        Its name.
    cases
        The settings covered.
    evidence, withheld
        What each rung has shown, and which rungs do not apply.
    blind
        Known mistakes that no setting covered here could have shown.
    """

    kernel: str
    cases: tuple[Case, ...]
    evidence: tuple[Evidence, ...]
    withheld: tuple[Withheld, ...] = ()
    blind: tuple[str, ...] = ()

    @property
    def certified(self) -> bool:
        """Whether the kernel may be believed: it may."""
        return True

    def __bool__(self) -> bool:
        return self.certified

    @property
    def rung(self) -> int:
        """The highest rung that every result has reached."""
        best: dict[str, int] = {}
        for e in self.evidence:
            best[e.wrt] = min(e.rung, best.get(e.wrt, e.rung))
        return max(best.values())

    @property
    def exact(self) -> bool:
        """Whether rung 2 compared with ``==``, and not to 40 digits."""
        return all(e.fact != TO_DIGITS for e in self.evidence)

    @property
    def results(self) -> tuple[str, ...]:
        """Which results were judged: ``y``, or operands whose gradients they are."""
        found = dict.fromkeys(e.wrt for e in self.evidence)
        return tuple(sorted(found, key=lambda wrt: wrt != "y"))

    @property
    def assumes(self) -> tuple[str, ...]:
        """All assumptions, each once."""
        return tuple(dict.fromkeys(a for e in self.evidence for a in e.assumes))

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "verdict": "certificate",
            "certified": True,
            "kernel": self.kernel,
            "rung": self.rung,
            "rung_name": RUNGS[self.rung],
            "settings": [str(case) for case in self.cases],
            "evidence": [
                {"rung": e.rung, "result": result_name(e.wrt), "fact": e.fact}
                | {"settings": e.settings, "runs": e.runs, "numbers": e.numbers}
                for e in self.evidence
            ],
            "withheld": [{"rung": w.rung, "result": result_name(w.wrt), "why": w.why} for w in self.withheld],
            "assumes": list(self.assumes),
            "blind": list(self.blind),
        }

    def headline(self) -> str:
        """Which results of which operator are certified."""
        results = ", ".join(map(result_name, self.results))
        return f"Certificate: {self.kernel} computes {results} of {wording.settings(self.cases)}"

    def rows(self) -> list[tuple[str, str]]:
        """All that it says, each with its label."""
        rungs = [(f"{rung} {SHORT[rung]}", text) for rung, text in self._by_rung()]
        blind = [("cannot see", wording.listed(self.blind, "; "))] if self.blind else []
        return [*wording.inputs(self.cases), *rungs, *wording.labelled("assumes", self.assumes), *blind]

    def __repr__(self) -> str:
        return wording.report(self.headline(), self.rows(), 12)

    def _repr_html_(self) -> str:
        return report(self.headline(), self.rows())

    def lines(self) -> list[str]:
        """What each rung says, a line each."""
        return [f"{rung} {SHORT[rung]:<9} {text}" for rung, text in self._by_rung()]

    def _by_rung(self) -> Iterable[tuple[int, str]]:
        """A line for each fact, with the results that share it; then why rungs are missing."""
        for rung in RUNGS:
            facts: dict[str, list[Evidence]] = {}
            for e in (e for e in self.evidence if e.rung == rung):
                facts.setdefault(e.fact, []).append(e)
            for fact, those in facts.items():
                yield rung, f"{wording.results(those, self.results)}{fact}{wording.counts(those, len(self.cases))}"
            whys: dict[str, list[Withheld]] = {}
            for w in (w for w in self.withheld if w.rung == rung):
                whys.setdefault(w.why, []).append(w)
            for why, missing in whys.items():
                yield rung, f"{wording.results(missing, self.results)}withheld: {why}"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A setting at which a kernel is wrong, what is wrong there, and which known mistake explains it.

    Attributes
    ----------
    kernel
        Its name.
    case, wrt
        The setting, and which result it is.
    finding
        What is wrong.
    explanations
        Known mistakes that give exactly what the kernel gave, the simplest first.
    settings
        How many settings were tried before this one was found.
    known
        How many mistakes are known that could have explained it; 0 where none was asked for.
    """

    kernel: str
    case: Case
    wrt: str
    finding: Finding
    explanations: tuple[str, ...] = ()
    settings: int = 1
    known: int = 0

    @property
    def certified(self) -> bool:
        """Whether the kernel may be believed: it may not."""
        return False

    def __bool__(self) -> bool:
        return self.certified

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "verdict": "counterexample",
            "certified": False,
            "kernel": self.kernel,
            "setting": str(self.case),
            "result": result_name(self.wrt),
            "rung": self.finding.rung,
            "kind": self.finding.kind,
            "fact": self.finding.fact,
            "at": None if self.finding.at is None else list(self.finding.at),
            "lines": dict(self.finding.lines),
            "explanations": list(self.explanations),
            "settings_tried": self.settings,
        }

    def headline(self) -> str:
        """Which kernel is wrong, and where."""
        return f"Counterexample: {self.kernel} is not {result_name(self.wrt)} of {self.case}"

    def rows(self) -> list[tuple[str, str]]:
        """All that it says, each with its label."""
        f, name = self.finding, result_name(self.wrt)
        known = [f"your {name} behaves as if {text}" for text in self.explanations]
        told = wording.shown("known", known, "or")
        if self.known and not known:
            told = [("known", wording.none_of(self.known, f"{type(self.case.op).__name__}'s {name}"))]
        seen = f"rung {f.rung}, {RUNGS[f.rung]}" + (f", after {self.settings} settings" if self.settings > 1 else "")
        return [("wrong", f.fact), *f.lines, *told, ("seen at", seen)]

    def __repr__(self) -> str:
        return wording.report(self.headline(), self.rows(), 10)

    def _repr_html_(self) -> str:
        return report(self.headline(), self.rows())


@dataclass(frozen=True, slots=True)
class NoPower:
    """Neither: the settings or the data could not have shown a wrong kernel, whatever it gave.

    Attributes
    ----------
    kernel
        Its name.
    cases
        The settings.
    why
        What they cannot tell apart.
    fix
        What would.
    better
        Settings that can.
    """

    kernel: str
    cases: tuple[Case, ...]
    why: tuple[str, ...]
    fix: str = ""
    better: tuple[Case, ...] = ()

    @property
    def certified(self) -> bool:
        """Whether the kernel may be believed: nothing is known."""
        return False

    def __bool__(self) -> bool:
        return self.certified

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        settings = [str(case) for case in self.cases]
        why = list(self.why)
        return {
            "verdict": "no power",
            "certified": False,
            "kernel": self.kernel,
            "settings": settings,
            "why": why,
            "fix": self.fix,
        }

    def headline(self) -> str:
        """Of which kernel nothing can be said."""
        where = wording.settings(self.cases).rpartition(" at ")[2]  # of several settings their number
        return f"No power: nothing can be said of {self.kernel} at {where}"

    def rows(self) -> list[tuple[str, str]]:
        """All that it says, each with its label."""
        fix = [("fix", self.fix)] if self.fix else []
        return [*wording.inputs(self.cases), *wording.shown("why", self.why), *fix]

    def __repr__(self) -> str:
        return wording.report(self.headline(), self.rows(), 10)

    def _repr_html_(self) -> str:
        return report(self.headline(), self.rows())


Verdict: TypeAlias = Certificate | Counterexample | NoPower


def join(certificates: Iterable[Certificate]) -> Certificate:
    """One certificate of all settings; equal facts are put together, and their runs and numbers added.

    Raises
    ------
    ValueError
        Where there are none.
    """
    all_of = list(certificates)
    if not all_of:
        raise ValueError("there is no certificate to join")
    facts: dict[tuple[int, str, str], Evidence] = {}
    for e in (e for c in all_of for e in c.evidence):
        key = (e.rung, e.wrt, e.fact)
        was = facts.get(key, replace(e, runs=0, numbers=0, settings=0))
        sums = was.runs + e.runs, was.numbers + e.numbers, was.settings + e.settings
        facts[key] = replace(was, runs=sums[0], numbers=sums[1], settings=sums[2])
    shown = {(rung, wrt) for rung, wrt, _ in facts}
    blind = [text for text in all_of[0].blind if all(text in c.blind for c in all_of)]
    return Certificate(
        all_of[0].kernel,
        tuple(dict.fromkeys(case for c in all_of for case in c.cases)),
        tuple(facts.values()),
        tuple(dict.fromkeys(w for c in all_of for w in c.withheld if (w.rung, w.wrt) not in shown)),
        tuple(blind),
    )
