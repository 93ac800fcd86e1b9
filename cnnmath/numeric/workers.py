"""Threads over blocks: each block is one task, and every product inside it runs in one thread of the BLAS.

How the work is cut into blocks never depends on the number of threads, nor does the order of any sum: so
results are the same, bit for bit, whatever the number.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from math import prod
from threading import Lock, get_native_id, local
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import OpenBLASController, ThreadpoolController

from cnnmath.numeric.engine import current
from cnnmath.numeric.windows import Array

Task = TypeVar("Task")


def run(tasks: Iterable[Task], work: Callable[[Task], object], threads: int) -> None:
    """Do all tasks, this thread among the workers; after an error, which comes out, or Ctrl-C no other task begins.

    Examples
    --------
    >>> squares = [0] * 4
    >>> run(range(4), lambda i: squares.__setitem__(i, i * i), threads=2)
    >>> squares
    [0, 1, 4, 9]
    """
    waiting = list(tasks)
    if not waiting:
        return
    with one_thread():
        if min(threads, len(waiting)) == 1:
            for task in waiting:
                work(task)
            return
        left, lock = iter(waiting), Lock()

        def drain() -> None:
            nonlocal left
            try:
                while True:
                    with lock:
                        task = next(left, None)
                    if task is None:
                        return
                    work(task)
            except BaseException:
                with lock:
                    left = iter(())
                raise

        others = helpers(threads - 1).submit(drain, min(threads, len(waiting)) - 1)
        try:
            drain()
        finally:
            errors = [error for other in others if (error := other.exception())]
        if errors:
            raise errors[0]


class OneThread:
    """Keeps the BLAS to one thread while any caller is inside; the last one out restores what the first one found.

    The number is one of the process. Were each caller to set it and to put back what it found, the last one out would
    put back the limit of another. And OpenBLAS listens to one thread alone, as ``threadpoolctl`` guards it, until that
    thread lets go: the last one out, or one that comes while another thread has a limit, would be ignored in silence.
    """

    def __init__(self) -> None:
        self._blas = ThreadpoolController()
        self._inside, self._lock = 0, Lock()
        self._restore: Callable[[], None]

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                OpenBLASController.clear_controlling_thread(force=True)
                self._restore = self._blas.limit(limits=1, user_api="blas").restore_original_limits
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                OpenBLASController.clear_controlling_thread(force=True)
                self._restore()
                OpenBLASController.clear_controlling_thread(force=True)


MAKING = Lock()
"""Held while what a process has once is made: `functools.cache` lets two threads make it at once."""


def one_thread() -> OneThread:
    """The one keeper of the process, a context."""
    with MAKING:
        return _one_thread()


@cache
def _one_thread() -> OneThread:
    return OneThread()


class Scratch(local):
    """Buffers of each thread by name, kept from block to block and from call to call, and grown where more is needed.

    A fresh buffer costs as much as the work on it: the system hands it out page by page, at the first touch. Where the
    buffers of a thread come to more than the scratch memory in effect, those asked for longest ago are given back.
    """

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}

    def clear(self) -> None:
        """Give the memory of this thread's buffers back."""
        self._buffers.clear()

    def __call__(self, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
        """Uninitialised array of this shape; what it held under this name before is lost."""
        if np.dtype(dtype).hasobject:
            return np.empty(shape, dtype)
        size = prod(shape) * np.dtype(dtype).itemsize
        buffer = self._buffers.pop(name, None)
        if buffer is None or buffer.size < size:
            del buffer
            self._fit(current().scratch - size)
            buffer = np.empty(size, np.uint8)
        self._buffers[name] = buffer  # the last
        return buffer[:size].view(dtype).reshape(shape)

    def _fit(self, room: int) -> None:
        """Give back the first buffers until the others fit."""
        while self._buffers and sum(buffer.size for buffer in self._buffers.values()) > room:
            del self._buffers[next(iter(self._buffers))]


@cache
def scratch() -> Scratch:
    """Buffers that all methods share; no method relies on what another has left in them."""
    return Scratch()


def pieces(length: int, most: int) -> list[slice]:
    """Cut a length into as few nearly equal pieces of at most so much as there can be.

    Examples
    --------
    >>> pieces(10, 4)
    [slice(0, 4, None), slice(4, 7, None), slice(7, 10, None)]
    """
    count = max(1, -(-length // max(1, most)))
    return [slice(-(-length * i // count), -(-length * (i + 1) // count)) for i in range(count)]


class Helpers:
    """Threads that help the calling one, each bound to a processor of its own where there are enough of them.

    Left to the system, a thread often wakes on the processor of the thread that woke it, and both take turns there
    until the system notices: longer than many a layer takes.
    """

    def __init__(self, threads: int) -> None:
        self._places: dict[int, int] = {}  # processor by thread
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(threads, "cnnmath", self._register)

    def submit(self, work: Callable[[], None], threads: int) -> list[Future[None]]:
        """Start the work in so many threads, away from the processor of this one, and in its context."""
        here = processor()
        with self._lock:
            for thread, place in self._places.items():
                if place == here:
                    self._places[thread] = _bound(thread, {here, *self._places.values()})
        return [self._pool.submit(copy_context().run, work) for _ in range(threads)]

    def _register(self) -> None:
        with self._lock:
            self._places[get_native_id()] = _bound(get_native_id(), set(self._places.values()))


def _bound(thread: int, taken: set[int | None]) -> int:
    """Bind a thread to the last processor that is free, and say which; -1 where none is, or where none can be bound."""
    if processor() is None:
        return -1
    allowed = os.sched_getaffinity(os.getpid())
    free = [place for place in allowed if place not in taken]
    try:
        os.sched_setaffinity(thread, {max(free)} if free else allowed)
    except OSError:  # the system does not let it
        return -1
    return max(free, default=-1)


def helpers(threads: int) -> Helpers:
    """The helpers of this process: one that is forked has none of its parent's threads."""
    with MAKING:
        return _helpers(threads, os.getpid())


@cache
def _helpers(threads: int, process: int) -> Helpers:
    return Helpers(threads)


@cache
def _finder() -> Callable[[], int] | None:
    if not hasattr(os, "sched_setaffinity"):
        return None
    return getattr(ctypes.CDLL(None), "sched_getcpu", None)


def processor() -> int | None:
    """Processor that this thread runs on, where the system says it and lets threads be bound."""
    find = _finder()
    return None if find is None else find()
