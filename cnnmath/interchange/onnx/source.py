"""What a model is read from: a file, bytes, or a message that is there already."""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cnnmath.errors import CnnmathError, DataError, clip
from cnnmath.interchange.onnx import wire
from cnnmath.interchange.onnx.external import open_file
from cnnmath.interchange.onnx.library import onnx
from cnnmath.interchange.onnx.stored import Origin
from cnnmath.interchange.onnx.tensors import stamp

HEADS: Mapping[bytes, str] = MappingProxyType(
    {
        b"PK\x03\x04": "a zip archive, as PyTorch and Keras write",
        b"\x80\x02": "a pickle, as PyTorch wrote",
        b"\x89HDF": "an HDF5 file, as Keras wrote",
        b"\x1f\x8b": "a gzip archive",
        b"\x93NUMPY": "an array of NumPy",
        b"version https://git-lfs": "a pointer of Git LFS, which stands for the file",
        b"<": "text, in XML or HTML",
        b"{": "text, in JSON",
    }
)
"""What files begin with that are taken for models."""

FLATBUFFERS: Mapping[bytes, str] = MappingProxyType({b"ORTM": "a model of onnxruntime", b"TFL3": "a model of TFLite"})
"""The same, of files that begin so after four bytes."""


def model_of(source: Any, folder: str | os.PathLike[str] | None) -> tuple[Any, Origin, str]:
    """The ``ModelProto`` without its large arrays, where these are, and what messages call the source.

    Raises
    ------
    DataError
        For a source that is none, and for a file that is missing, empty, broken, or of another kind.
    """
    home = None if folder is None else Path(folder)
    if isinstance(source, onnx().ModelProto):
        return _whole(source), Origin(None, home), "the model"
    if isinstance(source, (bytes, bytearray, memoryview)):
        source = bytes(source)
        message, cuts = _parsed(source, "the bytes")
        return message, Origin(source, home, cuts), "the bytes"
    if not isinstance(source, (str, os.PathLike)):
        given = type(source).__name__
        raise DataError(f"a model is not read from a {given}.", fix="give a path, bytes, or an onnx.ModelProto")
    path, shown = Path(source), f"'{source}'"
    try:
        with open_file(path, "the file") as file:
            seen = stamp(file)
            if not seen[0]:
                raise _empty("the file")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                message, cuts = _parsed(data, "the file")
    except CnnmathError as error:
        raise error.at(shown) from None
    path = path.absolute()
    return message, Origin(path, home or path.parent, cuts, seen), shown


def _whole(model: Any) -> Any:
    if not model.HasField("graph"):
        raise DataError("the model has no graph.", fix="give a model of onnx.helper.make_model").at("the model")
    return model


def _parsed(data: bytes | mmap.mmap, what: str) -> tuple[Any, tuple[wire.Cut, ...]]:
    if not len(data):
        raise _empty(what)
    try:
        message, cuts = wire.parse(data)
    except DataError as error:
        if (kind := _kind(data[:64])) is None:
            raise
        raise _foreign(what, kind, error.lines["here"]) from None
    if not message.HasField("graph"):
        raise _foreign(what, _kind(data[:64]) or "a message without a graph")
    return message, cuts


def _kind(head: bytes) -> str | None:
    """What a file is, as far as its first bytes tell; None where they could be those of a model."""
    for first, kind in HEADS.items():
        if head.startswith(first):
            return kind
    if head[4:8] in FLATBUFFERS:
        return FLATBUFFERS[head[4:8]]
    line = head.split(b"\n")[0]
    if len(line) > 3 and all(32 <= byte < 127 or byte in b"\r\t" for byte in line):
        return f"text, '{clip(line.decode('ascii').strip())}'"
    return None


def _empty(what: str) -> DataError:
    return DataError(f"{what} cannot be a model: there is nothing in it.", fix="fetch or write it again")


def _foreign(what: str, kind: str, here: str = "") -> DataError:
    lines = {"here": f"it is {kind}"} | (
        {"rule": f"a model is a message of protobuf, broken at {here}"} if here else {}
    )
    return DataError(f"{what} is no ONNX model.", **lines, fix="give a file that onnx.save or torch.onnx.export wrote")
