"""The window slides: frames of a convolution, whose places come from `Window` and whose numbers from the kernels."""

from __future__ import annotations

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


def reading(window: Window, n: int, title: str = "") -> Grid:
    """Which output reads what along one axis: a row an output, a column a position, and in the cells the taps.

    Positions of the padding are shaded; those that no window reads are crossed out.

    Examples
    --------
    >>> reading(Window(2, stride=2, before=1), 4).rows
    (('w0', 'w1', '', '', '×'), ('', '', 'w0', 'w1', '×'))
    """
    outputs, first = range(window.placements(n)), -max(window.before, 0)
    columns = range(first, n + max(window.after, 0))
    taps = {(o, j - first): f"w{k}" for o in outputs for k, j in enumerate(window.reads(o))}
    unread = {j - first for j in columns} - {j for _, j in taps}
    cells = [[taps.get((o, j), "×" if j in unread else "") for j in range(len(columns))] for o in outputs]
    return Grid.of(
        cells,
        title,
        heads=columns,
        sides=[f"y{o}" for o in outputs],
        padding=[(o, j - first) for o in outputs for j in columns if not 0 <= j < n],
        lost=[(o, j) for o in outputs for j in unread],
        first=list(taps),
    )


def rule(window: Window, n: int) -> str:
    """The rule of sizes with the numbers of a window put in.

    Examples
    --------
    >>> rule(Window(3, stride=2, before=1, after=1), 7)
    '⌊(7 + 1 + 1 − 3)/2⌋ + 1 = 4'
    """
    room = f"{n} + {window.before} + {window.after} − {window.extent}"
    return f"⌊({room})/{window.stride}⌋ + 1 = {window.placements(n)}"


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
