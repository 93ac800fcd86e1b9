"""Memory, foreseen: what a verb is about to allocate, against what the machine has left."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cnnmath.errors import OutOfMemoryError

SMALL = 1 << 24
"""Bytes below which the machine is not asked."""

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def available(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes that can be had without swapping, as the operating system estimates them; None where it does not say."""
    try:
        found = re.search(r"^MemAvailable:\s*(\d+) kB$", meminfo.read_text(), re.MULTILINE)
    except OSError:
        found = None
    if found:
        return 1024 * int(found[1])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def require(needed: int, batch: int) -> None:
    """Raise where more bytes are needed than there are; of a batch of samples, say how many would fit.

    Where the machine does not say what it has, nothing is raised.
    """
    room = available() if needed >= SMALL else None
    if room is None or needed <= room:
        return
    fitting = batch * room // needed
    smaller = f"give at most {fitting} of the {batch} samples at a time" if fitting else "give smaller inputs"
    raise OutOfMemoryError(
        "the arrays that this takes do not fit into memory.",
        rule="bytes needed <= bytes available",
        here=f"{size(needed)} > {size(room)}",
        fix=f"{smaller}, or a dtype of fewer bytes",
    )


def size(count: int) -> str:
    """Bytes in the unit that suits them.

    Examples
    --------
    >>> size(1000), size(3 << 29)
    ('1000 bytes', '1.5 GiB')
    """
    power = min(max(count.bit_length() - 1, 0) // 10, len(UNITS) - 1)
    return f"{count / 1024**power:.3g} {UNITS[power]}" if power else f"{count} bytes"
