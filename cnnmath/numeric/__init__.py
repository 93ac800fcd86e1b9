"""Vectorised forward and backward kernels, NumPy alone: the only second writing of each operator."""

from cnnmath.numeric.kernels import KERNELS, Kernel, backward, forward, kernel, memory_needed
from cnnmath.numeric.windows import gather, scatter

__all__ = ["KERNELS", "Kernel", "backward", "forward", "gather", "kernel", "memory_needed", "scatter"]
