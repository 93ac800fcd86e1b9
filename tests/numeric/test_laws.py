"""Laws of kernels that need no oracle: adjoints, Euler's identity, conservation of mass, constants."""

from fractions import Fraction
from math import exp, prod

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.verify.strategies import cases, windows
from cnnmath.window import Window, compose, paths
from tests.support import LINEAR, each, gamma, inner, problems

BILINEAR = (ops.Conv, ops.ConvTranspose, ops.Linear, ops.LinearLast, ops.Subsample)
HOMOGENEOUS = (
    *(kind for kind in LINEAR if kind not in BILINEAR),
    ops.MaxPool,
    ops.AdaptiveMaxPool,
    ops.Maxout,
    ops.ReLU,
    ops.LeakyReLU,
)
KEEPING = (
    *(ops.MaxPool, ops.GlobalAveragePool, ops.AdaptiveAveragePool, ops.AdaptiveMaxPool),
    *(ops.Flatten, ops.Concat, ops.Select, ops.Dropout, ops.Maxout),
    *(ops.Slice, ops.Transpose, ops.Reshape, ops.Tile, ops.SpaceToDepth, ops.DepthToSpace, ops.ChannelShuffle),
    *(ops.ReflectPad, ops.EdgePad, ops.WrapPad, ops.Upsample, ops.LinearUpsample),
)


@each(BILINEAR)
@given(data=st.data())
def test_both_gradients_of_a_bilinear_operator_are_adjoint_to_it(kind, data):
    problem = data.draw(problems(kind))
    grads = problem.backward()
    value = inner(problem.forward(), problem.dy)
    bias = inner(problem.arrays["b"], grads["b"]) if "b" in grads else 0
    assert value - bias == inner(problem.arrays["x"], grads["x"]) == inner(problem.arrays["w"], grads["w"])


@given(st.data())
def test_a_transposed_convolution_is_the_adjoint_of_the_convolution_with_its_filters(data):
    """Padding may differ from side to side; as in the paper, what the convolution's stride leaves is output padding."""
    problem = data.draw(problems(ops.Conv).filter(lambda p: not isinstance(p.op.padding, str)))
    down, (x,), dy = problem.op, problem.case.inputs, problem.dy
    rests = [(n + w.before + w.after - w.extent) % w.stride for n, w in zip(x[2:], down.windows(x[2:]), strict=True)]
    settings = {name: getattr(down, name) for name in ("stride", "dilation", "padding", "groups")}
    up = ops.ConvTranspose(x[1], down.kernel, output_padding=rests, bias=False, **settings)
    assert up.shape(dy.shape) == x
    w, image = problem.arrays["w"], problem.arrays["x"]
    bias = {"b": 0 * problem.arrays["b"]} if down.bias else {}
    spread = numeric.forward(up, dy, w=w)
    assert inner(numeric.forward(down, image, w=w, **bias), dy) == inner(image, spread)
    assert (spread == problem.backward()["x"]).all()


@each(HOMOGENEOUS)
@given(data=st.data())
def test_an_operator_of_degree_one_obeys_eulers_identity(kind, data):
    problem = data.draw(problems(kind).filter(lambda p: getattr(p.op, "value", 0) == 0 == getattr(p.op, "shift", 0)))
    grads = problem.backward()
    assert inner(problem.forward(), problem.dy) == sum(inner(problem.arrays[name], g) for name, g in grads.items())


@each(KEEPING)
@given(data=st.data())
def test_the_gradient_loses_no_mass_on_its_way_back(kind, data):
    problem = data.draw(problems(kind))
    assume(not getattr(problem.op, "training", False))  # a mask takes mass away
    assert sum(grad.sum() for grad in problem.backward().values()) == problem.dy.sum()


