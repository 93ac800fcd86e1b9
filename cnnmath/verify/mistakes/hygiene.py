"""Mistakes that a clean run on exact numbers does not see: of memory, of repetition, of layout and of precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import AveragePool, Conv, Flatten, GlobalAveragePool, Linear, MaxPool, Operator, ReLU, Tanh
from cnnmath.verify.mistakes.convolution_gradients import overwrite, scattered
from cnnmath.verify.mistakes.mistake import Mistake, Rung, Shows, everywhere, spoils, wrong_gradients, wrong_output
from cnnmath.verify.mistakes.reading import meetings, shared

SHORTER = {np.dtype(np.float64): np.float32, np.dtype(np.float32): np.float16}


def in_place(_: Any, x: Array) -> Array:
    """A rectifier that writes into its input."""
    return np.maximum(x, np.zeros((), x.dtype), out=x)


def gradient_in_place(_: Any, dy: Array, x: Array) -> Array:
    """A gradient that writes into the one from above."""
    dy[~(x > 0)] = 0
    return dy


def partly_written(_: Any, x: Array) -> Array:
    """Only what is positive is written into memory that may hold anything."""
    y = np.empty_like(x)
    y[x > 0] = x[x > 0]
    return y


def accumulating() -> Callable[..., Array]:
    """A weight gradient that is added to that of the call before, if it has the same shape."""
    kept: dict[tuple[int, ...], Array] = {}

    def gradient(_: Any, dy: Array, x: Array, w: Array, *__: Array) -> Array:
        dw = dy.T @ x
        kept[w.shape] = dw + kept[w.shape] if w.shape in kept else dw
        return kept[w.shape].copy()

    return gradient


def racing() -> Callable[..., Array]:
    """Every second call, what several windows give to an input is stored, not added."""
    calls = count()

    def gradient(op: Any, dy: Array, x: Array, w: Array, *b: Array) -> Array:
        return scattered(op, dy, x, w, overwrite) if next(calls) % 2 else KERNELS[Conv].backward(op, dy, x, w, *b)["x"]

    return gradient


def cached() -> Callable[..., Array]:
    """An output that is remembered by the shape of its input alone."""
    kept: dict[Any, Array] = {}

    def forward(op: Any, x: Array) -> Array:
        key = (op, x.shape, x.dtype)
        if key not in kept:
            kept[key] = KERNELS[GlobalAveragePool].forward(op, x)
        return kept[key].copy()

    return forward


def as_if_contiguous(x: Array) -> Array:
    """What a kernel reads that takes any array's memory for contiguous, as far as that memory reaches."""
    reach = sum((n - 1) * step for n, step in zip(x.shape, x.strides, strict=True))
    if x.flags.c_contiguous or not x.size or min(x.strides) < 0 or reach < (x.size - 1) * x.itemsize:
        return x
    steps = np.cumprod([x.itemsize, *x.shape[:0:-1]])[::-1]
    return as_strided(x, x.shape, tuple(int(s) for s in steps), writeable=False)


def in_order_of_memory(x: Array) -> Array:
    """Numbers as they lie, which is the order of the axes except in Fortran's."""
    return x.ravel(order="K").reshape(x.shape)


def beyond(x: Array) -> Array:
    """The number behind the array's end, if the array is a part of a larger one; else none."""
    base = x.base
    if not isinstance(base, np.ndarray) or base.dtype != x.dtype or not (base.flags.c_contiguous and x.size):
        return x[:0].ravel()
    start = (x.ctypes.data - base.ctypes.data) // x.itemsize
    end = start + 1 + sum((n - 1) * step for n, step in zip(x.shape, x.strides, strict=True)) // x.itemsize
    return base.ravel()[end : end + 1]


def beyond_the_end(op: Any, x: Array) -> Array:
    """A maximum whose last window reads one number too many."""
    y = KERNELS[MaxPool].forward(op, x)
    y.flat[-1:] = np.maximum(y.flat[-1], beyond(x).max(initial=y.flat[-1]))
    return y


def shorter(a: Array) -> Array:
    """Half as many bits, where there are floats that have them."""
    return a.astype(SHORTER.get(a.dtype, a.dtype))


def with_shorter_sums(op: Any, x: Array, w: Array, *b: Array) -> Array:
    """Products and sums in half the bits."""
    return KERNELS[Linear].forward(op, *map(shorter, (x, w, *b))).astype(x.dtype)


def _of_memory() -> Iterator[Mistake]:
    def made(name: str, kind: Any, says: str, result: str, kernel: Kernel, shows: Shows = everywhere) -> Mistake:
        rung: Rung = "hygiene"
        return Mistake(name, kind, says, spoils(result), kernel, shows, (), rung)

    yield made("relu-in-place", ReLU, "it wrote its output into x", "y", wrong_output(ReLU, in_place))
    yield made("relu-gradient-in-place", ReLU, "it wrote dx into dy", "x", wrong_gradients(ReLU, x=gradient_in_place))
    yield made("relu-partly-written", ReLU, "some numbers of the output were never written", "y",
               wrong_output(ReLU, partly_written))  # fmt: skip
    yield made("flatten-gives-a-view", Flatten, "the output were a view of x", "y",
               wrong_output(Flatten, lambda op, x: x.reshape(op.shape(x.shape))))  # fmt: skip
    yield made("linear-dw-accumulates", Linear, "dw were added to that of the call before", "w",
               wrong_gradients(Linear, w=accumulating()))  # fmt: skip
    yield made("dx-races", Conv, "additions to dx were lost in some runs", "x", wrong_gradients(Conv, x=racing()),
               lambda op, inputs: shared(meetings(op, inputs[0])))  # fmt: skip
    yield made("global-mean-cached-by-shape", GlobalAveragePool, "the output were that of the first x of this shape",
               "y", wrong_output(GlobalAveragePool, cached()))  # fmt: skip
    yield made("contiguity-taken-for-granted", AveragePool, "the memory of x were contiguous", "y",
               _of_other_input(AveragePool, as_if_contiguous))  # fmt: skip
    yield made("order-of-memory", Tanh, "x were laid out in the order of its axes", "y",
               _of_other_input(Tanh, in_order_of_memory))  # fmt: skip
    yield made("reads-beyond-the-end", MaxPool, "the last window read one number behind the end of x", "y",
               wrong_output(MaxPool, beyond_the_end))  # fmt: skip


def _of_precision() -> Iterator[Mistake]:
    yield Mistake(
        "linear-sums-in-half-the-bits", Linear, "products and sums had half the bits of x", spoils("y"),
        wrong_output(Linear, with_shorter_sums), everywhere, (), "rounding",
    )  # fmt: skip


def _of_other_input(kind: type[Operator], change: Callable[[Array], Array]) -> Kernel:
    return wrong_output(kind, lambda op, x: KERNELS[kind].forward(op, change(x)))


MISTAKES = (*_of_memory(), *_of_precision())
