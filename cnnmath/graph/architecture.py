"""An architecture: a directed acyclic graph of named operators, over networkx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import networkx as nx

from cnnmath.errors import GraphError, ShapeError, unknown
from cnnmath.graph.opaque import check_all_known
from cnnmath.graph.sources import Source
from cnnmath.ops import Operator
from cnnmath.ops.checks import check_input_shape
from cnnmath.window import Size

if TYPE_CHECKING:
    from cnnmath.graph.execute import Gradients

INPUT = "input"
"""Name of the node that every architecture starts with."""


class Architecture:
    """A network: one input, and named operators with ordered inputs.

    Parameters
    ----------
    name
        What it is called.
    input_shape
        Shape of one sample, (C, \\*spatial), without the batch axis.

    Attributes
    ----------
    graph
        The `networkx.DiGraph`. A node has the attributes ``op`` (None for the input) and ``inputs``, the names of the
        nodes it reads, in order; an edge runs from each of these to it. ``shares`` names the node whose parameters it
        uses, or is None where it has its own.
    last
        Name of the node added last.

    Examples
    --------
    >>> from cnnmath.ops import Add, Conv, ReLU
    >>> net = Architecture("block", (8, 14, 14))
    >>> body = net.add("conv", Conv(8, 3, padding=1))
    >>> merged = net.add("add", Add(), body, INPUT)
    >>> net.add("relu", ReLU())
    'relu'
    >>> net
    Architecture 'block': input (8, 14, 14), 3 operators, output 'relu'
    """

    def __init__(self, name: str, input_shape: Sequence[Size]) -> None:
        self.name = name
        self.input_shape = check_input_shape(input_shape)
        self.graph: nx.DiGraph[str] = nx.DiGraph(name=name)
        self.graph.add_node(INPUT, op=None, inputs=(), shares=None)
        self.last = INPUT

    @classmethod
    def from_graph(cls, graph: nx.DiGraph[str], input_shape: Sequence[Size], name: str = "") -> Self:
        """Take over a networkx graph whose nodes have the attributes ``op`` and ``inputs``.

        Raises
        ------
        GraphError
            For a cycle, a missing attribute or an input that is no node, naming it.
        """
        net = cls(name or graph.graph.get("name", "network"), input_shape)
        for node, attributes in graph.nodes(data=True):
            if node != INPUT:
                missing = {"op", "inputs"} - set(attributes)
                if missing:
                    raise GraphError(f"it lacks {' and '.join(sorted(missing))}.").at(f"node '{node}'")
                _check_node(node, attributes["op"], attributes["inputs"])
                reads, shares = tuple(attributes["inputs"]), attributes.get("shares")
                net.graph.add_node(node, op=attributes["op"], inputs=reads, shares=shares)
                net.last = node
        for node, reads in list(net.graph.nodes(data="inputs")):
            for read in reads:
                if read not in net.graph:
                    raise unknown("node", read, net.graph).at(f"node '{node}'")
                net.graph.add_edge(read, node)
            net._check_shared(node, net.graph.nodes[node]["op"], net.graph.nodes[node]["shares"])
        named = set(net.graph.edges)
        net.graph.add_edges_from(graph.edges)
        net.order()
        for start, end in graph.edges:
            if (start, end) not in named:
                raise GraphError(
                    "an edge is not among the inputs.", here=f"{start} -> {end}", fix=f"name '{start}' in its inputs"
                ).at(f"node '{end}'")
        return net

    def add(self, name: str, op: Operator, *inputs: str, shares: str | None = None) -> str:
        """Add an operator that reads these nodes, or the node added last; returns its name.

        A `Source` reads nothing.

        With ``shares``, it uses the parameters of the node of that name, which has an equal operator.

        Raises
        ------
        GraphError, UnknownNameError
            For a name that is taken, an input that does not exist, and parameters that cannot be shared.
        """
        if name in self.graph:
            raise GraphError("the name is taken.", fix="give every node its own name").at(f"node '{name}'")
        _check_node(name, op, inputs)
        reads = inputs or (() if isinstance(op, Source) else (self.last,))
        for read in reads:
            if read not in self.graph:
                raise unknown("node", str(read), self.graph).at(f"node '{name}'")
        self._check_shared(name, op, shares)
        self.graph.add_node(name, op=op, inputs=tuple(reads), shares=shares)
        self.graph.add_edges_from((read, name) for read in reads)
        self.last = name
        return name

    def order(self) -> list[str]:
        """Operators' names in topological order, ties in the order in which they were added.

        Raises
        ------
        GraphError
            For a cycle, which it names.
        """
        added = {node: i for i, node in enumerate(self.graph)}
        if all(added[start] < added[end] for start, end in self.graph.edges):
            return [node for node in added if node != INPUT]
        try:
            return [n for n in nx.lexicographical_topological_sort(self.graph, key=added.__getitem__) if n != INPUT]
        except nx.NetworkXUnfeasible:
            cycle = " -> ".join([edge[0] for edge in nx.find_cycle(self.graph)])
            raise GraphError(
                "the graph has a cycle.",
                here=f"{cycle} -> {cycle.split(' -> ')[0]}",
                rule="a feed-forward network is acyclic",
                fix="remove one of these edges",
            ).at(f"network '{self.name}'") from None

    def op(self, name: str) -> Operator:
        """Operator of a node."""
        if name not in self.graph or name == INPUT:
            raise unknown("node", name, self.order())
        return self.graph.nodes[name]["op"]

    def inputs(self, name: str) -> tuple[str, ...]:
        """Nodes that a node reads, in order."""
        if name not in self.graph:
            raise unknown("node", name, self.graph)
        return self.graph.nodes[name]["inputs"]

    def shares(self, name: str) -> str | None:
        """Node whose parameters a node uses in place of its own, or None."""
        if name not in self.graph:
            raise unknown("node", name, self.graph)
        return self.graph.nodes[name]["shares"]

    def outputs(self) -> list[str]:
        """Nodes that no other node reads."""
        return [node for node in self.order() if self.graph.out_degree(node) == 0]

    def with_input(self, input_shape: Sequence[Size]) -> Architecture:
        """The same network for another input.

        Raises
        ------
        SettingError, ShapeError
            For what is no shape, and for another one where an operator is unknown: its output is declared for one.
        """
        if check_input_shape(input_shape) != self.input_shape:
            check_all_known(
                self,
                self.input_shape,
                here=f"input {tuple(input_shape)}",
                fix="keep its own input, or build the network for the other one",
            )
        return Architecture.from_graph(self.graph, input_shape, self.name)

    def up_to(self, node: str, name: str = "") -> Architecture:
        """The network that computes one node: it, and all that it depends on.

        Raises
        ------
        UnknownNameError, GraphError
            For a node that is not there, and for one that depends on parameters of a node which is cut off.

        Examples
        --------
        >>> from cnnmath import zoo
        >>> zoo.lenet5().up_to("pool2")
        Architecture 'lenet5': input (1, 32, 32), 6 operators, output 'pool2'
        """
        self.op(node)
        kept = nx.ancestors(self.graph, node) | {node}
        for other in kept:
            if (owner := self.shares(other)) and owner not in kept:
                raise GraphError(
                    "it would be cut off from the parameters that it shares.",
                    here=f"'{owner}' is not below '{node}'",
                    fix=f"cut behind '{owner}'",
                ).at(f"node '{other}'")
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from((other, self.graph.nodes[other]) for other in self.graph if other in kept)
        return Architecture.from_graph(graph, self.input_shape, name or self.name)

    def forward(self, x: Any, parameters: Mapping[str, Any], **options: Any) -> Any:
        """Output for a batch of samples; see `cnnmath.graph.execute.forward`."""
        from cnnmath.graph import execute

        return execute.forward(self, x, parameters, **options)

    def loss_and_gradients(self, x: Any, t: Any, parameters: Mapping[str, Any], **options: Any) -> Gradients:
        """Loss, gradients and statistics for a batch; see `cnnmath.graph.execute.loss_and_gradients`."""
        from cnnmath.graph import execute

        return execute.loss_and_gradients(self, x, t, parameters, **options)

    def __len__(self) -> int:
        return len(self.graph) - 1

    def __iter__(self) -> Iterator[tuple[str, Operator]]:
        return ((name, self.op(name)) for name in self.order())

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Architecture):
            return NotImplemented
        same_input = (self.name, self.input_shape) == (other.name, other.input_shape)
        return same_input and self._nodes() == other._nodes()

    __hash__ = None  # type: ignore[assignment]  # it can grow, so that it has no hash; typeshed wants a method

    def _nodes(self) -> dict[str, tuple[Operator, tuple[str, ...], str | None]]:
        return {name: (op, self.inputs(name), self.shares(name)) for name, op in self}

    def _check_shared(self, name: str, op: Operator, owner: str | None) -> None:
        """Raise where a node shares the parameters of one that is not there, or that has another operator."""
        if owner is None:
            return
        if owner not in self.graph or owner == name:
            raise unknown("node", str(owner), self.graph).at(f"node '{name}'")
        other = self.graph.nodes[owner]
        if other["op"] != op or other["shares"] is not None:
            raise GraphError(
                "it cannot share these parameters.",
                here=f"{op!r} shares '{owner}', {other['op']!r}",
                rule="both have equal operators, and the one that is shared has parameters of its own",
                fix=f"name the first node that uses them instead of '{owner}'",
            ).at(f"node '{name}'")

    def __repr__(self) -> str:
        outputs = ", ".join(f"'{name}'" for name in self.outputs())
        return (
            f"Architecture '{self.name}': input {self.input_shape}, {len(self)} operators, output {outputs or 'none'}"
        )


def _check_node(name: str, op: Any, inputs: Any) -> None:
    """Raise where a node has no operator, or no list of names that it reads."""
    if not isinstance(op, Operator):
        raise GraphError("this is no operator.", here=f"{op!r}", fix="give an instance, such as cnnmath.ops.ReLU()").at(
            f"node '{name}'"
        )
    if not isinstance(inputs, (tuple, list)):
        raise GraphError("its inputs are no list of names.", here=f"{inputs!r}", fix="give a tuple").at(
            f"node '{name}'"
        )
    if inputs and isinstance(op, Source):
        raise GraphError("it reads nothing.", here=f"inputs {', '.join(inputs)}", fix="give it no inputs").at(
            f"node '{name}'"
        )


def check_numbers(shape: Sequence[Size], what: str, where: str = "") -> None:
    """Raise where something that needs sizes as numbers is asked of a network whose sizes are symbols.

    Examples
    --------
    >>> check_numbers((3, 224, 224), "memory")
    """
    if not all(isinstance(n, Integral) for n in shape):
        raise ShapeError(
            f"the {what} needs sizes that are numbers.",
            input=f"{tuple(shape)}",
            fix="give the network an input of numbers, with with_input",
        ).at(where)
