"""Writing a report: complete, or not at all."""

from __future__ import annotations

import json
import os
import shutil
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
    target = Path(directory)
    new = not target.exists()
    try:
        target.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".report-", dir=target))
    except OSError as error:
        raise DataError(f"the report cannot be written to '{directory}'.", here=str(error.strerror)) from None
    try:
        report = build(net, progress)
        (scratch / "report.html").write_text(page(report), encoding="utf-8")
        (scratch / "report.json").write_text(json.dumps(report.record(), indent=1) + "\n", encoding="utf-8")
        for name in ("report.json", "report.html"):
            os.replace(scratch / name, target / name)  # noqa: PTH105 - atomic
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if new and not any(target.iterdir()):
            target.rmdir()
    return report
