"""Whole networks run, forward and backward, an operator after the other; arrays go as soon as nobody needs them.

What a network computes is the composition of its operators' kernels, and its gradient the chain rule over the graph: an
array that several nodes read, and a parameter that several nodes use, receives the sum of what each of them owes it.
"""

from __future__ import annotations

from collections import ChainMap, Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from cnnmath import numeric, ops
from cnnmath.errors import CnnmathError, DataError, GraphError, SettingError
from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.arrays import check_arrays, check_inputs, handed_on, listed
from cnnmath.graph.checks import check_network
from cnnmath.graph.schedule import Step, existing, schedule, visited
from cnnmath.graph.sources import Constant
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.ops.algebra import operands_of

MASK = "mask"
"""The buffer of dropout in training: it is drawn, and not stored."""


class Gradients(NamedTuple):
    """What a backward pass gives.

    Attributes
    ----------
    loss
        The loss, one number.
    gradients
        Its gradient by every trainable array that is not frozen, by name.
    buffers
        Running statistics as this batch moves them, by name; none outside training.
    """

    loss: Any
    gradients: dict[str, Array]
    buffers: dict[str, Array]


def forward(
    net: Architecture,
    x: Any,
    parameters: Mapping[str, Any],
    *,
    nodes: str | Iterable[str] | None = None,
    training: bool = False,
    frozen: str | Iterable[str] = (),
    rng: np.random.Generator | None = None,
    told: Callable[[int, int, str], None] = lambda *_: None,
) -> Any:
    """Output of a network, or what some of its nodes give.

    Parameters
    ----------
    net
        The network.
    x
        A batch of samples, (N, C, \\*spatial); exact numbers stay exact. Where the network has further inputs, a dict
        of arrays by node, that of the first being ``"input"``.
    parameters
        All arrays of the network, trained or not, by name: ``"conv1.w"``, ``"bn1.mean"``. Nodes that share parameters
        read those of the node that owns them.
    nodes
        Nodes whose outputs are wanted; nothing is computed that they do not need.
    training
        Whether operators behave as in training: batch normalisation by the batch's own statistics, dropout at random.
    frozen
        Nodes, or the beginnings of their names up to a dot, that behave as at inference even in training.
    rng
        Draws the masks of dropout in training.
    told
        Called before each node: how many are done, how many there are, and which one comes.

    Returns
    -------
    The output, an array; where there are several outputs, or where nodes are asked for, a dict by node.

    Raises
    ------
    DataError, ShapeError, SettingError
        For arrays that are not those of the network, and an operator whose mathematics is not known, naming the node.
    UnknownNameError
        For a node that is not there.

    See Also
    --------
    cnnmath.graph.Prepared : the same at inference, for arrays of floats that stay, in less time.

    Examples
    --------
    >>> from cnnmath.ops import Conv, ReLU
    >>> net = Architecture("differences", (1, 4))
    >>> _ = net.add("conv", Conv(1, (2,), bias=False)), net.add("relu", ReLU())
    >>> forward(net, [[[1, 4, 2, 3]]], {"conv.w": [[[-1, 1]]]})
    array([[[3, 0, 1]]])
    """
    check_network(net)
    wanted = net.outputs() if nodes is None else existing(net, nodes)
    given = check_inputs(net, x)
    check_arrays(net, parameters, batch := len(given[INPUT]))
    steps = schedule(net, wanted, training=training, frozen=frozen, batch=batch)
    needed = Counter(wanted) + Counter(read for step in steps for read in step.reads)
    values = dict(given)
    for done, step in enumerate(steps):
        told(done, len(steps), step.name)
        if step.name not in given:
            values[step.name] = _ahead(step, _take(values, needed, step.reads), parameters, rng, batch)[0]
    return values[wanted[0]] if nodes is None and len(wanted) == 1 else {name: values[name] for name in wanted}


def loss_and_gradients(
    net: Architecture,
    x: Any,
    t: Any,
    parameters: Mapping[str, Any],
    *,
    loss: Operator | None = None,
    training: bool = True,
    frozen: str | Iterable[str] = (),
    rng: np.random.Generator | None = None,
) -> Gradients:
    """Loss of a network's output on a batch, its gradients, and the statistics that the batch moves.

    Parameters
    ----------
    net, x, parameters, rng
        As in `forward`.
    t
        What the loss compares the output with: labels (N,), or numbers of the output's shape.
    loss
        An operator that gives one number; by default the cross entropy of the softmax of the output.
    training
        Whether operators behave as in training.
    frozen
        Nodes, or the beginnings of their names up to a dot, that are not trained: they have no gradients, they behave
        as at inference, and the backward pass ends above them where nothing below is trained.

    Notes
    -----
    *Memory*: the forward pass keeps what a node of the backward pass reads, and the backward pass lets go of it.

    Raises
    ------
    GraphError
        Where the network has not one output.
    DataError, ShapeError, SettingError, UnknownNameError
        As `forward` does.

    Examples
    --------
    >>> from cnnmath.ops import Linear
    >>> net = Architecture("even", (2,))
    >>> _ = net.add("linear", Linear(2, bias=False))
    >>> found = loss_and_gradients(net, [[1.0, 0.0]], [0], {"linear.w": np.zeros((2, 2))})
    >>> print(round(found.loss, 4), found.gradients["linear.w"].tolist())
    0.6931 [[-0.5, 0.0], [0.5, 0.0]]
    """
    output = _single_output(check_network(net))
    given = check_inputs(net, x)
    check_arrays(net, parameters, batch := len(given[INPUT]))
    steps = schedule(net, [output], training=training, frozen=frozen, batch=batch)
    walked = visited(steps)
    back = [step for step in steps if step.name in walked]
    needed = Counter([output]) + Counter(read for step in (*steps, *back) for read in step.reads)
    known = dict(parameters)
    values, owned, buffers = dict(given), dict[str, dict[str, Array]](), dict[str, Array]()
    for step in steps:
        if step.name in given:
            continue
        inputs = _take(values, needed, step.reads)
        values[step.name], own = _ahead(step, inputs, parameters, rng, batch)
        buffers |= _statistics(step, inputs, ChainMap(buffers, known))
        if step.name in walked:
            owned[step.name] = own
        del inputs
    value, dy = _compared(loss or ops.CrossEntropy(), values.pop(output), t)
    flowing, gradients = {output: dy}, dict[str, Array]()
    del dy
    for step in reversed(back):
        inputs = _take(values, needed, step.reads)
        _back(step, flowing, inputs, owned.pop(step.name), walked, gradients)
        del inputs
    return Gradients(value, gradients, buffers)


