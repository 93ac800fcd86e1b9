"""Derivations: equations in named steps, each evaluated on both sides before the derivation exists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from cnnmath.errors import DerivationError
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.symbolic import show
from cnnmath.symbolic.check import check_all
from cnnmath.symbolic.evaluate import Entry
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.notations import Notation, Text
from cnnmath.symbolic.remark import Remark, remark
from cnnmath.symbolic.terms import Expr, Range, entries
from cnnmath.symbolic.typeset import SIGNS, relation


@dataclass(frozen=True, slots=True, repr=False)
class Step:
    """One equation of a derivation.

    Attributes
    ----------
    name
        What the step is called.
    rule
        Why the equation holds.
    left, right
        Its two sides.
    over
        Free indices with their extents: the equation holds for all of them.
    relation
        ``"="``; ``"<="``, ``">="``, ``"<"`` for a bound; ``"identical"`` for two polynomials (or matrices of them),
        whose difference is expanded to 0 rather than evaluated.
    """

    name: str
    rule: Remark
    left: Expr
    right: Expr
    over: tuple[Range, ...] = ()
    relation: str = "="

    def __post_init__(self) -> None:
        if self.relation not in SIGNS:
            raise DerivationError(
                f"the step '{self.name.lower()}' has an unknown relation.",
                here=repr(self.relation),
                rule=f"one of {', '.join(map(repr, SIGNS))}",
            )

    def write(self, notation: Notation) -> str:
        """The equation in a notation."""
        return relation(self.relation, self.left, self.right, notation)

    def __repr__(self) -> str:
        return f"{self.name}: {self.write(Text())}"

    def _repr_latex_(self) -> str:
        return show.aligned([self])

    def _repr_html_(self) -> str:
        return show.item(self)


def step(
    name: str,
    rule: str | Remark,
    left: Any,
    right: Any,
    over: Iterable[Range] | Mapping[sp.Symbol, Expr] = (),
    relation: str = "=",
) -> Step:
    """Build a step, its rule a sentence or a remark with formulas, its sides made expressions."""
    ranges = over.items() if isinstance(over, Mapping) else over
    pairs = tuple((symbol, sp.sympify(extent)) for symbol, extent in ranges)
    return Step(name, remark(rule), sp.sympify(left), sp.sympify(right), pairs, relation)


@dataclass(frozen=True, slots=True)
class Target:
    """What an operator's derivation speaks of, so that its result can be written out for concrete sizes.

    Attributes
    ----------
    op, wrt
        The operator, and the operand whose gradient is derived; ``"y"`` for the output itself.
    inputs
        Symbolic shapes of the inputs.
    definitions
        What the names of sizes stand for.
    entry
        Indices of the entry that the result speaks of, with their ranges.
    """

    op: Operator
    wrt: str
    inputs: tuple[Shape, ...]
    definitions: Mapping[sp.Symbol, Expr]
    entry: Entry


@dataclass(frozen=True, slots=True, repr=False)
class Derivation:
    """Equations in named steps, and what they assume.

    Both sides of every step are evaluated exactly, on every instance, when a derivation is made: one of which a step
    does not hold cannot be made. Two derivations are equal if they say the same.

    Attributes
    ----------
    title
        What is derived.
    assumptions
        Shapes, and what the names of sizes stand for.
    steps
        The equations in order; the last one is the result.
    instances
        The small settings on which the steps have been evaluated.
    conventions
        Rules that others may have otherwise, such as who gets the gradient at a tie.
    target
        The operator and operand, where the result can be written out entry by entry.

    Raises
    ------
    DerivationError
        Where a step does not hold, which it names; also where nothing would be checked.

    Examples
    --------
    >>> from cnnmath.symbolic.instance import values
    >>> from cnnmath.symbolic.terms import Sigma, index, size
    >>> i, n = index("i"), size("n")
    >>> gauss = step("Sum", "pair the first with the last.", Sigma(i, [(i, n)]), n * (n - 1) / 2)
    >>> small = [Instance(values(n=count), {}) for count in (1, 2, 7)]
    >>> Derivation("A sum of integers", (), (gauss,), tuple(small))
    A sum of integers
    <BLANKLINE>
      1. Sum: pair the first with the last.
         sum{i<n} i = n*(n - 1)/2
    """

    title: str
    assumptions: tuple[Remark, ...]
    steps: tuple[Step, ...]
    instances: tuple[Instance, ...] = field(compare=False)
    conventions: tuple[Remark, ...] = ()
    target: Target | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.steps or not self.instances:
            missing = "instance" if self.steps else "step"
            raise DerivationError(
                f"a derivation without any {missing} has checked nothing.", fix=f"give at least one {missing}"
            ).at(self.title)
        try:
            check_all(self.steps, self.instances)
        except DerivationError as error:
            raise error.at(self.title) from None

    @property
    def result(self) -> Step:
        """The last step."""
        return self.steps[-1]

    @property
    def brief(self) -> tuple[Step, ...]:
        """The result, after the steps of an operator's derivation that say what the names in it are."""
        if self.target is None:
            return self.steps[-1:]
        kept: list[Step] = [self.result]
        for step in reversed(self.steps[:-1]):
            if isinstance(step.left, sp.Indexed) and any(entries(one.right, str(step.left.base)) for one in kept):
                kept.insert(0, step)
        return tuple(kept)

    def text(self, *, full: bool = True, numbers: bool = False, width: int | None = None) -> str:
        """Plain text: all steps, or the result alone; with numbers, a worked example after them.

        Formulas are broken where lines would be longer than the width, if there is one.
        """
        return show.write(self, "text", full=full, numbers=numbers, width=width)

    def latex(self, *, full: bool = True, numbers: bool = False) -> str:
        """LaTeX, for the package amsmath: paragraphs and numbered steps, or the result alone."""
        return show.write(self, "latex", full=full, numbers=numbers)

    def markdown(self, *, full: bool = True, numbers: bool = False) -> str:
        """Markdown with LaTeX between dollar signs, as notebooks and most sites read it."""
        return show.write(self, "markdown", full=full, numbers=numbers)

    def html(self, *, full: bool = True, numbers: bool = False) -> str:
        """HTML whose mathematics is MathML: it needs no script and no font of its own."""
        return show.write(self, "html", full=full, numbers=numbers)

    def __repr__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return show.aligned(self.steps)

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _repr_html_(self) -> str:
        return self.html()
