"""The mathematics of convolutional networks: analysed, derived, verified.

This page lists what most callers want; each name loads its module when it is first used, so that ``import cnnmath``
loads neither NumPy nor SymPy.

Examples
--------
>>> import cnnmath
>>> cnnmath.analyze(cnnmath.zoo.alexnet()).macs
714188480
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnmath import ops
from cnnmath.errors import CnnmathError
from cnnmath.late import late_names
from cnnmath.window import Window

if TYPE_CHECKING:
    from cnnmath import (
        audit,
        filters,
        graph,
        interchange,
        numeric,
        plot,
        readers,
        report,
        subjects,
        symbolic,
        training,
        verify,
        zoo,
    )
    from cnnmath.graph import Architecture, analyze
    from cnnmath.interchange import export_onnx, import_keras, import_onnx, import_torch
    from cnnmath.numeric import backward, forward
    from cnnmath.readers import cost, reach
    from cnnmath.report import write_report
    from cnnmath.subjects import derive

__version__ = "0.1.0"

__all__ = [
    "Architecture",
    "CnnmathError",
    "Window",
    "analyze",
    "audit",
    "backward",
    "cost",
    "derive",
    "export_onnx",
    "filters",
    "forward",
    "graph",
    "import_keras",
    "import_onnx",
    "import_torch",
    "interchange",
    "numeric",
    "ops",
    "plot",
    "reach",
    "readers",
    "report",
    "subjects",
    "symbolic",
    "training",
    "verify",
    "write_report",
    "zoo",
]

_HOMES = {
    "Architecture": "graph",
    "analyze": "graph",
    "backward": "numeric",
    "cost": "readers",
    "derive": "subjects",
    "export_onnx": "interchange",
    "forward": "numeric",
    "import_keras": "interchange",
    "import_onnx": "interchange",
    "import_torch": "interchange",
    "reach": "readers",
    "write_report": "report",
}

__getattr__, __dir__ = late_names(__name__, _HOMES)
