"""Shapes, parameters, cost and receptive fields travel along an architecture, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import NamedTuple

from cnnmath.errors import CnnmathError, ShapeError, unknown
from cnnmath.graph.architecture import INPUT, UNNAMED, Architecture
from cnnmath.graph.checks import check_network
from cnnmath.graph.fields import NOTHING, Field, Fields, at_input, behind_rearranged, behind_unknown, through
from cnnmath.graph.lengths import least_sizes
from cnnmath.graph.opaque import Opaque
from cnnmath.graph.remember import remembering
from cnnmath.graph.sources import Source
from cnnmath.ops import Conv, ConvTranspose, Linear, LinearLast, MatMul, Operator
from cnnmath.ops.algebra import Shape, spatial_of
from cnnmath.ops.checks import RANK_FIX, by_x, layout_note, same
from cnnmath.ops.recurrent import Cell
from cnnmath.readers import Census, cost
from cnnmath.window import Size

WEIGHTED = (Conv, ConvTranspose, Linear, LinearLast, Cell)
"""Operators with weights, which make up the depth of a network."""

NETWORK_FIX = (
    "the input of a network is CxHxW, without a batch axis; a kernel for signals is a tuple of one entry, such as (3,)"
)
"""What mends a wrong rank that is the input's of a network, whose batch axis is not given."""

INSIDE_FIX = (
    "an operator ahead of it, such as flatten, has changed the number of axes: exchange the two, or leave one out"
)
"""What mends a wrong rank that the input of the network does not have."""

COUNTED = (*WEIGHTED, MatMul)
"""Operators whose multiply-accumulates everybody counts: those with weights, and products of activations."""


class Facts(NamedTuple):
    """What an operator is on inputs of given shapes, wherever it stands."""

    output: Shape
    parameters: Size
    buffers: Size
    census: Census | None


@dataclass(frozen=True, slots=True)
class Layer:
    """What is known of one node.

    Attributes
    ----------
    name, op, inputs
        The node, its operator and the nodes it reads.
    input_shapes, output_shape
        Shapes of what it reads and of its output, batch axis first.
    parameters, buffers
        How many trainable numbers it has, and how many that are not trained; 0 where they are another node's.
    census
        Arithmetic of the whole output; None where the operator's mathematics is not known.
    fields
        Receptive field of all paths and of the least one, and the depth.
    trained_below
        Whether anything that it reads depends on parameters, so that its backward pass owes them a gradient.
    """

    name: str
    op: Operator
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    parameters: Size
    buffers: Size
    census: Census | None
    fields: Fields
    trained_below: bool

    @property
    def field(self) -> Field:
        """Receptive field, hull of all paths; None where the node sees everything or nothing spatial."""
        return self.fields.hull

    @property
    def spatial(self) -> Shape:
        """Spatial sizes of the output."""
        return spatial_of(self.op, self.output_shape)

    @property
    def note(self) -> str:
        """What is to be said of the field."""
        return self.fields.note

    @property
    def macs(self) -> Size:
        """Multiply-accumulates of convolutions, linear layers, cells and matrix products; others have none."""
        return products(self.op, self.census, *self.input_shapes) if self.census else 0


def products(op: Operator, census: Census, *inputs: Shape) -> Size:
    """Products with weights, of an operator whose arithmetic is known; those of a cell's gates are not among them.

    Examples
    --------
    >>> from cnnmath.ops import LSTMCell
    >>> shapes = (1, 10), (1, 8), (1, 8)
    >>> products(LSTMCell(8), cost(LSTMCell(8), *shapes), *shapes), cost(LSTMCell(8), *shapes).multiplications
    (576, 600)
    """
    if isinstance(op, Cell):
        own = op.parameters(*inputs)
        return inputs[0][0] * (prod(own["w"]) + prod(own["u"]))
    return census.multiplications if isinstance(op, COUNTED) else 0


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
        return _shapes(check_network(net), net.input_shape)
    except ShapeError as error:
        _add_smallest(error, net)
        raise


def spatial(net: Architecture, known: Mapping[str, Shape], node: str) -> Shape:
    """Spatial sizes of a node's output, from the shapes that are known."""
    return known[node][2:] if node == INPUT else spatial_of(net.op(node), known[node])


def _add_smallest(error: ShapeError, net: Architecture) -> None:
    """Name the smallest input that fits, where this one is smaller."""
    channels, *sizes = net.input_shape or (0,)
    least = least_sizes(net) if sizes else None
    if least and any(a > n for a, n in zip(least, sizes, strict=True) if isinstance(n, int)):
        name = "" if net.name == UNNAMED else f"{net.name} "
        error.lines["network"] = f"{name}takes inputs from {by_x((channels, *least))}"
        if note := layout_note(net.input_shape):
            error.lines["layout"] = note


