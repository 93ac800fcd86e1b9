"""Paddings, and enlargements."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath import ops
from cnnmath.errors import SettingError
from cnnmath.interchange.onnx.export.body import Body, is_number
from cnnmath.interchange.onnx.export.form import Form, sides
from cnnmath.ops.algebra import Shape


def pad(mode: str) -> Form:
    """The form of a padding."""

    def form(op: Any, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
        amounts = m.integers(*sides([(0, 0), getattr(op, "channels", (0, 0)), *op.padding]))
        value = float(op.value) if isinstance(op, ops.Pad) and op.value else None
        return m("Pad", x, amounts, value, mode=mode)

    return form


def upsample(op: Any, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Resize that repeats."""
    scales = np.array([1, 1, *op.scale], np.float32)
    places = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return m("Resize", x, None, scales, mode="nearest", **places)


def linear_upsample(op: ops.LinearUpsample, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Resize, linear."""
    scales = np.array([1, 1, *op.scale], np.float32)
    where = "align_corners" if op.align_corners else "half_pixel"
    return m("Resize", x, None, scales, mode="linear", coordinate_transformation_mode=where)


def resize(op: ops.Resize, m: Body, shapes: tuple[Shape, ...], x: str) -> str:
    """Resize, to sizes or by scales.

    Raises
    ------
    SettingError
        Where both are given, and the one does not follow from the other: ONNX takes one.
    """
    axes = tuple(range(2, op.rank + 2))
    box, settings = _settings(op)
    if op.scale is None:
        return m("Resize", x, box, None, m.integers(*op.outputs), axes=axes, **settings)
    if op.outputs is not None:
        follows = [
            is_number(n) and s * n // 1 == o for s, n, o in zip(op.scale, shapes[0][2:], op.outputs, strict=True)
        ]
        if not all(follows):
            raise SettingError(
                "ONNX takes a scale or a size, not both.",
                rule="outputs = floor(scale*n)",
                here=f"n {tuple(shapes[0][2:])}, scale {tuple(map(str, op.scale))}, outputs {op.outputs}",
                fix="leave one of them out",
            )
    return m("Resize", x, box, np.array([float(s) for s in op.scale], np.float32), axes=axes, **settings)


def _settings(op: ops.Resize) -> tuple[Any, dict[str, Any]]:
    places = "tf_crop_and_resize" if op.places == "crop" else op.places
    settings: dict[str, Any] = {"mode": op.mode, "coordinate_transformation_mode": places}
    settings |= {"nearest_mode": op.nearest} if op.mode == "nearest" else {}
    settings |= {"cubic_coeff_a": float(op.a)} if op.mode == "cubic" else {}
    flags = {"exclude_outside": op.exclude_outside, "antialias": op.antialias}
    settings |= {name: 1 for name, flag in flags.items() if flag and op.mode != "nearest"}
    if op.crop is None:
        return None, settings
    box = np.array([[float(v) for v in side] for side in zip(*op.crop, strict=True)], np.float32).ravel()
    return box, settings | {"extrapolation_value": float(op.value)}


FORMS: Mapping[type[ops.Operator], Form] = MappingProxyType(
    {
        ops.Pad: pad("constant"),
        ops.ReflectPad: pad("reflect"),
        ops.EdgePad: pad("edge"),
        ops.WrapPad: pad("wrap"),
        ops.Upsample: upsample,
        ops.LinearUpsample: linear_upsample,
        ops.Resize: resize,
    }
)
"""The forms of this chapter."""
