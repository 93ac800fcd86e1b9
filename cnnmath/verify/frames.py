"""Where in a user's own code an exception came from."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from traceback import walk_tb

LIBRARIES = (str(Path(__file__).parents[1]), *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")))
"""Folders of code that is not the user's: this package, Python's own, and what is installed."""


def where(error: BaseException) -> str:
    """The innermost line of the user's own code that an exception came through; empty where there is none.

    Examples
    --------
    >>> where(ValueError("never raised"))
    ''
    """
    lines = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    own = [(file, line) for file, line in lines if not file.startswith((*LIBRARIES, "<frozen", "<__array_function__"))]
    return f"line {own[-1][1]} of {Path(own[-1][0]).name}" if own else ""
