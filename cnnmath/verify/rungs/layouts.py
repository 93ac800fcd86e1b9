"""Layouts: the same numbers, otherwise placed in memory, and what lies around them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.verify.subject import Wrapped

Layout: TypeAlias = Callable[[Array, Any], Array]
"""``layout(array, fill)``: a view with the same numbers; memory around it holds ``fill``."""

MARGIN = 16
"""Numbers ahead of and behind an array that lies within a larger one."""

REUSED = 1024
"""NumPy keeps freed blocks of fewer bytes than this, for arrays of the same size."""

KEPT = 8
"""More blocks of a size than NumPy keeps."""

LARGE = 1 << 18
"""Bytes of larger blocks that are soiled beside, for the allocator may take any that fits."""


def plain(array: Array, fill: Any) -> Array:  # noqa: ARG001 - nothing of its own lies around it
    """A copy in row-major order."""
    return np.array(array, order="C")


def within(array: Array, fill: Any) -> Array:
    """In row-major order inside a longer array."""
    around = np.full(array.size + 2 * MARGIN, fill, array.dtype)
    view = around[MARGIN : MARGIN + array.size].reshape(array.shape)
    view[...] = array
    return view


def spaced(array: Array, fill: Any) -> Array:
    """Every other number, along each axis, of a larger array."""
    around = np.full([2 * n + 1 for n in array.shape], fill, array.dtype)
    view = around[..., *(slice(1, None, 2) for _ in array.shape)]
    view[...] = array
    return view


def backward(array: Array, fill: Any) -> Array:  # noqa: ARG001 - as above
    """With negative strides."""
    return np.flip(np.flip(array).copy())


def column_major(array: Array, fill: Any) -> Array:  # noqa: ARG001 - as above
    """In Fortran order."""
    return np.array(array.T, order="C").T


def frozen(array: Array, fill: Any) -> Array:  # noqa: ARG001 - as above
    """Not to be written to."""
    view = np.array(array, order="C")[...]
    view.flags.writeable = False
    return view


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "in Fortran order": column_major,
        "with negative strides": backward,
        "that are every other number of larger ones": spaced,
        "that are read-only": frozen,
    }
)
"""By what is said of arrays that are laid out so."""


def repeated(array: Array, *, everywhere: bool) -> Array:
    """The first number, or the first entry of the first axis, with a stride of 0 in place of all."""
    first = array[:1] if array.ndim and not everywhere else array[(..., *(slice(0, 1),) * array.ndim)]
    return np.broadcast_to(first, array.shape)


def root(array: Array) -> Array:
    """The array to whose memory a view belongs."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


@dataclass(frozen=True, slots=True)
class Soiled(Wrapped):
    """A kernel that is called where memory that was just freed holds one byte everywhere.

    Attributes
    ----------
    byte
        What the memory holds.
    sizes
        Of arrays that it is likely to allocate, in bytes.
    """

    byte: int
    sizes: tuple[int, ...]

    def call(self, op: Operator, wrt: str, arrays: Mapping[str, Array], dy: Array | None) -> Any:
        """What the kernel gives; the memory is soiled in its own thread, for threads have memory of their own."""
        soil(self.sizes, self.byte)
        return self.tested.call(op, wrt, arrays, dy)


def soil(sizes: tuple[int, ...], byte: int) -> None:
    """Fill memory with a byte and free it, so that it comes back as it was left where nobody writes to it."""
    small = [n for n in range(4, REUSED, 4) for _ in range(KEPT)]
    large = [n for n in sizes if n >= REUSED for _ in range(KEPT + LARGE // n)]
    blocks = [np.empty(n, np.uint8) for n in (*small, *large)]
    for block in blocks:
        block.fill(byte)


@contextmanager
def silenced() -> Iterator[None]:
    """Without warnings: of a library that does not like arrays that are read-only, for one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
