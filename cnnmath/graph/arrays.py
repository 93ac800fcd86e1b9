"""The arrays of a network, each named by its node and its operand: what is trained, and what is stored beside."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from cnnmath import ops
from cnnmath.errors import DataError, SettingError, ShapeError
from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.checks import check_numbers
from cnnmath.graph.opaque import Opaque
from cnnmath.graph.propagate import held, walk
from cnnmath.graph.sources import Constant, Given
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape

SHOWN = 6
"""Names that a message lists; of more, it says how many there are."""


def parameters(net: Architecture) -> dict[str, Shape]:
    """Shapes of all trainable arrays, by name: the node that owns them, a dot, and the operand.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> shapes = parameters(zoo.lenet5())
    >>> shapes["conv1.w"], shapes["linear5.b"], len(shapes)
    ((6, 1, 5, 5), (10,), 10)
    """
    return _declared(net, lambda trained, _: trained)


def buffers(net: Architecture) -> dict[str, Shape]:
    """Shapes of all arrays that belong to the network and are not trained, by name: what is read at inference.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> buffers(zoo.resnet18())["bn1.mean"]
    (64,)
    """
    return _declared(net, lambda _, stored: stored)


def owner(net: Architecture, node: str) -> str:
    """Node under whose name the arrays of a node stand: its own, unless it shares another's.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> owner(zoo.lenet5(), "conv1")
    'conv1'
    """
    return net.shares(node) or node


def check_arrays(net: Architecture, given: Mapping[str, Any], batch: int = 1) -> None:
    """Raise where these are not the arrays that a network declares: all of them, no others, each of its shape.

    Samples may meet, so that it is asked for a batch of this size.

    Raises
    ------
    DataError
        For names that are missing or unknown, and for an array of another shape, naming the node.
    SettingError
        For an operator whose mathematics is not known.
    """
    if not isinstance(given, Mapping):
        raise DataError(
            "the parameters are no dict of arrays.",
            here=f"{type(given).__name__}",
            fix="give a dict such as {'conv1.w': ...}, or training.initialise(net)",
        ).at(_network(net))
    declared = _declared(net, lambda trained, stored: trained | stored, batch)
    _check_names(net, set(declared), set(given))
    for name, shape in declared.items():
        if np.shape(given[name]) != shape:
            node, _, operand = name.rpartition(".")
            raise DataError(
                f"'{name}' has another shape than declared.",
                input=f"{operand} {np.shape(given[name])}",
                rule=f"{operand} {shape}",
                fix="transpose or reshape it, or build the network that it belongs to",
            ).at(f"{type(net.op(node)).__name__.lower()} '{node}'")


def check_inputs(net: Architecture, x: Any) -> dict[str, np.ndarray[Any, Any]]:
    """Arrays by the node that takes them: x alone, or a dict where the network has further inputs.

    Raises
    ------
    ShapeError
        As `check_input` does, and where a further input has another shape than declared.
    DataError
        For inputs that are missing or unknown.
    """
    further = {name: op for name, op in net if isinstance(op, Given)}
    given = dict(x) if isinstance(x, Mapping) else {INPUT: x}
    if set(given) != {INPUT, *further}:
        raise DataError(
            "the inputs are not those of the network.",
            input=listed(given) or "none",
            rule=f"it takes {listed([INPUT, *further])}",
            fix="give a dict of arrays by these names" if further else "give one array",
        ).at(_network(net))
    arrays = {INPUT: check_input(net, given[INPUT])}
    for name, op in further.items():
        arrays[name] = np.asarray(given[name])
        wanted = op.shape(arrays[INPUT].shape[:1])
        if arrays[name].shape != wanted:
            raise ShapeError(
                "a further input has another shape than declared.",
                input=f"{arrays[name].shape}",
                rule=f"{wanted}" + (", the first size that of the batch" if op.batched else ""),
            ).at(f"node '{name}'")
    return arrays


def check_input(net: Architecture, x: Any) -> np.ndarray[Any, Any]:
    """Array of samples that a network takes, (N, C, \\*spatial).

    Raises
    ------
    ShapeError
        For another shape, and where the network's own sizes are symbols.
    """
    check_numbers(net.input_shape, "run", _network(net))
    array = np.asarray(x)
    if array.shape[1:] != net.input_shape or array.ndim == 0:
        alone = array.shape == net.input_shape
        takes = ", ".join(map(str, net.input_shape))
        raise ShapeError(
            "the input has another shape than the network takes.",
            input=f"x {array.shape}",
            rule=f"x (N, {takes}), for any number N of samples",
            fix="a single sample needs a batch axis: x[None]" if alone else "reshape it, or see net.with_input",
        ).at(_network(net))
    return array


def handed_on(op: Constant, value: np.ndarray[Any, Any], batch: int) -> np.ndarray[Any, Any]:
    """What a stored array hands on to a batch: itself, or itself for each sample.

    Examples
    --------
    >>> handed_on(Constant((1, 2), repeated=True), np.array([[3, 4]]), 2).tolist()
    [[3, 4], [3, 4]]
    """
    return np.broadcast_to(value, (batch, *value.shape[1:])) if op.repeated else value


def _declared(net: Architecture, of: Callable[..., dict[str, Shape]], batch: int = 1) -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    for node, op, inputs, _ in walk(net, batch, counted=()):
        _check_known(node, op)
        if net.shares(node) is None:
            wanted = of(*held(net, node, ops.inference(op), *inputs))
            found |= {f"{node}.{operand}": shape for operand, shape in wanted.items()}
    return found


def _check_known(node: str, op: Operator) -> None:
    """Raise where a node's operator has a shape alone."""
    if isinstance(op, Opaque):
        raise SettingError(
            f"the mathematics of '{op.short}' is not known here.",
            rule="a network runs where all its operators are known",
            fix="replace it by operators of cnnmath.ops",
        ).at(f"node '{node}'")


def _check_names(net: Architecture, declared: set[str], given: set[str]) -> None:
    missing, unknown = declared - given, given - declared
    if not missing and not unknown:
        return
    near = {name: difflib.get_close_matches(str(name), missing, n=1) for name in sorted(unknown, key=str)[:SHOWN]}
    lines = {
        "missing": listed(missing),
        "unknown": listed(unknown),
        "near": ", ".join(f"{close[0]} for {name}" for name, close in near.items() if close),
    }
    raise DataError(
        "the arrays are not those that the network declares.",
        **{label: text for label, text in lines.items() if text},
        fix="rename or leave out what is unknown" if unknown else "begin with training.initialise(net), which has all",
    ).at(_network(net))


def listed(names: Iterable[str]) -> str:
    """Names as a message lists them: the first in order, and how many more there are.

    Examples
    --------
    >>> listed("hgfedcba")
    'a, b, c, d, e, f and 2 more'
    """
    ordered = sorted(map(str, names))
    more = len(ordered) - SHOWN
    return ", ".join(ordered[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _network(net: Architecture) -> str:
    return f"network '{net.name}'"
