"""Peak memory of a forward pass, ours beside PyTorch's, each in a process of its own.

``python -m tests.bench.memory plain resnet50 1 2`` prints by how many bytes the resident memory of the process grew, at
most, over what it was once libraries and parameters were loaded.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from tests.bench import machine
from tests.bench.problem import NetworkProblem
from tests.bench.table import Table

RUNS = 5
COLUMNS = ("network", "batch", "ours, MB", "PyTorch, MB", "ratio", "least and most, ours", "least and most, PyTorch")


def measure(nets: tuple[str, ...], batches: tuple[int, ...], threads: int) -> Iterator[tuple[str, ...]]:
    """Rows for each network and batch, ours plain and prepared: medians of processes that take turns."""
    for net, batch, way in product(nets, batches, ("plain", "prepared")):
        runs = [[grown(who, net, batch, threads) for who in (way, "torch")] for _ in range(RUNS)]
        ours, theirs = ([n / 1e6 for n in column] for column in zip(*runs, strict=True))
        a, b = statistics.median(ours), statistics.median(theirs)
        ends = (f"{min(c):.1f} to {max(c):.1f}" for c in (ours, theirs))
        yield (f"{net}, {way}", str(batch), f"{a:.1f}", f"{b:.1f}", f"{a / b:.2f}", *ends)


def table(rows: list[tuple[str, ...]]) -> Table:
    """All rows."""
    return Table("Peak memory of a forward pass", COLUMNS, tuple(rows))


def grown(who: str, net: str, batch: int, threads: int) -> int:
    """Bytes, measured in a new process."""
    command = [sys.executable, "-m", "tests.bench.memory", who, net, str(batch), str(threads)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def growth(act: Callable[[], Any]) -> int:
    """Bytes by which the largest resident memory while it acts exceeds what there is now, in use."""
    machine.give_back()
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5")  # the high-water mark begins anew
        before = machine.resident()
        act()
        return machine.resident(key="VmHWM") - before
    before = machine.peak()
    act()
    return machine.peak() - before


def main(who: str, net: str, batch: str, threads: str) -> None:
    """Load all that is needed, then run once."""
    machine.limit(int(threads))
    problem = NetworkProblem(net, int(batch))
    assert problem.parameters, problem.x.any()
    if who == "torch":
        from tests.bench.peers import torch_eager

        torch_eager.start(int(threads))
        job = torch_eager.network(problem, "forward")
    else:
        job = problem.ours("forward")["forward" if who == "plain" else "forward, prepared"]
        if who == "prepared":
            job.act(None)  # what is made of the filters is made, and stays
    print(growth(lambda: job.act(None)))


if __name__ == "__main__":
    main(*sys.argv[1:])
