"""The chain rule in a network: from the loss back to a node, each operator with its own gradient.

References
----------
.. [1] D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by back-propagating errors",
       Nature 323, 1986.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import networkx as nx
import sympy as sp

from cnnmath.errors import SettingError, unknown
from cnnmath.graph import INPUT, Architecture, Opaque, shapes
from cnnmath.graph.checks import check_numbers
from cnnmath.graph.sources import Constant, Source
from cnnmath.ops import Concat
from cnnmath.ops.notation import describe
from cnnmath.ops.reduced import reduced
from cnnmath.subjects.network.naming import Naming, operand_names, output_name, parameter_name
from cnnmath.subjects.network.remarks import assumptions, conventions, listed
from cnnmath.subjects.network.small import Numbers, readers_of, small
from cnnmath.symbolic import Derivation, Step, step
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.reader import numbered
from cnnmath.symbolic.terms import array, index

LONG = 24
"""With more operators on the way, each setting is written once."""


SHORT = 8
"""With more steps, the numbers of one small network are enough."""


def derive_node(network: Architecture, node: str, wrt: str | None = None) -> Derivation:
    r"""Derive the chain rule from the loss to a node of a network, in the network's own names.

    .. math:: \frac{\partial L}{\partial y^{(\mathrm{node})}} = \sum_{\text{readers}} \sum
       \frac{\partial L}{\partial y^{(\mathrm{reader})}}
       \frac{\partial y^{(\mathrm{reader})}}{\partial y^{(\mathrm{node})}}

    One step for each operator between, from the output back: it says what the operators that read a node pass back to
    it. In a deep network each setting is written once, and the step says where else it holds.

    Parameters
    ----------
    network
        The network; its outputs are the nodes that no other reads.
    node
        Name of a node, or ``"input"``.
    wrt
        A parameter of the node, such as ``"w"``; its output ``"y"``; or what it reads, ``"x"`` (``"x1"``, ``"x2"`` ...
        of a node that merges branches). Without it, all parameters of the node, or the output if it has none.

    Raises
    ------
    UnknownNameError
        For a node or an operand that is not there.
    SettingError, ShapeError
        Where an operator on the way is unknown, for the output itself, whose gradient is given, and where sizes are no
        numbers.

    Examples
    --------
    >>> from cnnmath.graph import parse
    >>> net = parse("conv(6, 5) > relu > maxpool(2) > flatten > linear(10)", (3, 32, 32))
    >>> [step.name for step in derive_node(net, "conv1", "w").steps]
    ['At flatten1', 'At maxpool1', 'At relu1', 'At conv1', 'Parameter w']
    """
    for name, shape in shapes(network).items():
        check_numbers(shape, "chain rule", f"node '{name}'")
    parameters, output = _asked(network, node, wrt)
    users = _users(network, node) if parameters else [output]
    graph = network.graph
    behind = {*users}.union(*(nx.descendants(graph, user) for user in users))
    ends = [name for name in network.outputs() if name in behind]
    if not parameters and not readers_of(network, output):
        raise SettingError(
            "this is an output of the network: the gradient by it is given.",
            here=f"'{output}' is read by no other node",
            fix="ask for one of its parameters, or for a node ahead of it",
        ).at(f"node '{output}'")
    back = [name for name in reversed([INPUT, *network.order()]) if name in behind and name not in ends]
    _check_known(network, back)
    written = _written(network, back, users)
    readers = {reader for name in written for reader, _ in readers_of(network, name)}
    operators = readers.union(users if parameters else ())
    naming = Naming.of(network, operators, written)
    steps = (
        *(_through(naming, name, written[name]) for name in written),
        *(_collected(naming, users, parameter) for parameter in parameters),
    )
    asked = [parameter_name(network, node, name) for name in reversed(parameters)] or [output_name(output)]
    return Derivation(
        f"{listed([f'dL/d{name}' for name in asked])} in {network.name}",
        assumptions(naming, steps),
        steps,
        _instances(naming, operators, behind - written.keys(), written, users, parameters),
        conventions(network, ends, operators, steps, deep=len(back) > LONG),
    )


def _asked(net: Architecture, node: str, wrt: str | None) -> tuple[list[str], str]:
    """The parameters that are asked for, or else the node by whose output."""
    if node == INPUT:
        if wrt not in (None, "y"):
            raise unknown("operand", wrt, ["y"]).at(f"node '{node}'")
        return [], INPUT
    op, reads = net.op(node), net.inputs(node)
    if isinstance(op, Constant) and op.repeated and wrt == "value":
        raise SettingError(
            "every sample has this array, so that its gradient is a sum over the batch.", fix="ask for y, and sum it"
        ).at(f"node '{node}'")
    if isinstance(op, Source) and wrt in (None, "y", "value"):  # a stored array is its node's output
        return [], node
    known = shapes(net)
    parameters = list(op.parameters(*(known[read] for read in reads)))
    inputs = dict(zip(operand_names(net, node), reads, strict=True))
    if wrt is None:
        return parameters[::-1], "" if parameters else node
    if wrt in parameters:
        return [wrt], ""
    if wrt != "y" and wrt not in inputs:
        raise unknown("operand", wrt, [*parameters, *inputs, "y"]).at(f"node '{node}'")
    return [], node if wrt == "y" else inputs[wrt]


def _users(net: Architecture, node: str) -> list[str]:
    """All nodes that use the parameters of a node, the one that has them first."""
    owner = net.shares(node) or node
    return [owner, *(name for name in net.order() if net.shares(name) == owner)]


def _check_known(net: Architecture, back: Iterable[str]) -> None:
    for reader, _ in (pair for name in back for pair in readers_of(net, name)):
        op = net.op(reader)
        if isinstance(op, Opaque):
            raise SettingError(
                "an operator on the way to the output is unknown, so that nothing is known of what it passes back.",
                here=f"'{op.short}'",
                fix="replace it by operators of cnnmath.ops, or ask for a node behind it",
            ).at(f"node '{reader}'")


def _written(net: Architecture, back: Sequence[str], users: Sequence[str]) -> dict[str, list[str]]:
    """Nodes that get a step, each with those at which the same holds: none where the way is short."""
    if len(back) <= LONG:
        return {name: [] for name in back}
    known = shapes(net)
    groups: dict[object, list[str]] = {}
    for name in back:
        rank = len(known[name]) - 2
        readers = [
            (reduced(net.op(reader), rank)[0], isinstance(net.op(reader), Concat) and at > 0)
            for reader, at in readers_of(net, name)
        ]
        groups.setdefault((rank, *readers), []).append(name)
    firsts = {group[0]: [name for name in group[1:] if name not in users] for group in groups.values()}
    return {name: firsts.get(name, []) for name in back if name in firsts or name in users}


def _through(naming: Naming, node: str, alike: Sequence[str]) -> Step:
    """The gradient by a node's output: what its readers pass back."""
    readers = readers_of(naming.net, node)
    shape = naming.shapes[node]
    entry = [index("n"), index("c"), *map(index, numbered("j", len(shape) - 2))]
    names = list(dict.fromkeys(reader for reader, _ in readers))
    if len(readers) == 1:
        why = f"it is read by {names[0]}, {describe(naming.net.op(names[0]))}, which passes its gradient back."
    else:
        again = ", more than once" if len(names) < len(readers) else ""
        why = f"it is read by {listed(names)}{again}: the gradients add."
    if alike:
        where = alike[0] if len(alike) == 1 else f"{len(alike)} more nodes, {alike[0]} to {alike[-1]}"
        why = f"{why[:-1]}; so it is at {where}."
    return step(
        f"At {node}",
        why,
        array(f"dL/d{output_name(node)}")[tuple(entry)],
        sp.Add(*(naming.passed(*reader) for reader in readers)),
        list(zip(entry, shape, strict=True)),
    )


