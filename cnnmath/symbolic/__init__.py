"""The SymPy layer: formulas of operators, forward and backward, derived in steps that the machine has checked."""

from cnnmath.symbolic.derivation import Derivation, Step, derive
from cnnmath.symbolic.setting import general
from cnnmath.symbolic.written import written_out

__all__ = ["Derivation", "Step", "derive", "general", "written_out"]
