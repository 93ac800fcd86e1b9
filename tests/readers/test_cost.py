"""The census against formulas of the textbook, against operations counted one by one, and in symbols."""

from collections import Counter
from dataclasses import replace
from functools import reduce
from itertools import product
from math import prod

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.ops import operands
from cnnmath.readers import Census, cost
from cnnmath.verify.strategies import cases
from tests.ops.test_every_operator import symbolic_shapes
from tests.support import each, every_operator, few

N, C, H, W, F = sympy.symbols("N C H W F", integer=True, positive=True)
KINDS = (
    "multiplications",
    "additions",
    "divisions",
    "comparisons",
    "exponentials",
    "logarithms",
    "roots",
    "error_functions",
)


def counted(kind):
    """An operation that does nothing but count itself."""

    def operation(self, _):
        self.counts[kind] += 1
        return self

    return operation


EITHER = object()
"""What a comparison of numbers without values comes to."""


class Tally:
    """A number without a value that counts each operation in which it takes part."""

    def __init__(self, counts):
        self.counts = counts

    __add__ = __radd__ = __sub__ = __rsub__ = counted("additions")
    __mul__ = __rmul__ = counted("multiplications")
    __truediv__ = __rtruediv__ = counted("divisions")

    def __gt__(self, other):
        self.counts["comparisons"] += 1
        return EITHER

    def __neg__(self):
        return self


class OneByOne:
    """The verbs carried out: every loop runs, every shared number is made once, a comparison takes the dear branch."""

    pi = 3

    def __init__(self, counts):
        self.counts, self.shared = counts, {}

    def terms(self, body, extents, where):
        positions = product(*map(range, extents))
        return [body(*at) for at in positions if where is None or all(where(*at))]

    def sum(self, body, *extents, where=None):
        terms = self.terms(body, extents, where)
        return reduce(lambda a, b: a + b, terms) if terms else 0

    def max(self, body, *extents, where=None):
        return reduce(lambda a, b: a if a > b else b, self.terms(body, extents, where))

    def when(self, condition, then, otherwise):
        if condition is not EITHER:
            return then() if condition else otherwise()
        before = self.counts.copy()
        branches = []
        for branch in (then, otherwise):
            result, spent = branch(), self.counts - before
            branches.append((spent.total(), spent, result))
            self.counts.subtract(spent)
        _, spent, result = max(branches, key=lambda branch: branch[0])
        self.counts.update(spent)
        return result if isinstance(result, Tally) else Tally(self.counts)

    def let(self, name, over, value):
        key = (name, *over)
        self.shared[key] = self.shared.get(key) or value()
        return self.shared[key]

    def exp(self, x):
        return self.function("exponentials", x)

    def log(self, x):
        return self.function("logarithms", x)

    def erf(self, x):
        return self.function("error_functions", x)

    def power(self, x, _):
        return self.function("roots", x) if isinstance(x, Tally) else x

    def function(self, kind, x):
        self.counts[kind] += 1
        return x


class Everywhere:
    """An operand that holds one number at every position."""

    def __init__(self, shape, number):
        self.shape, self.number = shape, number

    def __getitem__(self, at):
        return self.number


def count_one_by_one(op, *inputs):
    counts = Counter()
    one = OneByOne(counts)
    arrays = [Everywhere(shape, Tally(counts)) for shape in operands(op, *inputs).values()]
    for at in product(*map(range, op.shape(*inputs))):
        op.element(one, at, *arrays)
    return Census(*(counts[kind] for kind in KINDS))


def unpadded(case):
    """The same settings without padding, and an input that they then fit."""
    op, (x, *rest) = case.op, case.inputs
    if isinstance(op, ops.LocalResponseNorm):
        return replace(op, size=1), case.inputs
    if isinstance(op, ops.Pad):
        return replace(op, padding=(0,) * len(op.padding), channels=0), case.inputs
    if not hasattr(op, "padding") or isinstance(op, (ops.ReflectPad, ops.EdgePad, ops.WrapPad)):
        return op, case.inputs
    if isinstance(op, ops.ConvTranspose):
        return replace(op, padding=0, output_padding=0), case.inputs
    extents = [d * (k - 1) + 1 for d, k in zip(op.dilation, op.kernel, strict=True)]
    sizes = [e + s * (n % 3) for e, s, n in zip(extents, op.stride, x[2:], strict=True)]  # no overhang for ceil
    return replace(op, padding=0), ((*x[:2], *sizes), *rest)


