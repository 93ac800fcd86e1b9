"""Subjects: kernels under test, in whatever form they are given, as one that can be called."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Protocol

from cnnmath.errors import CnnmathError, SettingError
from cnnmath.numeric import Kernel
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator, operands
from cnnmath.verify.adapter import Adapter

DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16")
"""In which kernels are judged."""


class Subject(Protocol):
    """A kernel under test."""

    @property
    def name(self) -> str:
        """What a report calls it."""
        ...

    @property
    def dtype(self) -> str:
        """Of the arrays that it is given: a format of floats, or of integers."""
        ...

    @property
    def algorithm(self) -> str:
        """How it sums, which decides how it may round."""
        ...

    def results(self, op: Operator, *inputs: tuple[int, ...]) -> tuple[str, ...]:
        """What it computes where nothing else is asked: ``y``, or operands by whose gradients."""
        ...

    def takes(self, op: Operator) -> frozenset[str]:
        """Settings of the operator that it is told at every call: those to which it is not tied."""
        ...

    def axes(self, op: Operator, name: str, rank: int) -> tuple[int, ...]:
        """Which of the package's axes stands where in its own layout of an operand."""
        ...

    def call(self, op: Operator, wrt: str, arrays: Mapping[str, Array], dy: Array | None) -> Any:
        """What it gives for these operands, as an array in the package's layout."""
        ...


@dataclass(frozen=True, slots=True)
class Pair:
    """A `cnnmath.numeric.Kernel`: forward and backward in the package's own form."""

    kernel: Kernel
    dtype: str = "float64"
    title: str = "the package's kernel"
    algorithm: str = "any order"

    @property
    def name(self) -> str:
        """What a report calls it."""
        return self.title

    def results(self, op: Operator, *inputs: tuple[int, ...]) -> tuple[str, ...]:
        """The output, and the gradient by every operand that is not a buffer."""
        return all_results(op, *inputs)

    def takes(self, op: Operator) -> frozenset[str]:
        """All."""
        return frozenset(f.name for f in fields(op))

    def axes(self, op: Operator, name: str, rank: int) -> tuple[int, ...]:  # noqa: ARG002 - it has the package's own
        """As they are."""
        return tuple(range(rank))

    def call(self, op: Operator, wrt: str, arrays: Mapping[str, Array], dy: Array | None) -> Any:
        """Forward, or the part of backward that is asked for."""
        if wrt == "y":
            return self.kernel.forward(op, *arrays.values())
        grads = self.kernel.backward(op, dy, *arrays.values())
        return grads.get(wrt) if isinstance(grads, Mapping) else grads


@dataclass(frozen=True, slots=True)
class Wrapped(ABC):
    """A kernel under test that is called in another way, and is otherwise as it was."""

    tested: Subject

    @property
    def name(self) -> str:
        """The kernel's."""
        return self.tested.name

    @property
    def dtype(self) -> str:
        """The kernel's."""
        return self.tested.dtype

    @property
    def algorithm(self) -> str:
        """The kernel's."""
        return self.tested.algorithm

    def results(self, op: Operator, *inputs: tuple[int, ...]) -> tuple[str, ...]:
        """The kernel's."""
        return self.tested.results(op, *inputs)

    def takes(self, op: Operator) -> frozenset[str]:
        """The kernel's."""
        return self.tested.takes(op)

    def axes(self, op: Operator, name: str, rank: int) -> tuple[int, ...]:
        """The kernel's."""
        return self.tested.axes(op, name, rank)

    @abstractmethod
    def call(self, op: Operator, wrt: str, arrays: Mapping[str, Array], dy: Array | None) -> Any:
        """What the kernel gives."""


def all_results(op: Operator, *inputs: tuple[int, ...]) -> tuple[str, ...]:
    """The output, and the gradient by every operand that is not a buffer.

    Examples
    --------
    >>> from cnnmath.ops import BatchNorm
    >>> all_results(BatchNorm(), (2, 3, 4, 5))
    ('y', 'x', 'gamma', 'beta')
    """
    return ("y", *(name for name in operands(op, *inputs) if name not in op.buffers(*inputs)))


def under_test(kernel: Any, dtype: str | None = None) -> Subject:
    """A kernel in whatever form it is given, as one that can be called.

    Raises
    ------
    SettingError
        Where it is nothing that can be called.
    """
    if isinstance(kernel, Kernel):
        return _known(Pair(kernel, dtype or "float64"))
    if isinstance(getattr(kernel, "dtype", None), str) and callable(getattr(kernel, "call", None)):
        return _known(kernel)
    if not callable(kernel):
        raise SettingError(
            "this is no kernel.",
            here=f"{kernel!r:.60}",
            rule="a kernel takes arrays and gives an array",
            fix="give a function",
        )
    return _known(Adapter(kernel, dtype=dtype or "float64"))


def _known(subject: Subject) -> Subject:
    """A subject whose dtype is one in which kernels are judged."""
    if subject.dtype not in DTYPES:
        raise SettingError(
            "kernels are not judged in this dtype.", here=f"dtype {subject.dtype!r}", rule=f"one of {', '.join(DTYPES)}"
        )
    return subject


IMPLIED = frozenset({"filters", "units", "bias"})
"""Settings that the shapes of the operands tell."""


def tied(subject: Subject, op: Operator, wanted: Sequence[str], *inputs: tuple[int, ...]) -> Operator | None:
    """The operator with all settings that a kernel is not told as they are by default; None where it cannot be called.

    A kernel that needs a bias gets one, and one that has none gets none.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> kernel = Adapter(lambda x, w, stride: x)
    >>> tied(kernel, Conv(2, 3, stride=2, padding=1), ["y"], (1, 1, 5, 6))
    Conv(filters=2, kernel=(3, 3), stride=(2, 2), dilation=(1, 1), padding=((0, 0), (0, 0)), groups=1, bias=False)
    """
    told = subject.takes(op) | IMPLIED | ({"kernel"} if "w" in op.parameters(*inputs) else set())
    fixed = {f.name: f.default for f in fields(op) if f.name not in told and f.default is not MISSING}
    own = getattr(op, "bias", None)
    for bias in ({},) if own is None else ({"bias": own}, {"bias": not own}):
        try:
            candidate = replace(op, **fixed | bias)
            candidate.shape(*inputs)
        except CnnmathError:
            return None
        if _callable(subject, candidate, wanted, *inputs):
            return candidate
    return None


def _callable(subject: Subject, op: Operator, wanted: Sequence[str], *inputs: tuple[int, ...]) -> bool:
    adapter = subject if isinstance(subject, Adapter) else getattr(subject, "forward", None)
    return not isinstance(adapter, Adapter) or all(adapter.binds(op, wrt, *inputs) for wrt in wanted)
