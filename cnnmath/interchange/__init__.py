"""Networks from other programs, and back: ONNX, PyTorch, Keras.

What is read is a `Model`: an architecture, its arrays, and what is to be said of both.
"""

from cnnmath.interchange.keras import import_keras
from cnnmath.interchange.model import Model
from cnnmath.interchange.onnx import export_onnx, import_onnx
from cnnmath.interchange.torch import import_torch

__all__ = ["Model", "export_onnx", "import_keras", "import_onnx", "import_torch"]
