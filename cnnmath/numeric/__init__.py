"""Vectorised forward and backward kernels, NumPy alone: the only second writing of each operator."""

from cnnmath.numeric.kernels import KERNELS, Kernel, backward, forward, kernel
from cnnmath.numeric.recurrent import states
from cnnmath.numeric.windows import gather, scatter

__all__ = ["KERNELS", "Kernel", "backward", "forward", "gather", "kernel", "scatter", "states"]
