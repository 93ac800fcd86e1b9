"""A border that never is the largest, ahead of a pooling that asks for the largest."""

from __future__ import annotations

from math import inf

from cnnmath.interchange.onnx.idioms.idiom import Idiom, as_one, computed
from cnnmath.interchange.onnx.idioms.pattern import Is, Match
from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.padding import added, filling


def max_pool(here: Here, match: Match) -> Known | None:
    """Pad by minus infinity, MaxPool: the padding of the pooling, which never wins; no window that is rounded up."""
    padded = Here(match.part("padded"), here.reading)
    x = computed(here, match.values["x"])
    if x is None or padded.attribute("mode", "constant") != "constant" or filling(padded) != -inf:
        return None
    batch, channels, *spatial = added(padded, x.rank)
    none = (0, 0)
    named = here.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID")
    if (batch, channels) != (none, none) or named or here.attribute("ceil_mode", 0) or min(map(min, spatial)) < 0:
        return None
    pads = here.attribute("pads") or (0,) * (2 * len(spatial))
    border = [before for before, _ in spatial] + [after for _, after in spatial]
    whole = tuple(a + b for a, b in zip(pads, border, strict=True))
    more = {**here.node.attributes, "auto_pad": "NOTSET", "pads": whole}
    return as_one(here, "MaxPool", [match.values["x"]], **more)


IDIOMS: tuple[Idiom, ...] = (Idiom(Is("MaxPool", (Is("Pad", ("x",), "padded"),)), max_pool),)
"""The idioms of this chapter."""
