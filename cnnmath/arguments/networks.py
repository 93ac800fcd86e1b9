"""The network that a command line means: a name, a call, a chain of operators, or a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnmath import ops
from cnnmath.arguments.operators import is_operator
from cnnmath.arguments.values import sizes
from cnnmath.errors import NotationError, SettingError, ShapeError, UnknownNameError, unknown
from cnnmath.ops import notation
from cnnmath.ops.call import Call, located
from cnnmath.ops.checks import layout_note
from cnnmath.ops.syntax import read

if TYPE_CHECKING:
    from cnnmath.graph import Architecture
    from cnnmath.interchange import Model

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
    if re.fullmatch(r"[\w.-]+", what) and not is_operator(what):
        return _resized(_named(what), size)
    calls = _calls(what)
    if len(calls) == 1 and not is_operator(calls[0].name):
        return _resized(_built(calls[0]), size)
    return _chained(calls, size, said)


def _named(name: str) -> Architecture:
    from cnnmath import zoo

    try:
        return zoo.named(name)
    except UnknownNameError as error:
        error.lines["rule"] = READINGS
        raise


def _calls(what: str) -> list[Call]:
    from cnnmath.graph.notation import symbol

    try:
        return read(what, symbol)
    except NotationError as error:
        if ">" not in what:
            error.lines["rule"] = READINGS
        raise


def _built(call: Call) -> Architecture:
    """A network of the zoo with arguments; what names nothing may have been meant for an operator, too."""
    from cnnmath import zoo
    from cnnmath.zoo import notation as networks

    if not networks.is_network(call.name):
        known = [*zoo.ALL, *(kind.__name__.lower() for kind in ops.ALL)]
        raise located(unknown("network or operator", call.name, known, "cnnmath zoo` and `cnnmath derive"), call.place)
    return networks.build(call)


def _chained(calls: Sequence[Call], size: str | None, said: Callable[[str], None]) -> Architecture:
    """Operators one behind the other, for the input that they do not say themselves."""
    from cnnmath.graph.notation import network as joined

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
