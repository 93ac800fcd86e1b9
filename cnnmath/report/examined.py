"""What a page says of an operator, found out: its settings, what it costs, what its kernel rounds, what is believed."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from cnnmath import numeric, ops
from cnnmath.errors import CnnmathError, VerificationError
from cnnmath.numeric.kernels import Kernel
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.ops.notation import parse
from cnnmath.ops.pool import Pool
from cnnmath.ops.reduced import reduced
from cnnmath.readers.cost import KINDS, Census, cost
from cnnmath.symbolic import general
from cnnmath.symbolic.letters import Letters
from cnnmath.verify import Case, Certificate, Verdict, search, verify
from cnnmath.verify.evidence import result_name
from cnnmath.verify.real import real
from cnnmath.verify.rounding import FORMATS, bounded
from cnnmath.verify.strategies import covering
from cnnmath.verify.subject import under_test
from cnnmath.verify.telling import least
from cnnmath.verify.trial import steps

DRAWN, ROUNDED = 12, 600
"""Settings of an operator's whole space that a page tries, and operations of that at which roundings are followed."""

RUNGS = (1, 2)
"""Of the ladder, at the example's setting: what is proved, and what is exact on integers."""

FORMAT = FORMATS["float32"]
"""In which roundings are shown."""

GENERAL = (ops.Conv, ops.ConvTranspose, Pool, ops.Maxout, ops.GroupNorm)
"""Operators whose window, pieces or groups may be letters."""


def example(kind: type[Operator]) -> Operator:
    """The operator as the first example of its docstring has it.

    Examples
    --------
    >>> example(ops.Transpose), example(ops.GELU)
    (Transpose(order=(0, 2, 3, 1)), GELU(approximate=False))
    """
    text = next(
        call
        for example in doctest.DocTestParser().get_examples(inspect.getdoc(kind) or "")
        for call in _calls(example.source, kind.__name__)
    )
    return parse(re.sub(r"Fraction\((\d+), (\d+)\)", r"\1/\2", text))


def _calls(source: str, name: str) -> list[str]:
    """Calls of this name in a line of Python, the first first."""
    found = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Call) and ast.unparse(n.func) == name]
    return [ast.unparse(node) for node in sorted(found, key=lambda node: (node.lineno, node.col_offset))]


def shown(kind: type[Operator]) -> Operator:
    """The operator of which a page shows formulas: with letters for its window where it can be, else its example.

    Examples
    --------
    >>> shown(ops.MaxPool).kernel, shown(ops.Upsample).scale
    ((K_1, K_2), (2, 2))
    """
    return general(kind) if issubclass(kind, GENERAL) else example(kind)


def written(kind: type[Operator]) -> Case:
    """A setting so small that all entries can be written out."""
    if issubclass(kind, (ops.Conv, ops.ConvTranspose)):
        return Case(kind(1, 2), ((1, 1, 3, 3),))
    if issubclass(kind, Pool):
        return Case(kind(2, stride=1), ((1, 1, 3, 3),))
    return least(reduced(kind(2) if issubclass(kind, GENERAL) else example(kind))[0])  # type: ignore[call-arg]  # as Operator says nothing of settings


def counted(kind: type[Operator]) -> tuple[Case, Census]:
    """How many operations an output takes in all, as formulas; in numbers at a small setting where it has none."""
    for op in (shown(kind), example(kind)):
        letters = Letters.of(op)
        try:
            found = cost(letters.op, *letters.inputs, output=letters.shapes["y"])
        except CnnmathError:
            continue
        if max(sp.count_ops(n) for n in found) < LONGEST:
            return Case(letters.op, letters.inputs), Census(*map(_shortest, found))
    op, inputs = reduced(example(kind))
    return Case(op, inputs), cost(op, *inputs)


LONGEST = 40
"""Operations in a formula that a reader takes in."""


def _shortest(number: Any) -> Any:
    expr = sp.sympify(number)
    return min(expr, sp.expand(expr), sp.factor(expr), key=sp.count_ops)


def operations(census: Census) -> dict[str, Any]:
    """The kinds of operations that there are any of.

    Examples
    --------
    >>> operations(Census(multiplications=3, error_functions=1))
    {'multiplications': 3, 'error functions': 1}
    """
    return {kind.replace("_", " "): n for kind, n in zip(KINDS, census, strict=True) if n != 0}