def _collected(naming: Naming, users: Sequence[str], parameter: str) -> Step:
    """The gradient by a parameter: what all nodes that use it collect."""
    parts = [naming.collected(user, parameter) for user in users]
    why = f"each entry collects from all outputs of {users[0]} in which it takes part."
    if len(users) > 1:
        why = f"{listed(users)} share it: each entry collects from all their outputs."
    total = sp.Add(*(part.right for part in parts))
    return step(f"Parameter {parameter}", why, parts[0].left, total, parts[0].over)


def _instances(
    naming: Naming,
    operators: Collection[str],
    given: Collection[str],
    written: Collection[str],
    users: Sequence[str],
    parameters: Sequence[str],
) -> tuple[Instance, ...]:
    """Numbers for all that the steps speak of, in a small network of the same form."""
    found, net = [], small(naming.net, operators)
    for batch in (2, 1)[: 2 if len(written) <= SHORT else 1]:
        numbers = Numbers(net, batch, given, seed=batch)
        for node in written:
            numbers.by_output(node)
        if parameters:
            numbers.by_parameters(users, parameters)
        found.append(Instance(_sizes(naming, numbers), numbers.arrays))
    return tuple(found)


def _sizes(naming: Naming, numbers: Numbers) -> dict[sp.Symbol, int]:
    sizes: dict[sp.Symbol, int] = {}
    for node, shape in naming.shapes.items():
        sizes |= {s: n for s, n in zip(shape, numbers.shapes[node], strict=True) if isinstance(s, sp.Symbol)}
    for symbol, meaning in naming.definitions.items():
        sizes.setdefault(symbol, int(meaning.xreplace(sizes)))
    return sizes
