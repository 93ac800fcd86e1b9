"""Whole outputs and whole gradients of an operator, exactly, in the time of array arithmetic."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from cnnmath.errors import DataError
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape, check_operator, input_names
from cnnmath.verify.grid.domain import exactly
from cnnmath.verify.grid.number import Number, Reading, Scope, unwind
from cnnmath.verify.grid.reader import Gathered, Grid


def forward(op: Operator, arrays: Mapping[str, Any]) -> Array:
    """Every output number of an operator.

    Parameters
    ----------
    op
        The operator.
    arrays
        All operands by name, as the sentence calls them.

    Notes
    -----
    *Domains*: objects (integers of Python and fractions) and int64 are exact; exponentials, logarithms and irrational
    roots of them are the exact reader's, to 50 digits. Floats of any width are computed in that width: exactly as long
    as all numbers on the way are floats (integers below 2^53, for example), else rounded, in the sentence's own
    formula, whose exponentials may overflow. One operand of objects makes objects of all; labels and masks have no say.

    The result has the dtype of the numbers. Narrow integers become int64, which wrap around unseen; where int64 are
    divided, or an exponential or a root is taken, the result is an object array of fractions.

    *Cost*: a few array operations for each term of a sum. Where single terms are small, many are read at a time.

    Raises
    ------
    DataError
        Where the arrays are not those that the sentence reads.
    IndexError, ZeroDivisionError, ValueError
        Where the sentence reads outside an operand, divides by 0, or takes a maximum of nothing, and no condition
        keeps it from that.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> x, w = np.array([[[1.0, 2, 3]]]), np.array([[[10.0, 1]]])
    >>> forward(Conv(1, (2,), bias=False), {"x": x, "w": w})
    array([[[12., 23.]]])
    """
    given, inputs = _declared(op, arrays)
    given, output = _in_one_domain(given, op.levels(*inputs)), op.shape(*inputs)
    if 0 in output:
        return np.zeros(output, given[next(iter(given))].dtype)
    _, y = _read(op, given, output)
    return np.broadcast_to(y.value, output or (1,)).reshape(output).copy()


def gradient(op: Operator, dy: Any, arrays: Mapping[str, Any], wrt: Collection[str]) -> dict[str, Array]:
    """Gradient of ``sum(dy * y)`` by some of an operator's operands.

    Parameters
    ----------
    op, arrays
        As in `forward`.
    dy
        Gradient from above, of the shape of the output.
    wrt
        Names of the operands.

    Notes
    -----
    *Conventions*: those of the gradient reader: the first of equal maxima takes all, and at a kink the branch that
    holds. By what serves as an index, such as labels, or is only compared, the gradient is 0.

    *Cost*: three to five times that of `forward`. A sum keeps none of its terms: they are read again on the way back,
    so that memory is a few times that of the output, however many terms there are.

    Examples
    --------
    >>> from cnnmath.ops import MaxPool
    >>> gradient(MaxPool((2,)), np.array([[[7]]]), {"x": np.array([[[5, 5]]])}, {"x"})
    {'x': array([[[7, 0]]])}
    """
    given, inputs = _declared(op, arrays)
    output = op.shape(*inputs)
    if unknown := set(wrt) - set(given):
        raise DataError(f"there is no operand '{min(unknown)}'.", rule=f"operands are {', '.join(given)}")
    if np.shape(dy) != output:
        raise DataError("dy has another shape than the output.", input=f"dy {np.shape(dy)}", rule=f"y {output}")
    given = _in_one_domain({**given, "dy": np.asarray(dy)}, op.levels(*inputs))
    dy = given.pop("dy")
    if 0 in output:
        return {name: np.zeros_like(array) for name, array in given.items() if name in wrt}
    tape: list[Number] = []
    read, y = _read(op, given, output, wrt, tape)
    if y.traced:
        y.receive(dy.reshape(output or (1,)))
        unwind(tape)
    return {name: operand.gradient.reshape(operand.shape) for name, operand in read.items() if name in wrt}


def _read(
    op: Operator,
    given: dict[str, Array],
    output: Shape,
    wrt: Collection[str] = (),
    tape: list[Number] | None = None,
) -> tuple[dict[str, Gathered], Number]:
    """The operands and the output number, once the sentence is read; a number has an axis even where it is one."""
    reading = Reading(np.result_type(*given.values()), Scope(max(1, len(output)), tape=tape))
    read = {name: Gathered(reading, array, traced=name in wrt) for name, array in given.items()}
    y = op.element(Grid(reading), tuple(np.indices(output, sparse=True)), *read.values())
    return read, reading.lifted(y)


def _declared(op: Operator, arrays: Mapping[str, Any]) -> tuple[dict[str, Array], list[Shape]]:
    """The arrays in the order of the sentence, each of the shape that the operator declares; shapes of the inputs."""
    check_operator(op)
    given = {name: np.asarray(array) for name, array in arrays.items()}
    inputs = [given[name].shape for name in input_names(op, len(given)) if name in given]
    wanted, found = operands(op, *inputs), {name: array.shape for name, array in given.items()}
    if found != wanted:
        raise DataError("these are not the operands of the sentence.", input=f"{found}", rule=f"{wanted}")
    return {name: given[name] for name in wanted}, inputs


def _in_one_domain(given: Mapping[str, Array], labels: Collection[str]) -> dict[str, Array]:
    """All as objects where one is; else all as floats, or as int64. Labels and masks have no say in it."""
    wrong = [f"{name} {array.dtype}" for name, array in given.items() if array.dtype.kind not in "fiubO"]
    if wrong:
        raise DataError("these are no real numbers.", input=", ".join(wrong), rule="floats, integers or fractions")
    dtype = np.result_type(*(array for name, array in given.items() if name not in labels))
    if dtype.kind == "O":
        return {name: exactly(array) for name, array in given.items()}
    dtype = dtype if dtype.kind == "f" else np.dtype(np.int64)
    return {name: array.astype(dtype, copy=False) for name, array in given.items()}
