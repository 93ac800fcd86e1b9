"""One model after the other, each changed at random, and what came of them."""

from __future__ import annotations

import resource
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from onnx import ModelProto

import cnnmath
from cnnmath.errors import CnnmathError
from tests.fuzz.change import changed
from tests.fuzz.nodes import drawn

ALONE = 0.25
"""Share of the models that are one node, drawn anew; all others are changed."""

PATIENCE = 10
"""Seconds that a model of a few kilobytes may take."""

ROOM = 1 << 18
"""KiB by which the memory of the process may grow."""

HOME = str(Path(cnnmath.__file__).parent)


class HangError(BaseException):
    """It takes too long; no handler of errors takes it for one of its own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An exception that is not the package's own, the first model that led to it, and where it was raised."""

    place: str
    trace: str
    data: bytes


@dataclass(slots=True)
class Tally:
    """What was tried, and what was found.

    Attributes
    ----------
    executions, seconds
        How many models were judged, and in which time.
    outcomes
        How many were taken, and refused with each error.
    findings
        What is wrong, one for each place of the code.
    growth
        KiB by which the memory of the process has grown.
    """

    executions: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: dict[str, Finding] = field(default_factory=dict)
    growth: int = 0

    def __str__(self) -> str:
        rate = self.executions / self.seconds if self.seconds else 0
        outcomes = ", ".join(f"{name} {count:,}" for name, count in self.outcomes.most_common())
        lines = [
            f"{self.executions:,} executions in {self.seconds:,.0f} s, {rate:,.0f} a second",
            f"  {outcomes}; memory +{self.growth >> 10} MiB",
            *(f"  {place}: {finding.trace.splitlines()[-1][:100]}" for place, finding in self.findings.items()),
        ]
        return "\n".join(lines)


def run(
    target: Callable[[bytes], Any],
    models: Sequence[ModelProto],
    seed: int,
    done: Callable[[Tally], bool],
    tally: Tally,
) -> None:
    """Judge models until it is done; the tally has what was found, also where this is interrupted."""
    draw, began = Random(seed), perf_counter()
    resident = _resident()
    while not done(tally):
        data = drawn(draw) if draw.random() < ALONE else changed(draw, models)
        outcome = judge(target, data)
        if isinstance(outcome, Finding):
            tally.findings.setdefault(outcome.place, outcome)
            outcome = "found"
        tally.outcomes[outcome] += 1
        tally.executions += 1
        tally.seconds = perf_counter() - began
        tally.growth = _resident() - resident
        if tally.growth > ROOM:
            tally.findings.setdefault("memory", Finding("memory", f"grown by {tally.growth} KiB", data))
            resident = _resident()


def judge(target: Callable[[bytes], Any], data: bytes) -> str | Finding:
    """What comes of a model: taken, the name of the package's error, or what is wrong."""
    try:
        with _patience():
            target(data)
    except CnnmathError as error:
        str(error)
        return type(error).__name__
    except (Exception, HangError) as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(HOME)]
        place = f"{Path(frames[-1].filename).relative_to(HOME)}:{frames[-1].lineno}" if frames else "outside"
        return Finding(f"{type(error).__name__} at {place}", traceback.format_exc(), data)
    return "taken"


def keep(tally: Tally, folder: Path) -> None:
    """Write the models of all findings, and their traces."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, finding in enumerate(tally.findings.values()):
        (folder / f"{i}.onnx").write_bytes(finding.data)
        (folder / f"{i}.txt").write_text(finding.trace)


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextmanager
def _patience() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise HangError(f"it takes more than {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
