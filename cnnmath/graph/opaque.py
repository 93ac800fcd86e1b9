"""An operator whose mathematics is not known here: its name, and the shape of its output where it is declared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from cnnmath import ops
from cnnmath.errors import SHOWN, SettingError, ShapeError, UnknownNameError, clip
from cnnmath.graph.sources import Given, Source
from cnnmath.ops.algebra import Algebra, Operator, Shape
from cnnmath.ops.checks import check_input_shape, check_shape
from cnnmath.ops.notation import describe
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class Opaque(Operator):
    """An operator that the package does not know; shapes pass through it, its numbers are not counted.

    Parameters
    ----------
    kind
        What it is, in any words that do not begin with a known operator's name.
    output_shape
        Shape of one sample of its output, (C, \\*spatial), for the network's own input; None where it is not declared.

    Notes
    -----
    *Shape*: any number of inputs to (N, \\*output_shape). *Cost*, parameters and receptive field are not known: a total
    over a network that holds one is partial.

    Raises
    ------
    SettingError, ShapeError
        For a kind that is no text or a known operator, and an output shape that is none.

    Examples
    --------
    >>> Opaque("attention(8)", (196, 768)).shape((1, 196, 768))
    (1, 196, 768)
    """

    kind: str
    output_shape: tuple[Size, ...] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or not self.kind.strip():
            raise SettingError("an unknown operator needs a name.", here=f"kind {self.kind!r}", fix="say what it is")
        if (known := known_kind(self.kind)) is not None:
            raise SettingError(
                "this operator is known.",
                here=f"kind {self.short!r}",
                fix=f"use cnnmath.ops.{known.__name__}, or a name that begins with another word",
            )
        if self.output_shape is not None:
            object.__setattr__(self, "output_shape", check_input_shape(self.output_shape))

    @property
    def short(self) -> str:
        """Its kind as a message shows it."""
        return clip(self.kind)

    def shape(self, *inputs: Shape) -> Shape:
        """Shape of the output: the declared one, whatever the inputs."""
        for x in inputs:
            check_shape(x)
        if not inputs or self.output_shape is None:
            raise ShapeError(
                f"the operator '{self.short}' is not known, and its output shape is not declared.",
                **self._near(),
                rule="an unknown operator declares the shape (C, *spatial) of its output",
                fix="give its node an output_shape, such as [64, 56, 56], or name one of the known operators",
            )
        batch = next((x[0] for x in inputs if x), 1)
        return (batch, *self.output_shape)

    def windows(self, sizes: Shape) -> None:
        """None: what an output sees is not known."""

    def element(self, m: Algebra, at: tuple[Size, ...], *operands: object) -> NoReturn:
        """Raise: there is no sentence."""
        raise SettingError(
            f"the mathematics of '{self.short}' is not known here.",
            rule="an unknown operator has a shape alone",
            fix="replace it by operators of cnnmath.ops",
        )

    def _near(self) -> dict[str, str]:
        """Known operators of a similar name."""
        try:
            ops.named(_word(self.kind))
        except UnknownNameError as error:
            return {key: text for key, text in error.lines.items() if key == "near"}
        return {}


def check_all_known(nodes: Iterable[tuple[str, Operator]], own: tuple[Size, ...], *, here: str, fix: str) -> None:
    """Raise where a network that holds for its ``own`` input alone is asked about another one."""
    for name, op in nodes:
        if fact := _holds_for_one_input(op):
            rule = f"the network's own input is {'x'.join(map(str, own))}"
            raise SettingError(fact, here=here, rule=rule, fix=fix).at(f"node '{name}'")


def _holds_for_one_input(op: Operator) -> str:
    """Why an operator's shape holds for one input of the network alone, if it does."""
    if isinstance(op, Opaque):
        return "an unknown operator declares its output shape for one input."
    spatial = op.sizes[1 if isinstance(op, Given) and op.batched else 2 :] if isinstance(op, Source) else ()
    return "a stored array or a further input has one size." if any(n != 1 for n in spatial) else ""


def known_kind(text: str) -> type[Operator] | None:
    """The operator whose name a text begins with, or None.

    Examples
    --------
    >>> known_kind("relu()").__name__, known_kind("attention(8)")
    ('ReLU', None)
    """
    try:
        return ops.named(_word(text))
    except UnknownNameError:
        return None


def called(op: Operator) -> str:
    """What an operator is called.

    Examples
    --------
    >>> called(ops.Conv(8, 3)), called(Opaque("attention(8)"))
    ('Conv', 'attention(8)')
    """
    return op.short if isinstance(op, Opaque) else type(op).__name__


def described(op: Operator) -> str:
    """An operator with its settings.

    Examples
    --------
    >>> described(ops.Conv(8, 3)), described(Opaque("attention(8)"))
    ('conv(8, 3)', 'attention(8)')
    """
    return op.short if isinstance(op, Opaque) else describe(op)


def _word(text: str) -> str:
    found = re.match(r"\s*(\w*)", text)
    return found[1][:SHOWN] if found else ""
