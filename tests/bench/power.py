"""``make power``: which rung sees each known mistake, beside what people usually do, into docs/power.md."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path

from cnnmath.cli.options import progress
from cnnmath.report.power import power_page
from cnnmath.verify.power import power


def main() -> None:
    parser = ArgumentParser("python -m tests.bench.power", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a page of Markdown")
    chosen = parser.parse_args()
    with progress("trying mistakes") as told:
        found = power(told=told)
    print(found.summary())
    if chosen.write:
        chosen.write.write_text(power_page(found, date.today().isoformat()))
    sys.exit(not found.caught)


if __name__ == "__main__":
    main()
