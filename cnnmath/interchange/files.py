"""Arrays in files of NumPy: what is read is checked and never unpickled, what is written is whole or not there."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from cnnmath.errors import DataError, clip, unknown
from cnnmath.numeric.windows import Array
from cnnmath.training.store import replaced

ENDINGS = (".npy", ".npz")
"""A file of one array, and one of arrays by name."""

KINDS = "fiub"
"""Kinds of numbers that a network reads: floats, integers and truth values."""


def read_arrays(path: str | PathLike[str]) -> dict[str, Array]:
    """Arrays of a file ``.npz`` by their names; that of a file ``.npy`` has the name ``""``.

    Raises
    ------
    DataError
        For a file that is not there, that is cut off or is none of NumPy's, and for what is no array of numbers.
    UnknownNameError
        For another ending.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = write_arrays(Path(folder) / "x.npy", {"": np.array([1, 2])})
    ...     read_arrays(path)
    {'': array([1, 2])}
    """
    path = _checked(path)
    try:
        arrays = _read(path)
    except OSError as error:
        here = error.strerror or clip(str(error))
        raise DataError("the file cannot be read.", here=here, fix="check the path").at(f"'{path}'") from None
    except (ValueError, KeyError, EOFError, TypeError, MemoryError, zipfile.BadZipFile) as error:
        raise DataError(
            f"the file is no {path.suffix} of numbers, or not all of it.",
            here=clip(str(error).partition("\n")[0]),
            fix="write it with numpy.save; files of pickled objects are not read",
        ).at(f"'{path}'") from None
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.kind not in KINDS:
            what = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else "no array"
            raise DataError(
                "a network reads numbers.",
                here=f"{clip(name)} {what}".strip(),
                rule="floats, integers or truth values",
                fix="convert it with astype",
            ).at(f"'{path}'")
    return arrays


def write_arrays(path: str | PathLike[str], arrays: Mapping[str, Array]) -> Path:
    """Write arrays into a file ``.npz``, or the only one into a file ``.npy``; an older file stays until then.

    Raises
    ------
    DataError
        Where the file cannot be written.
    UnknownNameError
        For another ending.
    """
    path = _checked(path)
    try:
        replaced(path, lambda beside: _write(beside, arrays))
    except OSError as error:
        raise DataError("the file cannot be written.", here=f"{error.strerror}", fix="name another place").at(
            f"'{path}'"
        ) from None
    return path


def _checked(path: str | PathLike[str]) -> Path:
    found = Path(path)
    if found.suffix not in ENDINGS:
        raise unknown("file of arrays that ends in", found.suffix, ENDINGS).at(f"'{found}'")
    return found


def _read(path: Path) -> dict[str, Any]:
    if path.suffix == ".npy":
        mapped = np.lib.format.open_memmap(path, mode="r")  # the header is held against the file before room is made
        return {"": np.array(mapped)}
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("it holds one array without a name")
        return {name: archive[name] for name in archive.files}


def _write(path: Path, arrays: Mapping[str, Array]) -> None:
    if path.suffix == ".npy":
        (array,) = arrays.values()
        with path.open("wb") as file:
            np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
        return
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)
