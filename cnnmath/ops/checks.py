"""What settings and sizes must satisfy, with messages that say how to mend them."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Integral, Number
from typing import Any

from cnnmath.errors import CnnmathError, SettingError, ShapeError
from cnnmath.window import Shape, Size, Window, check_at_least

TAPS = 10
"""Taps of a window that a message lists."""

COLOURS = (1, 3)
"""Channels of images, grey and coloured."""

RANK_FIX = "a single sample needs a batch axis of 1; a kernel for signals is a tuple of one entry, such as (3,)"
"""What mends a wrong rank, to whom calls an operator by itself."""


def axis_names(rank: int) -> tuple[str, ...]:
    """Names of spatial axes: length, or (depth,) height, width."""
    return {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}.get(
        rank, tuple(f"axis {i}" for i in range(rank))
    )


def integer(name: str, value: Any, least: int | None) -> Any:
    """Check one integer setting; symbols pass unchanged, integers of other libraries become ints."""
    check_at_least(name, value, least)
    return operator.index(value) if isinstance(value, Integral) else value


def definite(name: str, value: Any, least: int | None) -> int:
    """Check one integer setting that is no size but an axis or a place, for which no letter stands.

    Examples
    --------
    >>> definite("axis", 1, 0)
    1
    """
    found = integer(name, value, least)
    if not isinstance(found, int):
        raise SettingError(
            f"the {name} is a number.", here=f"{name} {value}", rule="sizes alone are left open", fix="put a number in"
        )
    return found


def check_arity(given: int, reads: Sequence[str], *, variadic: bool) -> None:
    """Raise where an operator is given more or fewer inputs than it takes."""
    if given >= 2 if variadic else given == len(reads):
        return
    if variadic:
        takes, fix = "two or more inputs", "give all that it merges"
    elif len(reads) == 1:
        takes, fix = "one input", "merge them first, with Add or Concat" if given else "give it one"
    else:
        count = {2: "two", 3: "three"}.get(len(reads), len(reads))
        takes = f"{count} inputs, {', '.join(reads[:-1])} and {reads[-1]}"
        fix = "give each of them once, in this order"
    raise ShapeError(f"it takes {takes}.", here=f"{given} given", fix=fix)


def check_shape(shape: Any) -> None:
    """Raise where something is no shape: a tuple of integers of at least 0, or of symbols."""
    wrong = not isinstance(shape, tuple) or any(
        isinstance(n, (bool, str, tuple, list, type(None)))
        or (isinstance(n, Number) and not (isinstance(n, Integral) and int(n) >= 0))
        for n in shape
    )
    if wrong:
        raise ShapeError(
            "this is no shape.",
            input=f"{shape!r}",
            rule="a tuple of integers of at least 0",
            fix="give (N, C, *spatial)",
        )


def check_input_shape(shape: Sequence[Size]) -> tuple[Size, ...]:
    """Raise where the shape of a sample is not (C, *spatial) with positive sizes; a sample may be one number, ()."""
    sizes = tuple(shape) if isinstance(shape, Iterable) else (0,)
    try:
        check_shape(sizes)
        wrong = any(isinstance(n, int) and n < 1 for n in sizes)
    except ShapeError:
        wrong = True
    if wrong:
        raise ShapeError(
            "this is no shape of an input.",
            input=f"{shape}",
            rule="(C, *spatial), positive integers, channels first and without the batch axis",
            fix="for a colour image of 224 by 224, give (3, 224, 224)",
        )
    return sizes


def check_channels_first(shape: Shape, channels: Size) -> None:
    """Raise where a shape (C, *spatial) has other channels than those of a network, and theirs as its last size.

    Examples
    --------
    >>> check_channels_first((3, 224, 224), 3)
    """
    if len(shape) > 1 and shape[0] != channels and shape[-1] == channels:
        raise ShapeError(
            f"the input has {shape[0]} channels; is this channels last?",
            input=by_x(shape),
            rule=f"the layout is CxHxW, channels first, and the network's own input has C = {channels}",
            fix=f"give {by_x((channels, *shape[:-1]))}",
        )


def layout_note(shape: Shape) -> str:
    """What to ask of the shape of an image that may have its channels last; nothing where it does not look so.

    Examples
    --------
    >>> layout_note((32, 32, 1)), layout_note((3, 32, 32))
    ('CxHxW, channels first: 32 channels were given; is it 1x32x32?', '')
    """
    if len(shape) != 3 or shape[-1] not in COLOURS or shape[0] in COLOURS or shape[1] in COLOURS:
        return ""
    return f"CxHxW, channels first: {shape[0]} channels were given; is it {by_x((shape[-1], *shape[:-1]))}?"


def by_x(shape: Shape) -> str:
    """A shape as a command line has it.

    Examples
    --------
    >>> by_x((3, 224, 224))
    '3x224x224'
    """
    return "x".join(map(str, shape))


def same(a: Shape, b: Shape) -> bool:
    """Whether two shapes are equal: integers, formulas, or arrays of candidates that agree everywhere."""
    return len(a) == len(b) and all(m is n or _agree(m == n) for m, n in zip(a, b, strict=True))


def _agree(equal: Any) -> bool:
    return bool(equal.all()) if hasattr(equal, "all") else bool(equal)


def check_flag(name: str, value: Any) -> None:
    """Raise where a setting is neither True nor False."""
    if not isinstance(value, bool):
        raise SettingError(f"{name} must be True or False.", here=f"{name} {value!r}", fix=f"give {name}=True or False")


def check_word(name: str, word: Any, words: Sequence[str]) -> None:
    """Raise where a setting is none of the words that it may be."""
    if word not in words:
        raise SettingError(f"there is no such {name}.", here=f"{name} {word!r}", fix=f"use {' or '.join(words)}")


def check_rank(inputs: Shape, spatial: int | None = None) -> None:
    """Raise where an input is not (N, C, *spatial), with as many spatial axes as the settings say."""
    given = len(inputs) - 2
    if given >= 0 and spatial in (None, given):
        return
    wanted = "(N, C, *spatial)" if spatial is None else f"({', '.join(('N', 'C', *axis_names(spatial)))})"
    raise ShapeError(
        "the input has the wrong rank.",
        input=f"shape {inputs}, {len(inputs)} axes",
        rule=f"the input is {wanted}",
        fix="flatten it first, with Flatten" if spatial == 0 and given > 0 else RANK_FIX,
    )


def check_filled(x: Shape, what: str) -> None:
    """Raise where an input has an axis of size 0, over which there is no mean, or whatever is named."""
    if any(isinstance(n, Integral) and n == 0 for n in x[2:]):
        raise ShapeError(
            f"the {what} of nothing does not exist.", input=f"shape {x}", fix="give every axis a size of 1"
        )


def check_divides(kind: type[CnnmathError], what: str, number: Size, groups: int, by: str = "groups") -> None:
    """Raise where groups, or pieces, do not divide a number of channels."""
    if isinstance(groups, int) and groups == 1:
        return
    if not isinstance(number, int) and hasattr(number, "all"):  # candidates: those that fit are told apart one by one
        if not (number % groups == 0).all():
            raise kind(f"the {by} do not divide the {what} of every candidate.")
    elif isinstance(number, int) and number % groups:
        raise kind(
            f"the {by} do not divide the {what}.",
            rule=f"{what} mod {by} = 0",
            here=f"{number} mod {groups} = {number % groups}",
            fix=f"use {number - number % groups + groups} {what}, or {by} 1",
        )


def check_number(name: str, value: Any, *, positive: bool = False, least: float | None = None) -> None:
    """Raise where a setting is not a finite number, positive or of at least so much where that is asked."""
    real = isinstance(value, (int, float, Fraction)) and not isinstance(value, bool) and value - value == 0
    low = real and least is not None and value < least
    if not real or low or (positive and value <= 0):
        kind = f"number of at least {least}" if low else "positive number" if positive else "finite number"
        raise SettingError(f"{name} must be a {kind}.", here=f"{name} {value!r}", fix=f"give {name} a {kind}")


def fitted(windows: Sequence[Window], sizes: Sequence[Size]) -> tuple[Size, ...]:
    """Output sizes of one window an axis, checked: every integer size must leave at least one placement.

    Raises
    ------
    ShapeError
        Where a window is longer than its padded input.
    """
    return tuple(_fitted(axis, w, n) for axis, w, n in zip(axis_names(len(sizes)), windows, sizes, strict=True))


def check_sighted(windows: Sequence[Window], sizes: Shape) -> None:
    """Raise where some window would cover padding alone: the maximum or the mean of nothing does not exist."""
    for axis, window, n in zip(axis_names(len(sizes)), windows, sizes, strict=True):
        outputs = window.placements(n)
        if hasattr(outputs, "all") and not isinstance(outputs, Integral):
            _check_surely_sighted(window, n)
        concrete = isinstance(n, Integral) and isinstance(outputs, Integral)
        if concrete and (o := window.blind(int(n))) is not None:
            raise ShapeError(
                "a window covers padding alone, so that it has nothing to pool.",
                input=f"{axis} {n}     window  kernel {window.kernel}, stride {window.stride}, "
                f"dilation {window.dilation}, padding ({window.before}, {window.after})",
                rule="some k has 0 <= s*o + d*k - before < n",
                here=f"output {o} reads {_taps(window, o)}, none in 0..{n - 1}",
                fix="pad by less than the kernel's extent",
            )


def _taps(window: Window, o: int) -> str:
    """What an output reads; of many taps the first two and the last."""
    shown = [str(window.tap(o, k)) for k in range(min(window.kernel, TAPS))]
    if window.kernel > TAPS:
        shown[2:] = ["...", str(window.tap(o, window.kernel - 1))]
    return f"[{', '.join(shown)}]"


def _check_surely_sighted(window: Window, n: Size) -> None:
    """Raise where some of many candidates may have a window of padding alone.

    None has where each side pads by less than the extent and the input is no shorter than the dilation: a window that
    meets the input has one of its end taps in it, or covers it all with taps at most that far apart.
    """
    pads = (window.before < window.extent) & (window.after < window.extent)
    surely = pads & ((n < 1) | (n >= window.dilation))
    if not (surely if isinstance(surely, bool) else surely.all()):
        raise ShapeError("a window may cover padding alone at some candidate.")


def _fitted(axis: str, w: Window, n: Size) -> Size:
    outputs = w.placements(n)
    if isinstance(outputs, Integral) and outputs < 1:
        missing = w.extent - n - w.before - w.after
        raise ShapeError(
            "the kernel does not fit the input.",
            input=f"{axis} {n}     window  kernel {w.kernel}, stride {w.stride}, "
            f"dilation {w.dilation}, padding ({w.before}, {w.after})",
            rule="floor((n + before + after - d*(k-1) - 1)/s) + 1 >= 1",
            here=f"floor(({n} + {w.before} + {w.after} - {w.extent - 1} - 1)/{w.stride}) + 1 = {outputs}",
            fix=_fix(missing, w, n),
        )
    return outputs


def _fix(missing: int, w: Window, n: int) -> str:
    room = n + w.before + w.after
    largest = (room - 1) // w.dilation + 1
    kernel = f", or use a kernel of at most {largest}" if room > 0 else ""
    return f"pad by at least {missing} more in total{kernel}, or give an input of at least {n + missing}"
