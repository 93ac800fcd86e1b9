"""``make bench``: how long the package takes beside what it stands on, alternating, in one run.

Absolute times depend on the machine; the ratio to the reference, measured in turn with it, does not much.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from rich.console import Console
from rich.table import Table

RUNS = 9
PAIRS = {
    "import cnnmath / import numpy": ("import cnnmath", "import numpy"),
    "import cnnmath.numeric / import numpy": ("import cnnmath.numeric", "import numpy"),
    "analyze resnet50 (shell) / import networkx": (
        "import sys; sys.argv = ['cnnmath', 'analyze', 'resnet50', '--json']; from cnnmath.cli import main; main()",
        "import networkx",
    ),
    "derive conv (shell) / import sympy": (
        "import sys; sys.argv = ['cnnmath', 'derive', 'conv']; from cnnmath.cli import main; main()",
        "import sympy",
    ),
}


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=False, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    table = Table(title=f"whole processes, medians of {RUNS} alternating runs", box=None)
    for column in ("what / beside what", "seconds", "beside", "ratio", "spread of the ratio"):
        table.add_column(column, justify="left" if column.startswith("what") else "right")
    for name, (ours, theirs) in PAIRS.items():
        pairs = [(seconds(ours), seconds(theirs)) for _ in range(RUNS + 1)][1:]
        ratios = sorted(a / b for a, b in pairs)
        a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
        spread = f"{ratios[0]:.2f} .. {ratios[-1]:.2f}"
        table.add_row(name, f"{a:.3f}", f"{b:.3f}", f"{statistics.median(ratios):.2f}", spread)
    Console().print(table)


if __name__ == "__main__":
    main()
