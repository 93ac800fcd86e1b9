"""The diagnosis: which known mistakes, and which simple changes, give exactly the wrong results that a kernel gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, TypeAlias

import numpy as np

from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape
from cnnmath.verify.mistakes.changes import Change, changes
from cnnmath.verify.mistakes.library import MISTAKES
from cnnmath.verify.mistakes.mistake import Mistake, altered_gradient, everywhere, wrong_output

Trial: TypeAlias = tuple[dict[str, Array], Array | None, Array]
"""Operands by name, the gradient from above where a gradient is asked for, and what the kernel in question gave."""

ROUNDINGS = 64
"""Units in the last place, of the largest number, within which results of inexact operators are the same."""


def explain(op: Operator, inputs: Sequence[Shape], wrt: str, trials: Iterable[Trial]) -> list[Mistake]:
    """Known mistakes that give exactly these wrong results, the simplest first.

    Parameters
    ----------
    op
        The operator.
    inputs
        Shapes of its inputs.
    wrt
        What the kernel computed: ``"y"``, or the operand whose gradient it is.
    trials
        For each run the operands by name, the gradient from above (None for the output), and the kernel's result.

    Returns
    -------
    list of Mistake
        Those of the library that agree on all trials and are wrong on some; then the simplest change of the right
        result that does, told as a mistake too.

    Notes
    -----
    *Conventions*: equal shapes and equal numbers; floats may differ by 64 units in the last place of the largest.
    Several mistakes may give the same results at a setting: what is said of one axis comes before what is said of all.
    Mistakes of memory and repetition explain nothing here, since their results are not the same each time.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> op, x, w = Conv(1, (2,), bias=False), np.arange(4.0).reshape(1, 1, 4) ** 2, np.array([[[1.0, 3.0]]])
    >>> wrong = KERNELS[Conv].forward(op, x, w[..., ::-1])
    >>> for mistake in explain(op, [x.shape], "y", [({"x": x, "w": w}, None, wrong)]):
    ...     print("your y behaves as if", mistake.says)
    your y behaves as if the kernel were flipped
    """
    runs = tuple(trials)
    given = [np.asarray(result) for _, _, result in runs]
    right = [np.asarray(_computed(KERNELS[type(op)], op, wrt, run)) for run in runs]

    def explains(kernel: Kernel) -> bool:
        try:
            agree = all(same(_computed(kernel, op, wrt, run), g) for run, g in zip(runs, given, strict=True))
        except Exception:  # whatever a wrong kernel raises: it does not explain
            return False
        return agree

    if all(map(same, given, right)):
        return []
    known = [m for m in MISTAKES if _asked(m, op, tuple(map(tuple, inputs)), wrt) and explains(m.kernel)]
    simple = (_as_mistake(type(op), wrt, change) for change in changes(right, given))
    return [*known, *islice((mistake for mistake in simple if explains(mistake.kernel)), 1)]


def same(a: Any, b: Any) -> bool:
    """Equal shapes, and numbers that are equal, or floats that are but for roundings.

    Examples
    --------
    >>> same(np.ones(2), [1, 1 + 1e-15]), same(np.ones(2), [1, 1.001]), same(np.ones(2), np.ones((2, 1)))
    (True, False, False)
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if a.dtype == object or b.dtype == object or not {a.dtype.kind, b.dtype.kind} & {"f", "c"}:
        return bool(np.all(a == b))
    if not np.array_equal(finite := np.isfinite(a), np.isfinite(b)) or not np.array_equal(
        a[~finite], b[~finite], equal_nan=True
    ):
        return False
    floats = [np.finfo(c.dtype).eps for c in (a, b) if c.dtype.kind in "fc"]
    largest = abs(b[finite]).max(initial=0)
    return bool((abs(a[finite].astype(float) - b[finite]) <= ROUNDINGS * max(floats) * largest).all())


def _computed(kernel: Kernel, op: Operator, wrt: str, trial: Trial) -> Any:
    arrays, dy, _ = trial
    copies = [np.array(a, order="K") for a in arrays.values()]
    with np.errstate(all="ignore"):
        return kernel.forward(op, *copies) if wrt == "y" else kernel.backward(op, np.array(dy), *copies)[wrt]


def _asked(mistake: Mistake, op: Operator, inputs: tuple[Shape, ...], wrt: str) -> bool:
    asked = mistake.kind is type(op) and wrt in mistake.spoils and mistake.rung != "hygiene"
    return asked and mistake.shows(op, inputs)


def _as_mistake(kind: type[Operator], wrt: str, change: Change) -> Mistake:
    """What is done to the right result, with the kernel that does it."""
    if wrt == "y":
        kernel = wrong_output(kind, lambda *a: change.apply(KERNELS[kind].forward(*a)))
    else:
        kernel = altered_gradient(kind, wrt, lambda gradient, *_: change.apply(gradient))
    return Mistake(change.name, kind, change.says, frozenset({wrt}), kernel, everywhere)
