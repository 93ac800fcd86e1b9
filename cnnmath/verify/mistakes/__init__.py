"""Known mistakes of kernels, and the diagnosis that names which of them explains a wrong result."""

from cnnmath.verify.mistakes.diagnose import explain
from cnnmath.verify.mistakes.library import MISTAKES, mistakes, named
from cnnmath.verify.mistakes.mistake import Mistake

__all__ = ["MISTAKES", "Mistake", "explain", "mistakes", "named"]
