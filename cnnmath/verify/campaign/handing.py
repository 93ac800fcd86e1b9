"""Handing out: chunks of keys go to those who judge, never many at a time, and a lost worker is no lost setting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from itertools import islice
from typing import TypeAlias

from cnnmath.errors import CampaignError
from cnnmath.verify.campaign.judging import Judged, Key, died, text

Chunk: TypeAlias = tuple[Key, ...]
Submit: TypeAlias = Callable[[Chunk, int], "Future[list[Judged]]"]
"""Has a chunk judged, at the first or the second attempt."""

Out: TypeAlias = "dict[Future[list[Judged]], Chunk]"
"""What is being judged."""


class ExecutorLost(Exception):  # noqa: N818 - it is no error of the package
    """The executor takes no more work."""


def chunks(keys: Sequence[Key], size: int) -> list[Chunk]:
    """Keys in chunks of one size, the last of which may be smaller.

    Examples
    --------
    >>> chunks([1, 2, 3], 2)
    [(1, 2), (3,)]
    """
    return [tuple(keys[i : i + size]) for i in range(0, len(keys), size)]


def deliveries(submit: Submit, work: Iterable[Chunk], most: int, out: Out) -> Iterator[list[Judged]]:
    """Settings as they are judged, with never more than so many chunks ``out`` at a time.

    A setting whose worker died is suspected, and judged a second time when all others are done, alone: it may have
    been another that asked for all the memory. A second death is its record.
    """
    suspects: list[Chunk] = []
    for judged in _handed(submit, work, 1, most, out):
        suspects += [(one.key,) for one in judged if _dead(one)]
        yield _alive(judged)
    yield from _handed(submit, suspects, 2, 1, out)


def late(out: Out) -> list[Judged]:
    """Take back what is out, and what was judged of it meanwhile."""
    for future in out:
        future.cancel()
    whole = [future for future in out if future.done() and not future.cancelled() and future.exception() is None]
    return [one for future in whole for one in _alive(future.result())]


def _handed(submit: Submit, work: Iterable[Chunk], attempt: int, most: int, out: Out) -> Iterator[list[Judged]]:
    work = iter(work)
    while True:
        for chunk in islice(work, most - len(out)):
            out[_submitted(submit, chunk, attempt)] = chunk
        if not out:
            return
        done = wait(out, return_when=FIRST_COMPLETED).done
        for future in [future for future in out if future in done]:
            yield _answer(future, out.pop(future))


def _submitted(submit: Submit, chunk: Chunk, attempt: int) -> Future[list[Judged]]:
    try:
        return submit(chunk, attempt)
    except RuntimeError as error:  # a BrokenExecutor is one, and so is what an executor raises after its shutdown
        raise ExecutorLost(text(error)) from error


def _answer(future: Future[list[Judged]], chunk: Chunk) -> list[Judged]:
    """What came of a chunk. A judge's errors are records, so that any error is one of the executor."""
    try:
        return future.result()
    except CancelledError as error:
        raise ExecutorLost("it has cancelled what it was given") from error
    except (KeyboardInterrupt, CampaignError):
        raise
    except BaseException as error:
        how = type(error).__name__
        if isinstance(error, BrokenExecutor) or how == "KilledWorker":
            return [died(key, how) for key in chunk]
        raise CampaignError(
            "the executor does not carry the work.",
            here=text(error),
            fix="take a judge that can be sent to its workers: a function of a module, or functools.partial of one",
        ) from error


def _dead(judged: Judged) -> bool:
    return judged.record.get("fate") == "died"


def _alive(judged: Iterable[Judged]) -> list[Judged]:
    return [one for one in judged if not _dead(one)]