@each([kind for kind in ops.ALL if kind not in (ops.LinearUpsample, ops.Resize, ops.MaxUnpool)])  # see their own tests
@few
@given(data=st.data())
def test_the_census_counts_what_is_carried_out_where_nothing_is_padded(kind, data):
    op, inputs = unpadded(data.draw(cases(kind)))
    assert cost(op, *inputs) == count_one_by_one(op, *inputs)


@every_operator
@few
@given(data=st.data())
def test_the_census_in_symbols_becomes_the_census_in_numbers(kind, data):
    case = data.draw(cases(kind))
    formal, values = symbolic_shapes(case)
    if kind in (
        ops.AdaptiveAveragePool,
        ops.AdaptiveMaxPool,
        ops.Resize,
    ):  # its cost differs from bin to bin, or with the size: only the batch may be a symbol
        formal = [(formal[0][0], *case.inputs[0][1:])]
    symbolic, exact = cost(case.op, *formal), cost(case.op, *case.inputs)
    assert [sympy.sympify(getattr(symbolic, k)).subs(values) for k in KINDS] == [getattr(exact, k) for k in KINDS]


@pytest.mark.parametrize("bias", [False, True])
def test_a_convolution_costs_its_taps_for_each_output(bias):
    stem = ops.Conv(64, 7, stride=2, padding=3, bias=bias)
    outputs, taps = 64 * 112 * 112, 3 * 7 * 7
    expected = Census(multiplications=outputs * taps, additions=outputs * (taps - 1 + bias))
    assert cost(stem, (1, 3, 224, 224)) == expected


def test_a_convolution_costs_the_textbook_formula_in_symbols():
    census = cost(ops.Conv(F, 3, padding=1), (N, C, H, W))
    assert sympy.expand(census.multiplications - 9 * C * F * H * N * W) == 0
    assert sympy.expand(census.additions - 9 * C * F * H * N * W) == 0  # 9C - 1 and the bias


