"""An architecture: a directed acyclic graph of named operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from cnnmath.errors import GraphError, unknown
from cnnmath.graph.nodes import INPUT, Node, check_node, check_shared, check_stored
from cnnmath.graph.opaque import check_all_known
from cnnmath.graph.sources import Source
from cnnmath.graph.text import plural
from cnnmath.ops import Operator
from cnnmath.ops.checks import check_channels_first, check_input_shape
from cnnmath.window import Size

if TYPE_CHECKING:
    import networkx as nx

    from cnnmath.graph.execute import Gradients

UNNAMED = "network"
"""Name of a network that nobody gave one."""


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
    nodes
        Every `Node` by its name, in the order in which they were added, the input first.
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
        self.nodes = {INPUT: Node(None)}
        self.last = INPUT

    @classmethod
    def from_graph(cls, graph: nx.DiGraph[str], input_shape: Sequence[Size], name: str = "") -> Self:
        """Take over a networkx graph whose nodes have the attributes ``op`` and ``inputs``.

        Raises
        ------
        GraphError
            For a cycle, a missing attribute or an input that is no node, naming it.
        """
        nodes = {}
        for node, attributes in graph.nodes(data=True):
            missing = {"op", "inputs"} - set(attributes)
            if missing and node != INPUT:
                raise GraphError(f"it lacks {' and '.join(sorted(missing))}.").at(f"node '{node}'")
            nodes[node] = Node(**{field: attributes[field] for field in Node._fields if field in attributes})
        net = cls.from_nodes(nodes, input_shape, name or graph.graph.get("name", UNNAMED))
        for start, end in graph.edges:
            if start not in net.nodes[end].inputs:
                raise GraphError(
                    "an edge is not among the inputs.", here=f"{start} -> {end}", fix=f"name '{start}' in its inputs"
                ).at(f"node '{end}'")
        return net

    @classmethod
    def from_nodes(cls, nodes: Mapping[str, Node], input_shape: Sequence[Size], name: str) -> Self:
        """A network of these nodes, in whatever order; the input need not be among them.

        Raises
        ------
        GraphError, UnknownNameError
            As `add` does, and for a cycle.

        Examples
        --------
        >>> from cnnmath.ops import ReLU
        >>> Architecture.from_nodes({"relu": Node(ReLU(), (INPUT,))}, (3, 8, 8), "small")
        Architecture 'small': input (3, 8, 8), 1 operator, output 'relu'
        """
        net = cls(name, input_shape)
        for key, node in nodes.items():
            if key != INPUT:
                check_node(key, node.op, node.inputs)
                check_stored(key, node.stored, node.shares)
                net.nodes[key] = node._replace(inputs=tuple(node.inputs), stored=tuple(node.stored))
                net.last = key
        for key, node in net.nodes.items():
            for read in node.inputs:
                if read not in net.nodes:
                    raise unknown("node", read, net.nodes).at(f"node '{key}'")
            check_shared(net.nodes, key, node.op, node.shares)
        net.order()
        return net

    @property
    def graph(self) -> nx.DiGraph[str]:
        """The network as a graph of networkx: each node with its ``op``, ``inputs``, ``shares`` and ``stored``.

        An edge runs from each node to those that read it. The graph is frozen, as a change of it would not reach the
        network; `from_graph` makes another network of a changed copy.

        Examples
        --------
        >>> from cnnmath import zoo
        >>> list(zoo.lenet5().graph.edges)[:2]
        [('input', 'conv1'), ('conv1', 'tanh1')]
        """
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph(name=self.name)
        graph.add_nodes_from((name, node._asdict()) for name, node in self.nodes.items())
        graph.add_edges_from((read, name) for name, node in self.nodes.items() for read in node.inputs)
        return nx.freeze(graph)

    def add(self, name: str, op: Operator, *inputs: str, shares: str | None = None, stored: Sequence[str] = ()) -> str:
        """Add an operator that reads these nodes, or the node added last; returns its name.

        A `Source` reads nothing.

        With ``shares``, it uses the parameters of the node of that name, which has an equal operator. Its parameters
        that are named in ``stored`` are not trained, and count as buffers.

        Raises
        ------
        GraphError, UnknownNameError
            For a name that is taken, an input that does not exist, and parameters that cannot be shared or stored.

        Examples
        --------
        >>> from cnnmath import analyze, zoo
        >>> from cnnmath.ops import InstanceNorm
        >>> net = zoo.lenet5().up_to("conv1")
        >>> net.add("norm", InstanceNorm(), stored=("gamma", "beta"))
        'norm'
        >>> analyze(net).parameters, analyze(net).buffers
        (156, 12)
        """
        if name in self.nodes:
            raise GraphError("the name is taken.", fix="give every node its own name").at(f"node '{name}'")
        check_node(name, op, inputs)
        reads = inputs or (() if isinstance(op, Source) else (self.last,))
        for read in reads:
            if read not in self.nodes:
                raise unknown("node", str(read), self.nodes).at(f"node '{name}'")
        check_shared(self.nodes, name, op, shares)
        check_stored(name, stored, shares)
        self.nodes[name] = Node(op, reads, shares, tuple(stored))
        self.last = name
        return name

    def order(self) -> list[str]:
        """Operators' names in topological order, ties in the order in which they were added.

        Raises
        ------
        GraphError
            For a cycle, which it names.
        """
        added = {name: i for i, name in enumerate(self.nodes)}
        if all(added[read] < i for i, node in enumerate(self.nodes.values()) for read in node.inputs):
            return [name for name in self.nodes if name != INPUT]

        import networkx as nx

        graph = self.graph
        try:
            return [n for n in nx.lexicographical_topological_sort(graph, key=added.__getitem__) if n != INPUT]
        except nx.NetworkXUnfeasible:
            cycle = " -> ".join([edge[0] for edge in nx.find_cycle(graph)])
            raise GraphError(
                "the graph has a cycle.",
                here=f"{cycle} -> {cycle.split(' -> ')[0]}",
                rule="a feed-forward network is acyclic",
                fix="remove one of these edges",
            ).at(f"network '{self.name}'") from None

    def op(self, name: str) -> Operator:
        """Operator of a node."""
        node = self.nodes.get(name)
        if node is None or node.op is None:
            raise unknown("node", name, self.order())
        return node.op

    def inputs(self, name: str) -> tuple[str, ...]:
        """Nodes that a node reads, in order."""
        return self._node(name).inputs

    def shares(self, name: str) -> str | None:
        """Node whose parameters a node uses in place of its own, or None."""
        return self._node(name).shares

    def stored(self, name: str) -> tuple[str, ...]:
        """Parameters of a node, or of the one that it shares them with, that are not trained."""
        return self._node(self.shares(name) or name).stored

    def readers(self) -> dict[str, tuple[str, ...]]:
        """Nodes that read each node, in the order in which they were added."""
        found: dict[str, dict[str, None]] = {name: {} for name in self.nodes}
        for name, node in self.nodes.items():
            for read in node.inputs:
                found[read][name] = None
        return {name: tuple(readers) for name, readers in found.items()}

    def behind(self, *names: str) -> set[str]:
        """Nodes that these depend on, themselves included.

        Examples
        --------
        >>> from cnnmath import zoo
        >>> sorted(zoo.lenet5().behind("tanh1"))
        ['conv1', 'input', 'tanh1']
        """
        found, waiting = set(names), list(names)
        while waiting:
            new = set(self.inputs(waiting.pop())) - found
            found |= new
            waiting += new
        return found

    def outputs(self) -> list[str]:
        """Nodes that no other node reads."""
        read = {name for node in self.nodes.values() for name in node.inputs}
        return [name for name in self.order() if name not in read]

    def with_input(self, input_shape: Sequence[Size]) -> Architecture:
        """The same network for another input.

        Raises
        ------
        SettingError, ShapeError
            For what is no shape, for one with the channels last, and for another one where an operator is unknown: its
            output is declared for one.
        """
        if (shape := check_input_shape(input_shape)) != self.input_shape:
            if self.input_shape:
                check_channels_first(shape, self.input_shape[0])
            check_all_known(
                self,
                self.input_shape,
                here=f"input {tuple(input_shape)}",
                fix="keep its own input, or build the network for the other one",
            )
        return Architecture.from_nodes(self.nodes, input_shape, self.name)

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
        kept = self.behind(node)
        for other in kept:
            if (owner := self.shares(other)) and owner not in kept:
                raise GraphError(
                    "it would be cut off from the parameters that it shares.",
                    here=f"'{owner}' is not below '{node}'",
                    fix=f"cut behind '{owner}'",
                ).at(f"node '{other}'")
        nodes = {other: entry for other, entry in self.nodes.items() if other in kept}
        return Architecture.from_nodes(nodes, self.input_shape, name or self.name)

    def forward(self, x: Any, parameters: Mapping[str, Any], **options: Any) -> Any:
        """Output for a batch of samples; see `cnnmath.graph.execute.forward`."""
        from cnnmath.graph import execute

        return execute.forward(self, x, parameters, **options)

    def loss_and_gradients(self, x: Any, t: Any, parameters: Mapping[str, Any], **options: Any) -> Gradients:
        """Loss, gradients and statistics for a batch; see `cnnmath.graph.execute.loss_and_gradients`."""
        from cnnmath.graph import execute

        return execute.loss_and_gradients(self, x, t, parameters, **options)

    def __len__(self) -> int:
        return len(self.nodes) - 1

    def __iter__(self) -> Iterator[tuple[str, Operator]]:
        return ((name, self.op(name)) for name in self.order())

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, Architecture):
            return NotImplemented
        same_input = (self.name, self.input_shape) == (other.name, other.input_shape)
        return same_input and self.nodes == other.nodes

    __hash__ = None  # type: ignore[assignment]  # it can grow, so that it has no hash; typeshed wants a method

    def _node(self, name: str) -> Node:
        if name not in self.nodes:
            raise unknown("node", name, self.nodes)
        return self.nodes[name]

    def __repr__(self) -> str:
        outputs = ", ".join(f"'{name}'" for name in self.outputs())
        operators = plural(len(self), "operator")
        return f"Architecture '{self.name}': input {self.input_shape}, {operators}, output {outputs or 'none'}"
