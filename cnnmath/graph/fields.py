"""Receptive fields on their way along a graph: hull of all paths, the least field, and the depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, TypeAlias

from cnnmath.axis import Axis, Bins, Folded, Listed, Transposed, Whole
from cnnmath.graph.text import axes
from cnnmath.ops.checks import axis_names
from cnnmath.phases import AxisField, behind, by_size, union
from cnnmath.sampling import Sampled
from cnnmath.window import IDENTITY, Size

Field: TypeAlias = tuple[AxisField, ...] | None
"""Receptive field, one entry an axis, from the network's input to a node; None where there is no single one."""

MANY = 2**16
"""Longest period of which every output's field is listed."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What is known of the receptive field of a node.

    Attributes
    ----------
    hull
        Smallest field that holds those of all paths from the input.
    least
        Field of the path that sees least: in a residual network that of the shortcuts.
    depth
        Least and greatest number of weighted layers on a path from the input.
    note
        What is to be said of it: that it is the whole input, or that it depends on the position, and why.
    by_position
        Whether the field depends on the position, so that no window describes it.
    whole
        Whether some path sees the whole input.
    unknown
        Whether some path leads through an operator that is not known.
    nothing
        Whether no path leads from the input at all.
    """

    hull: Field
    least: Field
    depth: tuple[int, int] = (0, 0)
    note: str = ""
    by_position: bool = False
    whole: bool = False
    unknown: bool = False
    nothing: bool = False


NOTHING = Fields(None, None, nothing=True)
"""Fields of what the network's input does not reach."""


def at_input(rank: int) -> Fields:
    """Fields of the input itself."""
    return Fields((IDENTITY,) * rank, (IDENTITY,) * rank)


def through(views: Sequence[tuple[Axis, ...] | None], below: Sequence[Fields], *, weighted: bool) -> Fields:
    """Fields behind an operator that reads each of its inputs along these axes.

    References
    ----------
    .. [1] A. Araujo, W. Norris and J. Sim, "Computing receptive fields of convolutional neural networks", Distill,
       2019, https://doi.org/10.23915/distill.00021, sections "Computing the receptive field" and "Arbitrary graphs".
    """
    seeing = [(view, fields) for view, fields in zip(views, below, strict=True) if not fields.nothing]
    if not seeing:
        return NOTHING
    own: tuple[Axis, ...] | None = seeing[0][0]
    if all(view == own for view, _ in seeing):
        below = [fields for _, fields in seeing]
    else:
        below, own = [through((view,), (fields,), weighted=False) for view, fields in seeing], ()
    merged = below[0] if len(below) == 1 else _merged(below)
    if not weighted and own is not None and all(axis is IDENTITY for axis in own):
        return merged
    depth = (merged.depth[0] + weighted, merged.depth[1] + weighted)
    if own is None:
        return Fields(None, None, depth, whole=True)
    if any(isinstance(axis, Transposed) and _is_long(axis.window.stride) for axis in own):
        return Fields(None, None, depth, f"its field differs for each of more than {MANY:,} outputs", unknown=True)
    sized = any(map(_ends, own))
    hull = _behind(merged.hull, own)
    if hull is None and merged.hull is not None and not sized:
        return Fields(None, None, depth, "its field repeats, and a size is left open", unknown=True)
    return Fields(
        hull,
        hull if merged.least == merged.hull else _behind(merged.least, own),
        depth,
        _note(own, merged),
        merged.by_position and not sized,
        merged.whole or _is_whole(own),
        merged.unknown,
    )


def behind_unknown(name: str, below: Sequence[Fields]) -> Fields:
    """Fields behind an operator that is not known."""
    below = [fields for fields in below if not fields.nothing] or [NOTHING]
    depth = (min(f.depth[0] for f in below), max(f.depth[1] for f in below))
    return Fields(None, None, depth, f"what '{name}' sees is not known", unknown=True)


