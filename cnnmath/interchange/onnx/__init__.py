"""ONNX: a model read without its arrays, which are loaded when they are asked for, and a network out of it."""

from cnnmath.interchange.onnx.build import import_onnx
from cnnmath.interchange.onnx.export import export_onnx
from cnnmath.interchange.onnx.graph import Graph, Node, Value
from cnnmath.interchange.onnx.read import read
from cnnmath.interchange.onnx.tensors import Stored, load

__all__ = ["Graph", "Node", "Stored", "Value", "export_onnx", "import_onnx", "load", "read"]
