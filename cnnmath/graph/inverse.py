"""Questions asked backwards: which inputs a network takes, which give a wanted output, and which leave nothing over.

Axes are independent of each other as far as windows go, so that each is answered alone. What mixes them, a sum of
flattened maps, is checked at the smallest input only.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnnmath.errors import SettingError, ShapeError, unknown
from cnnmath.graph.answer import Along, Inputs
from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.checks import check_network
from cnnmath.graph.lengths import Track, along
from cnnmath.graph.opaque import check_all_known
from cnnmath.graph.progression import Sizes
from cnnmath.graph.propagate import shapes, spatial
from cnnmath.graph.rests import leaving_least, left, opposed
from cnnmath.ops.checks import axis_names
from cnnmath.window import Shape, Size

SHOWN = 3
"""How many layers that leave something over are named."""


def smallest_input(net: Architecture) -> Shape:
    """Smallest (C, \\*spatial) that a network takes, each axis for itself.

    Raises
    ------
    GraphError, SettingError, ShapeError
        Where no input fits, saying which node refuses them all; and where an operator is unknown.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> smallest_input(zoo.alexnet())
    (3, 63, 63)
    """
    check_all_known(
        check_network(net),
        net.input_shape,
        here="sizes of other inputs are asked for",
        fix="ask the part of the network ahead of it, or replace it by operators of cnnmath.ops",
    )
    tracks = _tracks(net)
    shape = (net.input_shape[0], *(_least(net, name, track) for name, track in tracks))
    known = shapes(net.with_input(shape))  # raises for what no size mends: groups, ranks, merges of flattened maps
    for i, ((name, track), n) in enumerate(zip(tracks, shape[1:], strict=True)):
        for node, length in track.lengths(n).items():
            size = spatial(net, known, node)[i]
            if size != length:
                raise ShapeError(
                    "its shape and its axes disagree.",
                    input=f"{name} {n} of '{net.name}'",
                    rule="output(x)[2:] = placements of axes(x[2:])",
                    here=f"{size} against {length}",
                    fix="let the operator's windows or axes say what an output reads",
                ).at(f"node '{node}'")
    return shape


def accepted_inputs(net: Architecture) -> Inputs:
    """All sizes that a network takes, with what refuses the one below the smallest.

    Raises
    ------
    GraphError, SettingError, ShapeError
        As `smallest_input` does.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> accepted_inputs(zoo.alexnet())
    alexnet: inputs that every layer takes
      height, width: 63 and above
        at 62, maxpool 'features.12': its input has length 2, it takes 3 and above
    """
    smallest_input(net)
    answers = []
    for name, track in _tracks(net):
        sizes = track.taken()
        below = (sizes.least or 1) - 1
        stop = track.stop(below) if below else None
        answers.append(Along(name, sizes, f"at {below}, {stop.step}: {stop.reason}" if stop else "no layer refuses 1"))
    return Inputs(net.name, "inputs that every layer takes", net.input_shape[0], tuple(answers))


def inputs_for(net: Architecture, output: int | Sequence[int], node: str | None = None) -> Inputs:
    """Input sizes at which a node has an output of this size.

    Parameters
    ----------
    net
        The network.
    output
        Wanted spatial size: an integer for all axes, or one an axis.
    node
        The node; without one the last whose size depends on the input, ahead of global and adaptive pooling.

    Raises
    ------
    GraphError, SettingError, ShapeError, UnknownNameError
        For a node that is not there or has no spatial axes, and as `smallest_input` does.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> inputs_for(zoo.resnet50(), 7)
    resnet50: inputs for 7x7 at 'layer4.2.relu'
      height, width: 193..224
        at 192 it is 6, at 225 it is 8
    """
    smallest_input(net)
    tracks = _tracks(net)
    node = _feature_map(net, tracks) if node is None else _spatial(net, tracks, node)
    wanted: tuple[int, ...] = tuple(output) if isinstance(output, Sequence) else (output,) * len(tracks)
    if len(wanted) != len(tracks) or not all(isinstance(o, int) and o > 0 for o in wanted):
        raise SettingError(
            "this is no size of an output.",
            here=f"{output!r}",
            rule=f"positive integers, one for each of the {len(tracks)} axes",
            fix=f"give {(7,) * len(tracks)}",
        ).at(f"node '{node}'")
    answers = [_preimage(name, track, node, o) for (name, track), o in zip(tracks, wanted, strict=True)]
    question = f"inputs for {'x'.join(map(str, wanted))} at '{node}'"
    return Inputs(net.name, question, net.input_shape[0], tuple(answers))


def exact_inputs(net: Architecture) -> Inputs:
    """Input sizes at which every division of every window is exact, so that no layer leaves anything over.

    Each window of stride s asks for a length n with ``n + before + after - extent = 0 mod s``; together these are
    congruences of the size of the input. Where there is none, ``layers`` names those that contradict each other and
    ``nearest`` is the size at which the layers leave least over, their rests added up.

    Raises
    ------
    GraphError, SettingError, ShapeError
        As `smallest_input` does.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> exact_inputs(zoo.alexnet())
    alexnet: inputs of which no window leaves a rest
      height, width: n = 31 mod 32, n >= 63
        at 224, conv 'features.0' leaves 1
    """
    smallest_input(net)
    answers = []
    for (name, track), n in zip(_tracks(net), net.input_shape[1:], strict=True):
        sizes = track.taken(exact=True)
        answers.append(Along(name, sizes, _rests(track, n)) if sizes else _contradiction(name, track))
    return Inputs(net.name, "inputs of which no window leaves a rest", net.input_shape[0], tuple(answers))


def _tracks(net: Architecture) -> list[tuple[str, Track]]:
    """Each spatial axis by its name."""
    return [(name, along(net, i)) for i, name in enumerate(axis_names(len(net.input_shape) - 1))]


def _least(net: Architecture, name: str, track: Track) -> int:
    """Least size of one axis, or the error that names the node beyond which none comes."""
    order, furthest = list(track.steps), None
    for at, stop in track.refusals(1, track.last()):
        if stop is None:
            return at
        if furthest is None or order.index(stop.step.name) > order.index(furthest[1].step.name):
            furthest = at, stop
    at, stop = furthest or (0, None)
    raise ShapeError(
        "no size of the input fits.",
        here=f"{name} {at} comes furthest: {stop.reason}" if stop else f"{name} {at}",
        rule="every window fits its input, and branches that merge have equal sizes",
        fix="pad the window, or give the branches equal strides and matching padding",
    ).at(f"{stop.step if stop else 'network'} of '{net.name}'")


def _preimage(name: str, track: Track, node: str, wanted: int) -> Along:
    taken, sizes = track.taken(), lambda n: None if n is None else track.lengths(n)[node]
    if track.rhythm(node).growth == 0:
        always = track.lengths(1)[node]
        reason = f"it is always {always}"
        return Along(name, taken, reason) if always == wanted else Along(name, Sizes(), reason, (always,))
    first, end = (track.reach(node, o) or 1 for o in (wanted, wanted + 1))
    found = taken.between(first, end - 1)
    around = [n for n in (taken.preceding(first - 1), taken.following(end)) if n is not None]
    reason = ", ".join(f"at {n} it is {sizes(n)}" for n in around) or "no other size is taken"
    return Along(name, found, reason, () if found else tuple(track.lengths(n)[node] for n in around))


def _feature_map(net: Architecture, tracks: Sequence[tuple[str, Track]]) -> str:
    """Last node whose size depends on the input's along every axis."""
    growing = [name for name in net.order() if all(t.steps.get(name) and t.rhythm(name).growth for _, t in tracks)]
    return growing[-1] if growing and tracks else _spatial(net, tracks, INPUT)


