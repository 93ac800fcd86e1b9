"""Networks from other programs, and back: ONNX.

What is read is a `Model`: an architecture, its arrays, and what is to be said of both.
"""

from cnnmath.interchange.model import Model
from cnnmath.interchange.onnx import import_onnx

__all__ = ["Model", "import_onnx"]
