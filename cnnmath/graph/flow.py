"""How gradients flow back through a network: what its activations can take away, and what residual connections keep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.opaque import called
from cnnmath.graph.paths import Paths, Residual, identities_of, paths_to_outputs, residuals_of, unknown_ahead
from cnnmath.graph.propagate import shapes
from cnnmath.graph.text import plural, some
from cnnmath.notebook import table
from cnnmath.ops import Operator
from cnnmath.ops.slope import Slopes, slopes

LONGEST = 24
"""Letters up to which a fraction is written out."""

SHOWN = 3
"""How many unknown operators are named."""

ZERO = MappingProxyType(
    {
        True: "can be: every path passes an activation whose derivative attains 0",
        False: "never by activations alone",
        None: "not known: an unknown operator may have a derivative of 0",
    }
)
"""Whether a gradient can be exactly 0, in words."""


@dataclass(frozen=True, slots=True)
class NodeFlow:
    """What is known of the gradient of one node's output.

    Attributes
    ----------
    name, op
        The node and its operator, None for the network's input.
    slopes
        Values of its own derivative, None where it is no activation.
    paths
        The paths to the outputs of the network.
    without
        The same without the identity paths of residual connections.
    unknown
        Unknown operators on the paths; they count as 1, so that the bounds are those of the known ones alone.
    """

    name: str
    op: Operator | None
    slopes: Slopes | None
    paths: Paths
    without: Paths
    unknown: tuple[str, ...] = ()

    @property
    def dead(self) -> bool | None:
        """Whether the gradient can be exactly 0 through activations alone: none of the paths avoids those that die.

        None where that is not known, for an unknown operator on the paths.
        """
        return True if self.paths.dying else None if self.unknown else False

    def record(self) -> dict[str, Any]:
        """As JSON has it; fractions are texts."""
        return {
            "name": self.name,
            "operator": type(self.op).__name__ if self.op else None,
            "derivative": repr(self.slopes) if self.slopes else None,
            "paths": self.paths.count,
            "best": str(self.paths.best),
            "total": str(self.paths.total),
            "without_identity": str(self.without.total),
            "activations": [self.paths.fewest, self.paths.most],
            "can_be_zero": self.dead,
        } | ({"unknown": list(self.unknown)} if self.unknown else {})


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow of gradients through a network, one row a node in topological order, the input first.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> flow(zoo.lenet5())
    lenet5: gradients from the output to the input
      paths            1, with 4 activations
      bound            1 on the best path, 1 over all paths
      exactly 0        never by activations alone
    """

    network: str
    rows: tuple[NodeFlow, ...]
    residuals: tuple[Residual, ...]

    def __getitem__(self, name: str) -> NodeFlow:
        return next(row for row in self.rows if row.name == name)

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        rows = [row.record() for row in self.rows]
        return {"name": self.network, "rows": rows, "residuals": [residual.record() for residual in self.residuals]}

    def table(self) -> str:
        """One line a node, from the output back to the input; columns that say nothing are left out."""
        rows = self._filled()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        sides = [str.ljust, str.ljust] + [str.rjust] * len(widths)
        lines = (zip(sides, row, widths, strict=False) for row in rows)
        return "\n".join("  ".join(side(cell, width) for side, cell, width in line).rstrip() for line in lines)

    def _filled(self) -> list[tuple[str, ...]]:
        """Headings and rows, without the columns that say nothing."""
        head = ("node", "operator", "paths", "activations")
        head += ("best path", "all paths", "without identity", "can be 0", "not known")
        rows = [head, *(_cells(row) for row in reversed(self.rows))]
        filled = [column for column in zip(*rows, strict=True) if any(column[1:])]
        return list(zip(*filled, strict=True))

    def _repr_html_(self) -> str:
        head, *rows = self._filled()
        caption, *notes = repr(self).splitlines()
        told = (" ".join(note.split()) for note in notes)
        return table(caption, head, rows, notes=told, names=("node", "operator"))

    def __repr__(self) -> str:
        paths, without, unknown = self.rows[0].paths, self.rows[0].without, self.rows[0].unknown
        bounds = f"{written(paths.best)} on the best path, {written(paths.total)} over all paths"
        lines = [
            f"{self.network}: gradients from the output to the input",
            f"  paths            {paths.count:,}, with {_range(paths)} activation{'' if paths.most == 1 else 's'}",
            f"  bound            {bounds}",
        ]
        if unknown:
            lines.append(f"  not known        {listed(unknown)}: bounds are of the known operators alone")
        if self.residuals:
            lines.append(
                f"  without identity {plural(without.count, 'path')}, {written(without.total)} over all of them"
            )
        for (branch, partial), count in Counter((r.branch, bool(r.unknown)) for r in self.residuals).items():
            alone = ", of the known operators alone" if partial else ""
            lines.append(f"  residual         {count} with {written(1 + branch)} instead of {written(branch)}{alone}")
        lines.append(f"  exactly 0        {ZERO[self.rows[0].dead]}")
        return "\n".join(lines)


