"""Whole processes: what a user waits for who types a command."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from tests.bench.pairs import Pair

COMMAND = "import sys; sys.argv = ['cnnmath', {}]; from cnnmath.cli import main; main()"
CODE = {
    "import cnnmath / import numpy": ("import cnnmath", "import numpy"),
    "import cnnmath.numeric.kernels / import numpy": ("import cnnmath.numeric.kernels", "import numpy"),
    "analyze resnet50 (shell) / import networkx": (
        COMMAND.format("'analyze', 'resnet50', '--json'"),
        "import networkx",
    ),
    "derive conv (shell) / import sympy": (COMMAND.format("'derive', 'conv'"), "import sympy"),
}


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def pairs() -> list[Pair]:
    return [Pair(name, partial(run, ours), partial(run, theirs)) for name, (ours, theirs) in CODE.items()]
