"""A known mistake: a kernel that is right but for it, a sentence that says it, and the settings at which it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from cnnmath.errors import CnnmathError
from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape

Shows: TypeAlias = Callable[[Any, tuple[Shape, ...]], bool]
"""Whether a mistake can be seen at a setting: from the operator and the shapes of its inputs."""

Rung: TypeAlias = Literal["exact", "rounding", "hygiene", "nan"]
"""What sees a mistake first: exact numbers, inexact or extreme ones, memory and repetition, or not a number."""

Change: TypeAlias = Callable[[Any, Shape], Any]
"""Another setting than the one that is asked for: from the operator and the shape of its first input."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A kernel's mistake that people have made.

    Attributes
    ----------
    name
        Unique, in words joined by hyphens.
    kind
        The operator.
    says
        What completes "your dx behaves as if ...".
    spoils
        The results that may be wrong: ``y``, or the operand whose gradient it is.
    kernel
        The whole pair, right but for the mistake; where the mistake cannot be made, right altogether.
    shows
        Whether some result differs from the right one at a setting, for data in general.
    corpus
        Entries of the bug corpus that it stands for.
    rung
        What sees it first. Where that is not ``"exact"``, clean runs on exact numbers do not, and `shows` speaks of
        data and memory that provoke it.
    """

    name: str
    kind: type[Operator]
    says: str
    spoils: frozenset[str]
    kernel: Kernel
    shows: Shows
    corpus: tuple[str, ...] = ()
    rung: Rung = "exact"

    def __str__(self) -> str:
        return f"{self.kind.__name__}: {self.name}"


def wrong_output(kind: type[Operator], forward: Callable[..., Array]) -> Kernel:
    """A kernel whose output alone is computed otherwise."""
    return Kernel(forward, KERNELS[kind].backward)


def wrong_gradients(kind: type[Operator], **changes: Callable[..., Array]) -> Kernel:
    """A kernel some of whose gradients are computed otherwise, each from ``(op, dy, *arrays)``."""

    def backward(op: Any, dy: Array, *arrays: Array) -> dict[str, Array]:
        right = KERNELS[kind].backward(op, dy, *arrays)
        return right | {name: change(op, dy, *arrays) for name, change in changes.items() if name in right}

    return Kernel(KERNELS[kind].forward, backward)


def altered_gradient(kind: type[Operator], name: str, alter: Callable[..., Array]) -> Kernel:
    """A kernel with something done to one right gradient: ``alter(gradient, op, *arrays)``."""
    return wrong_gradients(
        kind, **{name: lambda op, dy, *arrays: alter(KERNELS[kind].backward(op, dy, *arrays)[name], op, *arrays)}
    )


def of_another(kind: type[Operator], change: Change, only: tuple[str, ...] = ()) -> Kernel:
    """The right kernel of another setting, for all results or only for some.

    Where the other output has another shape, going back it misses what it does not have, and takes the rest for zeros.
    Where the other setting does not fit the input, the kernel is right.
    """
    right = KERNELS[kind]

    def forward(op: Any, *arrays: Array) -> Array:
        return right.forward(op if only and "y" not in only else settled(change, op, shapes(op, arrays)), *arrays)

    def backward(op: Any, dy: Array, *arrays: Array) -> dict[str, Array]:
        inputs = shapes(op, arrays)
        other = settled(change, op, inputs)
        wrong = right.backward(other, resized(dy, other.shape(*inputs)), *arrays)
        if not only:
            return wrong
        return right.backward(op, dy, *arrays) | {name: wrong[name] for name in only if name in wrong}

    return Kernel(forward, backward)


def settled(change: Change, op: Any, inputs: tuple[Shape, ...]) -> Any:
    """The other setting, or the operator itself where the other does not fit."""
    try:
        other = change(op, inputs[0])
        other.shape(*inputs)
    except CnnmathError:
        return op
    return other


def shapes(op: Operator, arrays: tuple[Array, ...]) -> tuple[Shape, ...]:
    """Shapes of the inputs among all operands."""
    return tuple(a.shape for a in arrays[: len(op.reads)])


def resized(a: Array, shape: Shape) -> Array:
    """An array cut or filled up with zeros at the ends of its axes."""
    if a.shape == shape:
        return a
    part = tuple(slice(min(m, n)) for m, n in zip(a.shape, shape, strict=True))
    out = np.zeros(shape, a.dtype)
    out[part] = a[part]
    return out


def with_setting(**settings: Any) -> Change:
    """The change that replaces some settings."""
    return lambda op, _: replace(op, **settings)


def spoils(*names: str) -> frozenset[str]:
    """The results that may be wrong."""
    return frozenset(names)


def everywhere(_: Operator, __: tuple[Shape, ...]) -> bool:
    """A mistake that shows at every setting."""
    return True
