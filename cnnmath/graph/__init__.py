"""Architectures as graphs, and what travels along them."""

from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.propagate import Layer, propagate, shapes, smallest_input
from cnnmath.graph.summary import Summary, analyze

__all__ = ["INPUT", "Architecture", "Layer", "Summary", "analyze", "propagate", "shapes", "smallest_input"]
