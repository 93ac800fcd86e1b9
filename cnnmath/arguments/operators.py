"""The operator that the options of a command line describe, and what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from cnnmath import ops
from cnnmath.arguments.values import sizes
from cnnmath.errors import CnnmathError, SettingError, UnknownNameError
from cnnmath.ops import Operator
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.recurrent import Cell
from cnnmath.window import NAMED

FIRST: dict[str, Any] = {
    "kernel": "2",
    "outputs": "2",
    "size": "5",
    "padding": "1",
    "scale": "2",
    "places": "1x0",
    "pieces": "2",
    "block": "2",
    "order": "0x2x1",
    "repeats": "1x1x2",
    "starts": "0x0x1",
    "sizes": (-1,),
}
"""The first setting of an operator, where it has one, and what it is where a command line leaves it out."""

NEEDED: dict[type[Operator], dict[str, Any]] = {
    ops.Expand: {"sizes": (3, 1, 1)},
    ops.Power: {"exponent": 2},
    ops.Reduce: {"how": "sum"},
}
"""What an operator has where a command line leaves it out, and no other operator has."""

OPTIONS = (
    *("kernel", "stride", "dilation", "padding", "output_padding", "groups", "filters", "ceil", "count_padding"),
)
"""Settings of operators that are options of a command line; others are given as NAME=VALUE."""


def is_operator(name: str) -> bool:
    """Whether an operator has this name.

    Examples
    --------
    >>> is_operator("max-pool"), is_operator("lenet5")
    (True, False)
    """
    try:
        return bool(ops.named(name))
    except UnknownNameError:
        return False


def operator(kind: type[Operator], rank: int, settings: dict[str, Any]) -> Operator:
    """The operator that a command line describes.

    Parameters
    ----------
    kind
        Its class.
    rank
        Number of spatial axes.
    settings
        Options as given, None where not: texts of sizes, integers and flags, by field.

    Raises
    ------
    SettingError
        For an option that the operator does not have, and for text that is no size.

    Examples
    --------
    >>> operator(ops.Conv, 1, {"kernel": "3", "padding": "1:0", "filters": 2})
    Conv(filters=2, kernel=(3,), stride=(1,), dilation=(1,), padding=((1, 0),), groups=1, bias=True)
    """
    own = [f.name for f in fields(kind)]
    first = first_setting(kind)
    given = {name: value for name, value in settings.items() if value is not None}
    if first and first != "kernel":
        given = {first if name == "kernel" else name: value for name, value in given.items()}
    if "units" in own:
        given = {"units" if name == "filters" else name: value for name, value in given.items()}
    for name in given:
        if name not in own:
            options = ", ".join(f"--{n.replace('_', '-')}" for n in _options(own, first))
            fix = f"its settings are {options}" if options else "it has no such settings: leave it out"
            raise SettingError("it has no such setting.", here=f"--{name.replace('_', '-')}", fix=fix).at(
                kind.__name__.lower()
            )
    given = NEEDED.get(kind, {}) | given
    if first:
        given.setdefault(first, FIRST[first])
    if "groups" in own and "filters" not in own:
        given.setdefault("groups", 2)
    for field in ("filters", "units"):
        if field in own:
            given.setdefault(field, max(given.get("groups", 1), 1))
    try:
        return kind(**{name: _setting(name, value, rank) for name, value in given.items()})
    except CnnmathError as error:
        raise error.at(kind.__name__.lower()) from None


def first_setting(kind: type[Operator]) -> str | None:
    """What an operator calls the setting that ``--kernel`` gives; the scale of an `Affine` is a number, and none.

    Examples
    --------
    >>> first_setting(ops.Resize), first_setting(ops.Affine)
    ('outputs', None)
    """
    own = {f.name for f in fields(kind)}
    return None if kind is ops.Affine else next((name for name in FIRST if name in own), None)


def _options(fields: Sequence[str], first: str | None) -> list[str]:
    """Options of a command line that an operator with such fields has."""
    renamed = {first: "kernel", "units": "filters"}
    return [name for name in (renamed.get(field, field) for field in fields) if name in OPTIONS]


def inputs(op: Operator, size: str, channels: int) -> tuple[tuple[int, ...], ...]:
    """Input shapes of a batch of one, for spatial sizes as given; that of rows is their number of inputs."""
    flat = isinstance(op, (ops.Linear, ops.RadialBasis, Cell))
    shape = (1, *([] if flat else [channels]), *sizes(size, "--input"))
    if isinstance(op, Cell):
        return (shape, *((1, op.units) for _ in op.reads[1:]))
    if isinstance(op, Elementwise) and not op.variadic:  # the second is repeated, as in the formula
        return shape, (*shape[:2], *(1 for _ in shape[2:]))
    return (shape,) * (2 if op.variadic else len(op.reads))


def rank(size: str | None, kernel: str | None) -> int:
    """Number of spatial axes: of the input, or of a kernel with several entries, else 2.

    Examples
    --------
    >>> rank("7", "3"), rank(None, "3x3x3"), rank(None, "3")
    (1, 3, 2)
    """
    if size is not None:
        return len(sizes(size, "--input"))
    return len(sizes(kernel, "--kernel")) if kernel and "x" in kernel.lower() else 2


def _setting(name: str, value: Any, rank: int) -> Any:
    """One option's value; a kernel, outputs and pairs of padding have an entry for each axis."""
    if not isinstance(value, str) or (name == "padding" and value.lower() in NAMED):
        return value.lower() if isinstance(value, str) else value
    if name == "how":
        return value
    if name in ("places", "starts", "sizes"):
        return sizes(value, "--kernel")
    if name in ("order", "repeats"):  # axes that are not named stay as they are
        given = sizes(value, "--kernel")
        return (*given, *(axis if name == "order" else 1 for axis in range(len(given), 2 + rank)))
    if name in ("size", "pieces"):
        first, *others = sizes(value, "--kernel")
        return (first, *others) if others else first
    if name == "padding":
        pairs = tuple(_pair(part) for part in value.lower().split("x"))
        return pairs * rank if len(pairs) == 1 else pairs
    entries = sizes(value, f"--{'kernel' if name == 'outputs' else name}")
    if name in FIRST and len(entries) not in (1, rank):
        raise SettingError(
            f"the {name} has another number of axes than the input or --rank.",
            here=f"{len(entries)} entries, {rank} axes",
            fix="give one size for all axes, or one for each",
        )
    return entries * rank if len(entries) == 1 else entries


def _pair(text: str) -> tuple[int, int]:
    """Padding of one axis: a size for both sides, or before:after."""
    parts = [sizes(part, "--padding")[0] for part in text.split(":")]
    if len(parts) > 2:
        raise SettingError("an axis is padded before and after.", here=f"--padding {text}", fix="for example 1:0")
    return (parts[0], parts[-1])
