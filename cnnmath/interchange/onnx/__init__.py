"""ONNX: a model read without its arrays, which are loaded when they are asked for, and a network out of it.

What writes a model is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnmath.interchange.onnx.build import import_onnx
from cnnmath.interchange.onnx.graph import Graph, Node, Value
from cnnmath.interchange.onnx.read import read
from cnnmath.interchange.onnx.tensors import Stored, load
from cnnmath.late import late_names

if TYPE_CHECKING:
    from cnnmath.interchange.onnx.export import export_onnx

__all__ = ["Graph", "Node", "Stored", "Value", "export_onnx", "import_onnx", "load", "read"]

_HOMES = {"export_onnx": "export"}

__getattr__, __dir__ = late_names(__name__, _HOMES)
