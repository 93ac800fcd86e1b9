"""Padding as a function of its own."""

from __future__ import annotations

from collections.abc import Sequence

from cnnmath.interchange.torch.build import Builder, Value, check_value
from cnnmath.interchange.unclaimed import UnclaimedError
from cnnmath.ops import EdgePad, Pad, ReflectPad, Slice, WrapPad


def pad(b: Builder, x: Value, sizes: Sequence[int], mode: str = "constant", value: float | None = None) -> Value:
    """Numbers around each axis, the last one first; a negative padding crops."""
    rank = len(check_value(x).shape)
    pairs = [tuple(sizes[i : i + 2]) for i in range(0, len(sizes), 2)]
    pairs += [(0, 0)] * (rank - len(pairs))
    batch, channels, *spatial = reversed(pairs)
    if batch != (0, 0):
        raise UnclaimedError("it adds samples to a batch")
    if any(n < 0 for pair in pairs for n in pair):
        x = _cropped(b, x, [channels, *spatial])
        channels, *spatial = (tuple(max(n, 0) for n in pair) for pair in (channels, *spatial))
    if mode == "constant":
        return b.apply(Pad(tuple(spatial), channels=channels, value=value or 0), x)
    if mode not in BORDERS or channels != (0, 0):
        raise UnclaimedError(f"its mode is '{mode}'")
    return b.apply(BORDERS[mode](tuple(spatial)), x)


def _cropped(b: Builder, x: Value, pairs: Sequence[tuple[int, ...]]) -> Value:
    """What is left of an array where paddings are negative."""
    starts = (0, *(max(-before, 0) for before, _ in pairs))
    ends = (None, *(min(after, 0) or None for _, after in pairs))
    return b.apply(Slice(starts, ends), x)


BORDERS = {"reflect": ReflectPad, "replicate": EdgePad, "circular": WrapPad}
"""Paddings by the input's own numbers, by PyTorch's names."""

RULES = {
    "pad": pad,
    "constant_pad_nd": lambda b, x, sizes, value=0: pad(b, x, sizes, "constant", value),
    **{f"reflection_pad{d}d": lambda b, x, sizes: pad(b, x, sizes, "reflect") for d in (1, 2, 3)},
    **{f"replication_pad{d}d": lambda b, x, sizes: pad(b, x, sizes, "replicate") for d in (1, 2, 3)},
}