@given(st.data())
def test_a_maximum_sends_each_gradient_to_one_input_that_holds_it(data):
    problem = data.draw(problems(ops.MaxPool, low=0, high=1))
    one = np.zeros(problem.dy.shape, int)
    at = tuple(data.draw(st.integers(0, n - 1)) for n in one.shape)
    one[at] = 1
    (x,) = problem.inputs
    dx = numeric.backward(problem.op, one, x)["x"]
    assert sorted(dx.flat, reverse=True)[:2] in ([1], [1, 0])
    assert x[dx == 1] == [problem.forward()[at]]


@given(cases(ops.AveragePool))
def test_a_constant_is_its_own_mean_where_padding_does_not_count(case):
    op = ops.AveragePool(
        case.op.kernel,
        stride=case.op.stride,
        dilation=case.op.dilation,
        padding=case.op.padding,
        ceil=case.op.ceil,
        count_padding=False,
    )
    assert (numeric.forward(op, np.full(case.inputs[0], 7)) == 7).all()


@each(
    (
        *(ops.GlobalAveragePool, ops.AdaptiveAveragePool, ops.AdaptiveMaxPool),
        *(ops.ReflectPad, ops.EdgePad, ops.WrapPad, ops.LinearUpsample),
    )
)
@given(data=st.data())
def test_a_constant_is_its_own_mean_and_its_own_maximum(kind, data):
    case = data.draw(cases(kind))
    assert (numeric.forward(case.op, np.full(case.inputs[0], 7)) == 7).all()


@given(st.data())
def test_scatter_is_the_adjoint_of_gather(data):
    drawn = data.draw(st.lists(windows(blind=True), min_size=1, max_size=3))
    axes, sizes = [w for w, _ in drawn], [n for _, n in drawn]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = rng.integers(-9, 9, (2, 3, *sizes))
    cols = numeric.gather(x, axes)
    assert cols.shape == (2, 3, *(w.kernel for w in axes), *(w.placements(n) for w, n in drawn))
    c = rng.integers(-9, 9, cols.shape)
    assert inner(cols, c) == inner(x, numeric.scatter(c, axes, sizes))


@given(st.data())
def test_gather_reads_every_tap_and_zero_in_the_padding(data):
    window, n = data.draw(windows(blind=True))
    x = np.arange(1, n + 1).reshape(1, 1, n)
    expected = [
        [window.tap(o, k) + 1 if 0 <= window.tap(o, k) < n else 0 for o in range(window.placements(n))]
        for k in range(window.kernel)
    ]
    assert numeric.gather(x, [window])[0, 0].tolist() == expected


@given(st.lists(windows(blind=True).map(lambda drawn: drawn[0]), min_size=1, max_size=3))
def test_a_chain_of_convolutions_with_ones_has_the_paths_of_its_windows_as_gradient(chain):
    bare = [Window(w.kernel, w.stride, w.dilation) for w in chain]
    sizes = [compose(bare).extent]
    for window in bare:
        sizes.append(window.placements(sizes[-1]))
    grad = np.ones((1, 1, sizes[-1]), int)
    assert grad.size == 1
    for window, n in zip(reversed(bare), reversed(sizes[:-1]), strict=True):
        op = ops.Conv(1, (window.kernel,), stride=window.stride, dilation=window.dilation, bias=False)
        w = np.ones((1, 1, window.kernel), int)
        grad = numeric.backward(op, grad, np.zeros((1, 1, n), int), w=w)["x"]
    assert grad[0, 0].tolist() == paths(bare)
    assert grad.sum() == prod(w.kernel for w in bare)


@given(st.data())
def test_a_softmax_sums_to_one_and_ignores_a_common_shift(data):
    problem = data.draw(problems(ops.Softmax))
    (x,) = problem.inputs
    y = problem.forward()
    assert (abs(y.sum(axis=problem.op.axis) - 1) < 1e-40).all()
    assert (abs(numeric.forward(problem.op, x + 1000) - y) < 1e-40).all()


@each((ops.ReflectPad, ops.EdgePad, ops.WrapPad, ops.LinearUpsample))
@given(data=st.data())
def test_both_directions_of_an_axis_are_treated_alike(kind, data):
    problem = data.draw(problems(kind))
    op, (x,) = problem.op, problem.inputs
    axes = tuple(range(2, x.ndim))
    if kind is not ops.LinearUpsample:
        op = kind(tuple((after, before) for before, after in op.padding))
    assert (numeric.forward(op, np.flip(x, axes)) == np.flip(problem.forward(), axes)).all()


