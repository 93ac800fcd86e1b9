"""Power, measured: known mistakes in a right kernel, and which rung of the ladder sees each, after how many calls.

Every mistake of the library is a mutant of the package's own kernel. It is tried by each rung alone, and by what people
usually do: numbers within a fixed tolerance, and PyTorch's gradcheck.
"""

from cnnmath.verify.power.measure import COMPARISONS, DRAWN, PATIENCE, Counted, attempt, attempts, drawn, power
from cnnmath.verify.power.row import Attempt, Habit, Row
from cnnmath.verify.power.table import Power, results, said

__all__ = [
    "COMPARISONS",
    "DRAWN",
    "PATIENCE",
    "Attempt",
    "Counted",
    "Habit",
    "Power",
    "Row",
    "attempt",
    "attempts",
    "drawn",
    "power",
    "results",
    "said",
]
