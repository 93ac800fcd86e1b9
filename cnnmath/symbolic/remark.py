"""Remarks: sentences with formulas in them, written in any notation."""

from __future__ import annotations

from dataclasses import dataclass

from cnnmath.symbolic.notations import Notation
from cnnmath.symbolic.terms import Expr
from cnnmath.symbolic.typeset import typeset


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence in which ``{}`` stands for each of its formulas, in their order.

    Examples
    --------
    >>> from cnnmath.symbolic.notations import Latex
    >>> from cnnmath.symbolic.terms import index, size
    >>> Remark("{} divides {}.", (size("s"), index("j") + 1)).write(Latex())
    '$s$ divides $j + 1$.'
    """

    text: str
    formulas: tuple[Expr, ...] = ()

    def __post_init__(self) -> None:
        if self.text.count("{}") != len(self.formulas):
            raise ValueError(f"{self.text!r} has not one place for each of {len(self.formulas)} formulas")

    def write(self, notation: Notation) -> str:
        """The sentence in a notation."""
        first, *others = (notation.prose(part) for part in self.text.split("{}"))
        formulas = (notation.inline(typeset(formula, notation)) for formula in self.formulas)
        return first + "".join(f"{formula}{other}" for formula, other in zip(formulas, others, strict=True))


def remark(text: str | Remark, *formulas: Expr) -> Remark:
    """Build a remark from a sentence and its formulas; what is a remark already stays one."""
    return text if isinstance(text, Remark) else Remark(text, formulas)
