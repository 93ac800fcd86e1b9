"""Trials of a mistake: data of a setting as floats, the right results and the mistaken ones."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from hypothesis import Phase, given, settings

from cnnmath.numeric import KERNELS
from cnnmath.ops import operands
from cnnmath.verify import Case, cases
from cnnmath.verify.data import draw

PRECISE = 1e-9
"""Of what is largest: more than a few roundings of float64, and less than any mistake makes of small whole numbers."""


@dataclass(frozen=True)
class Trial:
    """A setting, its operands and the gradient from above."""

    case: Case
    seed: int

    @cached_property
    def drawn(self):
        op, inputs = self.case.op, self.case.inputs
        rng = np.random.default_rng(self.seed)
        arrays = {n: draw(op, n, shape, inputs, rng).astype(float) for n, shape in operands(op, *inputs).items()}
        return arrays, draw(op, "dy", op.shape(*inputs), inputs, rng).astype(float)

    @cached_property
    def right(self):
        return self.results(KERNELS[type(self.case.op)])

    def results(self, kernel) -> dict[str, Any]:
        """Output and gradients by name, each kernel given copies."""
        arrays, dy = self.drawn
        y = kernel.forward(self.case.op, *(a.copy() for a in arrays.values()))
        return {"y": y} | kernel.backward(self.case.op, dy.copy(), *(a.copy() for a in arrays.values()))

    def spoilt(self, kernel):
        """Which results are wrong."""
        return {name for name, a in self.results(kernel).items() if not same(a, self.right[name])}


def same(a, b):
    """Equal shapes, and numbers that are equal but for roundings."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    return bool((abs(a - b) <= PRECISE * max(1, abs(b).max(initial=0))).all())


@cache
def drawn_cases(kind, examples):
    """Settings of a kind, the same every time."""
    found = []

    @settings(max_examples=examples, phases=[Phase.generate], derandomize=True, database=None, deadline=None)
    @given(cases(kind))
    def collect(case):
        found.append(case)

    collect()
    return found
