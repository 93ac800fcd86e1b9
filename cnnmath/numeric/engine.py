"""How the kernels run: by which method, within which error, scratch memory and number of threads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from cnnmath.errors import check_known, unknown
from cnnmath.ops.checks import check_number
from cnnmath.window import check_at_least

NAMES = ("auto", "direct", "gemm", "winograd", "fft")
"""Methods of a convolution; ``auto`` chooses among the others."""

MEGABYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Settings of a computation; `using` puts them into effect.

    Attributes
    ----------
    method
        Method of convolutions: ``"auto"``, ``"direct"``, ``"gemm"``, ``"winograd"`` or ``"fft"``.
    tolerance
        Largest error bound that ``auto`` accepts, relative to the largest sum that an output can be,
        ``taps * max|w| * max|x|``; None means that of the dtype (`cnnmath.numeric.methods.choose.TOLERANCES`).
    scratch
        Bytes of scratch memory that one thread may use at a time, beside operands, results, and filters brought into
        another order.
    threads
        Number of threads; None means as many as there are processors. Results do not depend on it.

    Examples
    --------
    >>> with using(method="gemm", threads=1):
    ...     current().method
    'gemm'
    """

    method: str = "auto"
    tolerance: float | None = None
    scratch: int = 64 * MEGABYTE
    threads: int | None = None

    def __post_init__(self) -> None:
        check_known("method", self.method, NAMES)
        if self.tolerance is not None:
            check_number("tolerance", self.tolerance, least=0)
        check_at_least("scratch", self.scratch, MEGABYTE)
        if self.threads is not None:
            check_at_least("threads", self.threads, 1)

    @property
    def workers(self) -> int:
        """Number of threads that compute."""
        return self.threads or _processors()


_CURRENT: ContextVar[Engine] = ContextVar("engine", default=Engine())  # noqa: B039 - frozen


def current() -> Engine:
    """Settings in effect."""
    return _CURRENT.get()


@contextmanager
def using(**settings: Any) -> Iterator[Engine]:
    """Put settings of an `Engine` into effect for the statements inside, as `numpy.errstate` does.

    Parameters
    ----------
    **settings
        Fields of `Engine`; those left out keep their values.

    Raises
    ------
    SettingError, UnknownNameError
        For a setting or a method that does not exist, or a value that it cannot have.

    Examples
    --------
    >>> with using(scratch=2**24), using(threads=1) as engine:
    ...     engine.scratch, engine.threads
    (16777216, 1)
    """
    wrong = next((name for name in settings if name not in Engine.__slots__), None)
    if wrong is not None:
        raise unknown("setting", wrong, Engine.__slots__)
    token = _CURRENT.set(replace(current(), **settings))
    try:
        yield current()
    finally:
        _CURRENT.reset(token)


def _processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
