"""What is known of the values of a graph while it is read: shapes, and arrays that no input decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from numbers import Integral
from typing import Any

import numpy as np

from cnnmath.errors import unknown
from cnnmath.graph.text import plural
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.numeric.windows import Array
from cnnmath.ops.algebra import Shape
from cnnmath.window import Size

SMALL = 1 << 12
"""Numbers of an array that is computed while the graph is read; larger ones wait until they are asked for."""


MOST = 1 << 60
"""Numbers of an array that are all the same: its bytes are counted in 64 bits."""


@dataclass(frozen=True, slots=True)
class Lazy:
    """An array that is computed when it is asked for.

    Attributes
    ----------
    shape, dtype
        Its shape, and its data type in NumPy's words.
    make
        Computes it; its numbers may be symbols, where it says sizes.
    source
        The array of the file that it is made of, by name and by what was done to it; two lazy arrays of one source are
        equal. Empty where it is made of none.
    trained
        Whether it may be a parameter: an array of floats that is stored apart from the nodes.
    """

    shape: tuple[int, ...]
    dtype: str
    make: Callable[[], Any] = field(repr=False)
    source: str = ""
    trained: bool = False

    def mapped(self, what: str, function: Callable[[Any], Any], shape: Sequence[int]) -> Lazy:
        """The array that a function makes of it; ``what`` tells one function from another."""
        source = f"{self.source}>{what}" if self.source else ""
        return Lazy(tuple(shape), self.dtype, lambda: function(self.make()), source, self.trained)

    @property
    def size(self) -> int:
        """Count of its numbers."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a value.

    Attributes
    ----------
    name
        Its name in the file.
    dtype
        Data type in NumPy's words; empty where it is not known.
    shape
        All its sizes, the batch among them: integers or formulas; None where they are not known.
    node
        Node of the network that computes it, if any does.
    array
        The array, where no input decides it.
    """

    name: str
    dtype: str
    shape: Shape | None
    node: str = ""
    array: Lazy | None = None

    @property
    def sizes(self) -> Shape:
        """Its shape.

        Raises
        ------
        UnclaimedError
            Where it is not known.
        """
        if self.shape is None:
            raise UnclaimedError(f"the shape of '{self.name}' is not known")
        return self.shape

    @property
    def rank(self) -> int:
        """Count of its axes."""
        return len(self.sizes)


def constant(name: str, array: Any, dtype: str = "") -> Known:
    """A value that is known by its array."""
    found = np.asarray(array)
    dtype = dtype or str(found.dtype)
    return Known(name, dtype, found.shape, array=Lazy(found.shape, dtype, lambda: found))


def filled(name: str, number: Any, shape: Sequence[int]) -> Known:
    """A value whose numbers are all the same: of any size it takes the memory of one.

    Examples
    --------
    >>> filled("zeros", np.float32(0), (2, 3)).shape
    (2, 3)
    """
    one = np.asarray(number)
    if not all(isinstance(n, int) for n in shape):
        raise UnclaimedError(f"'{name}' has sizes that are left open")
    if prod(shape) > MOST:
        raise UnclaimedError(f"'{name}' has {prod(shape):,} numbers")
    lazy = Lazy(tuple(shape), str(one.dtype), lambda: np.broadcast_to(one, shape))
    return Known(name, lazy.dtype, lazy.shape, array=lazy)


def content(value: Known | None) -> Array:
    """The array of a value that no input decides; sizes may be formulas.

    Raises
    ------
    UnclaimedError
        Where an input decides it, or where it is large.
    """
    if value is None or value.array is None:
        raise UnclaimedError(f"'{value.name if value else ''}' is computed while the model runs")
    if value.array.size > SMALL:
        raise UnclaimedError(f"'{value.name}' has {value.array.size:,} numbers, more than a setting")
    return np.asarray(value.array.make())


def numbers(value: Known | None) -> tuple[Size, ...]:
    """Integers, or formulas, that a value holds: sizes, axes, places.

    Raises
    ------
    UnclaimedError
        As `content` does, and where they are of another type.
    """
    found = content(value)
    if found.dtype.kind not in "biuO":
        raise UnclaimedError(f"of {found.dtype} numbers where integers are asked for")
    return tuple(int(n) if isinstance(n, (Integral, np.generic)) else n for n in found.ravel().tolist())


def computed_in(dtype: str) -> str:
    """The type of floats in which NumPy has numbers of a type: float32 where they are narrower than its own.

    Examples
    --------
    >>> computed_in("float64"), computed_in("bfloat16")
    ('float64', 'float32')
    """
    return dtype if dtype in ("float16", "float64") else "float32"


def reals(value: Known | None) -> list[float]:
    """Numbers that a value holds, such as scales.

    Raises
    ------
    UnclaimedError
        As `content` does, and where one is no finite number.
    """
    found = content(value)
    if found.dtype.kind not in "fiu" or not np.isfinite(found).all():
        raise UnclaimedError("of what is no number where scales are asked for")
    return [float(n) for n in found.ravel().tolist()]


class Loaded(Mapping[str, Array]):
    """Lazy arrays by name, each computed when it is asked for.

    Examples
    --------
    >>> arrays = Loaded({"relu.slope": Lazy((2,), "float64", lambda: np.ones(2))})
    >>> arrays["relu.slope"], arrays
    (array([1., 1.]), Loaded: 1 array)
    """

    def __init__(self, arrays: Mapping[str, Lazy]) -> None:
        self.arrays = dict(arrays)

    def __getitem__(self, name: str) -> Array:
        if name not in self.arrays:
            raise unknown("array", name, self.arrays)
        return np.asarray(self.arrays[name].make())

    def __contains__(self, name: object) -> bool:
        return name in self.arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __repr__(self) -> str:
        return f"Loaded: {plural(len(self), 'array')}"
