"""Agreement: a kernel's forward and backward against the operator's sentence, number by number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from cnnmath import numeric
from cnnmath.errors import CnnmathError
from cnnmath.numeric import Kernel
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape, check_operator
from cnnmath.ops.notation import describe
from cnnmath.ops.reduced import reduced
from cnnmath.readers import Tensor, exact, gradient
from cnnmath.verify.data import Mode, draw, mode
from cnnmath.verify.strategies import Case

TOLERANCE = Fraction(1, 10**40)
"""In ``digits`` mode, relative to the largest number of the array."""

NOTHING = Fraction(1, 10**55)
"""In ``digits`` mode, what the rounding of 60 digits may leave where the truth is 0: the log-softmax of one channel."""

HOW = {
    "integers": "== on float64 integers",
    "rationals": "== on rational numbers",
    "digits": "to 40 digits",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One array that a kernel computed, compared with the sentence.

    Attributes
    ----------
    array
        ``y`` for the output, or the operand whose gradient it is: ``x``, ``w``, ``b`` ...
    mode
        How numbers were compared.
    numbers
        How many.
    difference
        The first that differ, or what else is wrong; empty where all agree.
    """

    array: str
    mode: Mode
    numbers: int
    difference: str = ""

    @property
    def agrees(self) -> bool:
        """Whether all numbers agree."""
        return not self.difference

    def __str__(self) -> str:
        name = "y" if self.array == "y" else f"d{self.array}"
        verdict = f"{self.numbers} numbers agree, {HOW[self.mode]}" if self.agrees else self.difference
        return f"{name:<7} {verdict}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What came of comparing a kernel with the sentence, for one setting.

    Examples
    --------
    >>> from cnnmath.ops import MaxPool
    >>> verify(MaxPool(2), (1, 1, 4, 5))
    maxpool(2) on (1, 1, 4, 5): agrees
      y       4 numbers agree, == on float64 integers
      dx      20 numbers agree, == on float64 integers
    """

    case: Case
    checks: tuple[Check, ...]
    also: tuple[Case, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether forward and backward agree everywhere."""
        return all(check.agrees for check in self.checks)

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        checks = [
            {"array": c.array, "mode": c.mode, "numbers": c.numbers, "agrees": c.agrees, "difference": c.difference}
            for c in self.checks
        ]
        return {"setting": self.where, "agrees": self.agrees, "checks": checks}

    def __repr__(self) -> str:
        verdict = "agrees" if self.agrees else "DOES NOT AGREE"
        return "\n".join([f"{self.where}: {verdict}", *(f"  {check}" for check in self.checks)])

    @property
    def where(self) -> str:
        """The operator and all input shapes at which it was compared."""
        return " and on ".join([str(self.case), *(" and ".join(map(str, case.inputs)) for case in self.also)])


def verify(op: Operator, *inputs: Shape, kernel: Kernel | None = None, seed: int = 0, rank: int = 2) -> Agreement:
    """Compare a kernel's forward and backward with the operator's sentence, exactly.

    Parameters
    ----------
    op
        The operator.
    *inputs
        Shapes of its inputs; where none are given, the operator is reduced to its smallest telling sizes.
    kernel
        The kernel; by default the package's own. Its arrays come in the order of the sentence: inputs, parameters,
        buffers; its gradients go into a dict by operand (``{"x": dx, "w": dw}``). Batch normalisation, leaky ReLU and
        operators with exponentials are given exact fractions in object arrays, all others float64.
    seed
        Of the data.
    rank
        Number of spatial axes where no inputs are given, for an operator that takes any.

    Raises
    ------
    ShapeError
        Where the inputs do not fit the operator.
    """
    check_operator(op)
    if not inputs:
        return _at_telling_sizes(op, rank, kernel, seed)
    kernel = kernel or numeric.kernel(op)
    output, generator = _output(op, inputs), np.random.default_rng(seed)
    arrays = {n: draw(op, n, shape, inputs, generator) for n, shape in operands(op, *inputs).items()}
    dy = draw(op, "dy", output, inputs, generator)
    tensors = {name: Tensor.of(array) for name, array in arrays.items()}

    y = _run(lambda: kernel.forward(op, *_copies(arrays)))
    grads = _run(lambda: kernel.backward(op, dy.copy(), *_copies(arrays)))
    given = {"y": y} | {name: grads.get(name) if isinstance(grads, dict) else grads for name in tensors}
    truth = {"y": exact.forward(op, output, *tensors.values())} | gradient.backward(op, Tensor.of(dy), tensors)
    how = mode(op, *inputs)
    compared = [name for name in truth if name not in op.buffers(*inputs)]
    return Agreement(Case(op, inputs), tuple(_check(how, name, given[name], truth[name]) for name in compared))


def _at_telling_sizes(op: Operator, rank: int, kernel: Kernel | None, seed: int) -> Agreement:
    """Compare at both telling sizes; the first that does not agree, or both drawn together."""
    forms = dict.fromkeys(reduced(op, rank, exact=exact) for exact in (False, True))
    found = [verify(small, *inputs, kernel=kernel, seed=seed) for small, inputs in forms]
    for agreement in found:
        if not agreement.agrees:
            return agreement
    together = zip(*(agreement.checks for agreement in found), strict=True)
    checks = tuple(replace(same[0], numbers=sum(check.numbers for check in same)) for same in together)
    return Agreement(found[0].case, checks, tuple(agreement.case for agreement in found[1:]))


def _output(op: Operator, inputs: tuple[Shape, ...]) -> Shape:
    try:
        return op.shape(*inputs)
    except CnnmathError as error:
        raise error.at(describe(op)) from None


def _copies(arrays: dict[str, Any]) -> list[Any]:
    return [array.copy() for array in arrays.values()]


def _run(call: Callable[[], Any]) -> Any:
    """What the kernel gives; where it raises, the exception itself."""
    try:
        return call()
    except Exception as error:
        return error


def _check(how: Mode, name: str, given: Any, truth: Tensor) -> Check:
    return Check(name, how, len(truth.values), _difference(how, given, truth))


def _difference(how: Mode, given: Any, truth: Tensor) -> str:
    """What is wrong with an array, first of all; empty where nothing is."""
    if isinstance(given, Exception):
        fractions = "" if how == "integers" else " (it was given exact fractions, in object arrays)"
        return f"the kernel raises {type(given).__name__}: {given}{fractions}"
    if given is None:
        return "the kernel gives nothing"
    try:
        array = np.asarray(given)
    except ValueError:
        return "is no array: its rows have unequal lengths"
    if array.dtype.kind not in "fiuO" or not all(isinstance(v, (float, Rational)) for v in array.ravel().tolist()):
        return f"is no array of real numbers, but of {array.dtype}"
    if array.shape != truth.shape:
        return f"has shape {array.shape}, not {truth.shape}"
    allowed = max(TOLERANCE * max(map(abs, truth.values), default=Fraction(0)), NOTHING) if how == "digits" else 0
    for at, value in zip(truth.positions(), array.ravel().tolist(), strict=True):
        if not _finite(value) or abs(Fraction(value) - truth[at]) > allowed:
            where = ", ".join(map(str, at))
            return f"[{where}] is {_shown(value)}, but the definition gives {_shown(truth[at])}"
    return ""


def _finite(value: Any) -> bool:
    return not isinstance(value, float) or value - value == 0


def _shown(value: Any) -> str:
    exact_integer = isinstance(value, (float, Fraction)) and _finite(value) and value == int(value)
    return str(int(value)) if exact_integer else str(value)
