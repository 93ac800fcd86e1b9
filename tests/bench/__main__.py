"""``make bench``: how long the package takes beside what it stands on, alternating, in one run.

Absolute times depend on the machine; the ratio to the reference, measured in turn with it, does not much.
"""

from __future__ import annotations

import time

from tests.bench import derivations, processes, scale
from tests.bench.pairs import show


def main() -> None:
    show("whole processes, medians of alternating runs", processes.pairs())
    show("within a process, medians of alternating runs, processor time", scale.pairs(), time.process_time)
    show("derivations, medians of alternating runs, processor time", derivations.pairs(), time.process_time)


if __name__ == "__main__":
    main()
