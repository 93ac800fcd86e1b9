"""Networks of the package as models of ONNX."""

from cnnmath.interchange.onnx.export.model import export_onnx

__all__ = ["export_onnx"]
