"""What the tests of derivations share: one concrete instance of a derivation, and drawn settings of few axes."""

import random
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property
from math import prod

from cnnmath import ops, readers
from cnnmath.ops import operands
from cnnmath.readers import Tensor
from cnnmath.symbolic import derive, targets
from cnnmath.symbolic.binding import bind
from cnnmath.symbolic.evaluate import compiled, positions
from cnnmath.symbolic.instance import labelled
from cnnmath.symbolic.written import with_names
from cnnmath.verify import Case

SMALL = {
    ops.Conv: Case(ops.Conv(2, (2, 3), stride=(2, 1), dilation=(1, 2), padding=((1, 0), (0, 2))), ((2, 2, 4, 5),)),
    ops.ConvTranspose: Case(
        ops.ConvTranspose(2, (2, 3), stride=(2, 1), dilation=(1, 2), padding=((1, 0), (0, 2)), output_padding=(1, 0)),
        ((2, 2, 3, 5),),
    ),
    ops.MaxPool: Case(ops.MaxPool((2, 3), stride=(1, 2), padding=((1, 0), (0, 1)), ceil=True), ((2, 2, 4, 6),)),
    ops.AveragePool: Case(ops.AveragePool((2, 3), stride=(1, 2), padding=((1, 0), (0, 1))), ((2, 2, 4, 6),)),
    ops.LpPool: Case(ops.LpPool((2, 3), p=3, stride=(1, 2), padding=((1, 0), (0, 1)), ceil=True), ((2, 2, 4, 6),)),
    ops.Maxout: Case(ops.Maxout(3), ((2, 6, 2, 3),)),
    ops.Subsample: Case(ops.Subsample((2, 3), stride=(1, 2), padding=((1, 0), (0, 1)), ceil=True), ((2, 2, 4, 6),)),
    ops.AdaptiveAveragePool: Case(ops.AdaptiveAveragePool((2, 3)), ((2, 2, 5, 4),)),
    ops.AdaptiveMaxPool: Case(ops.AdaptiveMaxPool((2, 3)), ((2, 2, 5, 4),)),
    ops.Linear: Case(ops.Linear(4), ((3, 2),)),
    ops.LinearLast: Case(ops.LinearLast(4), ((3, 2, 5),)),
    ops.RadialBasis: Case(ops.RadialBasis(4), ((3, 2),)),
    ops.RNNCell: Case(ops.RNNCell(3), ((2, 4), (2, 3))),
    ops.LSTMCell: Case(ops.LSTMCell(3, bias=False), ((2, 4), (2, 3), (2, 3))),
    ops.Upsample: Case(ops.Upsample((2, 3)), ((2, 2, 4, 3),)),
    ops.LinearUpsample: Case(ops.LinearUpsample((2, 3)), ((2, 2, 4, 3),)),
    ops.Resize: Case(ops.Resize(scale=("3/2",), mode="nearest"), ((2, 2, 4),)),
    ops.MaxUnpool: Case(ops.MaxUnpool((4, 3)), ((2, 2, 2, 3),)),
    ops.ReflectPad: Case(ops.ReflectPad(((1, 0), (1, 2))), ((1, 2, 3, 4),)),
    ops.WrapPad: Case(ops.WrapPad(((1, 0), (1, 2))), ((1, 2, 3, 2),)),
    ops.EdgePad: Case(ops.EdgePad(((1, 0), (1, 2))), ((1, 2, 3, 2),)),
    ops.Pad: Case(ops.Pad(((1, 0), (0, 2)), channels=(2, 1)), ((1, 2, 3, 2),)),
    ops.GroupNorm: Case(ops.GroupNorm(2), ((1, 4, 3),)),
    ops.InstanceNorm: Case(ops.InstanceNorm(), ((2, 2, 3),)),
    ops.LayerNorm: Case(ops.LayerNorm(), ((1, 2, 3),)),
    ops.RMSNorm: Case(ops.RMSNorm(axis=1), ((1, 2, 3),)),
    ops.LocalResponseNorm: Case(ops.LocalResponseNorm(3, alpha=0.5), ((2, 4, 2),)),
    ops.Softmax: Case(ops.Softmax(), ((2, 4, 2),)),
    ops.LogSoftmax: Case(ops.LogSoftmax(), ((2, 4, 2),)),
    ops.CrossEntropy: Case(ops.CrossEntropy(weighted=True, ignored=1), ((3, 4, 2),)),
    ops.BinaryCrossEntropy: Case(ops.BinaryCrossEntropy(weighted=True), ((3, 4, 2),)),
    ops.SquaredError: Case(ops.SquaredError(), ((3, 4, 2),)),
    ops.Dropout: Case(ops.Dropout(0.75, training=True), ((3, 2, 4),)),
    ops.Clip: Case(ops.Clip(-1, 2), ((1, 2, 4, 3),)),
    ops.Affine: Case(ops.Affine(2, Fraction(1, 3)), ((1, 2, 4, 3),)),
    ops.Power: Case(ops.Power(Fraction(-3, 2)), ((1, 2, 4, 3),)),
    ops.Reduce: Case(ops.Reduce("log_sum_exp", (1, 2), keep=False), ((2, 2, 4, 3),)),
    ops.Add: Case(ops.Add(), ((1, 2, 2, 3),) * 2),
    **{kind: Case(kind(), ((2, 3, 2, 4), (2, 3, 1, 1))) for kind in (ops.Subtract, ops.Multiply, ops.Divide, ops.Pow)},
    **{kind: Case(kind(), ((2, 3, 2, 4), (2, 3, 1, 1))) for kind in (ops.Maximum, ops.Minimum)},
    ops.MatMul: Case(ops.MatMul(), ((2, 2, 3, 4), (2, 2, 4, 2))),
    ops.Expand: Case(ops.Expand((3, 1, 5)), ((2, 1, 3, 1),)),
    ops.Concat: Case(ops.Concat(), ((1, 2, 2, 3), (1, 3, 2, 3))),
    ops.Select: Case(ops.Select((2, 0, 2, 1)), ((1, 5, 3, 2),)),
    ops.Slice: Case(ops.Slice((0, 1, 1, -1), (None, None, -1, None), (1, 1, 2, -1)), ((1, 3, 5, 3),)),
    ops.Transpose: Case(ops.Transpose((1, 3, 2, 0)), ((2, 3, 4, 1),)),
    ops.Reshape: Case(ops.Reshape((-1, 3)), ((2, 9),)),
    ops.Tile: Case(ops.Tile((1, 2, 1, 3)), ((1, 2, 3, 2),)),
    ops.SpaceToDepth: Case(ops.SpaceToDepth((2, 3)), ((1, 2, 4, 3),)),
    ops.DepthToSpace: Case(ops.DepthToSpace((2, 3), "CRD"), ((1, 12, 2, 1),)),
    ops.ChannelShuffle: Case(ops.ChannelShuffle(3), ((1, 6, 2, 2),)),
}


