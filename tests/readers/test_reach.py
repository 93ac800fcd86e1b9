"""The reach of an output against its operator's window, and against the gradient that it has."""

from itertools import product

from hypothesis import assume, given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.ops.algebra import spatial_of
from cnnmath.readers import Tensor, backward, reach
from cnnmath.verify.strategies import cases
from tests.support import LINEAR, each, every_operator, few, problems

REPEATING = (ops.Add, ops.Subtract, ops.Multiply, ops.Divide, ops.Pow, ops.Maximum, ops.Minimum, ops.Expand)
SEEING = tuple(kind for kind in LINEAR if kind not in (*REPEATING, ops.Concat, ops.MaxUnpool))  # switches choose


@each([kind for kind in ops.ALL if kind not in REPEATING])
@given(data=st.data())
def test_an_output_sees_the_taps_of_its_window_that_lie_inside_the_input(kind, data):
    case = data.draw(cases(kind))
    output, sizes = case.op.shape(*case.inputs), case.inputs[0][2:]
    at = tuple(data.draw(st.integers(0, n - 1)) for n in output)
    seen = {position[2:] for position in reach(case.op, at, *case.inputs)}
    windows = case.op.windows(sizes)
    if kind is ops.Pad and not 0 <= at[1] - case.op.channels[0] < case.inputs[0][1]:
        assert seen == set()
    elif windows is not None:
        taps = [
            {w.tap(o, k) for k in range(w.kernel)} & set(range(n))
            for w, o, n in zip(windows, spatial_of(case.op, at), sizes, strict=True)
        ]
        assert seen == set(product(*taps))


@each((*REPEATING, ops.MatMul))
@given(data=st.data())
def test_an_output_of_several_inputs_sees_of_each_what_its_view_reads(kind, data):
    case = data.draw(cases(kind))
    op, inputs, output = case.op, case.inputs, case.op.shape(*case.inputs)
    at = tuple(data.draw(st.integers(0, n - 1)) for n in output)
    views = op.views(*inputs)
    assert len(views) == len(inputs)
    if None in views:
        assert {len(x) for x in inputs} != {len(output)}
        return
    reads = [set(product(*(axis.reads(o) for axis, o in zip(view, at[2:], strict=True)))) for view in views]
    assert {position[2:] for position in reach(op, at, *inputs)} == set().union(*reads)
    for x, view in zip(inputs, views, strict=True):
        assert tuple(axis.placements(n) for axis, n in zip(view, x[2:], strict=True)) == output[2:]


@each(
    (
        *(ops.ConvTranspose, ops.Upsample, ops.LinearUpsample, ops.Resize),
        *(ops.ReflectPad, ops.EdgePad, ops.WrapPad, ops.LinearLast),
    )
)
@given(data=st.data())
def test_an_output_of_a_transpose_a_fold_or_a_stretch_sees_what_its_axes_read_inside_the_input(kind, data):
    case = data.draw(cases(kind))
    output, sizes = case.op.shape(*case.inputs), case.inputs[0][2:]
    at = tuple(data.draw(st.integers(0, n - 1)) for n in output)
    reads = [
        {i for i in axis.reads(j) if 0 <= i < n} for axis, j, n in zip(case.op.axes(sizes), at[2:], sizes, strict=True)
    ]
    assert {position[2:] for position in reach(case.op, at, *case.inputs)} == set(product(*reads))


@each((ops.GlobalAveragePool, ops.Linear))
@given(data=st.data())
def test_without_a_window_an_output_sees_everything_of_its_sample(kind, data):
    case = data.draw(cases(kind))
    ((n, c, *sizes),) = case.inputs
    seen = reach(case.op, (0,) * len(case.op.shape((n, c, *sizes))), (n, c, *sizes))
    expected = range(1 if kind is ops.GlobalAveragePool else c)
    assert seen == set(product([0], expected, *map(range, sizes)))


def test_a_number_may_be_unpooled_to_any_place_of_its_channel():
    x = (2, 2, 2, 2)
    assert reach(ops.MaxUnpool((3, 4)), (1, 0, 2, 1), x) == {(1, 0, *j) for j in product(range(2), range(2))}


