"""One setting judged: whatever the judge does, short of killing its process, a record comes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from time import perf_counter
from traceback import format_exception_only
from typing import Any, Literal, NamedTuple, TypeAlias

from cnnmath.errors import DataError

Key: TypeAlias = str | int
"""What names a setting: a text, of which the part before the first ``/`` is its group, or an integer."""

Record: TypeAlias = dict[str, Any]
"""What is found of a setting: JSON values, with ``certified`` among them."""

Judge: TypeAlias = Callable[[Any], Record]
"""From a key to its record; a function of a module, or a `functools.partial` of one, which other processes can load."""

Fate: TypeAlias = Literal["raised", "died", "hanging"]
"""Why a setting has no record of its judge."""

LONGEST = 500
"""Letters of an error's text that a record holds."""


class Judged(NamedTuple):
    """A setting with its record, and how long that took, which is no part of the record."""

    key: Key
    record: Record
    seconds: float


def judge_all(judge: Judge, keys: Iterable[Key], attempt: int = 1) -> list[Judged]:  # noqa: ARG001
    """Judge settings one after the other.

    The number of the attempt makes a second call differ from the first, for executors that remember calls.

    Examples
    --------
    >>> [record for _, record, _ in judge_all(lambda n: {"certified": n < 2}, [1, 2])]
    [{'certified': True}, {'certified': False}]
    """
    return [judge_one(judge, key) for key in keys]


def judge_one(judge: Judge, key: Key) -> Judged:
    """Judge a setting; anything that is raised is its record, except Ctrl-C.

    Examples
    --------
    >>> judge_one(lambda n: {"certified": 1 // n == 1}, 0).record["finding"]
    'the judge raised ZeroDivisionError: integer division or modulo by zero'
    """
    began = perf_counter()
    try:
        record = checked(judge(key))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a kernel may call sys.exit, or panic in another language
        record = failure("raised", f"the judge raised {text(error)}")
    return Judged(key, record, perf_counter() - began)


def checked(record: Any) -> Record:
    """A record as a log gives it back: tuples are lists, and what JSON cannot say is refused.

    Raises
    ------
    DataError
        For what is no dict with a True or False for ``certified``.
    """
    if not (isinstance(record, dict) and isinstance(record.get("certified"), bool)):
        raise DataError(
            "the judge gave no record.",
            rule="a record is a dict of JSON values in which certified is True or False",
            here=steady(repr(record))[:LONGEST],
        )
    return json.loads(json.dumps(record, allow_nan=False))


def failure(fate: Fate, finding: str) -> Record:
    """The record of a setting that its judge gave none of."""
    return {"certified": False, "fate": fate, "finding": finding}


def died(key: Key, how: str) -> Judged:
    """What is said of a setting whose judge took its process along."""
    return Judged(key, failure("died", f"the process died twice while it judged this ({how})"), 0.0)


def hanging(key: Key, limit: float) -> Judged:
    """What is said of a setting whose judge was ended."""
    return Judged(key, failure("hanging", f"no answer within {limit:g} seconds"), limit)


def text(error: BaseException) -> str:
    """An error in words, the same in every process: addresses of objects are left out.

    Examples
    --------
    >>> text(ValueError("no <object object at 0x7f00>"))
    'ValueError: no <object object at 0x...>'
    """
    return steady("".join(format_exception_only(error)).strip())[:LONGEST]


def steady(said: str) -> str:
    """A text without the addresses of objects, which differ from run to run."""
    return re.sub(r"\b0x[0-9a-fA-F]+", "0x...", said)
