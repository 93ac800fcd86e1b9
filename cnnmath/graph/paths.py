"""Paths from every node of a network to its outputs, with what the activations on them leave of a gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import networkx as nx

from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.opaque import Opaque
from cnnmath.ops import Add
from cnnmath.ops.slope import Slopes


@dataclass(frozen=True, slots=True)
class Paths:
    """All paths from the output of a node to the outputs of the network, taken together.

    Attributes
    ----------
    count
        How many there are; a node that reads another twice is two paths.
    total
        Sum over the paths of the product of the bounds of the activations on each.
    best
        Largest of these products.
    fewest, most
        Least and greatest number of activations on a path.
    dying
        Least number of activations on a path whose derivative attains 0.
    """

    count: int = 0
    total: Fraction = Fraction(0)
    best: Fraction = Fraction(0)
    fewest: int = 0
    most: int = 0
    dying: int = 0

    def through(self, slopes: Slopes | None) -> Paths:
        """The same paths with a node in front."""
        if slopes is None or not self.count:
            return self
        return Paths(
            self.count,
            slopes.bound * self.total,
            slopes.bound * self.best,
            self.fewest + 1,
            self.most + 1,
            self.dying + slopes.zero,
        )

    def beside(self, other: Paths) -> Paths:
        """These paths and others."""
        if not self.count or not other.count:
            return self if self.count else other
        return Paths(
            self.count + other.count,
            self.total + other.total,
            max(self.best, other.best),
            min(self.fewest, other.fewest),
            max(self.most, other.most),
            min(self.dying, other.dying),
        )


END = Paths(1, Fraction(1), Fraction(1))
"""The one path from an output of the network to itself."""


@dataclass(frozen=True, slots=True)
class Residual:
    """A residual connection: ``add`` sums ``start`` itself and what a branch computes of it.

    Attributes
    ----------
    add, start
        The two nodes.
    branch
        Bound of the branch, summed over its paths.
    whole
        The same with the identity path: ``1 + branch``.
    unknown
        Unknown operators on the branch; they count as 1 in its bound, which is that of the known ones alone.
    """

    add: str
    start: str
    branch: Fraction
    whole: Fraction
    unknown: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """As JSON has it; fractions are texts."""
        known = {"add": self.add, "start": self.start, "branch": str(self.branch), "whole": str(self.whole)}
        return known | ({"unknown": list(self.unknown)} if self.unknown else {})


def paths_to_outputs(
    net: Architecture, own: Mapping[str, Slopes | None], identities: Mapping[str, str]
) -> dict[str, Paths]:
    """Paths from every node to the outputs, without identity paths into the nodes that are named."""
    found = dict.fromkeys([INPUT, *own], Paths()) | dict.fromkeys(net.outputs() or [INPUT], END)
    for name in reversed(list(own)):
        ahead = found[name].through(own[name])
        for read in net.inputs(name):
            if identities.get(name) != read:
                found[read] = found[read].beside(ahead)
    return found


def identities_of(net: Architecture) -> dict[str, str]:
    """Nodes that add what a branch computes of a node to this node itself, each with that node.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> net = Architecture("residual", (4, 8, 8))
    >>> conv = net.add("conv", Conv(4, 3, padding=1))
    >>> add = net.add("add", Add(), INPUT, conv)
    >>> identities_of(net)
    {'add': 'input'}
    """
    over = nx.immediate_dominators(net.graph, INPUT)
    adds = [(name, over.get(name), net.inputs(name)) for name, op in net if isinstance(op, Add)]
    return {name: start for name, start, reads in adds if reads.count(start) == 1}


def unknown_ahead(net: Architecture) -> dict[str, tuple[str, ...]]:
    """Unknown operators between every node's output and the outputs of the network."""
    over = {name: net.behind(name) - {name} for name, op in net if isinstance(op, Opaque)}
    return {node: tuple(name for name, nodes in over.items() if node in nodes) for node in net.nodes}


def residuals_of(
    net: Architecture,
    own: Mapping[str, Slopes | None],
    identities: Mapping[str, str],
    ahead: Mapping[str, tuple[str, ...]],
) -> tuple[Residual, ...]:
    """Bound of every branch beside an identity path, in one pass.

    All paths to the sum lead through its start, so that the bounds from the input multiply: reach(sum) =
    reach(start) * whole. Where a bound of 0 lies ahead of the start nothing is left to compare.
    """
    reach = {INPUT: Fraction(1)}
    for name, slope in own.items():
        reach[name] = sum((reach[read] for read in net.inputs(name)), Fraction(0)) * (slope.bound if slope else 1)
    whole = {add: reach[add] / reach[start] for add, start in identities.items() if reach[start]}
    inside = {}
    for add in whole:
        behind = net.behind(add)
        inside[add] = tuple(name for name in ahead[identities[add]] if name in behind)
    return tuple(Residual(add, identities[add], bound - 1, bound, inside[add]) for add, bound in whole.items())
