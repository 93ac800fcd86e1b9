"""Numbers and shapes as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnnmath.window import Size


def count(number: Size) -> str:
    """A number with its thousands apart, a formula as it is.

    Examples
    --------
    >>> count(25557032)
    '25,557,032'
    """
    return f"{number:,}" if isinstance(number, int) else size(number)


def plural(number: int, noun: str) -> str:
    """A number of things: in the singular where it is one.

    Examples
    --------
    >>> plural(1, "operator"), plural(2000, "path")
    ('1 operator', '2,000 paths')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size(value: Size) -> str:
    """A size as text: a number, or a formula with each floor as one fraction.

    Examples
    --------
    >>> size(224)
    '224'
    """
    if hasattr(value, "free_symbols"):
        from cnnmath.symbolic.sizes import plain

        return plain(value)
    return str(value)


def times(shape: Sequence[Size]) -> str:
    """A shape as people write it: 3x224x224, and 3 x H x W where sizes are formulas.

    Examples
    --------
    >>> times((3, 224, 224))
    '3x224x224'
    """
    texts = [size(n) for n in shape]
    if all(text.isdecimal() for text in texts):
        return "x".join(texts)
    return " x ".join(f"({text})" if " " in text and text[-1] != ")" and len(texts) > 1 else text for text in texts)


def output(shape: Sequence[Size]) -> str:
    """Shape of an output as people write it, without the batch axis; a single number is of size 1.

    Examples
    --------
    >>> output((1, 64, 56, 56)), output(())
    ('64x56x56', '1')
    """
    return times(shape[1:]) or "1"


def axes(values: Sequence[Size]) -> str:
    """One number where the axes agree.

    Examples
    --------
    >>> axes((3, 3)), axes((3, 5))
    ('3', '3x5')
    """
    return size(values[0]) if len(set(values)) == 1 else times(values)


def ending(name: str, letters: int) -> str:
    """As much of a name as there is room for: its end, which tells it from others.

    Examples
    --------
    >>> ending("/encoder/layers/encoder_layer_0/self_attention/Gather_1", 26)
    '…/self_attention/Gather_1'
    >>> ending("conv1", 26)
    'conv1'
    """
    if len(name) <= letters:
        return name
    cut = name[len(name) - letters + 1 :]
    whole = cut[cut.find("/") :] if 0 <= cut.find("/") < letters // 2 else cut
    return f"…{whole}"


def broken(name: str, letters: int) -> str:
    """A long name in several lines, which break ahead of a slash or a dot.

    Examples
    --------
    >>> print(broken("/backbone/stages.0/blocks.0/attention/Gather", 20))
    /backbone/stages.0
    /blocks.0/attention
    /Gather
    """
    lines = [""]
    for part in re.split(r"(?=[/.])", name):
        if lines[-1] and len(lines[-1]) + len(part) > letters:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def beginning(text: str, letters: int) -> str:
    """As much of a text as there is room for, from its beginning.

    Examples
    --------
    >>> beginning("conv(64, 7, stride=2, padding=3)", 20)
    'conv(64, 7, stride=…'
    """
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def some(names: Sequence[str], most: int = 4) -> str:
    """The first of some names, and how many more there are.

    Examples
    --------
    >>> some(["a", "b"]), some("abcdef")
    ('a, b', 'a, b, c, d and 2 more')
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
