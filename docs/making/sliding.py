"""The window slides: frames of a convolution, whose places come from `Window` and whose numbers from the kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import cnnmath
from cnnmath import ops
from cnnmath.window import Window
from making.grids import Grid, Place, products, written
from making.stepper import Frame


def frames(
    x: Any,
    w: Any,
    *,
    stride: int = 1,
    dilation: int = 1,
    padding: int = 0,
    names: tuple[str, str, str] = ("input x", "kernel w", "output y"),
) -> list[Frame]:
    """A frame for each output of a convolution of one channel and one filter, row by row.

    Examples
    --------
    >>> [frame.said for frame in frames([1, 2, 3], [1, 10])]
    ['y[0] = 1·1 + 2·10 = 21', 'y[1] = 2·1 + 3·10 = 32']
    """
    x, w = np.array(x), np.array(w)
    conv = ops.Conv(1, w.shape, stride=stride, dilation=dilation, padding=padding, bias=False)
    y = cnnmath.forward(conv, x[None, None], w=w[None, None])[0, 0]
    windows, padded = conv.windows(x.shape), np.pad(x, padding)
    places = list(np.ndindex(y.shape))
    return [
        Frame(
            [
                _input(padded, _taps(windows, o, padding), padding, names[0]),
                Grid.of(w, names[1]),
                _output(y, places[: i + 1], names[2]),
            ],
            f"{names[2].split()[-1]}[{', '.join(map(str, o))}] = "
            f"{products((padded[at] for at in _taps(windows, o, padding)), w.ravel())}",
        )
        for i, o in enumerate(places)
    ]


def line(
    window: Window, n: int, x: Any = None, w: Any = None, *, alone: bool = True
) -> Iterator[tuple[int, Grid]]:
    """The outputs along one axis, and for each the padded input with the window laid on it.

    Parameters
    ----------
    window, n
        The window, and the length of the input.
    x, w
        Numbers in the cells; where they are left out, positions.
    alone
        Whether inputs that no window reads are marked as lost.
    """
    first, last = -window.before, n + window.after
    cells = [written(x[j]) if x is not None and 0 <= j < n else "0" if x is not None else "" for j in range(first, last)]
    read = {j for o in range(window.placements(n)) for j in window.reads(o)}
    lost = [(0, j - first) for j in range(first, last) if j not in read] if alone else []
    outside = [(0, j - first) for j in (*range(first, 0), *range(n, last))]
    for o in range(window.placements(n)):
        yield o, Grid.of(
            cells,
            heads=range(first, last),
            padding=outside,
            lost=lost,
            window=[(0, j - first) for j in window.reads(o)],
        )


def _taps(windows: tuple[Window, ...], o: Place, padding: int) -> list[Place]:
    """Places in the padded input that an output reads, in the order of the taps."""
    taps = np.ndindex(*(window.kernel for window in windows))
    return [tuple(a.tap(i, k) + padding for a, i, k in zip(windows, o, tap, strict=True)) for tap in taps]  # type: ignore[misc]


def _input(padded: np.ndarray, taps: list[Place], padding: int, name: str) -> Grid:
    inside = np.ones([n - 2 * padding for n in padded.shape], bool)
    outside = [_plane(at) for at in np.argwhere(~np.pad(inside, padding)).tolist()]
    return Grid.of(padded, name, padding=outside, window=[_plane(at) for at in taps])


def _output(y: np.ndarray, known: list[Place], name: str) -> Grid:
    cells = np.full(y.shape, "", object)
    for at in known:
        cells[at] = written(y[at])
    return Grid.of(cells, name, result=[_plane(known[-1])])


def _plane(at: Any) -> Place:
    """A place as a row and a column; a signal is one row."""
    return tuple(at) if len(at) == 2 else (0, at[0])
