"""Certificates for the kernels of other libraries over many settings: ``python -m tests.peers``, a table at the end."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from cnnmath.verify import Certificate, Counterexample
from tests.peers.kernels import tried
from tests.peers.kernels.peer import FORMATS, RUNGS

COLUMNS = ("library", "format", "settings", "certificates", "numbers", "seconds")


@dataclass(slots=True)
class Tally:
    """What was found of a library in one format."""

    library: str
    dtype: str
    settings: int = 0
    certificates: int = 0
    numbers: int = 0
    seconds: float = 0.0
    refused: list[Counterexample] = field(default_factory=list)

    def note(self, verdict: Certificate | Counterexample) -> None:
        """Count one setting."""
        self.settings += 1
        if isinstance(verdict, Counterexample):
            self.refused.append(verdict)
        else:
            self.certificates += 1
            self.numbers += sum(e.numbers for e in verdict.evidence)

    def row(self) -> tuple[str, ...]:
        """As the table has it."""
        counts = (self.settings, self.certificates, self.numbers)
        return (self.library, self.dtype, *(f"{n:,}" for n in counts), f"{self.seconds:.0f}")


def tally(name: str, dtype: str, count: int, rungs: Sequence[int]) -> Tally:
    """So many settings of a library in a format, as many of each of its functions."""
    of = tried.library(name)
    peers = [peer for peer in of.peers if dtype in peer.formats]
    found, began = Tally(of.name, dtype), perf_counter()
    for i, peer in enumerate(peers):
        for verdict in tried.verdicts(of, peer, dtype, count // len(peers) + (i < count % len(peers)), rungs):
            found.note(verdict)
            if not verdict.certified:
                print(verdict, flush=True)
        found.seconds = perf_counter() - began
        print(f"{peer.name}, {dtype}: {found.settings:,} settings, {found.seconds:.0f} s", flush=True)
    return found


def table(tallies: Sequence[Tally]) -> str:
    """One line for each library and format."""
    rows = [COLUMNS, *(t.row() for t in tallies)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def main() -> int:
    """Try all libraries that are asked for and are here."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    here = tried.installed()
    parser.add_argument("libraries", nargs="*", default=here, help=f"of {', '.join(here)}; all by default")
    parser.add_argument("--settings", type=int, default=1000, help="of each library and format")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--rungs", nargs="+", type=int, choices=RUNGS, default=RUNGS)
    given = parser.parse_args()
    found = [tally(name, dtype, given.settings, given.rungs) for name in given.libraries for dtype in given.formats]
    print(table(found))
    return int(any(t.refused for t in found))


if __name__ == "__main__":
    raise SystemExit(main())
