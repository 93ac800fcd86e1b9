"""External data: files in a model's folder, and nothing else."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from cnnmath.errors import DataError, clip

LONGEST_NUMBER = 18
"""Digits of an offset or a length."""


@dataclass(frozen=True, slots=True)
class External:
    """Bytes of a file in the model's folder; without a length, all from the offset on."""

    folder: Path
    location: str
    offset: int
    length: int | None


def external(entries: Iterable[Any], folder: Path | None) -> External:
    """The place that a tensor's ``external_data`` says, which is inside the folder as far as its words tell.

    Raises
    ------
    DataError
        For a place that is none, or one outside the folder.

    References
    ----------
    ONNX, ``TensorProto.external_data``: keys location, offset, length and checksum, of which the last is not looked at.
    """
    said = {entry.key: entry.value for entry in entries}
    location = said.get("location")
    if not isinstance(location, str) or not location:
        raise DataError("external data has no location.", fix="write the model again")
    if folder is None:
        raise DataError(
            "external data of a model that has no folder.",
            here=f"location '{clip(location)}'",
            fix="give the folder, or the model's path",
        )
    if not _inside(location):
        raise _outside(location, "it names a place that may be elsewhere")
    length = _number(said, "length") if "length" in said else None
    return External(folder, location, _number(said, "offset") if "offset" in said else 0, length)


@lru_cache
def _inside(location: str) -> bool:
    """Whether a location leads nowhere but down, whatever the machine."""
    parts = (*PurePosixPath(location).parts, *PureWindowsPath(location).parts)
    absolute = PurePosixPath(location).is_absolute() or bool(PureWindowsPath(location).anchor)
    return not absolute and ".." not in parts and all(c.isprintable() for c in location)


def _number(said: dict[str, Any], key: str) -> int:
    text = said[key]
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise DataError(
            f"the {key} of external data is no count of bytes.",
            here=f"'{clip(str(text))}'",
            fix="write the model again",
        )
    return int(text)


def opened(place: External) -> BufferedReader:
    """The file of external data, open for reading.

    Raises
    ------
    DataError
        Where it is missing, no file, or outside the folder once links are followed.
    """
    try:
        folder = place.folder.resolve(strict=True)
        path = (folder / place.location).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise _unusable(f"the file '{clip(place.location)}'", error) from None
    if not path.is_relative_to(folder):
        raise _outside(place.location, f"it is a link to '{clip(str(path))}'")
    return open_file(path, f"the file '{clip(place.location)}'")


def open_file(path: Path, shown: str) -> BufferedReader:
    """A file, open for reading; devices, pipes and folders are none. Messages call it as it is ``shown``.

    Raises
    ------
    DataError
        Where it cannot be had.
    """
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise _unusable(shown, error) from None
    mode = os.fstat(number).st_mode
    if not stat.S_ISREG(mode):
        os.close(number)
        raise _unusable(shown, "it is a folder" if stat.S_ISDIR(mode) else "it is no file")
    return os.fdopen(number, "rb")


def _unusable(shown: str, reason: Exception | str) -> DataError:
    here = getattr(reason, "strerror", None) or str(reason)
    return DataError(f"{shown} cannot be read.", here=here, fix="name another file")


def _outside(location: str, here: str) -> DataError:
    return DataError(
        "external data is outside the model's folder.",
        rule="a path below the folder, without '..' and without links that lead out",
        here=f"location '{clip(location)}': {here}",
        fix="put the file into the model's folder",
    )
