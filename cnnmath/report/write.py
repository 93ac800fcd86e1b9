"""Writing a report: complete, or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cnnmath.errors import DataError
from cnnmath.graph import Architecture
from cnnmath.report.build import Report, build
from cnnmath.report.page import page


def write_report(
    net: Architecture, directory: str | Path, progress: Callable[[int, int, str], None] = lambda *_: None
) -> Report:
    """Write a network's report into a directory: ``report.html``, which needs no network, and ``report.json``.

    Both appear when they are complete, or not at all.

    Raises
    ------
    DataError
        Where the directory cannot be written.
    """
    target = Path(directory).absolute()
    _check_writable(target)
    report = build(net, progress)
    files = {"report.html": page(report), "report.json": json.dumps(report.record(), indent=1, default=str) + "\n"}
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".report-", dir=target) as scratch:
        for name, content in files.items():
            (Path(scratch) / name).write_text(content, encoding="utf-8")
        for name in files:
            (Path(scratch) / name).replace(target / name)
    return report


def _check_writable(target: Path) -> None:
    """Refuse a directory that cannot be made or written before any work is done; make nothing yet."""
    standing = next(path for path in (target, *target.parents) if path.exists())
    if standing.is_dir() and os.access(standing, os.W_OK | os.X_OK):
        return
    raise DataError(
        f"the report cannot be written to '{target}'.",
        here=f"'{standing}' is {'not writable' if standing.is_dir() else 'a file'}",
        fix="name another directory",
    )