@given(st.integers(1, 6), st.integers(1, 5), st.integers(-3, 3), st.integers(-3, 3))
def test_a_line_upsampled_linearly_is_the_line_through_its_ends_or_clamped_to_them(n, s, slope, start):
    def line(place):
        return start + slope * place

    x = np.array([Fraction(line(i)) for i in range(n)], object).reshape(1, 1, n)
    middles = [Fraction(2 * j + 1 - s, 2 * s) for j in range(s * n)]
    assert numeric.forward(ops.LinearUpsample((s,)), x)[0, 0].tolist() == [line(min(max(u, 0), n - 1)) for u in middles]
    if s * n > 1:
        places = [Fraction(j * (n - 1), s * n - 1) for j in range(s * n)]
        corners = numeric.forward(ops.LinearUpsample((s,), align_corners=True), x)
        assert corners[0, 0].tolist() == [line(u) for u in (places if s > 1 else range(n))]


@given(st.data())
def test_away_from_the_border_a_linear_upsampling_is_the_transpose_of_a_triangle(data):
    s, n = data.draw(st.integers(1, 5)), data.draw(st.integers(3, 6))
    x = np.array([Fraction(data.draw(st.integers(-9, 9))) for _ in range(n)], object).reshape(1, 1, n)
    kernel = 2 * s - s % 2
    triangle = np.array([Fraction(min(2 * k + 1, 2 * (kernel - k) - 1) + s % 2, 2 * s) for k in range(kernel)], object)
    spread = ops.ConvTranspose(1, (kernel,), stride=s, padding=s // 2, bias=False)
    y, z = numeric.forward(ops.LinearUpsample((s,)), x), numeric.forward(spread, x, w=triangle.reshape(1, 1, -1))
    assert y.shape == z.shape
    inner_part = slice(s // 2, s * n - s // 2)
    assert (y[..., inner_part] == z[..., inner_part]).all()


@given(st.data())
def test_a_mirror_is_a_window_on_the_periodic_continuation_of_the_signal_and_its_mirror_image(data):
    n = data.draw(st.integers(2, 6))
    before, after = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    x = np.arange(1, n + 1).reshape(1, 1, n)
    period = [*x[0, 0], *x[0, 0, -2:0:-1]]
    expected = [period[(o - before) % len(period)] for o in range(n + before + after)]
    assert numeric.forward(ops.ReflectPad(((before, after),)), x)[0, 0].tolist() == expected


def test_activations_do_not_overflow_far_out():
    x = np.array([[-1e4, 1e4]])
    for op, expected in {
        ops.Sigmoid(): [0, 1],
        ops.Tanh(): [-1, 1],
        ops.Softplus(): [0, 1e4],
        ops.LogSigmoid(): [-1e4, 0],
        ops.ELU(): [-1, 1e4],
        ops.CELU(2): [-2, 1e4],
        ops.SELU(1, 2): [-2, 2e4],
        ops.Erf(): [-1, 1],
        ops.HardSigmoid(): [0, 1],
        **{op: [0, 1e4] for op in (ops.GELU(), ops.GELU(approximate=True), ops.SiLU(), ops.Mish(), ops.HardSwish())},
        ops.Softmax(): [0, 1],
    }.items():
        assert numeric.forward(op, x).tolist() == [expected]
        assert np.isfinite(numeric.backward(op, np.ones((1, 2)), x)["x"]).all()


@given(st.integers(40, 700))
def test_the_logarithm_of_a_share_near_1_keeps_its_digits(x):
    (y,) = numeric.forward(ops.LogSigmoid(), np.array([float(x)]))
    assert abs(y + exp(-x)) <= gamma(12) * exp(-x)  # two exponentials and a logarithm, each within 4 units
