"""The public verbs: forward and backward of any operator, over checked arrays."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath import ops
from cnnmath.errors import CnnmathError, DataError, SettingError
from cnnmath.numeric import (
    activation,
    adaptive,
    combine,
    conv,
    linear,
    lp_pool,
    maxout,
    norm,
    pad,
    pool,
    statistics,
    transposed,
)
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
        ops.ConvTranspose: Kernel(transposed.forward, transposed.backward),
        ops.MaxPool: Kernel(pool.max_forward, pool.max_backward),
        ops.AveragePool: Kernel(pool.average_forward, pool.average_backward),
        ops.LpPool: Kernel(lp_pool.forward, lp_pool.backward),
        ops.Subsample: Kernel(pool.subsample_forward, pool.subsample_backward),
        ops.GlobalAveragePool: Kernel(adaptive.global_forward, adaptive.global_backward),
        ops.AdaptiveAveragePool: Kernel(adaptive.adaptive_forward, adaptive.adaptive_backward),
        ops.AdaptiveMaxPool: Kernel(adaptive.max_forward, adaptive.max_backward),
        ops.Linear: Kernel(linear.forward, linear.backward),
        ops.RadialBasis: Kernel(linear.radial_forward, linear.radial_backward),
        ops.Flatten: Kernel(linear.flatten_forward, linear.flatten_backward),
        ops.Pad: Kernel(pad.forward, pad.backward),
        ops.Upsample: Kernel(transposed.upsample_forward, transposed.upsample_backward),
        ops.BatchNorm: Kernel(norm.batch_forward, norm.batch_backward),
        ops.GroupNorm: Kernel(statistics.forward, statistics.backward),
        ops.InstanceNorm: Kernel(statistics.forward, statistics.backward),
        ops.LayerNorm: Kernel(statistics.forward, statistics.backward),
        ops.LocalResponseNorm: Kernel(norm.response_forward, norm.response_backward),
        ops.ReLU: Kernel(activation.relu_forward, activation.relu_backward),
        ops.LeakyReLU: Kernel(activation.leaky_forward, activation.leaky_backward),
        ops.ELU: Kernel(activation.elu_forward, activation.elu_backward),
        ops.Sigmoid: Kernel(activation.sigmoid_forward, activation.sigmoid_backward),
        ops.Tanh: Kernel(activation.tanh_forward, activation.tanh_backward),
        ops.Softplus: Kernel(activation.softplus_forward, activation.softplus_backward),
        ops.Softmax: Kernel(activation.softmax_forward, activation.softmax_backward),
        ops.Maxout: Kernel(maxout.forward, maxout.backward),
        ops.Add: Kernel(combine.add_forward, combine.add_backward),
        ops.Concat: Kernel(combine.concat_forward, combine.concat_backward),
        ops.Select: Kernel(combine.select_forward, combine.select_backward),
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
    with _located(op):
        arrays, _ = _checked(op, inputs, parameters)
        return kernel(op).forward(op, *arrays.values())


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
    with _located(op):
        arrays, output = _checked(op, inputs, parameters)
        given = _one_kind(arrays | {"dy": _array("dy", dy, output)})
        return kernel(op).backward(op, given.pop("dy"), *given.values())


def kernel(op: Operator) -> Kernel:
    """The package's own kernel of an operator."""
    if type(op) not in KERNELS:
        raise SettingError("no kernel is written for it.", rule="numeric.KERNELS has one for each operator of ops.ALL")
    return KERNELS[type(op)]


@contextmanager
def _located(op: Operator) -> Iterator[None]:
    """Add the operator's name to an error, once."""
    try:
        yield
    except CnnmathError as error:
        raise error.at(type(op).__name__.lower()) from None


def _checked(op: Operator, inputs: tuple[Any, ...], parameters: dict[str, Any]) -> tuple[dict[str, Array], Any]:
    """All operands by name, in the sentence's order, and the shape of the output."""
    given = [_as_array("x", x) for x in inputs]
    shapes = [x.shape for x in given]
    declared = operands(op, *shapes)
    output = op.shape(*shapes)
    _check_names(set(list(declared)[len(given) :]), set(parameters))
    values = dict(zip(declared, given, strict=False)) | parameters
    return _one_kind({name: _array(name, values[name], shape) for name, shape in declared.items()}), output


def _check_names(wanted: set[str], given: set[str]) -> None:
    if wanted != given:
        raise DataError(
            "the parameters are not those that the operator declares.",
            input=f"given {_names(given)}",
            rule=f"declared {_names(wanted)}",
            fix=f"give {_names(wanted - given)}" if wanted - given else f"leave out {_names(given - wanted)}",
        )


def _as_array(name: str, value: Any) -> Array:
    try:
        return np.asarray(value)
    except ValueError:
        raise DataError(
            f"'{name}' is no array: its rows have unequal lengths.", fix="give rows of one length"
        ) from None


def _array(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    """Check one array against its declared shape, and its numbers against what kernels compute with.

    Integers become int64, so that no sum of small ones wraps around.
    """
    array = _as_array(name, value)
    if array.shape != shape:
        raise DataError(
            f"'{name}' has another shape than declared.",
            input=f"{name} {array.shape}",
            rule=f"{name} {shape}",
            fix="transpose or reshape it; arrays are (N, C, *spatial), filters (F, C/groups, *kernel)",
        )
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in "iu" and (array.dtype != np.uint64 or not (array >> 63).any()):
        return array.astype(np.int64)
    if array.dtype == object and all(isinstance(v, numbers.Rational) and not isinstance(v, bool) for v in array.flat):
        return _exact(array)
    raise DataError(
        f"'{name}' has a dtype that no kernel computes with.",
        input=f"{name} {array.dtype}",
        rule="floats, integers below 2^63, or objects that are all exact rational numbers",
        fix=_FIXES.get(array.dtype.kind, f"give real numbers, for example {name}.astype(float)"),
    )


def _one_kind(arrays: dict[str, Array]) -> dict[str, Array]:
    """Exact numbers stay exact: beside them, integers become exact and floats are refused."""
    if all(array.dtype != object for array in arrays.values()):
        return arrays
    floats = [name for name, array in arrays.items() if array.dtype.kind == "f"]
    if floats:
        raise DataError(
            "exact numbers and floats are mixed.",
            input=", ".join(f"{name} {array.dtype}" for name, array in arrays.items()),
            rule="all operands are exact, or none is",
            fix=f"convert {floats[0]} to fractions, or the exact ones to floats",
        )
    return {name: _exact(array) for name, array in arrays.items()}


def _exact(array: Array) -> Array:
    return np.array([Fraction(int(v) if isinstance(v, np.integer) else v) for v in array.flat], object).reshape(
        array.shape
    )


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"


_FIXES = {"c": "give real and imaginary part apart", "O": "give numbers, all of them ints or Fractions"}
