"""Vectorised forward and backward kernels, NumPy alone: the only second writing of each operator."""

from cnnmath.numeric.kernels import KERNELS, Kernel, backward, forward, kernel
from cnnmath.numeric.running import running_statistics
from cnnmath.numeric.windows import gather, scatter

__all__ = ["KERNELS", "Kernel", "backward", "forward", "gather", "kernel", "running_statistics", "scatter"]
