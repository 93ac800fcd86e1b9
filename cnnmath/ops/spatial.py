"""Settings that convolution and pooling share: kernel, stride, dilation and padding, one entry an axis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from cnnmath.errors import SettingError
from cnnmath.ops.checks import check_divides, check_flag, check_rank, fitted, integer
from cnnmath.window import NAMED, Shape, Size, Window, fit

Axes: TypeAlias = Any
"""As given: a size for all axes, or one an axis. Once the operator is built: always a tuple, one entry an axis."""


class Sliding(Protocol):
    """What an operator with a sliding window has."""

    @property
    def kernel(self) -> Axes: ...  # noqa: D102 - the settings speak for themselves
    @property
    def stride(self) -> Axes: ...  # noqa: D102 - as above
    @property
    def dilation(self) -> Axes: ...  # noqa: D102 - as above
    @property
    def padding(self) -> Axes: ...  # noqa: D102 - as above


def settle(op: Sliding) -> None:
    """Bring a frozen operator's window settings into their one form: a tuple with an entry for each axis."""
    kernel = per_axis("kernel", op.kernel)
    rank = len(kernel)
    settled = {
        "kernel": kernel,
        "stride": per_axis("stride", kernel if op.stride is None else op.stride, rank),
        "dilation": per_axis("dilation", op.dilation, rank),
        "padding": paddings(op.padding, rank),
    }
    for name in ("kernel", "stride", "dilation"):
        settled[name] = tuple(integer(name, v, 1) for v in settled[name])
    for name, value in settled.items():
        object.__setattr__(op, name, value)


def settle_filters(op: Any) -> None:
    """Check a frozen convolution's filters, groups and bias, and bring them into their one form."""
    object.__setattr__(op, "filters", integer("number of filters", op.filters, 1))
    check_flag("bias", op.bias)
    object.__setattr__(op, "groups", integer("number of groups", op.groups, 1))
    check_divides(SettingError, "filters", op.filters, op.groups)


def windows_of(op: Sliding, sizes: Shape, *, ceil: bool = False) -> tuple[Window, ...]:
    """One window an axis, for an input of these spatial sizes."""
    padding: Any = [op.padding] * len(sizes) if isinstance(op.padding, str) else op.padding
    settings = zip(sizes, op.kernel, op.stride, op.dilation, padding, strict=True)
    return tuple(fit(*setting, ceil=ceil) for setting in settings)


def output_sizes(op: Any, x: Shape) -> Shape:
    """Spatial sizes of the output, checked against the rank and the windows of ``op``."""
    check_rank(x, len(op.kernel))
    sizes = fitted(op.windows(x[2:]), x[2:])
    if op.padding in ("same", "same_lower"):  # the same sizes, as one floor where they are symbols
        sizes = tuple((n + s - 1) // s for n, s in zip(x[2:], op.stride, strict=True))
    return sizes


def taps(windows: Sequence[Window], o: Sequence[Size], k: Sequence[Size]) -> tuple[Size, ...]:
    """Input position, one entry an axis, that output ``o`` reads through tap ``k``."""
    return tuple(w.tap(i, j) for w, i, j in zip(windows, o, k, strict=True))


def inside(windows: Sequence[Window], positions: Sequence[Size], sizes: Shape) -> Iterator[Any]:
    """Conditions under which positions lie in the input; none on a side that has no padding."""
    for window, t, n in zip(windows, positions, sizes, strict=True):
        if window.before != 0:
            yield t >= 0
        if window.after != 0:
            yield t < n


def per_axis(name: str, value: Any, rank: int | None = None) -> tuple[Any, ...]:
    """One entry an axis; a single integer stands for all axes, for two where the rank is not known."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (value,) * (rank or 2)
    value = tuple(value)
    if not value:
        raise SettingError(
            f"the {name} has no axis.", here=f"{name} {value}", fix="give one entry for each spatial axis"
        )
    if rank is not None and len(value) != rank:
        raise SettingError(
            f"the {name} has another rank than the kernel.",
            here=f"{name} {value} has length {len(value)}, the kernel {rank}",
            rule="one entry for each spatial axis, or a single integer for all",
            fix=f"for (before, after) on the one axis, give padding=({value},)"
            if name == "padding" and rank == 1
            else f"give as many as there are axes: {rank}",
        )
    return value


def paddings(value: Any, rank: int) -> Any:
    """A name that padding has, or a pair (before, after) for each axis."""
    if isinstance(value, str):
        if value not in NAMED:
            raise SettingError(
                f"there is no padding '{value}'.", fix="use 'same', 'same_lower', 'valid', integers or (before, after)"
            )
        return value
    pairs = [tuple(p) if isinstance(p, (tuple, list)) else (p, p) for p in per_axis("padding", value, rank)]
    if any(len(p) != 2 for p in pairs):
        raise SettingError("an axis is padded by one integer or by a pair (before, after).", here=f"padding {value}")
    return tuple((integer("padding before", b, 0), integer("padding after", a, 0)) for b, a in pairs)
