"""Windows over arrays: gather every tap's inputs, and its adjoint, scatter.

Both loop over kernel taps only. For each tap, the outputs whose tap lies inside the input form a slice, and so do the
inputs that they read: padding is never materialised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from cnnmath.errors import ShapeError, check_kind
from cnnmath.window import Window

Array: TypeAlias = np.ndarray[Any, Any]
Slices: TypeAlias = tuple[slice, ...]


def tap_slices(
    windows: Sequence[Window], sizes: Sequence[int], rows: slice | None = None
) -> Iterator[tuple[tuple[int, ...], Slices, Slices]]:
    """For each tap in row-major order: the tap, the outputs that see input through it, and the inputs that they see.

    With ``rows``, only outputs of these places along the first axis are told, counted from the first of them.

    Examples
    --------
    >>> for k, outputs, inputs in tap_slices([Window(2, stride=2, before=1)], [4]):
    ...     print(k, outputs, inputs)
    (0,) (slice(1, 2, None),) (slice(1, 2, 2),)
    (1,) (slice(0, 2, None),) (slice(0, 3, 2),)
    """
    for k in product(*(range(w.kernel) for w in windows)):
        outputs = [w.outputs(i, n) for w, i, n in zip(windows, k, sizes, strict=True)]
        start = 0
        if rows is not None:
            start = rows.start
            outputs[0] = range(max(outputs[0].start, start), min(outputs[0].stop, rows.stop))
        if all(outputs):
            reads = [(w.tap(o[0], i), w.tap(o[-1], i)) for w, i, o in zip(windows, k, outputs, strict=True)]
            inputs = tuple(slice(a, b + 1, w.stride) for w, (a, b) in zip(windows, reads, strict=True))
            first, *others = outputs
            places = (slice(first.start - start, first.stop - start), *(slice(o.start, o.stop) for o in others))
            yield k, places, inputs


def output_sizes(windows: Sequence[Window], sizes: Sequence[int]) -> tuple[int, ...]:
    """Output size of each axis."""
    return tuple(w.placements(n) for w, n in zip(windows, sizes, strict=True))


def gather(x: Array, windows: Sequence[Window]) -> Array:
    """Columns ``cols[n, c, k..., o...] = x[n, c, tap(o, k)...]``, zero where the tap lies in the padding (im2col).

    Examples
    --------
    >>> gather(np.arange(1, 5).reshape(1, 1, 4), [Window(2, stride=2, before=1)])[0, 0]
    array([[0, 2],
           [1, 3]])
    """
    _check_windows("x", x, windows, 1)
    sizes = x.shape[2:]
    kernel = tuple(w.kernel for w in windows)
    cols = np.zeros((*x.shape[:2], *kernel, *output_sizes(windows, sizes)), x.dtype)  # (N, C, K..., O...)
    for k, outputs, inputs in tap_slices(windows, sizes):
        cols[:, :, *k, *outputs] = x[:, :, *inputs]
    return cols


def scatter(cols: Array, windows: Sequence[Window], sizes: Sequence[int]) -> Array:
    """Adjoint of `gather`: add each column entry to the input that it was read from (col2im).

    Examples
    --------
    >>> scatter(np.ones((1, 1, 2, 2), int), [Window(2, stride=2, before=1)], [4])[0, 0]
    array([1, 1, 1, 0])
    """
    _check_windows("cols", cols, windows, 2)
    if np.shape(sizes) != (len(windows),) or cols.shape[2 + len(windows) :] != output_sizes(windows, sizes):
        raise ShapeError(
            "the columns are not those of an input of these sizes.",
            input=f"cols of shape {cols.shape}, sizes {sizes}",
            rule="cols (N, C, *kernel, *outputs), and one size an axis",
            fix="give the sizes of the input that was gathered",
        )
    x = np.zeros((*cols.shape[:2], *sizes), cols.dtype)  # (N, C, *spatial)
    for k, outputs, inputs in tap_slices(windows, sizes):
        x[:, :, *inputs] += cols[:, :, *k, *outputs]
    return x


def _check_windows(name: str, array: Any, windows: Any, each: int) -> None:
    """Raise where an array has not N, C, and so many axes for each window."""
    check_kind(array, np.ndarray, "array", f"give {name} as an array of NumPy")
    check_kind(windows, (tuple, list), "list of windows", "give one Window an axis, as in [Window(3), Window(3)]")
    for window in windows:
        check_kind(window, Window, "window", "give one Window an axis, as in [Window(3), Window(3)]")
    if array.ndim != 2 + each * len(windows):
        raise ShapeError(
            "there is not one window for each spatial axis.",
            input=f"{name} of shape {array.shape}, {len(windows)} windows",
            rule="x is (N, C, *spatial), its columns are (N, C, *kernel, *outputs)",
            here=f"{array.ndim} axes, {2 + each * len(windows)} wanted",
            fix="give one window for each spatial axis",
        )