def _take(values: dict[str, Array], needed: Counter[str], reads: Sequence[str]) -> list[Array]:
    """Arrays that a node reads; what nobody reads after it is let go of."""
    taken = [values[read] for read in reads]
    needed.subtract(reads)
    for read in set(reads):
        if needed[read] == 0:
            del values[read]
    return taken


def _ahead(
    step: Step, inputs: Sequence[Array], arrays: Mapping[str, Any], rng: np.random.Generator | None, batch: int
) -> tuple[Array, dict[str, Any]]:
    """Output of a node, and its own operands."""
    with _located(step):
        own = {name: arrays[f"{step.owner}.{name}"] for name in (*step.trained, *step.stored) if name != MASK}
        if isinstance(step.op, ops.Dropout) and MASK in step.stored:
            own[MASK] = _mask(step.op, inputs[0], rng)
        if isinstance(step.op, Constant):
            return handed_on(step.op, np.asarray(own["value"]), batch), own
        return numeric.forward(step.op, *inputs, **own), own


def _mask(op: ops.Dropout, x: Array, rng: np.random.Generator | None) -> Array:
    if rng is None:
        raise DataError(
            "dropout in training draws a mask.",
            here="no random numbers",
            fix="give rng=numpy.random.default_rng(0), or training=False",
        )
    return numeric.dropout_mask(op, x.shape, rng)


def _statistics(step: Step, inputs: Sequence[Array], arrays: Mapping[str, Any]) -> dict[str, Array]:
    """Stored statistics of a normalisation as a batch moves them, by name."""
    if not isinstance(step.op, ops.BatchNorm) or not step.op.training:
        return {}
    stored = {name: arrays[f"{step.owner}.{name}"] for name in ("mean", "var")}
    with _located(step):
        moved = numeric.running_statistics(step.op, inputs[0], **stored)
    return {f"{step.owner}.{name}": array for name, array in moved.items()}


def _back(
    step: Step,
    flowing: dict[str, Array],
    inputs: Sequence[Array],
    own: Mapping[str, Any],
    walked: set[str],
    gradients: dict[str, Array],
) -> None:
    """Hand the gradient of a node's output on to what it reads and to its parameters."""
    if isinstance(step.op, Constant):
        dy = flowing.pop(step.name)
        _add(gradients, f"{step.owner}.value", dy.sum(axis=0, keepdims=True) if step.op.repeated else dy)
        return
    with _located(step):
        found = numeric.backward(step.op, flowing.pop(step.name), *inputs, **own)
    names = operands_of(step.op, *(x.shape for x in inputs))  # those of the inputs come first
    for read, name in zip(step.reads, names, strict=False):
        if read in walked:
            _add(flowing, read, found[name])
    for name in step.trained:
        _add(gradients, f"{step.owner}.{name}", found[name])


def _add(sums: dict[str, Array], name: str, term: Array) -> None:
    sums[name] = sums[name] + term if name in sums else term


def _compared(loss: Operator, y: Array, t: Any) -> tuple[Any, Array]:
    """The loss of an output, and its gradient."""
    value = numeric.forward(loss, y, t=t)
    if value.shape != ():
        raise SettingError("a loss that is descended is one number.", here=f"{loss!r}", fix='use reduction="mean"')
    return value[()], numeric.backward(loss, np.ones(value.shape, value.dtype), y, t=t)["x"]


def _single_output(net: Architecture) -> str:
    outputs = net.outputs()
    if len(outputs) != 1:
        raise GraphError(
            "a loss needs one output.",
            here=f"outputs {listed(outputs) or 'none'}",
            fix="merge them, or cut the network at one of them, with up_to",
        ).at(f"network '{net.name}'")
    return outputs[0]


@contextmanager
def _located(step: Step) -> Iterator[None]:
    """Name the node in an error: its kernel knows the operator alone."""
    try:
        yield
    except CnnmathError as error:
        error.where = f"{type(step.op).__name__.lower()} '{step.name}'"
        raise
