"""The library that knows ONNX's messages, imported where it is used."""

from __future__ import annotations

from types import ModuleType

from cnnmath.errors import missing_extra


def onnx() -> ModuleType:
    """The package of that name.

    Raises
    ------
    MissingExtraError
        Where it is not installed.

    Examples
    --------
    >>> onnx().TensorProto.FLOAT
    1
    """
    try:
        import onnx
    except ImportError:
        raise missing_extra("ONNX models need the package onnx.", "onnx") from None
    return onnx