def behind_rearranged(name: str, below: Sequence[Fields]) -> Fields:
    """Fields behind an operator whose positions are not those of its input."""
    depth = (min(f.depth[0] for f in below), max(f.depth[1] for f in below))
    return Fields(
        None, None, depth, f"behind '{name}' positions are other ones: what they see is not known", unknown=True
    )


def _is_long(period: Size) -> bool:
    """Whether a field has too many phases to be listed."""
    return isinstance(period, int) and period > MANY


def _ends(axis: Axis) -> bool:
    """Whether no window, and nothing that repeats, leads through an axis."""
    return by_size(axis) or isinstance(axis, Listed)


def _behind(field: Field, own: tuple[Axis, ...]) -> Field:
    if field is None or any(map(_ends, own)):
        return None
    known: dict[tuple[AxisField, Axis], Any] = {}
    for pair in zip(field, own, strict=True):
        if pair not in known:
            known[pair] = behind(*pair)
    found = tuple(known[pair] for pair in zip(field, own, strict=True))
    return None if None in found else found


def _merged(below: Sequence[Fields]) -> Fields:
    """Branches meet: the hull of their fields, where their strides agree."""
    depth = (min(f.depth[0] for f in below), max(f.depth[1] for f in below))
    hulls = [f.hull for f in below if f.hull is not None]
    if len(hulls) < len(below):
        whole = any(f.whole for f in below)
        notes = [f.note for f in below if f.hull is None and f.note] + ["a branch sees the whole input"] * whole
        by_position, unknown = any(f.by_position for f in below), any(f.unknown for f in below)
        return Fields(None, None, depth, notes[0] if notes else "", by_position, whole, unknown)
    strides = sorted({tuple(axis.stride for axis in hull) for hull in hulls}, key=str)
    if len(strides) > 1:
        met = " and ".join(axes(stride) for stride in strides)
        return Fields(
            None, None, depth, f"branches of strides {met} meet: the field depends on the position", by_position=True
        )
    note = next((f.note for f in below if f.note), "")
    if all(f.hull == hulls[0] and f.least == below[0].least for f in below):
        return Fields(hulls[0], below[0].least, depth, note)
    if not all(isinstance(n, int) for hull in hulls for axis in hull for n in (axis.extent, axis.before)):
        return Fields(None, None, depth, "its padding depends on the size of the input: give the sizes as numbers")
    hull = tuple(reduce(union, axis) for axis in zip(*hulls, strict=True))
    least = min((f.least for f in below if f.least), key=lambda field: [axis.extent for axis in field])
    return Fields(hull, least, depth, _centres(hulls) or note)


def _centres(hulls: Sequence[tuple[AxisField, ...]]) -> str:
    """A note where branches look at different places: half of ``extent - 1 - 2*before`` is the centre's place."""
    centres = {tuple(Fraction(axis.extent - 1, 2) - axis.before for axis in hull) for hull in hulls}
    if len(centres) == 1:
        return ""
    places = " and ".join(axes(centre) for centre in sorted(centres))
    return f"branches meet whose fields are centred at {places}: they are not aligned"


def _note(own: Sequence[Axis], below: Fields) -> str:
    """What is to be said behind an operator: of one that reads its input along no window, why; else what was said."""
    if _is_whole(own):
        return "sees the whole input"
    if any(map(_sees_all, own)):
        names = zip(axis_names(len(own)), own, strict=True)
        return f"sees the whole input along {' and '.join(name for name, axis in names if _sees_all(axis))}"
    if any(isinstance(axis, Bins) for axis in own):
        return "its bins depend on the size of the input"
    if any(map(by_size, own)):
        return "the places of its outputs depend on the size of the input"
    if below.hull is not None and any(isinstance(axis, Listed) for axis in own):
        return "its outputs stand in an order of their own"
    if below.hull is not None and any(isinstance(axis, (Folded, Sampled)) for axis in own):
        return "at the border the field is folded back into the input"
    return below.note


def _is_whole(own: Sequence[Axis]) -> bool:
    return bool(own) and all(map(_sees_all, own))


def _sees_all(axis: Axis) -> bool:
    return isinstance(axis, Whole) or (isinstance(axis, Bins) and axis.outputs == 1)
