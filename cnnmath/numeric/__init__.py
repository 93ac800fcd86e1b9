"""Vectorised forward and backward kernels, NumPy and SciPy alone: the only second writing of each operator."""

from cnnmath.numeric.combine import dropout_mask
from cnnmath.numeric.engine import Engine, current, using
from cnnmath.numeric.kernels import KERNELS, Kernel, backward, forward, kernel, memory_needed, switches
from cnnmath.numeric.methods.choose import METHODS, Choice, choose_method
from cnnmath.numeric.recurrent import states
from cnnmath.numeric.running import running_statistics
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
