"""Vectorised forward and backward kernels, NumPy alone: the only second writing of each operator."""

from cnnmath.numeric.kernels import KERNELS, Kernel, backward, forward, kernel
from cnnmath.numeric.engine import Engine, current, using
from cnnmath.numeric.windows import gather, scatter

__all__ = ["KERNELS", "Engine", "Kernel", "backward", "current", "forward", "gather", "kernel", "scatter", "using"]
