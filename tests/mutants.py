"""What ``make mutants`` ends with: the mutants of each file that the tests killed, and the change of each survivor.

Run it by hand to see the last run again: ``python -m tests.mutants cnnmath/numeric/pool.py``.
"""

import re
import sys
from collections import Counter
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from rich.console import Console
from rich.table import Table

COLUMNS = "killed", "survived", "timeout", "no tests", "not checked"
FOLDER = Path("mutants")
NEVER_STARTED = 255
"""What mutmut takes for a timeout too: pytest itself could not begin."""


def outcomes(path):
    """What became of each mutant of a file, by name."""
    data = SourceFileMutationData(path=path)
    data.load()
    codes = data.exit_code_by_key.items()
    return {name: status_by_exit_code[None if code == NEVER_STARTED else code] for name, code in codes}


def change(name, path):
    """The lines that a mutant takes away and those that it puts there."""
    lines = get_diff_for_mutant(name, path=path).splitlines()[2:]
    return [line for line in lines if line[0] in "-+"]


def of_strict_alone(lines):
    """Whether a mutant only lets go of the check that lengths are equal, which they are in every call."""
    before, *after = (re.sub(r",?\s*(strict=\w+)?\s*\)", ")", line[1:]) for line in lines)
    return after == [before] and "strict=" in lines[0]


def main(paths):
    """A table of the files, then the survivors of each."""
    show, table = Console(width=120, highlight=False, markup=False, soft_wrap=True).print, Table("file", *COLUMNS, "of")
    for path in paths:
        found = outcomes(path)
        counts = Counter(found.values())
        table.add_row(str(path), *(str(counts[column]) for column in COLUMNS), str(len(found)))
        changes = {name: change(name, path) for name, outcome in found.items() if outcome in ("survived", "no tests")}
        telling = {name: lines for name, lines in changes.items() if not of_strict_alone(lines)}
        show(f"\n{path}: {len(changes) - len(telling)} survivors change 'strict=' alone, {len(telling)} something else")
        for name, lines in telling.items():
            show(f"{name.rpartition('.')[2]} ({found[name]})", *lines, sep="\n")
    show(table)


if __name__ == "__main__":
    every = sorted(str(path.relative_to(FOLDER))[: -len(".meta")] for path in FOLDER.glob("cnnmath/numeric/**/*.meta"))
    main(sys.argv[1:] or every)
