"""Adapters: how a user's function is called with arrays in the package's layout, and what it gives back."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np

from cnnmath.errors import SettingError, near
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator, operands
from cnnmath.ops.notation import describe

Layout = Literal["NCHW", "NHWC"]
"""Whether channels come second or last, for any number of spatial axes."""

Order = Literal["OIHW", "HWIO", "IOHW", "HWOI", "OHWI"]
"""Axes of a weight: outputs, inputs and kernel, for any number of spatial axes."""


def same(array: Any) -> Any:
    """Leave an array as it is."""
    return array


class NoArrayError(Exception):
    """A kernel has come back, with several things instead of an array; the message says what it gives."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A user's function, and how it takes its arrays.

    Parameters
    ----------
    function
        The kernel. Its parameters say what it wants: the name of an operand (``x``, ``w``, ``b``; ``dy`` for the
        gradient from above), ``op`` for the operator, ``x_shape`` for an operand's shape, or a setting of the operator
        (``stride``, ``padding``, ``groups`` ...). Parameters with a default that are none of these are left alone. A
        function whose parameters are called otherwise takes the arrays in the order of the sentence, dy first.
    names
        Parameter by operand or setting, where the function's differ: ``{"w": "kernel", "stride": "strides"}``.
    layout
        Of inputs and outputs.
    weights
        Order of a weight's axes.
    dtype
        Of the arrays that it is given: ``float64``, ``float32``, ``float16``, ``bfloat16`` or an integer type. Arrays
        of bfloat16 arrive as float32 that hold such numbers: ``convert`` makes of them what the function takes.
    convert, restore
        From a NumPy array to what the function takes, and back.
    title
        What a report calls it; its own name by default.
    algorithm
        How it sums: in any order, or as ``winograd(m)`` or ``fft`` do, which round more.

    Notes
    -----
    What comes back may be an array, or a dict of gradients by operand.

    Examples
    --------
    >>> def my_relu(image):
    ...     return np.maximum(image, 0)
    >>> from cnnmath.ops import ReLU
    >>> Adapter(my_relu, layout="NHWC").call(ReLU(), "y", {"x": np.ones((1, 2, 3))}, None).shape
    (1, 2, 3)
    """

    function: Callable[..., Any]
    names: Mapping[str, str] = field(default_factory=dict)
    layout: Layout = "NCHW"
    weights: Order | None = None
    dtype: str = "float64"
    convert: Callable[[Array], Any] = same
    restore: Callable[[Any], Any] = np.asarray
    title: str = ""
    algorithm: str = "any order"

    @property
    def name(self) -> str:
        """What a report calls it."""
        return self.title or getattr(self.function, "__name__", type(self.function).__name__)

    def results(self, op: Operator, *inputs: tuple[int, ...]) -> tuple[str, ...]:  # noqa: ARG002 - a pair needs them
        """The output."""
        return ("y",)

    def takes(self, op: Operator) -> frozenset[str]:
        """Those that are parameters of the function; all where it takes the operator."""
        parameters = {p.name for p in _parameters(self.function) or ()}
        settings = frozenset(f.name for f in fields(op))
        if self.names.get("op", "op") in parameters:
            return settings
        return frozenset(name for name in settings if self.names.get(name, name) in parameters)

    def binds(self, op: Operator, wrt: str, *inputs: tuple[int, ...]) -> bool:
        """Whether the function can be called for a result, at a setting."""
        shapes = ({} if wrt == "y" else {"dy": op.shape(*inputs)}) | operands(op, *inputs)
        try:
            self._bind(op, wrt, dict.fromkeys(shapes), shapes)
        except SettingError:
            return False
        return True

    def call(self, op: Operator, wrt: str, arrays: Mapping[str, Array], dy: Array | None) -> Any:
        """What the function gives for these operands, as an array in the package's layout.

        Raises
        ------
        SettingError
            Where a parameter of the function is nothing that the operator has.
        """
        given = ({} if dy is None else {"dy": dy}) | dict(arrays)
        result = self.apply(op, wrt, self.shown(op, given), given)
        return self.returned(op, wrt, result.get(wrt) if isinstance(result, Mapping) else result)

    def shown(self, op: Operator, arrays: Mapping[str, Array]) -> dict[str, Any]:
        """Operands as the function takes them."""
        return {name: self.convert(self._outward(op, name, array)) for name, array in arrays.items()}

    def apply(self, op: Operator, wrt: str, shown: dict[str, Any], arrays: Mapping[str, Array]) -> Any:
        """What the function makes of operands that are as it takes them."""
        positional, named = self._bind(op, wrt, shown, {name: array.shape for name, array in arrays.items()})
        return self.function(*positional, **named)

    def returned(self, op: Operator, wrt: str, result: Any) -> Any:
        """A result as an array in the package's layout.

        Raises
        ------
        NoArrayError
            Where it is a tuple or a list that makes no array.
        """
        try:
            back = None if result is None else self.restore(result)
        except Exception as error:
            if not isinstance(result, (tuple, list)):
                raise
            kind = "a tuple" if isinstance(result, tuple) else "a ragged list"
            raise NoArrayError(f"it gives {kind} of {len(result)}, not an array") from error
        return self._inward(op, wrt, back) if isinstance(back, np.ndarray) else back

    def _bind(
        self, op: Operator, wrt: str, arrays: dict[str, Any], shapes: dict[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """Arguments by position and by name."""
        known = self._known(op, arrays, shapes)
        parameters = _parameters(self.function)
        if parameters is None:
            return list(arrays.values()), {}
        wanted = {self.names.get(name, name): value for name, value in known.items()}
        if wrt == "y" and (error := self.unasked(arrays)):
            raise error
        plain = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        if any(p.kind is p.VAR_POSITIONAL for p in parameters) or not any(p.name in wanted for p in plain):
            needed = [p for p in plain if p.default is p.empty and p.name not in wanted]
            if needed and len(needed) > len(arrays):
                raise self._unknown(op, needed[len(arrays)].name, wanted)
            first = [op] if plain and plain[0].name in ("op", self.names.get("op")) else []
            if len(plain) < len(first) + len(arrays) and all(p.kind is not p.VAR_POSITIONAL for p in parameters):
                raise self._too_few(op, plain[len(first) :], list(arrays))
            rest = {p.name: wanted[p.name] for p in parameters if p.kind is p.KEYWORD_ONLY and p.name in wanted}
            return [*first, *arrays.values()], rest
        positional, named = [], {}
        for p in parameters:
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                continue
            if p.name in wanted:
                if p.kind is p.POSITIONAL_ONLY:
                    positional.append(wanted[p.name])
                else:
                    named[p.name] = wanted[p.name]
            elif p.default is p.empty:
                raise self._unknown(op, p.name, wanted)
        unread = [n for n in arrays if self.names.get(n, n) not in {p.name for p in parameters}]
        if wrt == "y" and unread:
            raise self._unread(op, unread[0], parameters)
        return positional, named

    def _known(self, op: Operator, arrays: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
        """All that a parameter may be called, and its value."""
        settings = {f.name: getattr(op, f.name) for f in fields(op)}
        windows = op.windows(shapes["x"][2:]) if isinstance(settings.get("padding"), str) and "x" in shapes else None
        if windows is not None:  # "same" in numbers
            settings["padding"] = tuple((w.before, w.after) for w in windows)
        sizes = {f"{name}_shape": self._shown_shape(op, name, shape) for name, shape in shapes.items()}
        return settings | sizes | {"op": op} | arrays

    def unasked(self, operands: Iterable[str]) -> SettingError | None:
        """That a gradient is to be asked for, where a parameter takes the gradient from above."""
        above = self.names.get("dy", "dy")
        own = {p.name for p in _parameters(self.function) or () if p.default is p.empty}
        if above not in own or above in {self.names.get(name, name) for name in operands}:
            return None
        first, *others = operands
        return SettingError(
            f"its parameter '{above}' is the gradient from above, and no gradient is asked for.",
            rule="of a function, the output is judged where nothing else is asked",
            fix=f'say by which operand it gives the gradient: wrt="{first}", in a shell --wrt {first}'
            + (f"; or {', '.join(others)}" if others else ""),
        ).at(self.name)

    def _unknown(self, op: Operator, parameter: str, wanted: Mapping[str, Any]) -> SettingError:
        taken = {p.name for p in _parameters(self.function) or ()}
        alike = near(parameter, [name for name in wanted if name not in taken])
        return SettingError(
            f"its parameter '{parameter}' is nothing that {describe(op)} has.",
            **({"near": ", ".join(alike)} if alike else {}),
            rule="a parameter is an operand, a setting of the operator, or has a default",
            here=f"known names are {', '.join(wanted)}",
            fix=f"{_adapted(alike[0] if alike else '<one of these>', parameter)}; or give it a default",
        ).at(self.name)

    def _unread(self, op: Operator, operand: str, parameters: list[inspect.Parameter]) -> SettingError:
        return SettingError(
            f"it does not read '{operand}', on which the output of {describe(op)} depends.",
            here=f"its parameters are {', '.join(p.name for p in parameters)}",
            fix=_adapted(operand, "<its parameter>") + _without(op, [operand]),
        ).at(self.name)

    def _too_few(self, op: Operator, own: list[inspect.Parameter], passed: list[str]) -> SettingError:
        return SettingError(
            f"it takes {len(own)} of the {len(passed)} operands of {describe(op)}.",
            rule="a function none of whose parameters is named as an operand takes the operands in their order",
            here=f"its parameters are {', '.join(p.name for p in own) or 'none'}; passed are {', '.join(passed)}",
            fix="take them all" + _without(op, passed[len(own) :]),
        ).at(self.name)

    def _outward(self, op: Operator, name: str, array: Array) -> Array:
        """An operand as the function has it: in row-major order, but a view as it lies in memory."""
        moved = array.transpose(self.axes(op, name, array.ndim))
        return moved if array.base is not None else np.asarray(moved, order="C")  # which leaves a number a number

    def _inward(self, op: Operator, wrt: str, array: Array) -> Array:
        """A result in the package's layout."""
        axes = self.axes(op, wrt, array.ndim)
        return array if axes == tuple(range(array.ndim)) else array.transpose(np.argsort(axes))

    def _shown_shape(self, op: Operator, name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(shape[axis] for axis in self.axes(op, name, len(shape)))

    def axes(self, op: Operator, name: str, rank: int) -> tuple[int, ...]:
        """Which of the package's axes stands where."""
        if name == "w" and self.weights is not None and rank > 2:
            own = "IO" if type(op).__name__ == "ConvTranspose" else "OI"
            order = self.weights.replace("HW", "*")
            place = {own[0]: (0,), own[1]: (1,), "*": tuple(range(2, rank))}
            return tuple(axis for letter in order for axis in place[letter])
        if self.layout == "NHWC" and rank > 2 and (name in ("y", "dy") or name in op.reads or name[:1] == "x"):
            return (0, *range(2, rank), 1)
        return tuple(range(rank))


def _adapted(name: str, parameter: str) -> str:
    """What makes a parameter known, in Python and in a shell."""
    return (
        f'give an Adapter with names={{"{name}": "{parameter}"}}, '
        "in a shell one that the module holds, in place of the function: my_module:adapted"
    )


def _without(op: Operator, unread: list[str]) -> str:
    """That there is an operator without the bias, where nothing else is not read."""
    return "; or say bias=False, for an operator without b" if unread == ["b"] and getattr(op, "bias", False) else ""


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Parameters of a function, where they can be known."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
