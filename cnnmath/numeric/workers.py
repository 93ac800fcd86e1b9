"""Threads over blocks: each block is one task, and every product inside it runs in one thread of the BLAS.

How the work is cut into blocks never depends on the number of threads, nor does the order of any sum: so results are the
same, bit for bit, whatever the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from math import prod
from threading import Lock, local
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from cnnmath.numeric.windows import Array

Task = TypeVar("Task")


def run(tasks: Iterable[Task], work: Callable[[Task], object], threads: int) -> None:
    """Do all tasks, this thread among the workers; the first error that a task raises comes out.

    Examples
    --------
    >>> squares = [0] * 4
    >>> run(range(4), lambda i: squares.__setitem__(i, i * i), threads=2)
    >>> squares
    [0, 1, 4, 9]
    """
    waiting = list(tasks)
    with _blas().limit(limits=1, user_api="blas"):
        helpers = min(threads, len(waiting)) - 1
        if helpers < 1:
            for task in waiting:
                work(task)
            return
        left, lock = iter(waiting), Lock()

        def drain() -> None:
            while True:
                with lock:
                    task = next(left, None)
                if task is None:
                    return
                work(task)

        others = [_pool(helpers).submit(drain) for _ in range(helpers)]
        try:
            drain()
        finally:
            with lock:
                left = iter(())  # an error or Ctrl-C ends the work of all
            errors = [error for other in others if (error := other.exception())]
        if errors:
            raise errors[0]


class Scratch(local):
    """Buffers of one thread by name, each kept from block to block and grown where a block needs more."""

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}

    def __call__(self, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
        """Uninitialised array of this shape; what it held under this name before is lost."""
        size = prod(shape) * np.dtype(dtype).itemsize
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers[name] = np.empty(size, np.uint8)
        return self._buffers[name][:size].view(dtype).reshape(shape)


def pieces(length: int, most: int) -> list[slice]:
    """Cut a length into as few nearly equal pieces of at most so much as there can be.

    Examples
    --------
    >>> pieces(10, 4)
    [slice(0, 4, None), slice(4, 7, None), slice(7, 10, None)]
    """
    count = max(1, -(-length // max(1, most)))
    ends = [-(-length * i // count) for i in range(count + 1)]
    return [slice(a, b) for a, b in zip(ends, ends[1:], strict=False)]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="cnnmath")


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()
