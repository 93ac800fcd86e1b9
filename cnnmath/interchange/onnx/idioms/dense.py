"""A dense layer as a product with a stored matrix and a sum with a stored vector."""

from __future__ import annotations

from cnnmath.interchange.onnx.idioms.idiom import Idiom
from cnnmath.interchange.onnx.idioms.pattern import Is, Match
from cnnmath.interchange.onnx.known import Known
from cnnmath.interchange.onnx.reading import Here
from cnnmath.interchange.onnx.rules.dense import dense


def with_bias(here: Here, match: Match) -> Known | None:
    """MatMul and Add."""
    x, w, b = (here.value(match.values[name]) for name in "xwb")
    return dense(here, x, w, b)


IDIOMS: tuple[Idiom, ...] = (Idiom(Is("Add", (Is("MatMul", ("x", "w")), "b")), with_bias),)
"""The idioms of this chapter."""