def _spatial(net: Architecture, tracks: Sequence[tuple[str, Track]], node: str) -> str:
    if node not in net.nodes:
        raise unknown("node", node, net.nodes)
    if not tracks or (node != INPUT and not all(node in track.steps for _, track in tracks)):
        raise SettingError(
            "it has no spatial axes.",
            rule="an output of some height and width is a feature map",
            fix="name a node ahead of flattening",
        ).at(f"node '{node}'")
    return node


def _rests(track: Track, n: Size) -> str:
    """What the network leaves over at its own size."""
    if not isinstance(n, int):
        return "every division is exact"
    if stop := track.stop(n):
        return f"at {n}, {stop.step}: {stop.reason}"
    texts = [f"{step} leaves {rest}" for step, rest in left(track, n)]
    more = f" and {len(texts) - SHOWN} more do" if len(texts) > SHOWN else ""
    return f"at {n}, {', '.join(texts[:SHOWN]) or 'nothing is left over'}{more}"


def _contradiction(name: str, track: Track) -> Along:
    """Which layers are never exact together, and the size that leaves least over."""
    best = leaving_least(track)
    steps = opposed(track, best)
    verdict = "are never exact together" if len(steps) > 1 else "is never exact"
    rests = ", ".join(f"{step} {rest}" for step, rest in left(track, best))
    reason = f"{' and '.join(map(str, steps))} {verdict}; {best} leaves least: {rests}"
    return Along(name, Sizes(), reason, (best,), tuple(step.name for step in steps))
