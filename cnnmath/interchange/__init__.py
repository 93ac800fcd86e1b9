"""Networks from other programs, and back: ONNX, PyTorch, Keras.

What is read is a `Model`: an architecture, its arrays, and what is to be said of both. Readers and writers are loaded
when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnmath.interchange.keras import import_keras
from cnnmath.interchange.model import Model
from cnnmath.interchange.torch import import_torch

if TYPE_CHECKING:
    from cnnmath.interchange.onnx import export_onnx, import_onnx

__all__ = ["Model", "export_onnx", "import_keras", "import_onnx", "import_torch"]


def __getattr__(name: str) -> Any:
    """Load the reader or the writer of ONNX when it is first used (PEP 562)."""
    if name not in ("export_onnx", "import_onnx"):
        raise AttributeError(f"module 'cnnmath.interchange' has no attribute '{name}'")
    from cnnmath.interchange import onnx

    return getattr(onnx, name)


def __dir__() -> list[str]:
    """The public names, also those that are not loaded yet, and what every module has."""
    return sorted({*__all__, *globals()})