def flow(net: Architecture) -> Flow:
    r"""Bound what activations do to gradients on their way from the outputs of a network to each of its nodes.

    .. math:: \text{bound} = \sum_{\text{paths}} \prod_{a \text{ on the path}} \sup |a'|, \qquad
       \frac{\partial y}{\partial x} = 1 + \frac{\partial f}{\partial x} \text{ for } y = x + f(x)

    Only the factors of activations are bounded: weights, pooling and normalisation count as 1. So a bound below 1 says
    how much the weights have to make up for, and a bound above 1 is no promise that gradients grow. A residual
    connection adds an identity path: where a branch has the bound p, the sum has 1 + p, and without it p.

    Notes
    -----
    *Cost*: one pass over the graph against its edges; paths are counted and not listed.

    *Conventions*: an identity path is the one edge into an `Add` from a node through which all paths to that `Add`
    lead; a shortcut with a projection is none. Several outputs are taken together. A gradient can be exactly 0 by
    activations alone where every path passes one whose derivative attains 0; a path that avoids them keeps it alive.
    An unknown operator counts as 1: the nodes ahead of it are marked, their bounds are those of the known operators
    alone, and whether their gradient can be exactly 0 is known only where the known ones say that it can.

    Raises
    ------
    GraphError, ShapeError
        For a graph that is no network, and where sizes do not fit.

    References
    ----------
    .. [1] S. Hochreiter, "Untersuchungen zu dynamischen neuronalen Netzen", diploma thesis, TU München 1991, pages
       19 to 21 (a factor of at most 1/4 for each sigmoid).
    .. [2] Y. Bengio, P. Simard and P. Frasconi, "Learning long-term dependencies with gradient descent is difficult",
       IEEE Transactions on Neural Networks 1994, section IV.
    .. [3] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS
       2010, section 4.2, equation 2.
    .. [4] K. He, X. Zhang, S. Ren and J. Sun, "Identity mappings in deep residual networks", arXiv:1603.05027,
       equation 5.

    Examples
    --------
    >>> from cnnmath.ops import Add, Conv, Sigmoid
    >>> net = Architecture("block", (1, 8, 8))
    >>> body = [net.add("conv", Conv(1, 3, padding=1)), net.add("sigmoid", Sigmoid())]
    >>> net.add("add", Add(), "sigmoid", INPUT)
    'add'
    >>> flow(net)[INPUT].paths.total, flow(net)[INPUT].without.total
    (Fraction(5, 4), Fraction(1, 4))
    """
    known = shapes(net)
    own = {name: slopes(op, known[name][1] if len(known[name]) > 1 else None) for name, op in net}
    identities = identities_of(net)
    paths, without = paths_to_outputs(net, own, {}), paths_to_outputs(net, own, identities)
    ahead = unknown_ahead(net)
    rows = [NodeFlow(INPUT, None, None, paths[INPUT], without[INPUT], ahead[INPUT])]
    rows += [NodeFlow(name, op, own[name], paths[name], without[name], ahead[name]) for name, op in net]
    return Flow(net.name, tuple(rows), residuals_of(net, own, identities, ahead))


def written(bound: Fraction) -> str:
    """A bound as it is, or with three digits where it is too long to read.

    Examples
    --------
    >>> written(Fraction(1, 4)), written(Fraction(1, 4) ** 40)
    ('1/4', 'about 8.27e-25')
    """
    text = f"{bound.numerator:,}" if bound.denominator == 1 else str(bound)
    if len(text) <= LONGEST:
        return text
    return f"about {Decimal(bound.numerator) / Decimal(bound.denominator):.2e}"


def listed(names: tuple[str, ...]) -> str:
    """Names of nodes, the first few of many.

    Examples
    --------
    >>> listed(("mix",)), listed(tuple("abcde"))
    ("'mix'", "'a', 'b', 'c' and 2 more")
    """
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + more


def _range(paths: Paths) -> str:
    return f"{paths.fewest}" if paths.fewest == paths.most else f"{paths.fewest} to {paths.most}"


def _cells(row: NodeFlow) -> tuple[str, ...]:
    paths = row.paths
    without = written(row.without.total) if row.without != paths else ""
    kind = "" if row.op is None else called(row.op)
    dead = {True: "yes", False: "", None: "?"}[row.dead]
    bounds = (written(paths.best), written(paths.total), without)
    return (row.name, kind, f"{paths.count:,}", _range(paths), *bounds, dead, some(row.unknown, 1))
