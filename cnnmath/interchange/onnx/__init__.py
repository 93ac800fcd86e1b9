"""ONNX: a model read without its arrays, which are loaded when they are asked for, and a network out of it.

What writes a model is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnmath.interchange.onnx.build import import_onnx
from cnnmath.interchange.onnx.graph import Graph, Node, Value
from cnnmath.interchange.onnx.read import read
from cnnmath.interchange.onnx.tensors import Stored, load

if TYPE_CHECKING:
    from cnnmath.interchange.onnx.export import export_onnx

__all__ = ["Graph", "Node", "Stored", "Value", "export_onnx", "import_onnx", "load", "read"]


def __getattr__(name: str) -> Any:
    """Load what writes a model when it is first used (PEP 562)."""
    if name != "export_onnx":
        raise AttributeError(f"module 'cnnmath.interchange.onnx' has no attribute '{name}'")
    from cnnmath.interchange.onnx.export import export_onnx

    return export_onnx


def __dir__() -> list[str]:
    """The public names, also those that are not loaded yet, and what every module has."""
    return sorted({*__all__, *globals()})
