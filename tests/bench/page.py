"""The page of the documentation that a run writes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from tests.bench.peers import Peer
from tests.bench.table import Table, markdown

INTRODUCTION = """# Benchmarks

How long the package's kernels take beside other libraries, measured side by side in one process. A ratio is their
time divided by ours: above 1 the package is faster.

## How it is measured

- All arrays are float32. Ours are NumPy arrays (N, C, H, W) whose channels lie innermost in memory, as its kernels
  leave them; the package's checks of its arguments are in its time.
- "Filters prepared" is a layer that keeps what its method has made of the filters (`numeric.fused.Fused`), as a network
  does that is prepared for inference (`graph.Prepared`); in plain layers that is part of every call.
- Layers are all distinct convolutions and poolings of the networks of `cnnmath.zoo`, as they stand in the graph.
  Backward is the backward pass alone, by all operands; of whole networks it is a step: loss and gradients of all
  parameters, with the statistics of batch normalisation held.
- Before a pair is timed, its results are compared; a pair that does not agree stops the run.
- Both then run in turn, and who begins changes each time. A pause is ahead of each run, in which the idle threads of
  the other library stop spinning; a short run follows one that is not timed. The median of the ratios stands in the
  table, their first and third quartile in parentheses. Where one round takes five times its budget, there is one round.
- Everyone has the same number of threads. Memory is the growth of the resident memory at its peak, over what the
  process holds once libraries and parameters are loaded, each library in a process of its own.
- A file from the shell is a whole process, `python -m cnnmath analyze FILE`, its modules compiled before; beside it one
  that imports the libraries it stands on. The file is made of residual blocks with two branches, in 500 nodes; its
  arrays stand beside it. Processor time is that of the process, on all cores. Memory is what the process holds at its
  peak, libraries too.
"""

REPRODUCE = """## How to reproduce it

```console
$ python -m pip install -e ".[dev,bench]"
$ make bench
$ python -m tests.bench layers --net vgg16 --batch 1 --direction forward --peer torch --seconds 2
```

`make bench` writes this page anew. What is not installed is left out, and named. Absolute times depend on the machine,
the ratios less so.
"""

NOTHING = "No run has been written to this page yet.\n"


def page(
    machine: Iterable[tuple[str, str]], peers: Mapping[str, Peer], tables: Iterable[Table], *, whole: bool = True
) -> str:
    """The whole page: how it is measured, on what, and every table that has rows."""
    parts = [INTRODUCTION]
    if peers:
        parts.append("\n".join(("The others:", "", *map(_line, peers.values()), "")))
    parts.append(REPRODUCE)
    written = [markdown(table) for table in tables if table.rows]
    if written:
        parts.append("\n".join(("## Machine", "", *(f"- {name}: {value}" for name, value in machine), "")))
        if not whole:
            parts.append("The run was stopped before its end: some rows are missing.\n")
        parts.append("## Results\n")
    return "\n".join((*parts, *(written or [NOTHING])))


def _line(peer: Peer) -> str:
    """An entry of a list, in lines that do not grow too long."""
    return textwrap.fill(f"- {peer.NAME}: {peer.HOW}.", 120, subsequent_indent="  ", break_on_hyphens=False)
