"""What can be counted of a layer; conventions are sums of these quantities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType

from cnnmath.axis import Transposed
from cnnmath.graph.architecture import INPUT
from cnnmath.graph.propagate import Layer
from cnnmath.window import Size, Window


def macs_inside(layer: Layer) -> Size:
    """Multiply-accumulates whose tap lies inside the input: those in the padding multiply by zero.

    References
    ----------
    .. [1] oneDNN, ``tests/benchdnn/conv/conv_aux.cpp``, ``count_ops``.
    """
    axes = layer.op.axes(layer.input_shapes[0][2:]) or ()
    if not layer.macs or not axes:
        return layer.macs
    sizes = list(zip(axes, layer.input_shapes[0][2:], layer.output_shape[2:], strict=True))
    return layer.macs * prod(_pairs(*size) for size in sizes) // prod(_nominal(*size) for size in sizes)


def backward(layer: Layer) -> Size:
    """Multiply-accumulates of both gradients: dx and dw cost what the output costs; the network's input needs no dx."""
    return layer.macs if layer.inputs == (INPUT,) else 2 * layer.macs


def _pairs(axis: Window | Transposed, n: int, outputs: int) -> int:
    """Pairs of a tap and an output that meet inside the input; of a transpose, inside its output."""
    if isinstance(axis, Transposed):
        return sum(len(range(*axis.window.outputs(k, outputs).indices(n))) for k in range(axis.window.kernel))
    return sum(len(axis.outputs(k, n)) for k in range(axis.kernel))


def _nominal(axis: Window | Transposed, n: int, outputs: int) -> int:
    return axis.window.kernel * n if isinstance(axis, Transposed) else axis.kernel * outputs


def _outputs(layer: Layer) -> Size:
    return prod(layer.output_shape)


def _inputs(layer: Layer) -> Size:
    return sum(prod(shape) for shape in layer.input_shapes)


def _biases(layer: Layer) -> Size:
    return _outputs(layer) if getattr(layer.op, "bias", False) else 0


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
        "multiplications": lambda layer: layer.census.multiplications,
        "additions": lambda layer: layer.census.additions,
        "operations": lambda layer: layer.census.total,
    }
)
"""What can be counted of a layer."""
