"""What several test files share: drawn problems, exact oracles, rounding bounds, golden tables."""

import csv
import json
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from cnnmath import numeric, ops, readers
from cnnmath.ops.algebra import operands, rational
from cnnmath.readers import Tensor
from cnnmath.verify.data import labels
from cnnmath.verify.strategies import Case, cases

GOLDEN = Path(__file__).parent / "golden"
INTENSE = settings.default.max_examples > 200
"""Whether the profile is ``intense``."""

TRANSCENDENTAL = (
    *(ops.LpPool, ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm, ops.LocalResponseNorm, ops.RMSNorm),
    *(ops.Power, ops.Exp, ops.Log, ops.SELU, ops.CELU),
    *(ops.Erf, ops.GELU, ops.SiLU, ops.Mish),
    *(ops.CrossEntropy, ops.BinaryCrossEntropy, ops.RNNCell, ops.LSTMCell, ops.Reduce),
    *(ops.Pow, ops.ELU, ops.Sigmoid, ops.Tanh, ops.Softplus, ops.LogSigmoid, ops.Softmax, ops.LogSoftmax),
)
RATIONAL = tuple(kind for kind in ops.ALL if kind not in TRANSCENDENTAL)
LINEAR = (
    *(ops.Conv, ops.ConvTranspose, ops.AveragePool, ops.GlobalAveragePool, ops.AdaptiveAveragePool, ops.Linear),
    *(ops.Subsample, ops.Flatten, ops.Pad, ops.Upsample, ops.Add, ops.Concat, ops.Select, ops.Dropout),
    *(ops.Subtract, ops.Expand),
    *(ops.ReflectPad, ops.EdgePad, ops.LinearUpsample, ops.MaxUnpool, ops.Affine),
    *(ops.Slice, ops.Transpose, ops.Reshape, ops.Tile, ops.SpaceToDepth, ops.DepthToSpace, ops.ChannelShuffle),
    *(ops.Resize, ops.WrapPad, ops.LinearLast),
)
SIMPLE = {
    ops.Conv: Case(ops.Conv(1, (2,)), ((1, 2, 3),)),
    ops.ConvTranspose: Case(ops.ConvTranspose(1, (2,)), ((1, 2, 3),)),
    ops.MaxPool: Case(ops.MaxPool((2,)), ((1, 2, 4),)),
    ops.AveragePool: Case(ops.AveragePool((2,)), ((1, 2, 4),)),
    ops.LpPool: Case(ops.LpPool((2,)), ((1, 2, 4),)),
    ops.Maxout: Case(ops.Maxout(2), ((1, 4, 3),)),
    ops.Subsample: Case(ops.Subsample((2,)), ((1, 2, 4),)),
    ops.AdaptiveAveragePool: Case(ops.AdaptiveAveragePool((2,)), ((1, 2, 3),)),
    ops.AdaptiveMaxPool: Case(ops.AdaptiveMaxPool((2,)), ((1, 2, 3),)),
    ops.MaxUnpool: Case(ops.MaxUnpool((4,)), ((1, 2, 3),)),
    ops.Linear: Case(ops.Linear(2), ((1, 3),)),
    ops.LinearLast: Case(ops.LinearLast(2), ((1, 2, 3),)),
    ops.RadialBasis: Case(ops.RadialBasis(2), ((1, 3),)),
    ops.RNNCell: Case(ops.RNNCell(2), ((1, 2),) * 2),
    ops.LSTMCell: Case(ops.LSTMCell(2), ((1, 2),) * 3),
    ops.Pad: Case(ops.Pad((1,)), ((1, 2, 3),)),
    ops.ReflectPad: Case(ops.ReflectPad((1,)), ((1, 2, 3),)),
    ops.EdgePad: Case(ops.EdgePad((1,)), ((1, 2, 3),)),
    ops.WrapPad: Case(ops.WrapPad((1,)), ((1, 2, 3),)),
    ops.Upsample: Case(ops.Upsample((2,)), ((1, 2, 3),)),
    ops.LinearUpsample: Case(ops.LinearUpsample((2,)), ((1, 2, 3),)),
    ops.Resize: Case(ops.Resize((5,)), ((1, 2, 3),)),
    ops.GroupNorm: Case(ops.GroupNorm(2), ((1, 4, 3),)),
    ops.LocalResponseNorm: Case(ops.LocalResponseNorm(2), ((1, 2, 3),)),
    ops.Clip: Case(ops.Clip(0, 2), ((1, 2, 3),)),
    ops.Affine: Case(ops.Affine(2, 1), ((1, 2, 3),)),
    ops.Power: Case(ops.Power(Fraction(1, 2)), ((1, 2, 3),)),
    ops.Reduce: Case(ops.Reduce("log_sum_exp", 2), ((1, 2, 3),)),
    ops.Add: Case(ops.Add(), ((1, 2, 3),) * 2),
    **{kind: Case(kind(), ((1, 2, 3), (1, 2, 1))) for kind in (ops.Subtract, ops.Multiply, ops.Divide, ops.Pow)},
    **{kind: Case(kind(), ((1, 2, 3), (2, 1))) for kind in (ops.Maximum, ops.Minimum)},
    ops.MatMul: Case(ops.MatMul(), ((1, 3, 3), (1, 3, 3))),
    ops.Expand: Case(ops.Expand((3,)), ((1, 2, 1),)),
    ops.Concat: Case(ops.Concat(), ((1, 2, 3),) * 2),
    ops.Select: Case(ops.Select((1, 0, 1)), ((1, 2, 3),)),
    ops.Slice: Case(ops.Slice((0, 0, 1), (None, None, 3)), ((1, 2, 3),)),
    ops.Transpose: Case(ops.Transpose((0, 2, 1)), ((1, 2, 3),)),
    ops.Reshape: Case(ops.Reshape((3, 2)), ((1, 2, 3),)),
    ops.Tile: Case(ops.Tile((1, 1, 2)), ((1, 2, 3),)),
    ops.SpaceToDepth: Case(ops.SpaceToDepth((2,)), ((1, 2, 4),)),
    ops.DepthToSpace: Case(ops.DepthToSpace((2,)), ((1, 4, 3),)),
    ops.ChannelShuffle: Case(ops.ChannelShuffle(2), ((1, 4, 3),)),
}
MANY = max(40, settings.default.max_examples)
"""Draws of settings among which every class of known mistakes is: see tests/numeric/test_bug_corpus.py."""
few = settings(max_examples=max(settings.default.max_examples // 3, 5))
"""A third of the examples: for what is asked of all operators and hardly depends on a setting, or takes long."""
every_operator = pytest.mark.parametrize("kind", ops.ALL, ids=lambda kind: kind.__name__)


def each(kinds):
    """Parametrise a test over some kinds of operators, by their names."""
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.__name__)


def irrational(op):
    """Whether exponentials, logarithms or roots keep the numbers of an operator from being exact."""
    if isinstance(op, ops.Reduce):
        return op.irrational
    return isinstance(op, TRANSCENDENTAL) or (isinstance(op, ops.BatchNorm) and op.training)


def simple(kind):
    """One small case of a kind: operators of the table need settings, all others none."""
    return SIMPLE.get(kind) or Case(kind(), ((1, 2, 3),))


@dataclass(frozen=True)
class Problem:
    """An operator, an array for each of its operands, and a gradient of its output."""

    case: Case
    arrays: dict[str, Any]
    dy: Any

    @property
    def op(self):
        return self.case.op

    @property
    def inputs(self):
        return list(self.arrays.values())[: len(self.case.inputs)]

    @property
    def parameters(self):
        return dict(list(self.arrays.items())[len(self.case.inputs) :])

    @property
    def trained(self):
        """Names of the operands that a kernel differentiates by: all but the buffers."""
        return set(self.arrays) - set(self.op.buffers(*self.case.inputs))

    def astype(self, dtype):
        return self.mapped(lambda a: a.astype(dtype))

    def mapped(self, function):
        return replace(self, arrays={k: function(a) for k, a in self.arrays.items()}, dy=function(self.dy))

    def samples(self, which):
        """The same for some samples of the batch; labels and masks, which have a batch axis too, go with them."""
        (n, *rest), *others = self.case.inputs
        longer = self.op.buffers((n + 1, *rest), *others)
        own = [k for k, shape in self.op.buffers(*self.case.inputs).items() if shape != longer[k]]
        own += list(self.arrays)[: len(self.case.inputs)]
        arrays = {k: a[which] if k in own else a for k, a in self.arrays.items()}
        inputs = tuple(arrays[k].shape for k in list(arrays)[: len(self.case.inputs)])
        return Problem(Case(self.op, inputs), arrays, self.dy[which] if self.dy.ndim else self.dy)

    def forward(self):
        return numeric.forward(self.op, *self.inputs, **self.parameters)

    def backward(self):
        return numeric.backward(self.op, self.dy, *self.inputs, **self.parameters)

    def exact_forward(self):
        shape = self.op.shape(*self.case.inputs)
        return fractions_of(readers.forward(self.op, shape, *map(Tensor.of, self.arrays.values())))

    def exact_backward(self):
        tensors = {name: Tensor.of(a) for name, a in self.arrays.items()}
        return {k: fractions_of(t) for k, t in readers.backward(self.op, Tensor.of(self.dy), tensors).items()}


@st.composite
def problems(draw, kind, *, whole=False, low=-4, high=4):
    """Settings and data: fractions with many ties among them, or whole numbers."""
    case, rng = draw(cases(kind)), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    denominator = 1 if whole else 2

    def data(shape):
        numbers = rng.integers(low * denominator, high * denominator, shape, endpoint=True)
        return np.asarray(fractions(numbers) / denominator, object)

    levels = case.op.levels(*case.inputs)
    arrays = {
        name: labels(shape, levels[name], rng) if name in levels else data(shape)
        for name, shape in operands(case.op, *case.inputs).items()
    }
    for name in {"weights", *case.op.positive} & set(arrays):
        arrays[name] = abs(arrays[name]) + 1
    if "var" in arrays and not whole:  # the deviation is rational, and positive
        arrays["var"] = (arrays["var"] ** 2 + 1) ** 2 - rational(case.op.epsilon)
    elif "var" in arrays:
        arrays["var"] = arrays["var"] ** 2
    return Problem(case, arrays, data(case.op.shape(*case.inputs)))


def fractions(array):
    """An object array of the same numbers, exactly."""
    return np.asarray(
        np.frompyfunc(lambda v: Fraction(v if isinstance(v, Fraction) else float(v)), 1, 1)(array), object
    )


def fractions_of(tensor):
    """An exact tensor as an object array."""
    values = np.empty(len(tensor.values), object)
    values[:] = tensor.values
    return values.reshape(tensor.shape)


def inner(a, b):
    """Inner product of two arrays of equal shape."""
    assert a.shape == b.shape
    return np.sum(a * b)


def gamma(operations, unit=2.0**-53):
    """Higham's gamma_n: the relative error of n roundings (Accuracy and Stability, section 3.1)."""
    return operations * unit / (1 - operations * unit)


def table(name):
    """Rows of a golden CSV file, its source line left out."""
    lines = (GOLDEN / name).read_text().splitlines()
    assert lines[0].startswith("# SOURCE"), "a golden table names its source"
    return list(csv.DictReader(lines[1:]))


def records(name, key):
    """Entries of a golden JSON file by name."""
    content = json.loads((GOLDEN / name).read_text())
    assert content["SOURCE"], "a golden table names its source"
    (entries,) = (value for value in content.values() if isinstance(value, list))
    return {entry[key]: entry for entry in entries}
