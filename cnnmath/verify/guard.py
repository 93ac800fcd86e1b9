"""One call of a kernel that may raise, hang, or give anything: an array of the right kind, or what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeAlias

import numpy as np

from cnnmath.errors import SettingError
from cnnmath.numeric.windows import Array
from cnnmath.verify.adapter import NoArrayError
from cnnmath.verify.evidence import Finding
from cnnmath.verify.frames import where
from cnnmath.verify.subject import Subject
from cnnmath.verify.trial import Trial

Outcome: TypeAlias = Array | Finding

LIMIT = 20.0
"""Seconds that a call may take, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Calls of one kernel, each of which ends after so many seconds.

    They run in a thread of their own, which is left to itself where it does not come back. A kernel that never lets go
    of the interpreter cannot be ended that way, nor one that ends the process: a campaign judges those in processes of
    its own.
    """

    tested: Subject
    limit: float | None = LIMIT
    _worker: list[_Worker] = field(default_factory=list, repr=False, compare=False)

    def __call__(self, trial: Trial, wrt: str, rung: int, *, exact: bool = False) -> Outcome:
        """What the kernel makes of copies of the operands.

        Parameters
        ----------
        trial
            The operands.
        wrt
            Which result is wanted.
        rung
            For whose sake it is called.
        exact
            Whether the operands are exact numbers, so that the result may hold any numbers.

        Raises
        ------
        SettingError
            Where the function cannot be called with these operands.
        """
        arrays = {name: np.array(a, order="C") for name, a in trial.arrays.items()}
        dy = None if wrt == "y" else np.array(trial.dy, order="C")
        result = self.result(trial, wrt, arrays, dy)
        return checked(result, trial.shape(wrt), rung, wrt, None if exact else self.tested.dtype, self.limit)

    def result(self, trial: Trial, wrt: str, arrays: Mapping[str, Array], dy: Array | None) -> Any:
        """Whatever the kernel gives for these very arrays, or the exception that it ends with."""
        result = self._within(lambda: self.tested.call(trial.case.op, wrt, arrays, dy))
        if isinstance(result, SettingError) and result.where == self.tested.name:
            raise result
        return result

    def close(self) -> None:
        """Let the thread go."""
        while self._worker:
            self._worker.pop().close()

    def _within(self, call: Callable[[], Any]) -> Any:
        if self.limit is None:
            return _caught(call)
        if not self._worker:
            self._worker.append(_Worker())
        try:
            return self._worker[0].run(call, self.limit)
        except Empty:
            self._worker.clear()
            return _HangingError()


class _HangingError(Exception):
    """A call has not come back."""


class _Worker:
    """A thread that does one call after the other, and does not keep the interpreter from ending."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Any] = SimpleQueue()
        self._results: SimpleQueue[Any] = SimpleQueue()
        Thread(target=self._serve, name="cnnmath-verify", daemon=True).start()

    def run(self, call: Callable[[], Any], limit: float) -> Any:
        self._calls.put((copy_context(), call))
        return self._results.get(timeout=limit)

    def close(self) -> None:
        self._calls.put(None)

    def _serve(self) -> None:
        while (given := self._calls.get()) is not None:
            context, call = given
            try:
                result = context.run(_caught, call)
            except KeyboardInterrupt as error:  # Ctrl-C comes to the main thread: this one is the kernel's own
                result = error
            self._results.put(result)


def _caught(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a kernel that calls sys.exit is wrong like any other
        return error


def checked(
    result: Any, shape: tuple[int, ...], rung: int, wrt: str, dtype: str | None, limit: float | None = None
) -> Outcome:
    """The result as an array of the right shape and kind, or what is wrong with it."""
    if isinstance(result, _HangingError):
        return Finding("hangs", f"it has not come back after {limit:g} seconds", rung, wrt)
    if isinstance(result, NoArrayError):
        return Finding("array", str(result), rung, wrt)
    if isinstance(result, BaseException):
        lines = (("where", place),) if (place := where(result)) else ()
        return Finding("raises", f"it raises {type(result).__name__}: {first_line(result)}", rung, wrt, lines=lines)
    if result is None:
        return Finding("nothing", "it gives nothing", rung, wrt)
    try:
        array = np.asarray(result)
    except (TypeError, ValueError) as error:
        return Finding("array", f"it gives no array: {first_line(error)}", rung, wrt)
    if array.dtype.kind not in "fiuO":
        return Finding("dtype", f"it gives no array of real numbers, but of {array.dtype}", rung, wrt)
    if array.shape != shape:
        return Finding("shape", f"it has shape {array.shape}, not {shape}", rung, wrt)
    if dtype is not None and array.dtype != (expected := carrier(dtype)):
        return Finding("dtype", f"it is {array.dtype}, not {expected}, as its operands are", rung, wrt)
    return array


def carrier(dtype: str) -> np.dtype[Any]:
    """NumPy's type that holds numbers of a format: float32 for bfloat16, which NumPy does not have.

    Examples
    --------
    >>> carrier("float16"), carrier("bfloat16")
    (dtype('float16'), dtype('float32'))
    """
    return np.dtype("float32" if dtype == "bfloat16" else dtype)


def first_line(error: BaseException) -> str:
    """What an exception says, as far as a report has room for it."""
    text = " ".join(str(error).split())
    return text[:200] if text else "no message"
