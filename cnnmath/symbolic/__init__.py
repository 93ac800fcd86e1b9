"""The SymPy layer: formulas of operators, forward and backward, derived in steps that the machine has checked."""

from cnnmath.symbolic.derivation import Derivation, Step, derive, targets
from cnnmath.symbolic.setting import general
from cnnmath.symbolic.written import WrittenOut

__all__ = ["Derivation", "Step", "WrittenOut", "derive", "general", "targets"]
