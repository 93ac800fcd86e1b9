"""ONNX: a model read without its arrays, and the arrays when they are asked for."""

from cnnmath.interchange.onnx.graph import Graph, Node, Value
from cnnmath.interchange.onnx.read import read
from cnnmath.interchange.onnx.tensors import Arrays, Stored, load

__all__ = ["Arrays", "Graph", "Node", "Stored", "Value", "load", "read"]
