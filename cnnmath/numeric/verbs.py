"""The public verbs: forward and backward of any operator, over checked arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from cnnmath.errors import CnnmathError, SettingError
from cnnmath.numeric.arrays import common, computed, declared, shaped
from cnnmath.numeric.kernels import SWITCHES, kernel
from cnnmath.numeric.memory import require
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape


def forward(op: Operator, *inputs: Any, **parameters: Any) -> Array:
    """Output of an operator.

    Parameters
    ----------
    op
        The operator.
    *inputs
        Its inputs, (N, C, *spatial): floats, integers, or objects that are exact rational numbers or expressions.
    **parameters
        Its parameters and buffers, by name (``w=``, ``b=``, ``gamma=`` ...).

    Raises
    ------
    ShapeError, DataError
        Where the arrays are not what the operator declares, and where an integer is beyond int64.
    OutOfMemoryError
        Where the machine has no room for the output.

    Examples
    --------
    >>> from cnnmath import ops
    >>> x, w = np.arange(1.0, 10).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> forward(ops.Conv(1, 2, bias=False), x, w=w)[0, 0]
    array([[12., 16.],
           [24., 28.]])
    """
    with located(op):
        given = declared(op, inputs, parameters)
        return run(op, kernel(op).forward, given, _shapes(given)[: len(inputs)])


def backward(op: Operator, dy: Any, *inputs: Any, **parameters: Any) -> dict[str, Array]:
    """Gradients of ``sum(dy * y)``, by operand: every input and every trainable parameter.

    One input is ``x``; those of a merge are ``x1``, ``x2``, ...; a cell names its inputs, as ``x`` and ``h``.

    Examples
    --------
    >>> from cnnmath import ops
    >>> x, w = np.arange(1.0, 10).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> grads = backward(ops.Conv(1, 2, bias=False), np.ones((1, 1, 2, 2)), x, w=w)
    >>> grads["x"][0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    with located(op):
        given = declared(op, inputs, parameters)
        shapes = _shapes(given)[: len(inputs)]
        return run(op, kernel(op).backward, {"dy": shaped("dy", dy, op.shape(*shapes))} | given, shapes)


def switches(op: Operator, x: Any) -> Array:
    """Where each maximum of a max pooling is: its position in the input, counted in row-major order over spatial axes.

    Parameters
    ----------
    op
        A `MaxPool` or an `AdaptiveMaxPool`.
    x
        Its input.

    Notes
    -----
    *Conventions*: of equal maxima the first in row-major order, of several NaN the first. They are PyTorch's
    ``return_indices``, but that of several NaN it gives the last.

    Raises
    ------
    SettingError
        For an operator that chooses no position.

    References
    ----------
    .. [1] M. Zeiler and R. Fergus, "Visualizing and understanding convolutional networks", arXiv:1311.2901,
       section 2.1.

    Examples
    --------
    >>> from cnnmath import ops
    >>> x = np.array([[[[1, 5, 2, 0], [3, 4, 0, 2]]]])
    >>> z = switches(ops.MaxPool(2), x)
    >>> z[0, 0]
    array([[1, 2]])
    >>> forward(ops.MaxUnpool((2, 4)), forward(ops.MaxPool(2), x), switches=z)[0, 0]
    array([[0, 5, 2, 0],
           [0, 0, 0, 0]])
    """
    with located(op):
        if type(op) not in SWITCHES:
            raise SettingError(
                "it has no switches: it does not choose a position.",
                rule="switches are the positions of maxima",
                fix="ask a MaxPool or an AdaptiveMaxPool",
            )
        given = declared(op, (x,), {})
        return run(op, SWITCHES[type(op)], given, _shapes(given))


def memory_needed(op: Operator, *inputs: Shape, dtype: Any = float, gradient: bool = False) -> int:
    """Bytes of all arrays that `forward` works with, or that `backward` does: operands, results and scratch.

    Parameters
    ----------
    op
        The operator.
    *inputs
        Shapes of its inputs.
    dtype
        What is computed in. Of objects, only the pointers are counted.
    gradient
        Whether for `backward`: the gradient from above, and one by every input and parameter.

    Examples
    --------
    >>> from cnnmath import ops
    >>> memory_needed(ops.ReLU(), (32, 64, 56, 56), dtype=np.float32) / 2**20
    49.0
    """
    given = [*operands(op, *inputs).values(), *([op.shape(*inputs)] if gradient else [])]
    return _numbers(op, given, list(inputs), gradient=gradient) * np.dtype(dtype).itemsize


def run(op: Operator, function: Callable[..., Any], given: dict[str, Any], inputs: list[Shape]) -> Any:
    """Run one half of a kernel, in the dtype that suits its operands, if there is room for what it allocates."""
    dtype = common(op, given, inputs)
    converted = {name: value for name, value in given.items() if np.asarray(value).dtype != dtype}
    require(_numbers(op, _shapes(converted), inputs, gradient="dy" in given) * dtype.itemsize, next(iter(inputs[0]), 1))
    return computed(lambda *arrays: function(op, *arrays), given, dtype)


def _numbers(op: Operator, beside: list[Shape], inputs: list[Shape], *, gradient: bool) -> int:
    """How many numbers there are in results and scratch, and in what lies beside them."""
    own = kernel(op)
    results = [*inputs, *op.parameters(*inputs).values()] if gradient else [op.shape(*inputs)]
    return sum(map(prod, [*beside, *results])) + (own.scratch(op, *inputs) if own.scratch else 0)


def _shapes(given: dict[str, Any]) -> list[Shape]:
    return [np.shape(value) for value in given.values()]


@contextmanager
def located(op: Operator) -> Iterator[None]:
    """Add the operator's name to an error, once."""
    try:
        yield
    except CnnmathError as error:
        raise error.at(type(op).__name__.lower()) from None
