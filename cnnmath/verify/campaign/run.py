"""Run a campaign: who judges, what goes out, what is written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import cast

from cnnmath.errors import SettingError
from cnnmath.numeric.engine import Engine
from cnnmath.ops.checks import check_number, integer
from cnnmath.verify.campaign.handing import ExecutorLost, Out, Submit, chunks, deliveries, late
from cnnmath.verify.campaign.judging import Judge, Judged, Key, judge_all, steady
from cnnmath.verify.campaign.log import Log, header, opened
from cnnmath.verify.campaign.outcome import Campaign
from cnnmath.verify.campaign.processes import processes
from cnnmath.verify.campaign.progress import Show, shown

LARGEST = 16
"""Settings that a chunk has at most, by default."""

SHARES = 8
"""Chunks that each worker gets at least, by default, where there are settings enough."""

AHEAD = 2
"""Chunks that are out for each worker: the one it judges, and the next."""


def run(
    judge: Judge,
    keys: Iterable[Key],
    *,
    name: str | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    chunk: int | None = None,
    log: str | Path | None = None,
    progress: bool | Show = False,
    limit: float | None = None,
) -> Campaign:
    """Judge many settings.

    Parameters
    ----------
    judge
        From a key to its record, a dict of JSON values with at least ``certified``.
    keys
        Of the settings: texts, such as ``"Conv/17"``, or integers, no two alike.
    name
        What is judged. It identifies the campaign in its log, so that it should say all that the verdicts depend on,
        such as a digest of the kernel's source; by default the judge's name and arguments.
    executor
        Who judges; by default processes of this machine, started and ended here.
    workers
        How many there are, by default as many as processors. 0 judges in this process; 0 beside an executor is refused.
    chunk
        Settings that go out together; by default an eighth of a worker's share, at least 1 and at most 16.
    log
        A file that all is written to, and that the campaign goes on from.
    progress
        Whether a bar is shown on a terminal, or what is told instead: settings judged, of how many, and a word.
    limit
        Seconds that a setting may take. Only the package's own processes can be ended when it is over.

    Returns
    -------
    Campaign
        In the order of the keys. Ctrl-C ends the campaign early, and so does an executor that takes no more work: it is
        not ``finished`` then, and says how to go on.

    Raises
    ------
    SettingError
        For keys that are none, or twice the same, and settings that do not go together.
    CampaignError
        For the log of another campaign, and a judge that does not reach its workers.

    Notes
    -----
    *Conventions.* Processes are started anew and import the judge's module (the start method is "spawn"), so that a
    script must guard what it does with ``if __name__ == "__main__"``. Each has one thread for BLAS, OpenMP and the
    package's own kernels. An executor's workers have what their owner gave them.

    Examples
    --------
    >>> run(lambda n: {"certified": n != 2, "finding": "2 is even"}, [1, 2, 3], name="odd", workers=0)
    odd: 2 of 3 settings certified, 1 not
    not certified:
      2: 2 is even
    """
    keys = _check_keys(keys)
    name = name or named(judge)
    crew = Engine().workers if workers is None else integer("number of workers", workers, 0 if executor is None else 1)
    chunk = None if chunk is None else integer("chunk", chunk, 1)
    if limit is not None:
        check_number("limit", limit, positive=True)
        _check_can_end(executor, crew)
    out: Out = {}
    stopped = ""
    with opened(log, header(name, keys), keys) as book, shown(name, progress) as show:
        try:
            todo = [key for key in keys if key not in book.records]
            size = chunk_size(len(todo), crew) if chunk is None else chunk
            with _crew(judge, executor, min(crew, len(todo)), limit) as submit:
                _tell(show, book, len(keys))
                for judged in deliveries(submit, chunks(todo, size), AHEAD * crew or 1, out):
                    book.write(judged)
                    _tell(show, book, len(keys))
        except KeyboardInterrupt:
            stopped = _stopped("interrupted", log)
        except ExecutorLost as lost:
            stopped = _stopped(f"the executor takes no more work ({lost})", log)
        finally:
            book.write(late(out))
    records = {key: book.records[key] for key in keys if key in book.records}
    return Campaign(name, len(keys), records, stopped)


def chunk_size(settings: int, workers: int) -> int:
    """Settings that go out together, by default.

    Examples
    --------
    >>> chunk_size(10, 2), chunk_size(100, 2), chunk_size(10000, 2), chunk_size(100, 0)
    (1, 6, 16, 1)
    """
    return max(1, min(LARGEST, settings // (SHARES * workers))) if workers else 1


def named(judge: Judge) -> str:
    """A judge in words: its module and name, and the arguments that are bound to it.

    Examples
    --------
    >>> named(partial(divmod, 7))
    'builtins.divmod(7)'
    """
    if isinstance(judge, partial):
        bound = [_word(value) for value in judge.args]
        bound += [f"{key}={_word(value)}" for key, value in judge.keywords.items()]
        return f"{named(judge.func)}({', '.join(bound)})"
    kind = judge if hasattr(judge, "__qualname__") else type(judge)
    return f"{kind.__module__}.{kind.__qualname__}"


def _word(value: object) -> str:
    """A bound argument, in words that are the same in every process."""
    return named(cast("Judge", value)) if callable(value) else steady(repr(value))


@contextmanager
def _crew(judge: Judge, executor: Executor | None, workers: int, limit: float | None) -> Iterator[Submit]:
    """Who judges."""
    if executor is not None:
        yield lambda chunk, attempt: executor.submit(judge_all, judge, chunk, attempt)
    elif workers:
        with processes(judge, workers, limit) as own:
            yield lambda chunk, _: own.submit(chunk)
    else:
        yield lambda chunk, _: _here(judge, chunk)


def _here(judge: Judge, chunk: tuple[Key, ...]) -> Future[list[Judged]]:
    """Judge in this process."""
    future: Future[list[Judged]] = Future()
    future.set_result(judge_all(judge, chunk))
    return future


def _check_keys(keys: Iterable[Key]) -> tuple[Key, ...]:
    keys = tuple(keys)
    if not keys:
        raise SettingError("there are no settings to judge.", fix="give at least one key")
    for key in keys:
        if not isinstance(key, str | int) or isinstance(key, bool):
            raise SettingError("the key of a setting is a text or an integer.", here=repr(key))
    if len(set(keys)) < len(keys):
        seen: set[Key] = set()
        twice = next(key for key in keys if key in seen or seen.add(key))
        raise SettingError("no two settings have the same key.", here=f"{twice!r} is there twice")
    return keys


def _check_can_end(executor: Executor | None, workers: int) -> None:
    if executor is not None or not workers:
        raise SettingError(
            "a limit of time needs the package's own processes.",
            rule="only a process that was started for it can be ended in the middle of a call",
            here="an executor is given" if executor is not None else "workers=0 judges in this process",
            fix="leave out the limit, or the executor" if executor is not None else "use workers=1",
        )


def _tell(show: Show, book: Log, settings: int) -> None:
    show(len(book.records), settings, f"{book.refuted} not certified" if book.refuted else "all certified")


def _stopped(why: str, log: str | Path | None) -> str:
    if log is None:
        return f"{why}; what is judged was not logged: with log=..., the same call could go on from here"
    return f"{why}; the same call with the log {log} goes on from here"
