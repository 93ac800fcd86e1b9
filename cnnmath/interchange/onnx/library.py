"""The library that knows ONNX's messages, imported where it is used."""

from __future__ import annotations

from types import ModuleType

from cnnmath.errors import MissingExtraError


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
        raise MissingExtraError("ONNX models need the package onnx.", fix="pip install 'cnnmath[onnx]'") from None
    return onnx
