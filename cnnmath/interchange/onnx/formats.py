"""Data types of ONNX: their names, their sizes, and the field of a tensor that holds their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Format:
    """A data type.

    Attributes
    ----------
    name
        As NumPy calls it, or else as ONNX does.
    bits
        Of a number; 0 where numbers differ.
    field
        Of a tensor, where its numbers are not in ``raw_data``.
    parts
        Entries of that field for a number.
    """

    name: str
    bits: int
    field: str
    parts: int = 1

    def bytes(self, count: int) -> int:
        """Bytes of so many numbers, without gaps between them.

        Examples
        --------
        >>> NAMED["float64"].bytes(3), NAMED["int4"].bytes(3)
        (24, 2)
        """
        return -(-self.bits * count // 8)

    def entries(self, count: int) -> int:
        """Entries of the field that holds so many numbers: of those of 2 and 4 bits, several share one.

        Examples
        --------
        >>> NAMED["complex64"].entries(3), NAMED["int4"].entries(3)
        (6, 2)
        """
        return self.bytes(count) if 0 < self.bits <= 4 else self.parts * count


FORMATS: Mapping[int, Format] = MappingProxyType(
    {
        1: Format("float32", 32, "float_data"),
        2: Format("uint8", 8, "int32_data"),
        3: Format("int8", 8, "int32_data"),
        4: Format("uint16", 16, "int32_data"),
        5: Format("int16", 16, "int32_data"),
        6: Format("int32", 32, "int32_data"),
        7: Format("int64", 64, "int64_data"),
        8: Format("string", 0, "string_data"),
        9: Format("bool", 8, "int32_data"),
        10: Format("float16", 16, "int32_data"),
        11: Format("float64", 64, "double_data"),
        12: Format("uint32", 32, "uint64_data"),
        13: Format("uint64", 64, "uint64_data"),
        14: Format("complex64", 64, "float_data", 2),
        15: Format("complex128", 128, "double_data", 2),
        16: Format("bfloat16", 16, "int32_data"),
        17: Format("float8e4m3fn", 8, "int32_data"),
        18: Format("float8e4m3fnuz", 8, "int32_data"),
        19: Format("float8e5m2", 8, "int32_data"),
        20: Format("float8e5m2fnuz", 8, "int32_data"),
        21: Format("uint4", 4, "int32_data"),
        22: Format("int4", 4, "int32_data"),
        23: Format("float4e2m1", 4, "int32_data"),
        24: Format("float8e8m0", 8, "int32_data"),
        25: Format("uint2", 2, "int32_data"),
        26: Format("int2", 2, "int32_data"),
        27: Format("float6e2m3", 6, "int32_data"),
        28: Format("float6e3m2", 6, "int32_data"),
    }
)
"""Data types by their number."""

NAMED: Mapping[str, Format] = MappingProxyType({entry.name: entry for entry in FORMATS.values()})

NUMBERS: Mapping[str, int] = MappingProxyType({entry.name: number for number, entry in FORMATS.items()})

UNREADABLE = frozenset(
    name for name, entry in NAMED.items() if entry.bits in {0, 2, 4, 6} or name.startswith("complex")
)
"""Of these no arrays are made."""

WIDENED = frozenset(name for name in NAMED if name == "bfloat16" or name.startswith("float8"))
"""Of these arrays of float32 are made, which has all their numbers."""
