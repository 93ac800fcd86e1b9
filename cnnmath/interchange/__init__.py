"""Networks from other programs, and back: ONNX, PyTorch, Keras.

What is read is a `Model`: an architecture, its arrays, and what is to be said of both. Readers and writers are loaded
when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnmath.interchange.keras import import_keras
from cnnmath.interchange.model import Model
from cnnmath.interchange.torch import import_torch
from cnnmath.late import late_names

if TYPE_CHECKING:
    from cnnmath.interchange.onnx import export_onnx, import_onnx

__all__ = ["Model", "export_onnx", "import_keras", "import_onnx", "import_torch"]

_HOMES = {"export_onnx": "onnx", "import_onnx": "onnx"}

__getattr__, __dir__ = late_names(__name__, _HOMES)
