"""The public verbs: forward and backward of any operator, over checked arrays."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath import ops
from cnnmath.errors import CnnmathError, DataError
from cnnmath.numeric import activation, combine, conv, linear, norm, pool
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator, operands


@dataclass(frozen=True, slots=True)
class Kernel:
    """A hand-written pair: ``forward(op, *arrays)``, and ``backward(op, dy, *arrays)`` giving a dict by operand."""

    forward: Callable[..., Array]
    backward: Callable[..., dict[str, Array]]


KERNELS: Mapping[type[Operator], Kernel] = MappingProxyType(
    {
        ops.Conv: Kernel(conv.forward, conv.backward),
        ops.MaxPool: Kernel(pool.max_forward, pool.max_backward),
        ops.AveragePool: Kernel(pool.average_forward, pool.average_backward),
        ops.GlobalAveragePool: Kernel(pool.global_forward, pool.global_backward),
        ops.AdaptiveAveragePool: Kernel(pool.adaptive_forward, pool.adaptive_backward),
        ops.Linear: Kernel(linear.forward, linear.backward),
        ops.Flatten: Kernel(linear.flatten_forward, linear.flatten_backward),
        ops.BatchNorm: Kernel(norm.batch_forward, norm.batch_backward),
        ops.LocalResponseNorm: Kernel(norm.response_forward, norm.response_backward),
        ops.ReLU: Kernel(activation.relu_forward, activation.relu_backward),
        ops.LeakyReLU: Kernel(activation.leaky_forward, activation.leaky_backward),
        ops.ELU: Kernel(activation.elu_forward, activation.elu_backward),
        ops.Sigmoid: Kernel(activation.sigmoid_forward, activation.sigmoid_backward),
        ops.Tanh: Kernel(activation.tanh_forward, activation.tanh_backward),
        ops.Softplus: Kernel(activation.softplus_forward, activation.softplus_backward),
        ops.Softmax: Kernel(activation.softmax_forward, activation.softmax_backward),
        ops.Add: Kernel(combine.add_forward, combine.add_backward),
        ops.Concat: Kernel(combine.concat_forward, combine.concat_backward),
        ops.Dropout: Kernel(combine.dropout_forward, combine.dropout_backward),
    }
)
"""The only hand-written numeric forms; each is compared with its operator's sentence."""


def forward(op: Operator, *inputs: Any, **parameters: Any) -> Array:
    """Output of an operator.

    Parameters
    ----------
    op
        The operator.
    *inputs
        Its inputs, (N, C, *spatial): floats, integers, or objects that are exact rational numbers.
    **parameters
        Its parameters and buffers, by name (``w=``, ``b=``, ``gamma=`` ...).

    Raises
    ------
    ShapeError, DataError
        Where the arrays are not what the operator declares.

    Examples
    --------
    >>> x, w = np.arange(1.0, 10).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> forward(ops.Conv(1, 2, bias=False), x, w=w)[0, 0]
    array([[12., 16.],
           [24., 28.]])
    """
    arrays, _ = _checked(op, inputs, parameters)
    return KERNELS[type(op)].forward(op, *arrays.values())


def backward(op: Operator, dy: Any, *inputs: Any, **parameters: Any) -> dict[str, Array]:
    """Gradients of ``sum(dy * y)``, by operand: ``x`` (or ``x1``, ``x2``, ...) and every trainable parameter.

    Examples
    --------
    >>> x, w = np.arange(1.0, 10).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> grads = backward(ops.Conv(1, 2, bias=False), np.ones((1, 1, 2, 2)), x, w=w)
    >>> grads["x"][0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    arrays, output = _checked(op, inputs, parameters)
    try:
        dy = _array("dy", dy, output)
    except CnnmathError as error:
        raise error.at(type(op).__name__.lower()) from None
    return KERNELS[type(op)].backward(op, dy, *arrays.values())


def _checked(op: Operator, inputs: tuple[Any, ...], parameters: dict[str, Any]) -> tuple[dict[str, Array], Any]:
    """All operands by name, in the sentence's order, and the shape of the output."""
    try:
        given = [np.asarray(x) for x in inputs]
        shapes = [x.shape for x in given]
        declared = operands(op, *shapes)
        output = op.shape(*shapes)
        _check_names(set(declared) - _input_names(declared, len(given)), set(parameters))
        values = dict(zip(declared, given, strict=False)) | parameters
        return {name: _array(name, values[name], shape) for name, shape in declared.items()}, output
    except CnnmathError as error:
        raise error.at(type(op).__name__.lower()) from None


def _input_names(declared: dict[str, Any], count: int) -> set[str]:
    return set(list(declared)[:count])


def _check_names(wanted: set[str], given: set[str]) -> None:
    if wanted != given:
        raise DataError(
            "the parameters are not those that the operator declares.",
            input=f"given {_names(given)}",
            rule=f"declared {_names(wanted)}",
            fix=f"give {_names(wanted - given)}" if wanted - given else f"leave out {_names(given - wanted)}",
        )


def _array(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    """Check one array against its declared shape, and its numbers against what kernels compute with."""
    array = np.asarray(value)
    if array.shape != shape:
        raise DataError(
            f"'{name}' has another shape than declared.",
            input=f"{name} {array.shape}",
            rule=f"{name} {shape}",
            fix="transpose or reshape it; arrays are (N, C, *spatial), filters (F, C/groups, *kernel)",
        )
    if array.dtype.kind in "fiu":
        return array
    if array.dtype == object and all(isinstance(v, numbers.Rational) and not isinstance(v, bool) for v in array.flat):
        return np.asarray(np.frompyfunc(Fraction, 1, 1)(array), object)
    raise DataError(
        f"'{name}' has a dtype that no kernel computes with.",
        input=f"{name} {array.dtype}",
        rule="floats, integers, or objects that are all exact rational numbers",
        fix=f"convert it, for example {name}.astype(float)",
    )


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
