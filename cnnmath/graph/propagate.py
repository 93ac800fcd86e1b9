"""Shapes, parameters, cost and receptive fields travel along an architecture, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import TypeAlias

from cnnmath.errors import CnnmathError, ShapeError
from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.ops import Conv, Linear, Operator
from cnnmath.ops.algebra import Shape
from cnnmath.readers import Census, cost
from cnnmath.window import IDENTITY, Size, Window

Field: TypeAlias = tuple[Window, ...] | None
"""Receptive field: one window an axis, from the network's input to this node; None where there is none to speak of."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What is known of one node, for a batch of one.

    Attributes
    ----------
    name, op, inputs
        The node, its operator and the nodes it reads.
    input_shapes, output_shape
        Shapes of what it reads and of its output, with a batch axis of 1.
    parameters, buffers
        How many trainable numbers it has, and how many that are not trained.
    census
        Arithmetic of the whole output.
    field
        Receptive field, hull of all paths; None where the node sees everything or nothing spatial.
    note
        Why there is no single field, where branches with different strides meet.
    """

    name: str
    op: Operator
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    parameters: Size
    buffers: Size
    census: Census
    field: Field
    note: str = ""

    @property
    def macs(self) -> Size:
        """Multiply-accumulates of convolutions and linear layers, biases not counted; other operators have none."""
        return self.census.multiplications if isinstance(self.op, (Conv, Linear)) else 0


def shapes(net: Architecture) -> dict[str, Shape]:
    """Shape of every node's output, the input included, with a batch axis of 1.

    Raises
    ------
    GraphError, ShapeError
        For a graph that is no network, and where sizes do not fit: the error names the node and the smallest input
        that would do.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> shapes(zoo.lenet5())["pool1"]
    (1, 6, 14, 14)
    """
    try:
        return _shapes(net, net.input_shape)
    except ShapeError as error:
        smallest = smallest_input(net)
        if smallest is not None and any(
            isinstance(b, int) and a > b for a, b in zip(smallest, net.input_shape, strict=True)
        ):
            error.lines["network"] = f"{net.name} takes inputs from {'x'.join(map(str, smallest))}"
        raise


def smallest_input(net: Architecture, limit: int = 512) -> tuple[int, ...] | None:
    """Smallest (C, *spatial) with equal spatial sizes that fits everywhere, or None where none up to a limit does.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> smallest_input(zoo.alexnet())
    (3, 63, 63)
    """
    channels, *spatial = net.input_shape

    def fits(size: int) -> bool:
        try:
            return bool(_shapes(net, (channels, *(size for _ in spatial))))
        except ShapeError:
            return False

    least = next((size for size in range(1, limit + 1) if fits(size)), None)
    return None if least is None else (channels, *(least for _ in spatial))


def propagate(net: Architecture) -> list[Layer]:
    """Every layer in topological order, with all that travels along the graph.

    Raises
    ------
    GraphError, ShapeError
        As `shapes` does.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> conv1, tanh1, pool1, *_ = propagate(zoo.lenet5())
    >>> pool1.output_shape, pool1.field[0].extent, conv1.parameters
    ((1, 6, 14, 14), 6, 156)
    """
    known = shapes(net)
    fields: dict[str, Field] = {INPUT: (IDENTITY,) * (len(net.input_shape) - 1)}
    layers = []
    for name, op in net:
        reads = net.inputs(name)
        inputs = [known[read] for read in reads]
        fields[name], note = _field(op, inputs, [fields[read] for read in reads])
        layer = Layer(
            name=name,
            op=op,
            inputs=reads,
            input_shapes=tuple(inputs),
            output_shape=known[name],
            parameters=sum(map(prod, op.parameters(*inputs).values())),
            buffers=sum(map(prod, op.buffers(*inputs).values())),
            census=cost(op, *inputs),
            field=fields[name],
            note=note,
        )
        layers.append(layer)
    return layers


def _shapes(net: Architecture, input_shape: Shape) -> dict[str, Shape]:
    known: dict[str, Shape] = {INPUT: (1, *input_shape)}
    for name, op in net:
        inputs = [known[read] for read in net.inputs(name)]
        try:
            known[name] = op.shape(*inputs)
        except CnnmathError as error:
            raise error.at(f"{type(op).__name__.lower()} '{name}'") from None
    return known


def _field(op: Operator, inputs: Sequence[Shape], below: Sequence[Field]) -> tuple[Field, str]:
    """Field of a node: each input's field, then the node's own window; merged over its inputs."""
    branches = []
    for shape, field in zip(inputs, below, strict=True):
        own = op.windows(shape[2:])
        if not field or own is None:
            return None, ""
        branches.append([first.then(second) for first, second in zip(field, own, strict=True)])
    strides = {tuple(window.stride for window in branch) for branch in branches}
    if len(strides) > 1:
        return None, f"branches with strides {sorted(strides)} meet, so that the field depends on the position"
    return tuple(reduce(_hull, axis) for axis in zip(*branches, strict=True)), ""


def _hull(a: Window, b: Window) -> Window:
    """Smallest window that holds two of equal stride.

    Output o of a window sees ``s*o - before .. s*o - before + extent - 1``: the union is of the same form.
    """
    before, after = max(a.before, b.before), max(a.after, b.after)
    end = max(a.extent - a.before, b.extent - b.before)
    return Window(end + before, a.stride, before=before, after=after)
