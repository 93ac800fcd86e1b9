"""Parameters in files: all or nothing is written, what is read is checked, and nothing is ever unpickled."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.errors import DataError, check_kind, clip, missing_extra, unknown
from cnnmath.graph import Architecture
from cnnmath.graph.arrays import check_arrays
from cnnmath.numeric.windows import Array


def save(path: str | PathLike[str], parameters: Mapping[str, Array]) -> Path:
    """Write a network's arrays to a file, by its ending ``.npz`` or ``.safetensors``; returns the path.

    The file is written beside its place and then moved there: until then an older one stays as it was.

    Raises
    ------
    UnknownNameError
        For another ending.
    DataError
        For arrays that are no machine numbers, and where the file cannot be written.
    MissingExtraError
        For ``.safetensors`` where that package is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     load(save(Path(folder) / "net.npz", {"conv1.b": np.array([1.0, 2.0])}))
    {'conv1.b': array([1., 2.])}
    """
    check_kind(path, (str, Path), "path", "name a file, as in 'net.npz'")
    check_kind(parameters, Mapping, "dict of arrays", "give them by name, as `initialise` does")
    path = Path(path)
    write, _ = _format(path)
    arrays = {name: np.ascontiguousarray(array) for name, array in parameters.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu":
            raise DataError(
                f"'{name}' has a dtype that is not stored.",
                input=f"{name} {array.dtype}",
                rule="floats and integers of the machine",
                fix="convert exact numbers with astype(float)",
            )
    try:
        replaced(path, lambda file: write(file, arrays))
    except OSError as error:
        raise DataError(
            f"the parameters cannot be written to '{path}'.", here=f"{error.strerror}", fix="name another place"
        ) from None
    return path


def load(path: str | PathLike[str], net: Architecture | None = None) -> dict[str, Array]:
    """Read a network's arrays from a file that `save`, or a program of the same format, has written.

    Parameters
    ----------
    path
        The file, ``.npz`` or ``.safetensors``.
    net
        The network that they should be of; where it is given, names and shapes are checked.

    Raises
    ------
    UnknownNameError
        For another ending.
    DataError
        For a file that is not there or is none of its format, and for arrays that are not the network's.
    MissingExtraError
        For ``.safetensors`` where that package is not installed.
    """
    check_kind(path, (str, Path), "path", "name a file, as in 'net.npz'")
    path = Path(path)
    _, read = _format(path)
    try:
        arrays = read(path)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read.", here=f"{error.strerror}", fix="check the path") from None
    except _foreign() as error:
        raise DataError(
            f"'{path}' is no {path.suffix} file of arrays.",
            here=clip(str(error).partition("\n")[0]),
            fix="write it with training.save; files of pickled objects are not read",
        ) from None
    if net is not None:
        try:
            check_arrays(net, arrays)
        except DataError as error:
            error.lines.setdefault("file", str(path))
            raise
    return arrays


def replaced(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file beside its place, and move it there once it is whole."""
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        write(beside)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _write_npz(path: Path, arrays: dict[str, Array]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def _read_npz(path: Path) -> dict[str, Array]:
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("it holds one array without a name")
        arrays = {name: archive[name] for name in archive.files}
    strange = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
    if strange:
        raise ValueError(f"it is a zip file, and '{clip(strange[0])}' in it is no array")
    return arrays


def _write_safetensors(path: Path, arrays: dict[str, Array]) -> None:
    _safetensors().numpy.save_file(arrays, path)


def _read_safetensors(path: Path) -> dict[str, Array]:
    return _safetensors().numpy.load_file(path)


def _foreign() -> tuple[type[Exception], ...]:
    """What the readers raise for a file that is none of theirs."""
    kinds = (ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile)
    with suppress(ImportError):
        from safetensors import SafetensorError

        return (*kinds, SafetensorError)
    return kinds


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise missing_extra("files of safetensors need the package of that name.", "safetensors") from None
    return safetensors


FORMATS: Mapping[str, tuple[Callable[[Path, dict[str, Array]], None], Callable[[Path], dict[str, Array]]]] = (
    MappingProxyType({".npz": (_write_npz, _read_npz), ".safetensors": (_write_safetensors, _read_safetensors)})
)
"""How a file of each ending is written and read."""


def _format(path: Path) -> tuple[Callable[[Path, dict[str, Array]], None], Callable[[Path], dict[str, Array]]]:
    if path.suffix not in FORMATS:
        raise unknown("format of parameters", path.suffix, FORMATS)
    return FORMATS[path.suffix]
