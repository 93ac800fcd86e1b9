"""Nodes that no input decides: exporters compute shapes and constants with them, and so are they read here.

A shape may hold formulas: what is computed from it stays a formula, by the same rules as for numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import prod
from types import MappingProxyType

import numpy as np

from cnnmath.interchange.onnx.arithmetic import ARITHMETIC
from cnnmath.interchange.onnx.formats import FORMATS
from cnnmath.interchange.onnx.formulas import NUMBERS, has_formulas, rounded_down, settled, whole
from cnnmath.interchange.onnx.known import SMALL, Known, Lazy, constant, content, filled, numbers
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.numeric.windows import Array

CASTS = ("Cast", "CastLike")
"""Nodes that give numbers another type."""
WIDER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"float16": ("float32", "float64"), "bfloat16": ("float32", "float64"), "float32": ("float64",)}
)
"""Types of floats that have all numbers of another one."""


def folded(here: Here) -> Known | None:
    """Output of a node that no input decides; None for any other.

    Raises
    ------
    UnclaimedError
        For a node whose value cannot be computed beforehand.
    """
    kind, inputs = here.node.kind, here.inputs
    if kind in OF_SHAPES:
        return OF_SHAPES[kind](here)
    if kind in CASTS:
        return _retyped(here)
    if not inputs or any(value is not None and value.array is None for value in inputs):
        return None
    if kind == "Expand" and _is_kept(here.input(0), here.input(1)):
        return replace(here.input(0), name=here.node.outputs[0])
    if kind in MOVES and (value := inputs[0]) is not None and value.array is not None:
        return _moved(here, value, value.array)
    if kind == "Expand" and not _is_small_and_fixed(here):
        return None
    if kind in ARITHMETIC and sum(value.array.size for value in inputs if value and value.array) <= SMALL:
        arrays = [None if value is None else _plain(content(value)) for value in inputs]
        if any(a is not None and has_formulas(a) for a in arrays):
            arrays = [None if a is None else whole(a) for a in arrays]
        try:
            found = np.asarray(ARITHMETIC[kind](here, *arrays))
        except TypeError as error:
            raise UnclaimedError("of numbers that it does not compute with, or of sizes that are left open") from error
        dtype = _dtype(here, found)
        return constant(here.node.outputs[0], settled(found, dtype), dtype)
    return None


def _is_kept(value: Known, shape: Known) -> bool:
    """Whether an array is expanded to the shape that it has, so that a parameter stays one."""
    sizes = numbers(shape)
    ends = value.sizes[value.rank - len(sizes) :]
    return len(sizes) <= value.rank and all(n in (1, m) for n, m in zip(sizes, ends, strict=True))


def _is_small_and_fixed(here: Here) -> bool:
    """Whether what is expanded is no parameter, and the sizes are numbers."""
    x, sizes = here.input(0), numbers(here.input(1))
    return not (x.array and x.array.trained) and all(isinstance(n, int) for n in sizes)


def _plain(array: Array) -> Array:
    """Integers without a width, so that they cannot wrap around; formulas among them stay."""
    return array.astype(object) if array.dtype.kind in "iu" else array


def _dtype(here: Here, found: Array) -> str:
    if here.node.kind in ("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Not", "And", "Or"):
        return "bool"
    first = here.inputs[1 if here.node.kind == "Where" else 0]
    return first.dtype if first else str(found.dtype)


def _moved(here: Here, value: Known, array: Lazy) -> Known:
    """A stored array whose numbers are moved or rounded alone: it stays where it is until it is asked for."""
    shape, move = MOVES[here.node.kind](here, value)
    what = f"{here.node.kind}{shape}{here.node.attributes or ''}"
    name = here.node.outputs[0]
    if here.node.kind == "Identity":
        return replace(value, name=name)
    lazy = array.mapped(what, move, shape)
    if here.node.kind in CASTS:
        lazy = replace(lazy, dtype=_type(here))
    return Known(name, lazy.dtype, lazy.shape, array=lazy)


def _of_shape(here: Here) -> Known | None:
    value = here.input(0)
    sizes = list(value.sizes)[slice(here.attribute("start", 0), here.attribute("end"))]
    return constant(here.node.outputs[0], settled(np.array(sizes, object), "int64"), "int64")


def _of_size(here: Here) -> Known | None:
    return constant(here.node.outputs[0], settled(np.array(prod(here.input(0).sizes), object), "int64"), "int64")


def _of_constant(here: Here) -> Known:
    found = {name: value for name, value in here.node.attributes.items() if name.startswith("value")}
    if len(found) != 1:
        raise UnclaimedError("which has not one value")
    ((name, value),) = found.items()
    dtype = {"value_float": "float32", "value_floats": "float32", "value_int": "int64", "value_ints": "int64"}
    if name in dtype:
        return constant(name, np.array(value, dtype[name]))
    return here.tensor(name)


def _filled(here: Here) -> Known:
    shape = numbers(here.input(0))
    value = content(here.tensor("value", np.zeros(1, np.float32)))
    if value.size != 1:
        raise UnclaimedError(f"filled with {value.size} numbers")
    return filled(here.node.outputs[0], value.reshape(()), shape)


def _transpose(here: Here, value: Known) -> tuple[Sequence[int], Callable[[Array], Array]]:
    axes = here.attribute("perm") or list(range(value.rank))[::-1]
    return [value.sizes[a] for a in axes], lambda a: a.transpose(axes)


def _reshaped(here: Here, value: Known) -> tuple[Sequence[int], Callable[[Array], Array]]:
    target = numbers(here.input(1)) if len(here.node.inputs) > 1 else tuple(here.attribute("shape"))
    kept = not here.attribute("allowzero", 0)
    sizes = [value.sizes[i] if n == 0 and kept else n for i, n in enumerate(target)]
    if -1 in sizes:
        others = prod(n for n in sizes if n != -1)
        sizes[sizes.index(-1)] = prod(value.sizes) // others if others else 0
    if prod(sizes) != prod(value.sizes):
        raise UnclaimedError(f"a constant of shape {value.sizes} is reshaped to {target}")
    return sizes, lambda a: a.reshape(sizes)


def _squeezed(here: Here, value: Known) -> tuple[Sequence[int], Callable[[Array], Array]]:
    axes = here.axes(1)
    gone = {a % value.rank for a in axes} if axes is not None else {i for i, n in enumerate(value.sizes) if n == 1}
    if any(value.sizes[i] != 1 for i in gone):
        raise UnclaimedError(f"a constant of shape {value.sizes} is squeezed along {sorted(gone)}")
    sizes = [n for i, n in enumerate(value.sizes) if i not in gone]
    return sizes, lambda a: a.reshape(sizes)


def _unsqueezed(here: Here, value: Known) -> tuple[Sequence[int], Callable[[Array], Array]]:
    axes = here.axes(1) or ()
    rank, rest = value.rank + len(axes), iter(value.sizes)
    new = {a % rank for a in axes}
    if len(new) < len(axes):
        raise ValueError(f"axes {axes} name one twice")
    sizes = [1 if i in new else next(rest) for i in range(rank)]
    return sizes, lambda a: a.reshape(sizes)


def _cast(here: Here, value: Known) -> tuple[Sequence[int], Callable[[Array], Array]]:
    kind = "float32" if _type(here) == "bfloat16" else _type(here)
    if kind not in NUMBERS:
        raise UnclaimedError(f"to the data type {kind}" if kind else "to a data type that is not known")
    if kind.startswith("float"):
        return value.sizes, lambda a: a if a.dtype == object else _in_type(a, kind)
    return value.sizes, lambda a: rounded_down(a) if a.dtype == object else _in_type(a, kind)


def _in_type(a: Array, kind: str) -> Array:
    """An array in another type; one number that is repeated stays one.

    Examples
    --------
    >>> _in_type(np.broadcast_to(np.float32(1), (2**20, 2**30)), "int64").strides
    (0, 0)
    """
    if a.size and not any(stride for stride, n in zip(a.strides, a.shape, strict=True) if n > 1):
        return np.broadcast_to(a[(slice(1),) * a.ndim].astype(kind), a.shape)
    return a.astype(kind)


def _retyped(here: Here) -> Known | None:
    """A stored array in another type; of what an input decides, what a cast leaves as it is.

    That is one to its own type, or to floats that have all of its numbers.
    """
    x, to = here.input(0), _type(here)
    if x.array is not None:
        return _moved(here, x, x.array)
    return replace(x, dtype=to) if to in (x.dtype, *WIDER.get(x.dtype, ())) else None


def _type(here: Here) -> str:
    """Data type that a cast names by its number, or by another value."""
    if here.node.kind == "CastLike":
        return here.input(1).dtype
    number = here.attribute("to")
    if number not in FORMATS:
        raise UnclaimedError(f"to the data type {number}")
    return FORMATS[number].name


def _flat(here: Here, value: Known) -> tuple[Sequence[int], Callable[[Array], Array]]:
    axis = here.attribute("axis", 1) % (value.rank + 1)
    sizes = [prod(value.sizes[:axis]), prod(value.sizes[axis:])]
    return sizes, lambda a: a.reshape(sizes)


OF_SHAPES: Mapping[str, Callable[[Here], Known | None]] = MappingProxyType(
    {"Shape": _of_shape, "Size": _of_size, "Constant": _of_constant, "ConstantOfShape": _filled}
)
"""Nodes whose value follows from a shape, or from an attribute."""

MOVES: Mapping[str, Callable[[Here, Known], tuple[Sequence[int], Callable[[Array], Array]]]] = MappingProxyType(
    {
        "Identity": lambda _, value: (value.sizes, lambda a: a),
        "Transpose": _transpose,
        "Reshape": _reshaped,
        "Squeeze": _squeezed,
        "Unsqueeze": _unsqueezed,
        "Flatten": _flat,
        **dict.fromkeys(CASTS, _cast),
    }
)
"""Nodes that move the numbers of an array: its shape, and how."""
