"""``make power``: which rung sees each known mistake, beside what people usually do, into docs/power.md."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from time import process_time

from cnnmath.cli.options import progress
from cnnmath.report.power import power_page
from cnnmath.verify.mistakes import MISTAKES
from cnnmath.verify.power import Power, power


def main() -> None:
    parser = ArgumentParser("python -m tests.bench.power", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a page of Markdown")
    parser.add_argument(
        "--minutes", type=float, metavar="M", help="of processor time; then what has been tried is told"
    )
    chosen = parser.parse_args()
    with progress("trying mistakes") as told:
        found = power(told=told) if chosen.minutes is None else sampled(chosen.minutes, told)
    print(found.summary())
    if chosen.write:
        chosen.write.write_text(power_page(found, date.today().isoformat(), of=len(MISTAKES)))
    sys.exit(not found.caught)


def sampled(minutes: float, told: Callable[[int, int, str], None]) -> Power:
    """Try mistakes in an order drawn at random until the time is over: a sample of all of them."""
    drawn = Random(0).sample(range(len(MISTAKES)), len(MISTAKES))
    rows, began, torch = {}, process_time(), False
    for done, i in enumerate(drawn):
        if process_time() - began > 60 * minutes:
            break
        told(done, len(drawn), str(MISTAKES[i]))
        one = power([MISTAKES[i]])
        rows[i], torch = one.rows[0], one.torch
    return Power(tuple(rows[i] for i in sorted(rows)), torch)


if __name__ == "__main__":
    main()
