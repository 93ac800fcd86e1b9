"""Arrays of a model that have not been loaded: what they are, and where their bytes stand."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cnnmath.errors import CnnmathError, DataError, clip
from cnnmath.interchange.onnx.external import External, external
from cnnmath.interchange.onnx.formats import FORMATS, NAMED
from cnnmath.interchange.onnx.wire import LONGEST_VARINT, NUMERIC, Cut

MOST_AXES = 64
"""Axes of an array, as in NumPy."""

EXTERNAL = 1
"""A tensor's ``data_location`` where it is not in the model."""


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Where a model was read.

    Attributes
    ----------
    source
        The file or the bytes; None where the model was a message already.
    folder
        Where its external data may stand, and nowhere else; None where it may not have any.
    cuts
        Arrays that were left in the source.
    stamp
        Size and time of the file, by which a change is seen.
    """

    source: Path | bytes | None = None
    folder: Path | None = None
    cuts: Sequence[Cut] = ()
    stamp: tuple[int, int] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a model's file, or of a model in memory."""

    source: Path | bytes
    offset: int
    length: int
    stamp: tuple[int, int] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Stored:
    """An array that has not been loaded.

    Attributes
    ----------
    name
        Of the initializer, or of the attribute.
    dtype
        ONNX's data type: ``float32``, ``bfloat16``, ``float8e4m3fn``, ``bool``, ``string`` ...
    shape
        Its sizes; there are as many bytes as they and the data type need.
    field
        ``raw_data``, or the field of a tensor that holds numbers of this type.
    where
        A `Span` of the model's file, an `External` place, or the tensor's message.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    field: str
    where: Any = dataclasses.field(repr=False, compare=False)

    @property
    def size(self) -> int:
        """Count of its numbers."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Bytes of its numbers, without gaps between them."""
        return NAMED[self.dtype].bytes(self.size)


def stored(tensor: Any, name: str, origin: Origin) -> Stored:
    """The record of a ``TensorProto`` whose shape and type need the bytes that it has.

    Raises
    ------
    DataError
        For a tensor that lies about its size or its place; the message names it.

    Notes
    -----
    The file of external data is not looked for: a model is analysed without it.

    Examples
    --------
    >>> from onnx import helper
    >>> stored(helper.make_tensor("w", 1, (2, 3), [1.0] * 6), "w", Origin())
    Stored(name='w', dtype='float32', shape=(2, 3), field='float_data')
    """
    try:
        return _stored(tensor, name, origin)
    except CnnmathError as error:
        raise error.at(f"tensor '{clip(name)}'") from None


def _stored(tensor: Any, name: str, origin: Origin) -> Stored:
    if tensor.data_type not in FORMATS:
        rule = f"a number from 1 to {max(FORMATS)}"
        raise DataError(
            "its data type is not known.", rule=rule, here=str(tensor.data_type), fix="write the model again"
        )
    entry, shape = FORMATS[tensor.data_type], _shape(tensor.dims)
    if entry.name == "string":
        return Stored(name, entry.name, shape, entry.field, tensor)
    fields, where = _places(tensor, origin)
    if len(fields) > 1:
        raise DataError("it has two arrays.", here=" and ".join(fields), fix="write the model again")
    found = Stored(name, entry.name, shape, fields[0] if fields else "raw_data", where)
    if found.field not in ("raw_data", entry.field):
        rule = f"{entry.name} in raw_data or {entry.field}"
        raise DataError(
            "its numbers stand in the wrong field.", rule=rule, here=found.field, fix="write the model again"
        )
    _check_length(found)
    return found


def _places(tensor: Any, origin: Origin) -> tuple[list[str], Any]:
    """Fields in which a tensor has numbers, and where these are."""
    fields = [name for name in NUMERIC if len(getattr(tensor, name))]
    if tensor.data_location == EXTERNAL:
        return [*fields, "raw_data"], external(tensor.external_data, origin.folder)
    if not tensor.HasField("segment"):
        return fields, tensor
    begin = tensor.segment.begin
    if origin.source is None or not 0 <= begin < len(origin.cuts):
        raise DataError("it comes in segments.", rule="one field holds all its numbers", fix="write the model again")
    cut = origin.cuts[begin]
    return [*fields, cut.field], Span(origin.source, cut.offset, cut.length, origin.stamp)


def _shape(dims: Sequence[int]) -> tuple[int, ...]:
    if len(dims) > MOST_AXES:
        raise DataError("it has too many axes.", rule=f"at most {MOST_AXES}", here=f"{len(dims):,} axes")
    if any(n < 0 for n in dims):
        raise DataError("it has a negative size.", here=f"shape {tuple(dims)}", fix="write the model again")
    return tuple(dims)


def _check_length(array: Stored) -> None:
    """Raise where there are other bytes than the shape and the type need."""
    where, least, unit = array.where, array.bytes, "bytes"
    most = least
    if isinstance(where, External):
        there = least if where.length is None else where.length
    elif isinstance(where, Span):
        there = where.length
        if counted(array.field):
            least = NAMED[array.dtype].entries(array.size)
            most = least * LONGEST_VARINT
    else:
        there = len(getattr(where, array.field))
        if array.field != "raw_data":
            least = most = NAMED[array.dtype].entries(array.size)
            unit = "entries"
    if not least <= there <= most:
        needed = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        raise wrong_length(array, needed, there, unit)


def counted(name: str) -> bool:
    """Whether a field holds varints, whose count only reading tells."""
    return name in ("int32_data", "int64_data", "uint64_data")


def wrong_length(array: Stored, needed: str, there: int, unit: str) -> DataError:
    """Build the error for a shape that lies."""
    return DataError(
        "it does not have the numbers that its shape declares.",
        rule=f"shape {array.shape} of {array.dtype} needs {needed} {unit}",
        here=f"{there:,} {unit}",
        fix="write the model again",
    )
