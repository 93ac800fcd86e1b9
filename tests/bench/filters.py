"""Filters of signals, images and volumes beside the fastest function of SciPy that computes the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import ndimage, signal

from cnnmath.filters import choose, convolve
from cnnmath.graph.text import times
from tests.bench.problem import check_agreement
from tests.bench.table import Row, Table, milliseconds, ratio, spread
from tests.bench.timing import Job, alternate

COLUMNS = ("input", "kernel", "dtype", "way", "ours, ms", "fastest of SciPy", "ours / SciPy", "quartiles")
TOLERANCE = {"float32": 1e-4, "float64": 1e-10}
SLOW = 3e9
"""Products of the definition above which SciPy's functions that compute it are not waited for."""

SIGNALS = [((n,), (k,)) for n in (10**3, 10**4, 10**5, 10**6) for k in (3, 63, 1000, 10_000) if k <= n]
IMAGES = [((n, n), (k, k)) for n in (64, 256, 1024, 2048) for k in (3, 5, 9, 15, 31, 63) if k < n]
VOLUMES = [((64,) * 3, (5,) * 3)]


def peers(x: Any, h: Any) -> dict[str, Callable[[], Any]]:
    """What SciPy has for a convolution with as many outputs as inputs, zeros beyond the border."""
    found = {
        "signal.convolve": partial(signal.convolve, x, h, "same"),
        "signal.fftconvolve": partial(signal.fftconvolve, x, h, "same"),
        "signal.oaconvolve": partial(signal.oaconvolve, x, h, "same"),
    }
    if x.size * h.size < SLOW:
        if x.ndim == 2:
            found["signal.correlate2d"] = partial(signal.correlate2d, x, np.flip(h).copy(), "same")
        if all(k % 2 for k in h.shape):
            found["ndimage.convolve"] = partial(ndimage.convolve, x, h, mode="constant")
    return found


def measure(seconds: float, say: Callable[[str], None]) -> Iterator[Row]:
    """A row for each size and dtype: a kernel of noise, which is no outer product."""
    rng = np.random.default_rng(0)
    for sizes, taps in (*SIGNALS, *IMAGES, *VOLUMES):
        for dtype in ("float64", "float32"):
            x, h = rng.standard_normal(sizes).astype(dtype), rng.standard_normal(taps).astype(dtype)
            ours, others = partial(convolve, x, h, "same"), peers(x, h)
            for other in others.values():
                check_agreement({"y": ours()}, {"y": other()}, TOLERANCE[dtype])
            name = min(others, key=lambda name: _once(others[name]))
            timing = alternate(_job(ours), _job(others[name]), seconds)
            row = times(sizes), times(taps), dtype, choose(x, h, "same").method
            say(f"{' '.join(row)}: {ratio(timing.ratio)} of {name}")
            yield (*row, milliseconds(timing.ours), name, ratio(timing.ratio), spread(timing))


def table(rows: list[Row]) -> Table:
    """All rows."""
    return Table("Filters beside SciPy", COLUMNS, tuple(rows))


def _job(act: Callable[[], Any]) -> Job:
    return Job(lambda _: act())


def _once(act: Callable[[], Any]) -> float:
    """The shorter of two runs."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
