"""The verb `derive`, over operators, subjects and the nodes of a network."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from cnnmath import symbolic
from cnnmath.errors import SettingError, unknown
from cnnmath.ops import ALL, Operator
from cnnmath.subjects.chapters import CHAPTERS
from cnnmath.subjects.subject import Subject
from cnnmath.symbolic import Derivation


def named(name: str) -> Subject:
    """The subject of this name, in any case.

    Raises
    ------
    UnknownNameError
        Where there is none; it names the near ones.

    Examples
    --------
    >>> named("zero-stuffed").summary
    'dL/dx as a convolution of the zero-stuffed gradient with the flipped kernel'
    """
    known = {subject.name: subject for chapter in CHAPTERS for subject in chapter.subjects}
    key = str(name).lower().replace("_", "-").replace(" ", "-")
    if key not in known:
        error = unknown("subject", name, known)
        kind = next((kind.__name__ for kind in ALL if kind.__name__.lower() == key.replace("-", "")), None)
        if kind is not None:
            error.lines["fix"] = f"of an operator, give one: cnnmath.ops.{kind}(...), or symbolic.general(ops.{kind})"
        raise error
    return known[key]


@singledispatch
def derive(what: Any, *arguments: Any, **settings: Any) -> Derivation:
    """Derive an operator's output or gradient, a subject by its name, or the gradient of a network's node.

    ==========================  ==========================================================================
    ``derive(op, wrt="x")``     output (``"y"``) of an operator, or gradient of a loss by an operand
    ``derive("winograd", ...)``  a subject of `cnnmath.subjects`, with its operator and settings
    ``derive(net, node, wrt)``  the chain rule from the loss back to a node of a network
    ==========================  ==========================================================================

    Raises
    ------
    CnnmathError
        For what cannot be derived, a name that is not known, and settings that contradict each other.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> derive(Conv(1, (1,), bias=False), "w").result
    Collapse: dL/dw[f,c,0] = sum{n<N, o<L} dL/dy[n,f,o]*x[n,c,o]
    >>> derive("zero-stuffed", Conv(1, (1,), stride=2)).title
    'dL/dx of conv(F, (1,), stride=2) by zero-stuffing'
    """
    from cnnmath.graph import Architecture  # graphs are loaded for whoever has one
    from cnnmath.subjects.network.chain_rule import derive_node

    if isinstance(what, Architecture):
        if not arguments and "node" not in settings:
            fix = f"for example derive(net, {what.order()[0]!r})" if what.order() else "give the network a node first"
            raise SettingError("the node is missing.", here=f"network '{what.name}'", fix=fix)
        return derive_node(what, *arguments, **settings)
    raise SettingError(
        "this can not be derived.",
        here=f"{what!r}",
        fix="give an operator, such as cnnmath.ops.Conv(8, 3), the name of a subject, or a network and a node",
    )


@derive.register
def _(what: Operator, wrt: str = "x", *, rank: int = 2) -> Derivation:
    return symbolic.derive(what, wrt, rank=rank)


@derive.register
def _(what: str, *arguments: Any, **settings: Any) -> Derivation:
    return named(what).derive(*arguments, **settings)