def propagate(net: Architecture, batch: Size = 1) -> list[Layer]:
    """Every layer in topological order, with all that travels along the graph, for a batch of this size.

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
    seen = {INPUT: at_input(len(check_network(net).input_shape) - 1)}
    views = remembering(lambda op, *inputs: op.views(*inputs))
    layers, trained = [], set[str]()
    for name, op, inputs, facts in walk(net, batch):
        reads = net.inputs(name)
        trained_below = not trained.isdisjoint(reads)
        own = not (isinstance(facts.parameters, int) and facts.parameters == 0)
        if trained_below or own or net.shares(name):
            trained.add(name)
        below = [seen[read] for read in reads]
        if isinstance(op, Source):
            seen[name] = NOTHING
        elif isinstance(op, Opaque):
            seen[name] = behind_unknown(name, below)
        elif op.rearranges(*inputs):
            seen[name] = behind_rearranged(name, below)
        else:
            seen[name] = through(views(op, *inputs), below, weighted=isinstance(op, WEIGHTED))
        layers.append(Layer(name, op, reads, inputs, *facts, seen[name], trained_below))
    return layers


def walk(
    net: Architecture, batch: Size = 1, counted: tuple[type[Operator], ...] = (Operator,)
) -> Iterator[tuple[str, Operator, tuple[Shape, ...], Facts]]:
    """Nodes in topological order, with the shapes of their inputs and what follows; a census for these kinds alone.

    A source reads nothing: it is told the size of the batch, (N,).
    """
    known: dict[str, Shape] = {INPUT: (batch, *check_network(net).input_shape)}
    owners = {net.shares(name) for name, _ in net}
    shared: dict[str, tuple[str, dict[str, Shape]]] = {}
    facts = remembering(partial(_facts, counted))
    for name, op in net:
        inputs = tuple(known[read] for read in net.inputs(name)) or ((batch,),)
        of = _placed(net, name, inputs, partial(facts, op, *inputs))
        known[name] = of.output
        owner = net.shares(name)
        if owner or name in owners:
            own = op.parameters(*inputs)
            _check_shared(name, own, *shared.setdefault(owner or name, (name, own)))
        if net.stored(name):
            trained, stored = (sum(map(prod, arrays.values())) for arrays in held(net, name, op, *inputs))
            of = of._replace(parameters=trained, buffers=stored)
        yield name, op, inputs, of._replace(parameters=0, buffers=0) if owner else of


def held(net: Architecture, name: str, op: Operator, *inputs: Shape) -> tuple[dict[str, Shape], dict[str, Shape]]:
    """Shapes of the arrays of a node by operand: of those that are trained, and of those that are stored.

    Raises
    ------
    UnknownNameError
        Where the node stores what is no parameter of its operator.

    Examples
    --------
    >>> from cnnmath.ops import BatchNorm
    >>> net = Architecture("norm", (3, 8, 8))
    >>> held(net, net.add("norm", BatchNorm(), stored=("gamma",)), BatchNorm(), (1, 3, 8, 8))
    ({'beta': (3,)}, {'gamma': (3,), 'mean': (3,), 'var': (3,)})
    """
    trained = op.parameters(*inputs)
    stored = {operand: trained.pop(operand) for operand in net.stored(name) if operand in trained}
    for operand in net.stored(name):
        if operand not in stored:
            raise unknown("parameter", operand, op.parameters(*inputs)).at(f"node '{name}'")
    return trained, stored | op.buffers(*inputs)


def _check_shared(name: str, own: dict[str, Shape], first: str, shapes: dict[str, Shape]) -> None:
    """Raise where parameters would have another shape than at the first node that uses them."""
    for parameter, shape in own.items():
        if not same(shape, shapes[parameter]):
            raise ShapeError(
                "the parameters that it shares have another shape.",
                here=f"{parameter} is {shape} here and {shapes[parameter]} at '{first}'",
                rule="operators that share parameters read inputs of as many channels",
                fix="give it parameters of its own, or equal inputs",
            ).at(f"node '{name}'")


def _shapes(net: Architecture, input_shape: Shape) -> dict[str, Shape]:
    known: dict[str, Shape] = {INPUT: (1, *input_shape)}
    output = remembering(output_shape)
    for name, op in net:
        inputs = [known[read] for read in net.inputs(name)] or [(1,)]
        try:
            known[name] = output(op, *inputs)
        except CnnmathError as error:
            raise _told(error, net, name, inputs) from None
    return known


def output_shape(op: Operator, *inputs: Shape) -> Shape:
    """Shape of the output; where sizes are symbols, one floor each."""
    output = op.shape(*inputs)
    if any(map(_is_formula, output)):
        from cnnmath.symbolic.sizes import one_floor

        return tuple(one_floor(n) if _is_formula(n) else n for n in output)
    return output


def _is_formula(size: Size) -> bool:
    """Whether a size is made of symbols; one that is a symbol has no floor to merge."""
    return hasattr(size, "free_symbols") and not size.is_Atom


def _facts(counted: tuple[type[Operator], ...], op: Operator, *inputs: Shape) -> Facts:
    output = output_shape(op, *inputs)
    parameters, buffers = (sum(map(prod, named(*inputs).values())) for named in (op.parameters, op.buffers))
    known = isinstance(op, counted) and not isinstance(op, Opaque)
    census = (Census() if isinstance(op, Source) else cost(op, *inputs, output=output)) if known else None
    return Facts(output, parameters, buffers, census)


def _told(error: CnnmathError, net: Architecture, name: str, inputs: Sequence[Shape]) -> CnnmathError:
    """The error of a node, with its name and what it reads, where that is more than one, in the terms of networks."""
    reads = net.inputs(name)
    if len(reads) > 1:
        error.lines = {"reads": " and ".join(f"'{read}'" for read in reads), **error.lines}
    if error.lines.get("fix") == RANK_FIX:
        unchanged = all(len(x) == 1 + len(net.input_shape) for x in inputs)
        error.lines["fix"] = NETWORK_FIX if unchanged else INSIDE_FIX
    return error.at(f"{type(net.op(name)).__name__.lower()} '{name}'")


def _placed(net: Architecture, name: str, inputs: Sequence[Shape], ask: Callable[[], Facts]) -> Facts:
    """What an operator answers; where it refuses, the error names the node and the smallest input that would do."""
    try:
        return ask()
    except CnnmathError as error:
        _told(error, net, name, inputs)
        if isinstance(error, ShapeError):
            _add_smallest(error, net)
        raise
