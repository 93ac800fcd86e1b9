"""What the verbs accept: the shapes that an operator declares, and numbers brought to one kind, in which it is exact.

- Floats, alone or with integers: NumPy's promotion, over all operands and the gradient from above.
- Integers alone: exact. They are computed in int64 where bounds prove that nothing wraps around, and in Python's
  integers where not. An operator that divides, or takes exponentials or roots, has float64 for them.
- Objects: exact rational numbers, and expressions that can be added, multiplied and divided, such as SymPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import prod
from numbers import Rational
from typing import Any

import numpy as np

from cnnmath.errors import DataError, ShapeError
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import check_operator, input_names
from cnnmath.ops.checks import check_arity
from cnnmath.readers.magnitude import bounds

WORD, LISTED = 1 << 63, 6
"""No int64 is as large as this. At most so many levels are listed one and all."""


def declared(op: Operator, inputs: tuple[Any, ...], parameters: dict[str, Any]) -> dict[str, Any]:
    """All operands by name, in the sentence's order, each of the shape that the operator declares.

    A Python number, for an operand of one number, stays one: NumPy does not promote by it.
    """
    check_operator(op)
    check_arity(len(inputs), op.reads, variadic=op.variadic)
    shapes = [_as_array(*pair).shape for pair in zip(input_names(op, len(inputs)), inputs, strict=True)]
    wanted = operands(op, *shapes)
    for shape in shapes:
        _check_filled(shape)
    _check_names(set(list(wanted)[len(shapes) :]), set(parameters))
    given = dict(zip(wanted, inputs, strict=False)) | parameters
    arrays = {name: shaped(name, given[name], shape) for name, shape in wanted.items()}
    for name, levels in op.levels(*shapes).items():
        _check_levels(name, np.asarray(arrays[name]), levels)
    return arrays


def shaped(name: str, value: Any, shape: tuple[int, ...]) -> Any:
    """Check one array against its declared shape, and its dtype against those that kernels compute with."""
    array = _as_array(name, value)
    if array.shape != shape:
        raise DataError(
            f"'{name}' has another shape than declared.",
            input=f"{name} {array.shape}",
            rule=f"{name} {shape}",
            fix="transpose or reshape it; arrays are (N, C, *spatial), filters (F, C/groups, *kernel)",
        )
    if array.dtype.kind not in "fiu" and not (array.dtype == object and all(map(_is_exact, array.flat))):
        raise DataError(
            f"'{name}' has a dtype that no kernel computes with.",
            input=f"{name} {array.dtype}",
            rule="floats, integers, or objects that are all exact rational numbers or expressions of them",
            fix=_FIXES.get(array.dtype.kind, f"give real numbers, for example {name}.astype(float)"),
        )
    return value if type(value) in (int, float) else array


def common(op: Operator, given: dict[str, Any], shapes: list[tuple[int, ...]]) -> np.dtype[Any]:
    """The dtype that a kernel computes in, for these operands: ``object`` for exact numbers and expressions.

    Labels, masks and switches have no say in it.
    """
    labels = op.levels(*shapes)
    dtypes = {name: np.asarray(value).dtype for name, value in given.items() if name not in labels}
    floats = [name for name, dtype in dtypes.items() if dtype.kind == "f"]
    exact = [name for name, dtype in dtypes.items() if dtype.kind == "O"]
    if exact and floats:
        raise DataError(
            "exact numbers and floats are mixed.",
            input=_kinds(given),
            rule="all operands are exact, or none is",
            fix=f"convert {floats[0]} to fractions, or the exact ones to floats",
        )
    if exact:
        return np.dtype(object)
    if floats:
        return np.result_type(*(given[n] if type(given[n]) in (int, float) else dtype for n, dtype in dtypes.items()))
    return _of_integers(op, given, shapes)


def _of_integers(op: Operator, given: dict[str, Any], shapes: list[tuple[int, ...]]) -> np.dtype[Any]:
    """int64 where nothing wraps around, ``object`` where something might, float64 where results are not whole."""
    most = {name: _most(value) for name, value in given.items()}
    found = bounds(op, most, *shapes)
    if not found.whole:
        return np.dtype(np.float64)
    gradient = most.get("dy", 0) * prod(np.shape(given.get("dy", ()))) * max(found.slopes.values(), default=0)
    fits = max(found.value, gradient, *most.values()) < WORD
    return np.dtype(np.int64 if fits else object)


def computed(kernel: Callable[..., Any], given: dict[str, Any], dtype: np.dtype[Any]) -> Any:
    """What a kernel makes of the operands, all of them in this dtype.

    Integers that were computed as Python's come back as int64.
    """
    arrays = {name: np.asarray(value) for name, value in given.items()}
    if dtype.kind != "O":
        return kernel(*(array.astype(dtype, copy=False) for array in arrays.values()))
    if any(array.dtype.kind == "O" for array in arrays.values()):
        return _exactly(kernel, {name: _each(_exact, array) for name, array in arrays.items()})
    result = kernel(*(_each(int, array) for array in arrays.values()))
    if isinstance(result, dict):
        return {name: _fitted(f"d{name}", grad, given) for name, grad in result.items()}
    return _fitted("y", result, given)


def _exactly(kernel: Callable[..., Any], arrays: dict[str, Array]) -> Any:
    """What a kernel makes of exact numbers and expressions; where it asks an expression for a value, it is refused."""
    symbolic = {name: a for name, a in arrays.items() if any(map(_is_expression, a.flat))}
    if not symbolic:
        return kernel(*arrays.values())
    try:
        return kernel(*arrays.values())
    except TypeError:
        raise DataError(
            "an expression is compared, or its exponential taken, where a number is needed.",
            input=_kinds(symbolic),
            rule="expressions are added, multiplied, divided, and raised to fixed powers",
            fix="give numbers; for the formula of this operator, call cnnmath.symbolic.derive",
        ) from None


def _fitted(name: str, array: Array, given: dict[str, Any]) -> Array:
    """Python's integers as int64, if they fit."""
    for at, value in np.ndenumerate(array):
        if not -WORD <= value < WORD:
            raise DataError(
                "an integer of the result is too large for int64.",
                input=_kinds(given),
                rule=f"-2^63 <= {name} < 2^63 = {WORD}",
                here=f"{name}[{', '.join(map(str, at))}] = {value}",
                fix="give arrays of Python's integers, which have no end: x.astype(object)",
            )
    return array.astype(np.int64)


