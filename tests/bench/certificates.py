"""A certificate beside a gradient check by finite differences: the same convolution, 64 to 64, 3x3, at 56x56.

A check by differences calls the forward twice for every number of the operands; that many calls take days to wait for,
so one call is timed, in turn with the certificate's parts, and multiplied. What PyTorch's ``gradcheck`` takes beyond
the calls is left out: it only helps the other side. That the product is sound is seen at a small size, where the check
is run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import prod
from statistics import median

import numpy as np

from cnnmath import numeric, ops
from cnnmath.numeric import using
from cnnmath.ops import operands
from cnnmath.verify import Certificate, verify
from tests.bench.table import Row, Table, ratio

OP, INPUT = ops.Conv(64, 3, padding=1, bias=False), (1, 64, 56, 56)
SMALL, SMALL_INPUT = ops.Conv(4, 3, padding=1, bias=False), (1, 4, 9, 8)
COLUMNS = ("what", "certificate, seconds", "one forward, ms", "calls", "differences, seconds", "ratio")
RUNS = 3


def certified(op: ops.Operator, x: tuple[int, ...], wrt: str) -> float:
    """Seconds that a certificate of rung 2 takes."""
    begun = time.perf_counter()
    with using(method="gemm"):
        found = verify(numeric.kernel(op), op, x, wrt=wrt, rungs=[2], claim="shapes", limit=None)
    assert isinstance(found, Certificate), found
    return time.perf_counter() - begun


def forward(op: ops.Operator, x: tuple[int, ...]) -> float:
    """Seconds that one call takes, in float64."""
    rng = np.random.default_rng(0)
    first, *rest = (rng.normal(size=shape) for shape in operands(op, x).values())
    begun = time.perf_counter()
    with using(method="gemm"):
        numeric.forward(op, first, w=rest[0])
    return time.perf_counter() - begun


def differences(op: ops.Operator, x: tuple[int, ...]) -> float:
    """Seconds that all central differences take, run and not extrapolated."""
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=shape) for name, shape in operands(op, x).items()}
    begun = time.perf_counter()
    with using(method="gemm"):
        for array in arrays.values():
            for at in np.ndindex(array.shape):
                for step in (1e-6, -2e-6):
                    array[at] += step
                    numeric.forward(op, arrays["x"], w=arrays["w"])
                array[at] += 1e-6
    return time.perf_counter() - begun


def rows() -> Iterator[Row]:
    calls = 2 * sum(map(prod, operands(OP, INPUT).values()))
    forward(OP, INPUT)
    times: dict[str, list[float]] = {"y": [], "x": [], "w": [], "one": []}
    for _ in range(RUNS):  # in turn
        times["one"] += [forward(OP, INPUT) for _ in range(5)]
        for wrt in ("y", "x", "w"):
            times[wrt].append(certified(OP, INPUT, wrt))
    one, parts = median(times["one"]), {wrt: median(times[wrt]) for wrt in ("y", "x", "w")}
    whole = {"y, dx and dw": sum(parts.values())} | {("y" if w == "y" else f"d{w}"): t for w, t in parts.items()}
    for name, seconds in whole.items():
        other = calls * one
        yield name, f"{seconds:.2f}", f"{1e3 * one:.2f}", f"{calls:,}", f"{other:,.0f}", ratio(other / seconds)
    small = 2 * sum(map(prod, operands(SMALL, SMALL_INPUT).values()))
    expected = small * median(forward(SMALL, SMALL_INPUT) for _ in range(99))
    run = differences(SMALL, SMALL_INPUT)
    yield f"4 to 4 at 9x8, run: {run:.2f} s", "", "", f"{small:,}", f"{expected:.2f}", ratio(run / expected)


def table() -> Table:
    """All rows; the last one says how good the extrapolation is: differences as run, by differences as multiplied."""
    return Table("A certificate (rung 2) beside central differences", COLUMNS, tuple(rows()))
