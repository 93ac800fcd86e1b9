"""Architectures as graphs, what travels along them, and how they are written down.

What runs a network is loaded, with NumPy's kernels, when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnmath.graph.architecture import INPUT, Architecture
from cnnmath.graph.arrays import buffers, parameters
from cnnmath.graph.exchange import from_json, load, save, to_json
from cnnmath.graph.notation import parse
from cnnmath.graph.opaque import Opaque
from cnnmath.graph.propagate import Layer, propagate, shapes
from cnnmath.graph.sources import Constant, Given
from cnnmath.graph.summary import Summary, analyze
from cnnmath.late import late_names

if TYPE_CHECKING:
    from cnnmath.graph.compared import diff
    from cnnmath.graph.difference import Difference
    from cnnmath.graph.execute import Gradients, forward, loss_and_gradients
    from cnnmath.graph.inverse import accepted_inputs, exact_inputs, inputs_for, smallest_input
    from cnnmath.graph.prepared import Prepared

__all__ = [
    "INPUT",
    "Architecture",
    "Constant",
    "Difference",
    "Given",
    "Gradients",
    "Layer",
    "Opaque",
    "Prepared",
    "Summary",
    "accepted_inputs",
    "analyze",
    "buffers",
    "diff",
    "exact_inputs",
    "forward",
    "from_json",
    "inputs_for",
    "load",
    "loss_and_gradients",
    "parameters",
    "parse",
    "propagate",
    "save",
    "shapes",
    "smallest_input",
    "to_json",
]

_HOMES = {
    "Difference": "difference",
    "Gradients": "execute",
    "Prepared": "prepared",
    "accepted_inputs": "inverse",
    "diff": "compared",
    "exact_inputs": "inverse",
    "forward": "execute",
    "inputs_for": "inverse",
    "loss_and_gradients": "execute",
    "smallest_input": "inverse",
}

__getattr__, __dir__ = late_names(__name__, _HOMES)
