"""All ways to read a quantity off a network: conventions, variants of its family, usual sizes of its input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod
from types import MappingProxyType
from typing import Any, TypeAlias

from cnnmath import zoo
from cnnmath.audit.printed import Agreement
from cnnmath.errors import SettingError, ShapeError
from cnnmath.graph import Architecture, Summary, analyze
from cnnmath.graph.checks import check_numbers
from cnnmath.graph.conventions import PRESETS
from cnnmath.graph.text import times

Readings: TypeAlias = Mapping[str, Callable[[Summary], Any]]
"""Ways to read a quantity off a network, in words, the usual one first."""

SIZES = (96, 112, 128, 160, 192, 224, 227, 240, 256, 288, 299, 320, 331, 384, 448, 512, 600)
"""Edges of images that networks are evaluated on."""

USUAL = "as usual"
"""What is no difference."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to come to a number.

    Attributes
    ----------
    network, convention, input_shape
        What was counted, how, and at which size.
    value
        The exact number.
    reasons
        What differs from the network as it was asked for, counted in the usual way: empty where nothing does.
    agreement
        How the printed figure agrees with the value: ``"exact"``, ``"rounded"``, ``"truncated"``, or None.
    alike
        The reasons of other readings with as many differences that give the same value.
    """

    network: str
    convention: str
    input_shape: tuple[int, ...]
    value: int
    reasons: tuple[str, ...]
    agreement: Agreement | None = None
    alike: tuple[tuple[str, ...], ...] = ()

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "network": self.network,
            "convention": self.convention,
            "input_shape": list(self.input_shape),
            "value": self.value,
            "reasons": list(self.reasons),
            "agreement": self.agreement,
            "alike": [list(reasons) for reasons in self.alike],
        }


def _counts() -> Readings:
    """Multiply-accumulates, and everything else that is printed under that name."""

    def by(name: str, times: int) -> Callable[[Summary], Any]:
        return lambda summary: times * summary.count(name).total

    conventions = {f"{preset.name}: {preset.says}": preset.name for preset in PRESETS if preset.name != "units"}
    once = {USUAL if name == "macs" else says: by(name, 1) for says, name in conventions.items()}
    twice = {f"doubled, {says}": by(name, 2) for says, name in conventions.items() if name not in ("macs", "flops")}
    return once | twice


def _weights(summary: Summary) -> int:
    owners = (layer for layer in summary.layers if layer.parameters)
    shapes = (layer.op.parameters(*layer.input_shapes) for layer in owners)
    return sum(prod(shape) for named in shapes for name, shape in named.items() if name == "w")


EXPLAINABLE: Mapping[str, Callable[[], Readings]] = MappingProxyType(
    {
        "macs": _counts,
        "parameters": lambda: {
            USUAL: lambda summary: summary.parameters,
            "with the numbers that are not trained": lambda summary: summary.parameters + summary.buffers,
            "weights alone, biases and scales left out": _weights,
        },
        "field": lambda: {
            USUAL: lambda summary: summary.field[0].extent if summary.field else None,
            "the path that sees least": lambda summary: summary.least[0].extent if summary.least else None,
        },
    }
)
"""What can be explained, and its readings."""


def readings(network: str | Architecture, quantity: str, input_shape: Sequence[int] | None = None) -> Iterator[Reading]:
    """All readings with at most two differences, the usual one first."""
    ways, usual = EXPLAINABLE[quantity](), ()
    variants = _variants(network, input_shape)
    sizes = SIZES if quantity == "macs" else ()
    for (variant, build), size in [*product(variants, [None]), *product(variants[:1], sizes)]:
        try:
            summary = analyze(build(size))
        except (SettingError, ShapeError):
            if not (variant or size):
                raise
            continue
        shape = summary.network.input_shape
        if size and shape == usual:
            continue
        usual = usual or shape
        placed = [variant] if variant else [f"an input of {times(shape)}"] if size else []
        for says, read in ways.items():
            value = read(summary)
            if value is not None:
                reasons = tuple(reason for reason in (*placed, says) if reason != USUAL)
                yield Reading(summary.network.name, says, shape, value, reasons)


def _variants(
    network: str | Architecture, input_shape: Sequence[int] | None
) -> list[tuple[str, Callable[[int | None], Architecture]]]:
    """The network itself, then the others of its family with what distinguishes them, each for any size."""
    given = network if isinstance(network, Architecture) else zoo.named(str(network))
    family = {} if isinstance(network, Architecture) else zoo.variants(network)
    nets = [("", given), *((what, build()) for what, build in family.items() if build().name != given.name)]
    if input_shape is not None:
        nets = [(what, net.with_input(input_shape)) for what, net in nets]
    check_numbers(nets[0][1].input_shape, "explanation")
    return [(what, partial(_resized, net)) for what, net in nets]


def _resized(net: Architecture, size: int | None) -> Architecture:
    channels, *spatial = net.input_shape
    same = size is None or [size] * len(spatial) == spatial
    return net if same else net.with_input((channels, *(size for _ in spatial)))
