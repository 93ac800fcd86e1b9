"""One sentence, many readers: exact values, exact gradients, cost, reach. Pure Python."""

from cnnmath.readers.cost import Census, cost
from cnnmath.readers.exact import Tensor, evaluate, forward
from cnnmath.readers.gradient import backward, gradients
from cnnmath.readers.reach import reach

__all__ = ["Census", "Tensor", "backward", "cost", "evaluate", "forward", "gradients", "reach"]
