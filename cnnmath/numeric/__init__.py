"""Vectorised forward and backward kernels, NumPy and SciPy alone: the only second writing of each operator.

Each name loads its module when it is first used, so that a network is analysed without its kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnmath.late import late_names

if TYPE_CHECKING:
    from cnnmath.numeric.combine import dropout_mask
    from cnnmath.numeric.engine import Engine, current, using
    from cnnmath.numeric.kernels import KERNELS, Kernel, kernel
    from cnnmath.numeric.methods.choose import METHODS, Choice, choose_method
    from cnnmath.numeric.recurrent import states
    from cnnmath.numeric.running import running_statistics
    from cnnmath.numeric.verbs import backward, forward, memory_needed, switches
    from cnnmath.numeric.windows import gather, scatter

__all__ = [
    "KERNELS",
    "METHODS",
    "Choice",
    "Engine",
    "Kernel",
    "backward",
    "choose_method",
    "current",
    "dropout_mask",
    "forward",
    "gather",
    "kernel",
    "memory_needed",
    "running_statistics",
    "scatter",
    "states",
    "switches",
    "using",
]

_HOMES = {
    "KERNELS": "kernels",
    "METHODS": "methods.choose",
    "Choice": "methods.choose",
    "Engine": "engine",
    "Kernel": "kernels",
    "backward": "verbs",
    "choose_method": "methods.choose",
    "current": "engine",
    "dropout_mask": "combine",
    "forward": "verbs",
    "gather": "windows",
    "kernel": "kernels",
    "memory_needed": "verbs",
    "running_statistics": "running",
    "scatter": "windows",
    "states": "recurrent",
    "switches": "verbs",
    "using": "engine",
}

__getattr__, __dir__ = late_names(__name__, _HOMES)
