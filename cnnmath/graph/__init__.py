"""Architectures as graphs, and what travels along them."""

from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.inverse import accepted_inputs, exact_inputs, inputs_for, smallest_input
from cnnmath.graph.propagate import Layer, propagate, shapes
from cnnmath.graph.summary import Summary, analyze

__all__ = [
    "INPUT",
    "Architecture",
    "Layer",
    "Summary",
    "accepted_inputs",
    "analyze",
    "exact_inputs",
    "inputs_for",
    "propagate",
    "shapes",
    "smallest_input",
]