@dataclass(frozen=True, slots=True)
class Rounding:
    """How far a result may be from the exact one, and how far it was.

    Attributes
    ----------
    result
        Its name: y, or dx for the gradient by x.
    numbers
        How many there are.
    bound, error
        The largest of each, relative to the largest of the exact numbers, in units of the format's roundoff.
    """

    result: str
    numbers: int
    bound: float
    error: float


def roundings(kernel: Kernel, kind: type[Operator]) -> tuple[Case, list[Rounding]]:
    """What roundings do to random numbers at one setting, by a bound that is known before the kernel runs.

    Raises
    ------
    VerificationError
        Where a number is farther from the exact one than its bound allows.
    """
    case = max(covering(kind), key=_telling)
    trial, subject, rows = real(case, FORMAT.name, np.random.default_rng(0)), under_test(kernel, FORMAT.name), []
    for wrt in subject.results(case.op, *case.inputs):
        known = bounded(case.op, wrt, trial.arrays, trial.dy, FORMAT)
        given = np.asarray(subject.call(case.op, wrt, trial.arrays, trial.dy))
        error = np.asarray(abs(_exact(given) - known.value), float)
        if given.shape != known.value.shape or not (error <= known.bound).all():
            raise VerificationError(
                f"the kernel's {result_name(wrt)} is beyond the bound of its roundings.",
                here=str(case),
                rule=f"at most {known.bound.max():.3g} in {FORMAT.name}, and it was off by {error.max():.3g}",
            )
        unit = FORMAT.unit * float(np.max(abs(known.value), initial=0)) or 1.0
        rows.append(
            Rounding(result_name(wrt), given.size, known.bound.max(initial=0) / unit, error.max(initial=0) / unit)
        )
    return case, rows


def _telling(case: Case) -> tuple[bool, int]:
    """How much a setting has of arithmetic, if it is not too much."""
    count = steps(case)
    return (count <= ROUNDED, count if count <= ROUNDED else -count)


def _exact(array: Any) -> Any:
    return np.frompyfunc(lambda number: Fraction(float(number)), 1, 1)(array)


def certificates(kernel: Kernel, kind: type[Operator]) -> tuple[Certificate, Certificate]:
    """What is believed of a kernel: at the example's setting, where a proof is tried, and over the whole space.

    Raises
    ------
    VerificationError
        Where the verdict is no certificate; it says the verdict.
    """
    own = verify(kernel, reduced(example(kind))[0], rungs=RUNGS, claim="shapes")
    return _believed(own), _believed(search(kernel, kind, DRAWN))


def _believed(verdict: Verdict) -> Certificate:
    if not isinstance(verdict, Certificate):
        raise VerificationError("the kernel is not certified.", here=repr(verdict))
    return verdict


@dataclass(frozen=True, slots=True)
class Examined:
    """What is believed of an operator's kernel, and how far it rounds."""

    kind: type[Operator]
    own: Certificate
    space: Certificate
    rounded: Case
    rows: tuple[Rounding, ...]

    @property
    def outcome(self) -> str:
        """In a few words."""
        proved = "proved; " if self.own.rung == 1 else ""
        how = "exact" if self.space.exact else "to 40 digits"
        return f"{proved}{how} at {len(self.space.cases)} settings"


def examine(kind: type[Operator]) -> Examined:
    """Verify the package's kernel of an operator.

    Raises
    ------
    VerificationError
        Where it is wrong; the operator is named.

    Examples
    --------
    >>> examine(ops.Flatten).outcome  # doctest: +ELLIPSIS
    'proved; exact at ... settings'
    """
    kernel = numeric.KERNELS[kind]
    try:
        own, space = certificates(kernel, kind)
        case, rows = roundings(kernel, kind)
        return Examined(kind, own, space, case, tuple(rows))
    except CnnmathError as error:
        raise error.at(kind.__name__) from None


def shapes(inputs: tuple[Shape, ...]) -> str:
    """Shapes as a sentence has them."""
    return " and ".join(map(str, inputs))
