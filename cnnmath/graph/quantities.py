"""What can be counted of a layer; conventions are sums of these quantities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType

from cnnmath.axis import Axis, Transposed
from cnnmath.graph.checks import check_numbers
from cnnmath.graph.propagate import Layer
from cnnmath.ops import MatMul
from cnnmath.ops.recurrent import Cell
from cnnmath.readers import Census
from cnnmath.window import Size, Window


def macs_inside(layer: Layer) -> Size:
    """Multiply-accumulates whose tap lies inside the input: those in the padding multiply by zero.

    Raises
    ------
    ShapeError
        For sizes that are no numbers.

    References
    ----------
    .. [1] oneDNN, ``tests/benchdnn/conv/conv_aux.cpp``, ``count_ops``.

    Examples
    --------
    >>> from cnnmath.graph import parse, propagate
    >>> (conv,) = propagate(parse("conv(1, (3,), padding=1)", (1, 5)))
    >>> conv.macs, macs_inside(conv)
    (15, 13)
    """
    axes = layer.op.axes(layer.input_shapes[0][2:]) or ()
    if not layer.macs or not axes:
        return layer.macs
    check_numbers(layer.input_shapes[0][2:], "count of taps inside the input")
    sizes = list(zip(axes, layer.input_shapes[0][2:], layer.output_shape[2:], strict=True))
    return layer.macs * prod(_pairs(*size) for size in sizes) // prod(_nominal(*size) for size in sizes)


def backward(layer: Layer) -> Size:
    """Multiply-accumulates of both gradients: dx and dw cost what the output costs; no dx if nothing below learns.

    Of a product of two activations, both are a dx.

    Examples
    --------
    >>> from cnnmath.graph import parse, propagate
    >>> first, second = propagate(parse("conv(1, (3,)) > conv(1, (3,))", (1, 5)))
    >>> (first.macs, backward(first)), (second.macs, backward(second))
    ((9, 9), (3, 6))
    """
    if layer.trained_below:
        return 2 * layer.macs
    return 0 if isinstance(layer.op, MatMul) else layer.macs


def _pairs(axis: Axis, n: int, outputs: int) -> int:
    """Pairs of a tap and an output that meet inside the input; those of a transpose, inside its output."""
    if not isinstance(axis, (Window, Transposed)):
        return n
    if isinstance(axis, Transposed):  # output padding makes room for windows that no input belongs to
        met = (axis.window.outputs(k, outputs) for k in range(axis.window.kernel))
        return sum(len(range(inputs.start, min(inputs.stop, n))) for inputs in met)
    return sum(len(axis.outputs(k, n)) for k in range(axis.kernel))


def _nominal(axis: Axis, n: int, outputs: int) -> int:
    """The same, those in the padding included."""
    if not isinstance(axis, (Window, Transposed)):
        return n
    return axis.window.kernel * n if isinstance(axis, Transposed) else axis.kernel * outputs


def _census(layer: Layer) -> Census:
    return layer.census or Census()


def _outputs(layer: Layer) -> Size:
    return prod(layer.output_shape)


def _inputs(layer: Layer) -> Size:
    return sum(prod(shape) for shape in layer.input_shapes)


def _biases(layer: Layer) -> Size:
    if not getattr(layer.op, "bias", False):
        return 0
    return layer.output_shape[0] * layer.op.gates * layer.op.units if isinstance(layer.op, Cell) else _outputs(layer)


def _bins(layer: Layer) -> Size:
    """Inputs read by an adaptive pooling, if all its bins were as long as the shortest."""
    sizes = zip(layer.input_shapes[0][2:], layer.output_shape[2:], strict=True)
    return _outputs(layer) * prod(n // o for n, o in sizes)


QUANTITIES: Mapping[str, Callable[[Layer], Size]] = MappingProxyType(
    {
        "macs": lambda layer: layer.macs,
        "macs inside": macs_inside,
        "biases": _biases,
        "outputs": _outputs,
        "inputs": _inputs,
        "bins": _bins,
        "backward": backward,
        "parameters": lambda layer: layer.parameters,
        "multiplications": lambda layer: _census(layer).multiplications,
        "additions": lambda layer: _census(layer).additions,
        "operations": lambda layer: _census(layer).total,
    }
)
"""What can be counted of a layer."""
