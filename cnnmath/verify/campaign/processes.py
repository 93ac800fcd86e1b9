"""Processes of this machine, each of which may die or hang without harm to the others."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock

from threadpoolctl import threadpool_limits

from cnnmath.errors import CampaignError
from cnnmath.numeric.engine import using
from cnnmath.verify.campaign.judging import Judge, Judged, Key, died, hanging, judge_one, text

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Variables that numerical libraries read their number of threads from, when they are loaded."""

GRACE = 2.0
"""Seconds that an idle process has to end by itself."""


@contextmanager
def processes(judge: Judge, workers: int, limit: float | None) -> Iterator[Processes]:
    """Processes for a campaign; all have ended when it is left, however that is."""
    crew = Processes(_pickled(judge), limit, workers)
    try:
        yield crew
    finally:
        crew.stop()


class Closing(Exception):  # noqa: N818 - nothing is wrong
    """The campaign ends before this setting is judged."""


class Processes:
    """Threads of this process, each of which speaks to a process of its own.

    Parameters
    ----------
    judge
        As pickle writes it.
    limit
        Seconds that a setting may take, or None.
    workers
        How many.

    Notes
    -----
    A process judges one setting at a time and answers each, so that who died, and of which setting, and who is late, is
    known for certain, and a chunk goes on with a new process behind the setting that ended the old one.
    """

    def __init__(self, judge: bytes, limit: float | None, workers: int) -> None:
        self._judge, self._limit = judge, limit
        self._threads = ThreadPoolExecutor(workers, "campaign")
        self._lock = Lock()
        self._idle: list[Child] = []
        self._busy: list[Child] = []
        self._begun = self._closing = False

    def submit(self, keys: Sequence[Key]) -> Future[list[Judged]]:
        """Have settings judged, in their order."""
        return self._threads.submit(self._chunk, keys)

    def stop(self) -> None:
        """End all processes; chunks in work come back with what is judged of them."""
        with self._lock:
            self._closing = True
            for child in self._busy:
                child.process.kill()
            for child in self._idle:
                child.connection.close()
        self._threads.shutdown(cancel_futures=True)
        for child in self._idle:
            child.process.join(GRACE)
            child.end()

    def _chunk(self, keys: Sequence[Key]) -> list[Judged]:
        judged = []
        try:
            for key in keys:
                judged.append(self._one(key))  # noqa: PERF401 - what is judged is kept when the rest is not
        except Closing:
            pass
        return judged

    def _one(self, key: Key) -> Judged:
        child, fresh = self._take()
        try:
            if fresh:
                self._welcome(child)
            child.connection.send(key)
            if self._limit is not None and not child.connection.poll(self._limit):
                self._drop(child)
                return hanging(key, self._limit)
            judged = child.connection.recv()
        except (EOFError, OSError):
            return died(key, self._drop(child))
        with self._lock:
            self._busy.remove(child)
            self._idle.append(child)
        return judged

    def _take(self) -> tuple[Child, bool]:
        """A process that waits for a setting, or a new one, and whether it is new."""
        with self._lock:
            if self._closing:
                raise Closing
            fresh = not self._idle
            child = Child.start() if fresh else self._idle.pop()
            self._busy.append(child)
        return child, fresh

    def _welcome(self, child: Child) -> None:
        """Give a new process the judge. Where the first ones end of that, so would all; a later one may be killed."""
        try:
            child.connection.send_bytes(self._judge)
            refused = child.connection.recv()
        except (EOFError, OSError):
            if self._begun:
                raise
            how = self._drop(child)
            raise CampaignError(
                f"a process ended before it judged anything ({how}).",
                rule="every process imports the module that the judge is from, and the script that began the campaign",
                fix='guard what the script does with: if __name__ == "__main__"',
            ) from None
        if refused:
            self._drop(child)
            raise CampaignError(
                "a process cannot load the judge.", here=refused, fix="take a function of a module that can be imported"
            )
        self._begun = True

    def _drop(self, child: Child) -> str:
        """End a process, and say how it ended; where the campaign ended it, nothing is said."""
        with self._lock:
            self._busy.remove(child)
            how = child.end()
            if self._closing:
                raise Closing
        return how


@dataclass(frozen=True, slots=True)
class Child:
    """A process that judges, and this end of the pipe to it."""

    process: BaseProcess
    connection: Connection

    @classmethod
    def start(cls) -> Child:
        """Start a process; it imports what it needs while this one goes on."""
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=serve, args=(there,))
        _block_interrupts()
        process.start()
        there.close()
        return cls(process, here)

    def end(self) -> str:
        """End the process, if it has not ended, and say how it did."""
        self.connection.close()
        self.process.join(0.1)
        self.process.kill()
        self.process.join()
        code = self.process.exitcode or 0
        names = {-number: number.name for number in signal.Signals}
        return names.get(code, f"exit code {code}")


def serve(connection: Connection) -> None:
    """Judge the settings that come through a pipe, until it is closed; Ctrl-C is the first process's affair."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        judge = pickle.loads(connection.recv_bytes())
    except (EOFError, ConnectionError):
        return
    except BaseException as error:  # whatever an import may raise
        connection.send(text(error))
        return
    with threadpool_limits(1), using(threads=1), suppress(EOFError, ConnectionError):
        connection.send("")
        while True:
            connection.send(judge_one(judge, connection.recv()))


def _block_interrupts() -> None:
    """Keep Ctrl-C from this thread, and from what it starts: a process inherits that, and imports undisturbed."""
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # started later, it would undo the next line
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _pickled(judge: Judge) -> bytes:
    try:
        return pickle.dumps(judge)
    except Exception as error:
        raise CampaignError(
            "the judge cannot be sent to another process.",
            here=text(error),
            fix="take a function of a module, or functools.partial of one; or workers=0",
        ) from error