def _check_levels(name: str, array: Array, levels: Sequence[int]) -> None:
    """Raise where a number is none of those that it may be: a label of no class, a mask that is neither 0 nor 1."""
    wrong = ~np.isin(array, np.asarray(levels, array.dtype))
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        some = [str(level) for level in levels] if len(levels) <= LISTED else [*map(str, levels[:2]), "..."]
        listed = ", ".join(some + [str(level) for level in levels[-2:]] * (len(levels) > LISTED))
        raise DataError(
            f"'{name}' holds a number that it may not hold.",
            input=f"{name}[{', '.join(map(str, first))}] = {array[first]}",
            rule=f"each number of {name} is one of {listed}",
            fix=f"mend the {int(wrong.sum())} of {array.size} numbers that are none of these",
        )


def _as_array(name: str, value: Any) -> Array:
    try:
        return np.asarray(value)
    except ValueError:
        raise DataError(
            f"'{name}' is no array: its rows have unequal lengths.", fix="give rows of one length"
        ) from None


def _check_filled(shape: tuple[int, ...]) -> None:
    """Raise where there is no channel or no position; a batch may be empty."""
    if 0 in shape[1:]:
        raise ShapeError(
            "there is nothing in a sample of the input.",
            input=f"shape {shape}",
            rule="C >= 1 and every spatial size >= 1; N may be 0",
            fix="give every axis but the batch a size of 1",
        )


def _check_names(wanted: set[str], given: set[str]) -> None:
    if wanted != given:
        raise DataError(
            "the parameters are not those that the operator declares.",
            input=f"given {_names(given)}",
            rule=f"declared {_names(wanted)}",
            fix=f"give {_names(wanted - given)}" if wanted - given else f"leave out {_names(given - wanted)}",
        )


def _most(value: Any) -> int:
    """Largest absolute value, with no wrap around at the least integer."""
    array = np.asarray(value)
    return max(abs(int(array.max())), abs(int(array.min()))) if array.size else 0


def _is_exact(value: Any) -> bool:
    return _is_expression(value) or (isinstance(value, Rational) and not isinstance(value, bool))


def _is_expression(value: Any) -> bool:
    """Whether an object is an algebraic expression without floats, by what SymPy's have: it is not imported here."""
    return (
        hasattr(value, "as_numer_denom")
        and hasattr(value, "atoms")
        and not isinstance(value, Rational)
        and not any(getattr(atom, "is_Float", False) for atom in value.atoms())
    )


def _exact(value: Any) -> Any:
    if isinstance(value, np.integer):
        return Fraction(int(value))
    return Fraction(value) if isinstance(value, Rational) else value


def _each(function: Callable[[Any], Any], array: Array) -> Array:
    """A new array of objects."""
    made = np.empty(array.shape, object)
    made.reshape(-1)[:] = [function(value) for value in array.flat]
    return made


def _kinds(arrays: dict[str, Any]) -> str:
    return ", ".join(f"{name} {np.asarray(value).dtype}" for name, value in arrays.items())


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


_FIXES = {"c": "give real and imaginary part apart", "O": "give numbers, all of them ints or Fractions"}
