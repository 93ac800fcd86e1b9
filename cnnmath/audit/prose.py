"""Networks in prose, as tables and slides name them, made into architectures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cnnmath import ops, zoo
from cnnmath.audit.findings import NotCoveredError
from cnnmath.audit.given import read_sizes
from cnnmath.graph import Architecture
from cnnmath.ops import AveragePool, Conv, Flatten, Linear, MaxPool, Operator, Softmax

ACTIVATIONS: Mapping[str, type[Operator]] = MappingProxyType(
    {kind.__name__.lower(): kind for kind in (ops.ReLU, ops.LeakyReLU, ops.ELU, ops.Sigmoid, ops.Tanh, ops.Softplus)}
    | {"softmax": Softmax}
)

NUMBERED = (Conv, Linear)
"""What people number as the layers of a network."""

COUNTS: Mapping[str, int] = MappingProxyType({"one": 1, "two": 2, "three": 3, "four": 4})

FILLER = frozenset(("as", "published", "in", "the", "of", "a", "an", "network", "with", "and", ""))
"""Words that say nothing of a network."""


def network(text: str) -> Architecture:
    """Build the network that a text describes: its layers, the widths of a perceptron, or the name of a known one.

    Raises
    ------
    NotCoveredError
        For a text that is not understood, saying where.

    Examples
    --------
    >>> network("input 32x32x3; conv 8 filters 5x5; pool 2; FC 120; softmax 10")
    Architecture 'described': input (3, 32, 32), 6 operators, output 'softmax1.softmax'
    >>> len(network("784 - 500 - 10"))
    2
    >>> network("LeNet-5, 32x32x1, average pooling").name
    'lenet5'
    """
    if ";" in text:
        return _described(text)
    widths = re.fullmatch(r"\s*\d{1,9}(\s*[-\u2013]\s*\d{1,9})+\s*", text, re.ASCII)
    return _perceptron([int(n) for n in re.findall(r"\d+", text)]) if widths else _known(text)


def _perceptron(widths: list[int]) -> Architecture:
    net = Architecture("perceptron", (widths[0],))
    for i, units in enumerate(widths[1:], 1):
        net.add(f"fc{i}", Linear(units))
    return net


def _described(text: str) -> Architecture:
    """Layers between semicolons; each is numbered among those of its word: conv1, pool1, fc1."""
    first, *layers = [part.strip().lower() for part in text.split(";") if part.strip()] or [""]
    size = read_sizes(first.removeprefix("input").strip())
    if size is None or len(size) not in (1, 2, 3):
        raise NotCoveredError(f"the input of the network is not understood: '{first}'")
    channels, spatial = (size[-1], size[:-1]) if len(size) != 2 else (1, size)
    net = Architecture("described", (channels, *spatial))
    flat, counts = not spatial, dict[str, int]()
    for layer in layers:
        word, op, activation = _layer(layer)
        counts[word] = counts.get(word, 0) + 1
        if isinstance(op, Linear) and not flat:
            net.add("flatten", Flatten())
        flat = flat or isinstance(op, (Linear, Flatten))
        name = net.add(word if isinstance(op, Flatten) else f"{word}{counts[word]}", op)
        if activation:
            net.add(f"{name}.{activation}", ACTIVATIONS[activation]())
    return net


def _layer(text: str) -> tuple[str, Operator, str]:
    """Word, operator and activation of one layer in prose."""
    words = text.split()
    activation = words.pop() if len(words) > 1 and words[-1] in ACTIVATIONS else ""
    body = " ".join(words)
    for pattern, build in LAYERS.items():
        match = re.fullmatch(pattern, body, re.ASCII)
        if match:
            word = words[0]
            return word, build(match.groupdict()), activation or ("softmax" if word == "softmax" else "")
    raise NotCoveredError(f"a layer of the network is not understood: '{text}'")


def _window(groups: Mapping[str, str | None]) -> dict[str, Any]:
    """Kernel, stride and padding; a single kernel size is square."""
    kernel = read_sizes(groups["kernel"]) or ()
    named = {key: int(value) for key in ("stride", "padding", "groups") if (value := groups.get(key))}
    return {"kernel": kernel * 2 if len(kernel) == 1 else kernel, **named}


_WINDOW = r" (?P<kernel>\d{1,9}(?:x\d{1,9})?)(?: stride (?P<stride>\d{1,9}))?(?: pad(?:ding)? (?P<padding>\d{1,9}))?"

LAYERS: Mapping[str, Callable[[dict[str, Any]], Operator]] = MappingProxyType(
    {
        r"conv (?P<filters>\d{1,9})(?: filters)?" + _WINDOW + r"(?: groups (?P<groups>\d{1,9}))?": (
            lambda g: Conv(int(g["filters"]), **_window(g))
        ),
        r"(?:max)?pool" + _WINDOW: lambda g: MaxPool(**_window(g)),
        r"(?:average|avg)pool" + _WINDOW: lambda g: AveragePool(**_window(g)),
        r"flatten": lambda _: Flatten(),
        r"(?:fc|dense|linear|softmax) (?P<units>\d{1,9})": lambda g: Linear(int(g["units"])),
    }
)
"""A layer in prose, and the operator that it names."""


def _known(text: str) -> Architecture:
    """A network of the zoo; whatever else the text says of it has to be so."""
    words = re.findall(r"[a-z]+|\d+", text.lower())
    parts = {name: re.findall(r"[a-z]+|\d+", name) for name in zoo.ALL}
    named = [name for name, own in parts.items() if set(own) <= set(words) and words[0] == own[0]]
    if not named:
        raise NotCoveredError(f"the network is not known: '{text}'")
    name = max(named, key=lambda name: len(parts[name]))
    net, rest = zoo.ALL[name](), text.lower()
    for part in parts[name]:
        rest = rest.replace(part, "", 1)
    for pattern, apply in DETAILS.items():
        for match in re.finditer(pattern, rest, re.ASCII):
            net = apply(net, match)
        rest = re.sub(pattern, "", rest, flags=re.ASCII)
    unknown = set(re.findall(r"\w+", rest)) - FILLER
    if unknown:
        raise NotCoveredError(f"what is said of {name} is not understood: '{sorted(unknown)[0]}'")
    return net


def _with_sizes(net: Architecture, match: re.Match[str]) -> Architecture:
    height, width, channels = map(int, match[1].split("x"))
    return net.with_input((channels, height, width))


def _with_size(net: Architecture, match: re.Match[str]) -> Architecture:
    return net.with_input((net.input_shape[0], *[int(match[1])] * (len(net.input_shape) - 1)))


def _with_groups(net: Architecture, match: re.Match[str]) -> Architecture:
    """The network itself, where exactly these layers have so many groups."""
    number = COUNTS.get(match[1]) or int(match[1])
    layers = [op for _, op in net if isinstance(op, NUMBERED)]
    grouped = [f"l{i}" for i, op in enumerate(layers, 1) if isinstance(op, Conv) and op.groups == number]
    return _only_if(net, grouped == re.findall(r"l\d+", match[2]), match[0])


def _with_pooling(net: Architecture, match: re.Match[str]) -> Architecture:
    kind = AveragePool if match[1].startswith("av") else MaxPool
    pools = [op for _, op in net if isinstance(op, (AveragePool, MaxPool))]
    return _only_if(net, bool(pools) and all(isinstance(op, kind) for op in pools), match[0])


def _only_if(net: Architecture, holds: bool, what: str) -> Architecture:  # noqa: FBT001 - the condition itself
    if not holds:
        raise NotCoveredError(f"the known {net.name} is another: '{what}' does not hold of it")
    return net


DETAILS: Mapping[str, Callable[[Architecture, re.Match[str]], Architecture]] = MappingProxyType(
    {
        r"(\d{1,9}x\d{1,9}x\d{1,9})": _with_sizes,
        r"\b(\d{1,9}) input\b": _with_size,
        rf"({'|'.join(COUNTS)}|\d{{1,9}}) groups in (l\d+(?:(?:, | and )l\d+)*)": _with_groups,
        r"(average|avg|max|maximum) pooling": _with_pooling,
    }
)
"""What may be said of a known network: it is put in, or has to hold."""
