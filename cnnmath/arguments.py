"""What a command line means: networks, operators and sizes, read from text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnmath import ops
from cnnmath.errors import CnnmathError, NotationError, SettingError, ShapeError, UnknownNameError, clip, unknown
from cnnmath.ops import Operator, notation
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.call import located
from cnnmath.ops.checks import layout_note
from cnnmath.ops.recurrent import Cell
from cnnmath.ops.syntax import Symbols, read
from cnnmath.window import NAMED

if TYPE_CHECKING:
    from cnnmath.graph import Architecture
    from cnnmath.interchange import Model

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

READINGS = (
    "a name of `cnnmath zoo`, a call such as resnet50(classes=10), operators joined by >, or a file .json or .onnx"
)
"""How a network is given."""

NOTES = 3
"""What is said of a file, in so many lines; of more, how many there are."""


def network(what: str, size: str | None = None, said: Callable[[str], None] = lambda _: None) -> Architecture:
    """The network that a command line means, for another input where a size is given.

    Parameters
    ----------
    what
        A built-in network's name or call, a chain of operators, or the path of a file of node-link JSON or of ONNX.
    size
        Shape of the input, CxHxW; a letter is a size left open. A chain has none of its own.
    said
        Called with what did not come over from a file, in a few lines, where there is anything, and with a doubt about
        the shape of a chain's input, whose channels may be last.

    Raises
    ------
    CnnmathError
        Where it is none of these, and for a size that does not go with it.

    Examples
    --------
    >>> network("lenet5", "1x28x28").input_shape
    (1, 28, 28)
    >>> network("conv(8, 3) > relu", "3xHxW")
    Architecture 'network': input (3, H, W), 2 operators, output 'relu1'
    """
    if what.lower().endswith(".json"):
        from cnnmath.graph import load

        return _resized(load(what), size)
    if is_model(what):
        model = read_model(what)
        if model.notes:
            said(noted(what, model.notes))
        return _resized(model.network, size)

    from cnnmath import zoo
    from cnnmath.graph.notation import network as joined
    from cnnmath.graph.notation import symbol
    from cnnmath.zoo import notation as networks

    if re.fullmatch(r"[\w.-]+", what) and not is_operator(what):
        try:
            return _resized(zoo.named(what), size)
        except UnknownNameError as error:
            error.lines["rule"] = READINGS
            raise
    try:
        calls = read(what, symbol)
    except NotationError as error:
        if ">" not in what:
            error.lines["rule"] = READINGS
        raise
    if len(calls) == 1 and networks.is_network(calls[0].name):
        return _resized(networks.build(calls[0]), size)
    if len(calls) == 1 and not is_operator(calls[0].name):
        known = [*zoo.ALL, *(kind.__name__.lower() for kind in ops.ALL)]
        raise located(
            unknown("network or operator", calls[0].name, known, "cnnmath zoo` and `cnnmath derive"), calls[0].place
        )
    operators = [notation.build(call) for call in calls]
    if size is None:
        raise SettingError(
            "operators alone do not say the shape of the input.",
            rule="it is (C, *spatial), channels first and without the batch axis",
            fix="for example --input 3x224x224, or --input 3xHxW for sizes left open",
        )
    shape = input_shape(size)
    if note := layout_note(shape):
        said(f"--input {size}: {note}")
    return joined(operators, shape)


def is_model(what: str) -> bool:
    """Whether a command line means a file of ONNX.

    Examples
    --------
    >>> is_model("net.onnx"), is_model("resnet50")
    (True, False)
    """
    return what.lower().endswith(".onnx")


def read_model(path: str) -> Model:
    """The model of a file of ONNX, called by the file's name; arrays are loaded when they are asked for."""
    from cnnmath.interchange.onnx import import_onnx

    return import_onnx(path, name=Path(path).stem)


def noted(path: str, notes: Sequence[str]) -> str:
    """What did not come over from a file, in a few lines.

    Examples
    --------
    >>> print(noted("net.onnx", [f"'node{i}' is not known here: Foo" for i in range(5)]))
    net.onnx: 'node0' is not known here: Foo
    net.onnx: 'node1' is not known here: Foo
    net.onnx: 'node2' is not known here: Foo
    net.onnx: and 2 notes more
    """
    more = len(notes) - NOTES
    last = [f"and {more} note{'s' if more > 1 else ''} more"] if more > 0 else []
    return "\n".join(f"{Path(path).name}: {note}" for note in [*notes[:NOTES], *last])


def _resized(net: Architecture, size: str | None) -> Architecture:
    """The same network for another input of its rank."""
    from cnnmath.graph.opaque import check_all_known

    if size is None:
        return net
    shape = input_shape(size)
    if len(shape) == len(net.input_shape) + 1 and shape[0] == 1:  # as `verify` has it, of one sample
        shape = shape[1:]
    if len(shape) != len(net.input_shape):
        raise SettingError(
            "the input has another rank than the network.",
            here=f"--input {size}",
            rule=f"{net.name} takes CxHxW, as in {'x'.join(map(str, net.input_shape))}",
            fix="channels first, without a batch or behind a batch of 1",
        )
    if shape != net.input_shape:
        fix = "leave --input out, or write the file for the other input"
        check_all_known(net, net.input_shape, here=f"--input {size}", fix=fix)
    try:
        return net.with_input(shape)
    except ShapeError as error:
        if error.lines.get("fix", "").startswith("give "):
            error.lines["fix"] = f"--input {error.lines['fix'].removeprefix('give ')}"
        raise


def input_shape(size: str) -> tuple[Any, ...]:
    """Shape of an input: sizes joined by x, a letter for a size left open."""
    from cnnmath.graph.notation import symbol

    return sizes(size, "--input", symbol)


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


def sizes(text: str, option: str, symbols: Symbols = None) -> tuple[Any, ...]:
    """Sizes joined by x, given to an option; with symbols, a letter is a size left open.

    Examples
    --------
    >>> sizes("3x224x224", "--input")
    (3, 224, 224)
    """
    try:
        return notation.sizes(text, symbols)
    except NotationError as error:
        error.lines["here"] = f"{option} {error.lines['here']}"
        if option == "--rungs":
            error.lines["fix"] = "for example --rungs 1,2"
        elif option != "--input":
            error.lines["fix"] = f"for example {option} 3, or {option} 3x2 for an entry an axis"
        raise


def setting(text: str) -> tuple[str, Any]:
    """A subject's setting, ``NAME=VALUE``, as its name and its value.

    Examples
    --------
    >>> setting("points=0,1,-1/2"), setting("input=3x4"), setting("ties=shared")
    (('points', (0, 1, Fraction(-1, 2))), ('input', (3, 4)), ('ties', 'shared'))
    """
    name, equals, said = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z][A-Za-z_]*", name) or not said:
        raise SettingError(
            "a setting is a name and a value.", here=clip(text), rule="NAME=VALUE", fix="for example m=4"
        )
    return name.lower().replace("-", "_"), value(said)


def value(text: Any) -> Any:
    """What a setting's text means: a number, true or false, a tuple of sizes or of numbers, or the word itself."""
    if not isinstance(text, str):
        return text
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"\d+(x\d+)+", text):
        return tuple(map(int, text.split("x")))
    if re.fullmatch(r"-?\d{1,40}(/\d{1,40})?(,-?\d{1,40}(/\d{1,40})?)+", text):
        return tuple(map(value, text.split(",")))
    if re.fullmatch(r"-?\d{1,40}(/0*[1-9]\d{0,38})?", text):
        number = Fraction(text)
        return int(number) if number.denominator == 1 else number
    return text


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
