"""Networks of the zoo with arguments, as text: ``resnet50(classes=10)``."""

from __future__ import annotations

from cnnmath import zoo
from cnnmath.errors import CnnmathError, SettingError, UnknownNameError, unknown
from cnnmath.graph import Architecture
from cnnmath.graph.notation import symbol
from cnnmath.ops.call import Call, located
from cnnmath.ops.syntax import read


def parse(text: str) -> Architecture:
    """Read a call of a built-in network.

    Raises
    ------
    NotationError, UnknownNameError, SettingError
        For text that is no call, a network that does not exist, and arguments that it does not take.

    Examples
    --------
    >>> parse("vgg16(classes=10, input_shape=(3, 64, 64))").input_shape
    (3, 64, 64)
    """
    first, *rest = read(text, symbol)
    if rest:
        raise rest[0].place.error("a built-in network stands alone.", rule="one network", fix="leave the rest out")
    return build(first)


def build(call: Call) -> Architecture:
    """The network that a call names."""
    if not is_network(call.name):
        raise located(unknown("network", call.name, zoo.ALL, "cnnmath zoo"), call.place)
    try:
        entry = zoo.entry(call.name)
        return entry.checked(call.build(entry.build))
    except CnnmathError:
        raise
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise SettingError(
            "it cannot be built with these arguments.",
            text=call.place.shown(),
            here=f"{type(error).__name__}: {error}",
            fix="give the numbers and tuples that its documentation asks for",
        ).at(call.name) from None


def is_network(name: str) -> bool:
    """Whether a built-in network has this name."""
    try:
        return bool(zoo.entry(name))
    except UnknownNameError:
        return False