class Everywhere:
    """An array that has a number at every position, many of them equal."""

    def __getitem__(self, at):
        return Fraction(sum((7 * axis + 3) * place * place + place for axis, place in enumerate(at)) % 7 - 3, 2)


def small(kind):
    """One small case of a kind, most on two spatial axes, its sizes unequal along every axis."""
    return SMALL.get(kind) or Case(kind(), ((1, 2, 4, 3),))


def clipped(case, rank):
    """The same case of a sliding operator on its first axes alone, so that a derivation takes no time."""
    settings = {name: getattr(case.op, name)[:rank] for name in ("kernel", "stride", "dilation", "padding")}
    if isinstance(case.op, ops.ConvTranspose):
        settings["output_padding"] = case.op.output_padding[:rank]
    if isinstance(case.op.padding, str):
        settings["padding"] = case.op.padding
    ((n, c, *sizes),) = case.inputs
    return Case(replace(case.op, **settings), ((n, c, *sizes[:rank]),))


def derivations(case):
    """Every derivation of a case's operator, each made once in a run of the tests."""
    rank = len(case.inputs[0]) - 2
    return [derived(case.op, wrt, rank=rank) for wrt in targets(case.op, rank=rank)]


def derived(op, wrt="x", *, rank=2):
    """The derivation of an operator, made once in a run of the tests: not for a test that plants a mistake in it."""
    return _derived(op, wrt, rank)


_derived = cache(lambda op, wrt, rank: derive(op, wrt, rank=rank))


@dataclass(frozen=True)
class Instance:
    """A case with numbers of its own, and what the exact readers say of it."""

    case: Case
    seed: int = 7

    @cached_property
    def data(self):
        op, inputs = self.case.op, self.case.inputs
        draw = random.Random(self.seed)
        levels = op.levels(*inputs)
        return {
            name: labelled(shape, draw, levels[name])
            if name in levels
            else _tensor(shape, draw, 1 if name in ("var", "weights", *op.positive) else -5)
            for name, shape in {**operands(op, *inputs), "dL/dy": op.shape(*inputs)}.items()
        }

    @cached_property
    def truth(self):
        """Output and gradients by the readers that know nothing of index algebra."""
        tensors = {name: tensor for name, tensor in self.data.items() if name != "dL/dy"}
        y = readers.forward(self.case.op, self.case.op.shape(*self.case.inputs), *tensors.values())
        return {"y": y, **readers.backward(self.case.op, self.data["dL/dy"], tensors)}

    def mistakes(self, derivation, formula=None):
        """Entries at which a formula (a derivation's result) is not what the readers say, and how many there are."""
        target = derivation.target
        sizes = bind(target.op, target.inputs, target.definitions, self.case.op, self.case.inputs)
        env = with_names(derivation, sizes | self.data)  # means and gates as the derivation itself says them
        value, truth = compiled(derivation.result.right if formula is None else formula), self.truth[target.wrt]
        compared = {at: (value(here), truth[at]) for at, here in positions(target.entry, env)}
        assert set(compared) == set(truth.positions()), "a formula speaks of every entry, each once"
        return {at: pair for at, pair in compared.items() if not _equal(*pair)}


def _equal(left, right):
    """Exactly, but for exponentials and irrational roots: to 40 of the readers' 50 digits."""
    return left == right or (right.denominator > 10**30 and abs(left - right) <= abs(right) / 10**40)


def _tensor(shape, draw, low):
    return Tensor(shape, [Fraction(draw.randint(low, 5)) for _ in range(prod(shape))])
