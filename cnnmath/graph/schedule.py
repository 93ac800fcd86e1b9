"""In which order the nodes of a network run, how each behaves then, and which of them a backward pass visits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cnnmath import ops
from cnnmath.errors import unknown
from cnnmath.graph.architecture import Architecture
from cnnmath.graph.arrays import owner
from cnnmath.graph.propagate import held, walk
from cnnmath.ops import Operator


class Step(NamedTuple):
    """A node as it runs.

    Attributes
    ----------
    name, op, reads
        The node, its operator as it behaves now, and the nodes it reads.
    owner
        The node that owns its arrays.
    trained, stored
        Its operands that receive a gradient, and all its other ones.
    """

    name: str
    op: Operator
    reads: tuple[str, ...]
    owner: str
    trained: tuple[str, ...]
    stored: tuple[str, ...]


def schedule(
    net: Architecture,
    wanted: Sequence[str],
    *,
    training: bool = False,
    frozen: str | Iterable[str] = (),
    batch: int = 1,
) -> list[Step]:
    """Nodes that those wanted depend on, in order, each as it behaves now for a batch of this size.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> [step.name for step in schedule(zoo.lenet5(), ["pool1"])]
    ['conv1', 'tanh1', 'pool1']
    """
    needed = net.behind(*wanted)
    still = frozen_nodes(net, frozen)
    found = []
    for name, op, inputs, _ in walk(net, batch, counted=()):
        own = owner(net, name)
        op = ops.training(op) if training and own not in still else ops.inference(op)
        trained, stored = map(tuple, held(net, name, op, *inputs))
        if own in still:
            trained, stored = (), trained + stored
        if name in needed:
            found.append(Step(name, op, net.inputs(name), own, trained, stored))
    return found


def visited(steps: Iterable[Step]) -> set[str]:
    """Nodes that the backward pass visits: those that are trained, and those behind them.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> sorted(visited(schedule(zoo.lenet5(), ["linear5"], frozen=("conv1", "conv2", "linear3"))))
    ['linear4', 'linear5', 'tanh4']
    """
    found: set[str] = set()
    for step in steps:
        if step.trained or not found.isdisjoint(step.reads):
            found.add(step.name)
    return found


def existing(net: Architecture, nodes: str | Iterable[str]) -> list[str]:
    """Names of nodes, each of which is there.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> existing(zoo.lenet5(), "conv1")
    ['conv1']
    """
    names = _several(nodes)
    for name in names:
        net.op(name)
    return names


def frozen_nodes(net: Architecture, names: str | Iterable[str]) -> set[str]:
    """Nodes of these names, and those whose names go on behind a dot.

    Raises
    ------
    UnknownNameError
        For a name that no node begins with.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> sorted(frozen_nodes(zoo.resnet18(), ["conv1", "layer1.0"]))[:3]
    ['conv1', 'layer1.0.add', 'layer1.0.bn1']
    """
    found: set[str] = set()
    for name in _several(names):
        within = {node for node, _ in net if node == name or node.startswith(f"{name}.")}
        if not within:
            raise unknown("node", name, net.order())
        found |= within
    return found


def _several(names: str | Iterable[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
