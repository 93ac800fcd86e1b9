"""Architectures as graphs, what travels along them, and how they are written down."""

from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.exchange import from_json, load, save, to_json
from cnnmath.graph.notation import parse
from cnnmath.graph.opaque import Opaque
from cnnmath.graph.propagate import Layer, propagate, shapes, smallest_input
from cnnmath.graph.summary import Summary, analyze

__all__ = [
    "INPUT",
    "Architecture",
    "Layer",
    "Opaque",
    "Summary",
    "analyze",
    "from_json",
    "load",
    "parse",
    "propagate",
    "save",
    "shapes",
    "smallest_input",
    "to_json",
]
