"""The nodes of an architecture, and what they must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnnmath.errors import GraphError, clip, unknown
from cnnmath.graph.sources import Source
from cnnmath.ops import Operator

INPUT = "input"
"""Name of the node that every architecture starts with."""


class Node(NamedTuple):
    """A node of an architecture.

    Attributes
    ----------
    op
        Its operator; None for the input.
    inputs
        Names of the nodes that it reads, in order.
    shares
        Name of the node whose parameters it uses, or None where it has its own.
    stored
        Which of its own parameters are not trained, but stored beside: ``("gamma", "beta")`` of a normalisation that
        has neither, or has them frozen.
    """

    op: Operator | None
    inputs: tuple[str, ...] = ()
    shares: str | None = None
    stored: tuple[str, ...] = ()


def check_node(name: str, op: Any, inputs: Any) -> None:
    """Raise where a node has no operator, or no list of names that it reads."""
    if not isinstance(op, Operator):
        raise GraphError("this is no operator.", here=f"{op!r}", fix="give an instance, such as cnnmath.ops.ReLU()").at(
            f"node '{name}'"
        )
    if not isinstance(inputs, (tuple, list)):
        raise GraphError("its inputs are no list of names.", here=f"{inputs!r}", fix="give a tuple").at(
            f"node '{name}'"
        )
    if (listed := next((read for read in inputs if isinstance(read, (tuple, list))), None)) is not None:
        fix = f"give the names one by one: {', '.join(map(repr, listed))}"
        raise GraphError("an input is the name of a node.", here=clip(f"{listed!r}"), fix=fix).at(f"node '{name}'")
    if inputs and isinstance(op, Source):
        raise GraphError("it reads nothing.", here=f"inputs {', '.join(inputs)}", fix="give it no inputs").at(
            f"node '{name}'"
        )


def check_stored(name: str, stored: Any, owner: str | None) -> None:
    """Raise where what a node stores is no list of names, and where it shares the parameters of another."""
    if not isinstance(stored, (tuple, list)) or not all(isinstance(operand, str) for operand in stored):
        raise GraphError(
            "what it stores is no list of names.",
            here=clip(f"{stored!r}"),
            fix='give a tuple, such as ("gamma", "beta")',
        ).at(f"node '{name}'")
    if stored and owner is not None:
        raise GraphError(
            "it has no parameters that it could store.",
            here=f"it shares those of '{owner}'",
            fix=f"say of '{owner}' what is stored",
        ).at(f"node '{name}'")


def check_shared(nodes: Mapping[str, Node], name: str, op: Operator | None, owner: str | None) -> None:
    """Raise where a node shares the parameters of one that is not there, or that has another operator."""
    if owner is None:
        return
    if owner not in nodes or owner == name:
        raise unknown("node", str(owner), nodes).at(f"node '{name}'")
    other = nodes[owner]
    if other.op != op or other.shares is not None:
        raise GraphError(
            "it cannot share these parameters.",
            here=f"{op!r} shares '{owner}', {other.op!r}",
            rule="both have equal operators, and the one that is shared has parameters of its own",
            fix=f"name the first node that uses them instead of '{owner}'",
        ).at(f"node '{name}'")
