"""The SymPy layer: formulas of operators, forward and backward, derived in steps that the machine has checked."""

from cnnmath.symbolic.derivation import Derivation, Step, step
from cnnmath.symbolic.operators import derive, targets
from cnnmath.symbolic.record import from_record, record
from cnnmath.symbolic.remark import Remark, remark
from cnnmath.symbolic.setting import general
from cnnmath.symbolic.written import WrittenOut

__all__ = [
    "Derivation",
    "Remark",
    "Step",
    "WrittenOut",
    "derive",
    "from_record",
    "general",
    "record",
    "remark",
    "step",
    "targets",
]
