"""``make bench``: how long the package takes beside other libraries and what it stands on, alternating, in one run.

Absolute times depend on the machine; the ratio to the reference, measured in turn with it, does not much.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from tests.bench import filters, layers, machine, memory, networks, results
from tests.bench.page import page
from tests.bench.pairs import measure
from tests.bench.peers import MODULES, Peer, found
from tests.bench.problem import DIRECTIONS
from tests.bench.table import Row, Table, terminal

SECTIONS = ("layers", "networks", "memory", "filters", "package", "files", "certificates")
DEFAULT = layers.Settings()
WIDE = 200
"""Width where the output is no terminal."""


def arguments(given: list[str] | None = None) -> Namespace:
    """What is to be measured."""
    parser = ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all of them")
    parser.add_argument("--net", nargs="+", default=DEFAULT.nets, help="names of the zoo")
    parser.add_argument("--batch", nargs="+", type=int, default=DEFAULT.batches)
    parser.add_argument("--direction", nargs="+", choices=DIRECTIONS, default=DEFAULT.directions)
    parser.add_argument("--peer", nargs="+", choices=MODULES, default=tuple(MODULES))
    parser.add_argument("--seconds", type=float, default=DEFAULT.seconds, help="for each layer, direction and peer")
    parser.add_argument("--threads", type=int, default=DEFAULT.threads)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a page of Markdown")
    chosen = parser.parse_args(given)
    for section in chosen.sections:
        if section not in SECTIONS:
            parser.error(f"there is no section '{section}': {', '.join(SECTIONS)}")
    chosen.sections = chosen.sections or list(SECTIONS)
    return chosen


class Run:
    """What is measured so far: tables are made of it at any time, at the end or when it is stopped."""

    def __init__(self, chosen: Namespace) -> None:
        self.chosen, self.console = chosen, Console(stderr=True)
        self.settings = layers.Settings(
            tuple(chosen.net), tuple(chosen.batch), tuple(chosen.direction), chosen.seconds, chosen.threads
        )
        self.peers: dict[str, Peer] = {}
        self.measured: list[results.Measured] = []
        self.memory: list[tuple[str, ...]] = []
        self.filters: list[Row] = []
        self.package: list[Table] = []

    def go(self) -> None:
        """Measure every section."""
        self.peers |= found(self.chosen.peer, self.settings.threads, self.say)
        for section in self.chosen.sections:
            getattr(self, f"_{section}")()

    def say(self, line: str) -> None:
        """Progress."""
        self.console.print(f"{time.strftime('%H:%M:%S')} {line}", highlight=False, markup=False)

    def tables(self) -> Iterator[Table]:
        """All that has rows."""
        made = [
            results.mean_table(self.measured),
            results.network_table(self.measured),
            memory.table(self.memory),
            *results.layer_tables(self.measured),
            filters.table(self.filters),
            *self.package,
        ]
        return (table for table in made if table.rows)

    def _layers(self) -> None:
        for measured in layers.measure(self.settings, self.peers, self.say):
            self.measured.append(measured)

    def _networks(self) -> None:
        for measured in networks.measure(self.settings, self.peers, self.say):
            self.measured.append(measured)

    def _memory(self) -> None:
        if "torch" in self.peers:
            for row in memory.measure(("resnet50",), (1,), self.settings.threads):
                self.say(f"peak memory of {row[0]}: ours {row[2]} MB, PyTorch {row[3]} MB")
                self.memory.append(row)

    def _filters(self) -> None:
        for row in filters.measure(self.settings.seconds, self.say):
            self.filters.append(row)

    def _package(self) -> None:
        from tests.bench import derivations, processes, scale

        for title, pairs, clock in (
            ("Whole processes", processes.pairs, time.perf_counter),
            ("Within a process, processor time", scale.pairs, time.process_time),
            ("Derivations, processor time", derivations.pairs, time.process_time),
        ):
            self.say(title)
            self.package.append(measure(title, pairs(), clock))

    def _files(self) -> None:
        from tests.bench import files

        self.package += files.tables(self.say)

    def _certificates(self) -> None:
        from tests.bench import certificates

        self.say("certificates")
        self.package.append(certificates.table())


def main() -> None:
    chosen = arguments()
    machine.limit(chosen.threads)
    run, whole = Run(chosen), False
    try:
        run.go()
        whole = True
    except KeyboardInterrupt:
        run.say("stopped: what was measured follows")
    finally:
        console = Console(width=None if sys.stdout.isatty() else WIDE)
        for table in run.tables():
            console.print(terminal(table))
        if chosen.write:
            chosen.write.write_text(page(machine.describe(chosen.threads), run.peers, run.tables(), whole=whole))


if __name__ == "__main__":
    main()
