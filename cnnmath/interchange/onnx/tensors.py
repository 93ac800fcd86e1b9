"""Arrays of a model, loaded when they are asked for and not before."""

from __future__ import annotations

import os
from io import BufferedReader
from typing import Any

import numpy as np

from cnnmath.errors import CnnmathError, DataError, OutOfMemoryError, clip
from cnnmath.interchange.onnx.external import External, open_file, opened
from cnnmath.interchange.onnx.formats import NAMED, NUMBERS, UNREADABLE, WIDENED
from cnnmath.interchange.onnx.library import onnx
from cnnmath.interchange.onnx.stored import Span, Stored, counted, wrong_length
from cnnmath.interchange.onnx.wire import encoded
from cnnmath.numeric import memory

Array = np.ndarray[Any, np.dtype[Any]]

LARGEST = 1 << 62
"""Product of an array's sizes that are not 0, in bytes: NumPy counts in 64 bits."""


def load(array: Stored) -> Array:
    """The array itself, new and in the machine's order of bytes; bfloat16 and float8 become float32, exactly.

    Raises
    ------
    DataError
        Where there are other bytes than the shape and the type need, where the file has changed or is not there, and
        for types of which no array is made.
    OutOfMemoryError
        For an array that the machine has no room for.

    Notes
    -----
    *Cost*: nothing is allocated before the bytes are counted.

    Examples
    --------
    >>> from onnx import helper
    >>> from cnnmath.interchange.onnx.stored import Origin, stored
    >>> load(stored(helper.make_tensor("w", 16, (2, 2), [1, 0.5, 2, -1]), "w", Origin()))
    array([[ 1. ,  0.5],
           [ 2. , -1. ]], dtype=float32)
    """
    try:
        return _load(array)
    except CnnmathError as error:
        raise error.at(f"tensor '{clip(array.name)}'") from None


def _load(array: Stored) -> Array:
    if array.dtype in UNREADABLE:
        raise DataError(f"arrays of {array.dtype} are not read.", fix="convert it to a float or an integer type")
    factor = 4 if array.dtype in WIDENED else 1
    if np.prod([float(n) for n in array.shape if n]) * 8 > LARGEST:
        raise DataError("its sizes are too large.", here=f"shape {array.shape}", fix="write the model again")
    room = memory.available() if array.bytes * factor >= memory.SMALL else None
    if room is not None and array.bytes * factor > room:
        raise OutOfMemoryError(
            "the array does not fit into memory.",
            rule="bytes needed <= bytes available",
            here=f"{memory.size(array.bytes * factor)} > {memory.size(room)}",
        )
    where = array.where
    if isinstance(where, (External, Span)):
        raw = _external_bytes(array, where) if isinstance(where, External) else _span_bytes(where)
        numbers = _from_entries(_decoded(array, raw), array) if counted(array.field) else _from_bytes(raw, array.dtype)
    elif counted(array.field):
        numbers = _from_entries(np.array(getattr(where, array.field)), array)
    elif array.field == "raw_data":
        numbers = _from_bytes(np.frombuffer(where.raw_data, np.uint8), array.dtype)
    else:
        numbers = np.array(getattr(where, array.field), array.dtype)
    return numbers.reshape(array.shape)


def _span_bytes(where: Span) -> Array:
    if isinstance(where.source, bytes):
        return np.frombuffer(where.source, np.uint8, where.length, where.offset)
    with open_file(where.source, f"the file '{where.source}'") as file:
        if stamp(file) != where.stamp:
            raise DataError(f"the file '{where.source}' has changed since it was read.", fix="read it again")
        return _read(file, where.offset, where.length)


def _external_bytes(array: Stored, where: External) -> Array:
    with opened(where) as file:
        there = os.fstat(file.fileno()).st_size
        length = max(there - where.offset, 0) if where.length is None else where.length
        if length != array.bytes:
            raise wrong_length(array, f"{array.bytes:,}", length, "bytes")
        if where.offset + length > there:
            raise DataError(
                "its bytes are not all in the file.",
                rule="offset + length <= bytes of the file",
                here=f"{where.offset:,} + {length:,} > {there:,} of '{clip(where.location)}'",
                fix="fetch the file again",
            )
        return _read(file, where.offset, length)


def stamp(file: BufferedReader) -> tuple[int, int]:
    """Size and time of an open file, by which a change is seen."""
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def _read(file: BufferedReader, offset: int, length: int) -> Array:
    raw = np.empty(length, np.uint8)
    file.seek(offset)
    if file.readinto(raw.data) != length:
        raise DataError("the file ends while it is read.", fix="read it again")
    return raw


def _decoded(array: Stored, raw: Array) -> Array:
    """The varints of a field."""
    there, needed = int(np.count_nonzero(raw < 0x80)), NAMED[array.dtype].entries(array.size)
    if there != needed:
        raise wrong_length(array, f"{needed:,}", there, "entries")
    tensor = onnx().TensorProto()
    number = tensor.DESCRIPTOR.fields_by_name[array.field].number
    from google.protobuf.message import DecodeError

    try:
        tensor.ParseFromString(encoded(number << 3 | 2) + encoded(len(raw)) + raw.tobytes())
    except DecodeError:
        raise DataError(
            "its numbers cannot be decoded.", rule="varints of at most 10 bytes", here=array.field
        ) from None
    return np.array(getattr(tensor, array.field))


def _from_entries(entries: Array, array: Stored) -> Array:
    """Numbers from the integers that a field holds, each the number or its bits."""
    bits = NAMED[array.dtype].bits
    target = np.dtype(f"u{bits // 8}") if array.dtype.startswith(("float", "bfloat")) else np.dtype(array.dtype)
    if not entries.size:
        return _from_bytes(np.zeros(0, np.uint8), array.dtype)
    least, most = (0, 1) if array.dtype == "bool" else (np.iinfo(target).min, np.iinfo(target).max)
    if int(entries.min()) < least or int(entries.max()) > most:
        raise DataError(
            f"it holds what is no {array.dtype}.",
            rule=f"{least} <= entry <= {most}",
            here=f"entries from {entries.min()} to {entries.max()}",
            fix="write the model again",
        )
    return _from_bytes(entries.astype(target.newbyteorder("<")).view(np.uint8), array.dtype)


def _from_bytes(raw: Array, dtype: str) -> Array:
    """Numbers from bytes, the lowest of each number first, as ONNX has them."""
    if dtype == "bool":
        return raw != 0
    if dtype == "bfloat16":
        return (raw.view("<u2").astype(np.uint32) << 16).view(np.float32)
    if dtype in WIDENED:
        return raw.view(onnx().helper.tensor_dtype_to_np_dtype(NUMBERS[dtype])).astype(np.float32)
    found = raw.view(np.dtype(dtype).newbyteorder("<"))
    return found.astype(dtype, copy=not raw.flags.owndata)