def test_a_strided_convolution_keeps_its_floor():
    census = cost(ops.Conv(8, 3, stride=2), (1, 3, H, H))
    for size in range(3, 12):
        assert census.multiplications.subs(H, size) == 27 * 8 * ((size - 3) // 2 + 1) ** 2


def test_groups_divide_the_cost():
    plain, grouped = (cost(ops.Conv(8, 3, groups=g), (1, 8, 6, 6)).multiplications for g in (1, 4))
    assert plain == 4 * grouped


def test_a_transposed_convolution_costs_what_its_adjoint_costs():
    up, down = ops.ConvTranspose(6, 4, stride=2, padding=1, groups=2), ops.Conv(8, 4, stride=2, padding=1, groups=2)
    assert up.shape((1, 8, 7, 9)) == (1, 6, 14, 18)
    assert down.shape((1, 6, 14, 18)) == (1, 8, 7, 9)
    products = 8 * 7 * 9 * 3 * 16  # every input number meets F/G filters' taps
    assert cost(up, (1, 8, 7, 9)).multiplications == cost(down, (1, 6, 14, 18)).multiplications == products


def test_a_transposed_convolution_has_a_formula_for_its_cost():
    census = cost(ops.ConvTranspose(F, 3, stride=2), (N, C, H, W))
    assert sympy.expand(census.multiplications - 9 * C * F * H * N * W) == 0
    assert sympy.expand(census.additions - 9 * C * F * H * N * W) == 0  # every output is filled, and has a bias


@few
@given(cases(ops.ConvTranspose))
def test_the_census_of_a_transpose_is_no_count_of_its_sentence_alone(case):
    """Read an output at a time, each would pay for all taps: about the product of the strides too much."""
    op, (x,) = unpadded(case)
    naive = prod(op.shape(x)) * x[1] // op.groups * prod(op.kernel)
    assert cost(op, x).multiplications == count_one_by_one(op, x).multiplications <= naive


def test_a_dense_layer_costs_its_weights_for_each_sample():
    assert cost(ops.Linear(F), (N, C)) == Census(multiplications=C * F * N, additions=F * N * C)


def test_shared_numbers_are_paid_once():
    x = (2, 3, 5, 7)
    assert cost(ops.BatchNorm(), x).roots == 3
    assert cost(ops.Softmax(), x) == Census(additions=2 * 2 * 5 * 7, divisions=prod(x), exponentials=2 * prod(x))


def test_a_loss_looks_up_what_a_label_names_for_nothing():
    n, c, o = x = (2, 3, 5)
    softmax = Census(additions=(c - 1) * n * o, exponentials=prod(x), logarithms=n * o)
    assert cost(ops.CrossEntropy("none"), x) == softmax + Census(additions=n * o)
    assert cost(ops.CrossEntropy("sum"), x) == softmax + Census(additions=2 * n * o - 1)
    assert cost(ops.CrossEntropy(), x) == softmax + Census(additions=2 * n * o - 1, divisions=1)
    assert cost(ops.CrossEntropy("none", weighted=True), x) == softmax + Census(additions=n * o, multiplications=n * o)


def test_the_logarithm_of_a_softmax_costs_one_logarithm_a_position():
    assert cost(ops.LogSoftmax(), (2, 3, 5)) == Census(additions=2 * 10 + 30, exponentials=30, logarithms=10)


def test_other_losses_cost_what_their_formulas_say():
    assert cost(ops.SquaredError("none"), (2, 3)) == Census(multiplications=6, additions=6)
    assert cost(ops.SquaredError(), (2, 3)) == Census(multiplications=6, additions=6 + 5, divisions=1)
    assert cost(ops.BinaryCrossEntropy("none"), (2, 3)) == Census(
        multiplications=12, additions=4 * 6, exponentials=12, logarithms=12
    )


def test_dropout_costs_nothing_at_inference():
    assert cost(ops.Dropout(), (2, 3)) == Census()
    assert cost(ops.Dropout(training=True), (2, 3)) == Census(multiplications=6, divisions=6)


def test_a_normalisation_pays_for_each_block_once():
    x = (2, 6, 5, 7)
    blocks = {
        ops.BatchNorm(training=True): 6,
        ops.GroupNorm(3): 2 * 3,
        ops.InstanceNorm(): 2 * 6,
        ops.LayerNorm(): 2,
        ops.LayerNorm(each_position=True): 2 * 5 * 7,
    }
    for op, count in blocks.items():
        shared = {"additions": 5 * prod(x) - count, "divisions": 3 * count, "roots": count}
        assert cost(op, x) == Census(multiplications=3 * prod(x), **shared), op


def test_adaptive_pooling_pays_for_each_bin_what_it_holds():
    assert cost(ops.AdaptiveAveragePool((2,)), (1, 1, 3)) == Census(additions=2, divisions=2)
    assert cost(ops.AdaptiveMaxPool((2,)), (1, 1, 3)) == Census(comparisons=2)


def test_a_norm_costs_its_powers_and_one_root_a_window():
    assert cost(ops.LpPool((3,)), (1, 1, 3)) == Census(multiplications=3, additions=2, comparisons=1, roots=1)
    assert cost(ops.LpPool((3,), p=1), (1, 1, 3)) == Census(additions=2, comparisons=6)
    assert cost(ops.LpPool((3,), p=3), (1, 1, 3)) == Census(multiplications=6, additions=2, comparisons=7, roots=1)


def test_moving_numbers_costs_nothing():
    for op in (ops.Pad(2), ops.Pad(2, value=7), ops.ReflectPad(2), ops.EdgePad(2), ops.Upsample(2)):
        assert cost(op, (2, 3, 5, 7)) == Census()


def test_a_linear_upsampling_costs_its_neighbours_and_one_division():
    outputs = 2 * 3 * 10 * 21
    expected = Census(multiplications=4 * outputs, additions=3 * outputs, divisions=outputs)
    assert cost(ops.LinearUpsample((2, 3)), (2, 3, 5, 7)) == expected
    assert cost(ops.LinearUpsample((2, 1)), (1, 1, 5, 7)).multiplications == 2 * 10 * 7


@given(cases(ops.LinearUpsample))
def test_the_census_of_a_linear_upsampling_is_a_count_of_its_sentence_but_for_neighbours_that_are_not_there(case):
    op, (x,) = case.op, case.inputs
    axes = zip(op.axes(x[2:]), x[2:], strict=True)
    pairs = [sum(0 <= i < n for j in range(axis.placements(n)) for i in axis.reads(j)) for axis, n in axes]
    counted = count_one_by_one(op, x)
    assert counted.multiplications == x[0] * x[1] * prod(pairs) <= cost(op, x).multiplications
    assert counted.divisions == cost(op, x).divisions
    assert counted.additions == counted.multiplications - counted.divisions


def test_an_unpooling_adds_every_number_once():
    assert cost(ops.MaxUnpool((9, 9)), (2, 3, 4, 5)) == Census(additions=2 * 3 * 4 * 5)


def test_a_maxout_costs_one_comparison_less_than_its_pieces():
    x = (2, 10, 3)  # over the channels, ten numbers for each of six outputs
    assert cost(ops.Reduce("sum", 1), x) == cost(ops.Reduce("sum", 1, keep=False), x) == Census(additions=9 * 6)
    assert cost(ops.Reduce("mean", 1), x) == Census(additions=9 * 6, divisions=6)
    assert cost(ops.Reduce("min", 1), x) == Census(comparisons=9 * 6)
    assert cost(ops.Reduce("product", 1), x) == Census(multiplications=9 * 6)
    assert cost(ops.Reduce("sum_square", 1), x) == Census(multiplications=60, additions=9 * 6)
    assert cost(ops.Reduce("log_sum_exp"), x) == Census(additions=59, exponentials=60, logarithms=1)
    assert cost(ops.Reduce("l1", ()), x) == Census(comparisons=120)
    assert cost(ops.RMSNorm(), x) == Census(multiplications=3 * 60, additions=2 * 20 + 20, divisions=2 * 20, roots=20)
    assert cost(ops.Softmax(-1), x) == Census(additions=2 * 20, divisions=60, exponentials=2 * 60)
    assert cost(ops.Maxout(5), (2, 10, 3)) == Census(comparisons=4 * 2 * 2 * 3)


def test_a_cell_costs_its_weights_and_the_functions_of_its_sums():
    each, gates = N * F, 4 * N * F
    assert expanded(cost(ops.RNNCell(F, activation="relu"), (N, C), (N, F))) == expanded(
        Census(multiplications=each * (C + F), additions=each * (C + F), comparisons=each)
    )
    assert expanded(cost(ops.LSTMCell(F), (N, C), (N, F), (N, F))) == expanded(
        Census(
            multiplications=gates * (C + F) + 3 * each,
            additions=gates * (C + F) + (3 + 4 + 1) * each,  # of logistic functions, tangents, and the cell state
            divisions=(3 + 2) * each,
            exponentials=(3 + 4) * each,
        )
    )


def expanded(census):
    return [sympy.expand(count) for count in census]


def test_a_planted_miscount_is_seen():
    class Forgetful(OneByOne):
        def sum(self, body, *extents, where=None):
            return super().sum(body, *(extent - (i == 0) for i, extent in enumerate(extents)), where=where)

    op, x = ops.Conv(1, (3,), bias=False), (1, 2, 5)
    counts = Counter()
    arrays = [Everywhere(shape, Tally(counts)) for shape in operands(op, x).values()]
    for o in range(3):
        op.element(Forgetful(counts), (0, 0, o), *arrays)
    assert counts["multiplications"] != cost(op, x).multiplications
