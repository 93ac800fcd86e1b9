"""What a command line means: networks, operators and sizes, read from text."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from cnnmath import ops
from cnnmath.errors import CnnmathError, SettingError
from cnnmath.ops import Operator

if TYPE_CHECKING:
    from cnnmath.graph import Architecture

FIRST = {"kernel": "2", "outputs": "2", "size": "5", "padding": "1", "scale": "2", "channels": "1x0"}
"""The first setting of an operator, where it has one, and what it is where a command line leaves it out."""


def network(name: str, size: str | None) -> Architecture:
    """A built-in network, for another input where a size is given.

    Examples
    --------
    >>> network("lenet5", "1x28x28").input_shape
    (1, 28, 28)
    """
    from cnnmath import zoo

    net = zoo.named(name)
    if size is None:
        return net
    shape = sizes(size, "--input")
    if len(shape) != len(net.input_shape):
        raise SettingError(
            "the input has another rank than the network.",
            here=f"--input {size}",
            rule=f"{net.name} takes CxHxW, as in {'x'.join(map(str, net.input_shape))}",
            fix="channels first, without the batch axis",
        )
    return net.with_input(shape)


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
    first = next((name for name in FIRST if name in own), None)
    given = {name: value for name, value in settings.items() if value is not None}
    if first and first != "kernel":
        given = {first if name == "kernel" else name: value for name, value in given.items()}
    if "units" in own:
        given = {"units" if name == "filters" else name: value for name, value in given.items()}
    for name in given:
        if name not in own:
            options = ", ".join(f"--{n.replace('_', '-')}" for n in own)
            fix = f"its settings are {options}" if own else "it has no settings: leave it out"
            raise SettingError("it has no such setting.", here=f"--{name}", fix=fix).at(kind.__name__.lower())
    if first:
        given.setdefault(first, FIRST[first])
    for field in ("filters", "units"):
        if field in own:
            given.setdefault(field, max(given.get("groups", 1), 1))
    try:
        return kind(**{name: _setting(name, value, rank) for name, value in given.items()})
    except CnnmathError as error:
        raise error.at(kind.__name__.lower()) from None


def inputs(op: Operator, size: str, channels: int) -> tuple[tuple[int, ...], ...]:
    """Input shapes of a batch of one, for spatial sizes as given; a linear layer's size is its number of inputs."""
    flat = isinstance(op, (ops.Linear, ops.RadialBasis))
    shape = (1, *([] if flat else [channels]), *sizes(size, "--input"))
    return (shape,) * (2 if op.variadic else 1)


def rank(size: str | None, kernel: str | None) -> int:
    """Number of spatial axes: of the input, or of a kernel with several entries, else 2.

    Examples
    --------
    >>> rank("7", "3"), rank(None, "3x3x3"), rank(None, "3")
    (1, 3, 2)
    """
    if size is not None:
        return len(sizes(size, "--input"))
    return len(sizes(kernel, "--kernel")) if kernel and "x" in kernel else 2


def sizes(text: str, option: str) -> tuple[int, ...]:
    """Sizes joined by x.

    Examples
    --------
    >>> sizes("3x224x224", "--input")
    (3, 224, 224)
    """
    try:
        return tuple(int(part) for part in text.lower().split("x"))
    except ValueError:
        raise SettingError(
            "this is no list of sizes.",
            here=f"{option} {text}",
            rule="integers joined by x",
            fix=f"for example {option} 3x3",
        ) from None


def _setting(name: str, value: Any, rank: int) -> Any:
    """One option's value; a kernel, outputs and pairs of padding have an entry for each axis."""
    if not isinstance(value, str) or (name == "padding" and value.lower() in ("same", "same_lower", "valid")):
        return value.lower() if isinstance(value, str) else value
    if name == "channels":
        return sizes(value, "--kernel")
    if name == "size":
        return sizes(value, "--kernel")[0] if "x" not in value else sizes(value, "--kernel")
    if name == "padding":
        pairs = tuple(_pair(part) for part in value.split("x"))
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