@each((ops.BatchNorm, ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm))
@given(data=st.data())
def test_an_output_of_a_normalisation_sees_the_block_that_it_is_normalised_by(kind, data):
    case = data.draw(cases(kind))
    (x,) = case.inputs
    n, c, *o = (data.draw(st.integers(0, size - 1)) for size in x)
    everywhere = [*map(range, x[2:])]
    width = x[1] // getattr(case.op, "groups", 1)
    block = {
        ops.BatchNorm: [range(x[0]), [c], *everywhere],
        ops.GroupNorm: [[n], range(c - c % width, c - c % width + width), *everywhere],
        ops.InstanceNorm: [[n], [c], *everywhere],
        ops.LayerNorm: [[n], range(x[1]), *everywhere],
    }[kind]
    if kind is ops.LayerNorm and not case.op.each_position:
        block = [[i] if axis < case.op.first(x) else range(x[axis]) for axis, i in enumerate((n, c, *o))]
    if case.op.windows(x[2:]):
        block = [[n], [c] if kind is ops.BatchNorm else range(x[1]), *([i] for i in o)]
    seen = reach(case.op, (n, c, *o), x)
    assert seen == set(product(*block))
    reads = (axis.reads(i) for axis, i in zip(case.op.axes(x[2:]), o, strict=True))
    assert {position[2:] for position in seen} == set(product(*reads))


@each((ops.AdaptiveAveragePool, ops.AdaptiveMaxPool))
@given(data=st.data())
def test_adaptive_bins_cover_the_input(kind, data):
    case = data.draw(cases(kind))
    (x,) = case.inputs
    seen = frozenset().union(*(reach(case.op, at, x) for at in product(*map(range, case.op.shape(x)))))
    assert seen == set(product(*map(range, x)))


@given(cases(ops.Flatten))
def test_flattening_sees_each_input_once_in_row_major_order(case):
    (x,) = case.inputs
    seen = [reach(case.op, at, x) for at in product(*map(range, case.op.shape(x)))]
    assert seen == [{at} for at in product(*map(range, x))]


@each(SEEING)
@few
@given(data=st.data())
def test_with_positive_weights_an_output_has_a_gradient_exactly_where_it_reaches(kind, data):
    problem = data.draw(problems(kind, low=1))
    assume(not getattr(problem.op, "training", False))  # a mask has zeros
    assume(kind is not ops.Resize or problem.op.mode != "cubic")  # weights of both signs, and 0 on an input
    at = tuple(data.draw(st.integers(0, n - 1)) for n in problem.dy.shape)
    assert support(problem, at) == reach(problem.op, at, *problem.case.inputs)


def test_a_cubic_that_lies_between_two_inputs_has_a_gradient_at_four():
    op, x = ops.Resize(scale=(2,), mode="cubic"), Tensor((1, 1, 5), [0] * 5)
    one = Tensor((1, 1, 10), [0] * 4 + [1] + [0] * 5)
    (dx,) = backward(op, one, {"x": x}).values()
    assert {p for p, v in zip(dx.positions(), dx.values, strict=True) if v} == reach(op, (0, 0, 4), x.shape)
    assert dx.values.count(0) == 1


@every_operator
@few
@given(data=st.data())
def test_no_output_has_a_gradient_where_it_does_not_reach(kind, data):
    problem = data.draw(problems(kind))
    at = tuple(data.draw(st.integers(0, n - 1)) for n in problem.dy.shape)
    assert support(problem, at) <= reach(problem.op, at, *problem.case.inputs)


def support(problem, at):
    """Positions of the inputs at which the gradient of one output is not zero."""
    one = Tensor(problem.dy.shape, [int(here == at) for here in product(*map(range, problem.dy.shape))])
    tensors = {name: Tensor.of(a) for name, a in problem.arrays.items()}
    grads = backward(problem.op, one, tensors)
    inputs = list(grads.values())[: len(problem.inputs)]
    return {p for g in inputs for p, v in zip(g.positions(), g.values, strict=True) if v}
