"""Files of models, each replaced once the new one is whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from cnnmath.errors import DataError
from cnnmath.interchange.onnx.library import onnx
from cnnmath.interchange.onnx.wire import SMALL

MOST = (1 << 31) - 1
"""Bytes of a message of protobuf."""

PAGE = 4096
"""External arrays begin at multiples of so many bytes, so that they can be mapped into memory."""


def save(model: Any, path: str | os.PathLike[str], *, external: bool = False) -> None:
    """Write a ``ModelProto`` into a file; with ``external``, its larger arrays beside it.

    Raises
    ------
    DataError
        Where the file cannot be written, and for a model that is too large for one file.
    """
    target = Path(path)
    try:
        if external:
            beside = target.with_name(f"{target.name}.data")
            _replace(beside, lambda file: _write_arrays(model, file))
            model = _pointing(model, beside.name)
        elif (size := sum(len(tensor.raw_data) for tensor in model.graph.initializer)) >= MOST:
            raise DataError(
                "the model is too large for one file.",
                rule=f"bytes of a file <= {MOST:,}",
                here=f"{size:,} bytes of arrays",
                fix="give external=True, and the arrays are written beside it",
            )
        content = model.SerializeToString(deterministic=True)
        _replace(target, lambda file: file.write(content))
    except OSError as error:
        raise DataError(
            f"'{target}' cannot be written.", here=str(error.strerror or error), fix="check the path"
        ) from None


def _places(model: Any) -> list[tuple[Any, int]]:
    """The larger arrays of a model, and where each begins."""
    found, offset = [], 0
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) > SMALL:
            found.append((tensor, offset))
            offset += -(-len(tensor.raw_data) // PAGE) * PAGE
    return found


def _write_arrays(model: Any, file: BinaryIO) -> None:
    for tensor, offset in _places(model):
        file.seek(offset)
        file.write(tensor.raw_data)


def _pointing(model: Any, location: str) -> Any:
    """The model without its larger arrays, which stand in a file of this name."""
    kept = onnx().ModelProto()
    places = {tensor.name: (offset, len(tensor.raw_data)) for tensor, offset in _places(model)}
    for descriptor, value in model.ListFields():
        if descriptor.name != "graph":
            _copy(kept, descriptor, value)
    for descriptor, value in model.graph.ListFields():
        if descriptor.name != "initializer":
            _copy(kept.graph, descriptor, value)
    for tensor in model.graph.initializer:
        if tensor.name not in places:
            kept.graph.initializer.add().CopyFrom(tensor)
            continue
        entry = kept.graph.initializer.add(name=tensor.name, dims=tensor.dims, data_type=tensor.data_type)
        entry.data_location = onnx().TensorProto.EXTERNAL
        offset, length = places[tensor.name]
        for key, text in (("location", location), ("offset", offset), ("length", length)):
            entry.external_data.add(key=key, value=str(text))
    return kept


def _copy(target: Any, field: Any, value: Any) -> None:
    if field.is_repeated:
        getattr(target, field.name).extend(value)
    else:
        setattr(target, field.name, value)


def _replace(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    """Write a file beside its place, and move it there once it is whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
