"""Forward and backward against PyTorch in float64, on whole numbers, over settings that it accepts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import SettingError, ShapeError
from cnnmath.ops import operands
from cnnmath.verify.strategies import Case, cases
from tests.support import Problem, each, gamma, problems

pytest.importorskip("torch")

import torch

from tests.peers.torch_ops import FUNCTIONS, POOLS, conv, flat, pad, pool, subsample, transpose

F = torch.nn.functional
OF_ONE_NUMBER = (
    *(ops.SELU, ops.CELU, ops.PReLU, ops.ThresholdedReLU, ops.Clip, ops.Softsign),
    *(ops.Affine, ops.Power, ops.Exp, ops.Log, ops.Abs),
)
ACTIVATIONS = {
    ops.ReLU: lambda _, x: F.relu(x),
    ops.LeakyReLU: lambda op, x: F.leaky_relu(x, op.slope),
    ops.ELU: lambda op, x: F.elu(x, op.alpha),
    ops.Sigmoid: lambda _, x: torch.sigmoid(x),
    ops.Tanh: lambda _, x: torch.tanh(x),
    ops.Softplus: lambda _, x: F.softplus(x),
    ops.LogSigmoid: FUNCTIONS[ops.LogSigmoid],
    **{kind: FUNCTIONS[kind] for kind in (ops.Erf, ops.GELU, ops.SiLU, ops.Mish, ops.HardSigmoid, ops.HardSwish)},
    ops.Softmax: lambda op, x: F.softmax(x, dim=op.axis),
    **{kind: FUNCTIONS[kind] for kind in OF_ONE_NUMBER},
    ops.LocalResponseNorm: lambda op, x: F.local_response_norm(x, op.size, op.alpha, op.beta, op.k),
    ops.BatchNorm: lambda op, x, gamma, beta, *stored: batch_norm(op, x, gamma, beta, *stored),
    ops.GroupNorm: lambda op, x, gamma, beta: torch.group_norm(x, op.groups, gamma, beta, op.epsilon),
    ops.InstanceNorm: lambda op, x, gamma, beta: torch.group_norm(x, x.shape[1], gamma, beta, op.epsilon),
    ops.LayerNorm: lambda op, x, gamma, beta: layer_norm(op, x, gamma, beta),
    ops.RMSNorm: lambda op, x, gamma: F.rms_norm(x, gamma.shape, gamma, op.epsilon),
}
NORMS = (ops.BatchNorm, ops.GroupNorm, ops.InstanceNorm, ops.LayerNorm, ops.RMSNorm)


def batch_norm(op, x, gamma, beta, mean=None, var=None):
    return F.batch_norm(x, mean, var, gamma, beta, training=op.training, eps=op.epsilon)


def layer_norm(op, x, gamma, beta):
    """Torch normalises the last axes, so that for each position channels come last."""
    if op.each_position:
        return F.layer_norm(x.movedim(1, -1), gamma.shape, gamma, beta, op.epsilon).movedim(-1, 1)
    return F.layer_norm(x, gamma.shape, gamma, beta, op.epsilon)


def both(problem, function):
    """Torch's output and gradients beside ours, by name."""
    tensors = {name: torch.tensor(a, requires_grad=name in problem.trained) for name, a in problem.arrays.items()}
    y = function(problem.op, *tensors.values())
    y.backward(torch.tensor(problem.dy))
    theirs = {"y": y.detach().numpy()} | {k: t.grad.numpy() for k, t in tensors.items() if t.grad is not None}
    ours = {"y": problem.forward()} | problem.backward()
    assert set(ours) == set(theirs)
    return [(name, ours[name], theirs[name]) for name in ours]


@st.composite
def torch_pools(draw, kind):
    """Equal padding on both sides, at most half the kernel; no window sees padding alone.

    Means have no dilation, and in three dimensions torch takes no input smaller than the kernel, padded or not.
    """
    axes = []
    for _ in range(draw(st.integers(1, 3))):
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        dilation = draw(st.integers(1, 2)) if kind is ops.MaxPool else 1
        padding = draw(st.integers(0, kernel // 2))
        least = max(dilation * (kernel - 1) + 1 - 2 * padding, dilation) if kind is ops.MaxPool else kernel
        axes.append((kernel, stride, dilation, padding, draw(st.integers(least, least + 5))))
    kernel, stride, dilation, padding, sizes = zip(*axes, strict=True)
    own = {"count_padding": draw(st.booleans())} if kind is ops.AveragePool else {}
    op = kind(kernel, stride=stride, dilation=dilation, padding=padding, ceil=draw(st.booleans()), **own)
    x = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), *sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    arrays = {"x": rng.integers(-4, 5, x).astype(float)}
    return Problem(Case(op, (x,)), arrays, rng.integers(-4, 5, op.shape(x)).astype(float))


@given(problems(ops.Conv, whole=True))
def test_convolution_and_its_gradients_are_equal(problem):
    for name, ours, theirs in both(problem.astype(float), conv):
        assert np.array_equal(ours, theirs), name


@given(torch_pools(ops.MaxPool))
def test_maxima_and_their_gradients_are_equal_ties_included(problem):
    for name, ours, theirs in both(problem, pool):
        assert np.array_equal(ours, theirs), name


@given(torch_pools(ops.AveragePool))
def test_means_are_equal_and_their_gradients_up_to_the_order_of_summation(problem):
    (_, y, their_y), (_, dx, their_dx) = both(problem, pool)
    assert np.array_equal(y, their_y)  # whole numbers are summed exactly, and divided once
    # At most 4^3 shares below 4, each rounded once, are added: either side is within gamma_64 of their sum.
    assert (np.abs(dx - their_dx) <= 2 * gamma(64) * 4 * 64).all()


def product(x, dim, keepdim):
    """Torch multiplies along one axis at a time."""
    for axis in sorted(dim, reverse=True):
        x = x.prod(axis, keepdim=keepdim)
    return x


REDUCTIONS = {
    "sum": torch.sum,
    "mean": torch.mean,
    "max": torch.amax,
    "min": torch.amin,
    "product": product,
    "l1": lambda x, **over: x.abs().sum(**over),
    "l2": torch.linalg.vector_norm,
    "sum_square": lambda x, **over: (x * x).sum(**over),
    "log_sum": lambda x, **over: x.sum(**over).log(),
    "log_sum_exp": torch.logsumexp,
}


@pytest.mark.parametrize("how", REDUCTIONS)
@pytest.mark.parametrize("over", [(2, 3), (1,), (0, 3), None])
@pytest.mark.parametrize("keep", [True, False])
def test_reductions_are_equal_up_to_the_order_of_summation(how, over, keep):
    """All numbers differ: at a tie, torch's maxima share the gradient out. None is far from 1."""
    rng, shape = np.random.default_rng(7), (2, 3, 2, 4)
    numbers = (1 + rng.permutation(48) / 64).reshape(shape)
    op = ops.Reduce(how, over, keep=keep)
    signs = 1 if how == "log_sum" else rng.choice([-1.0, 1.0], shape)
    problem = Problem(Case(op, (shape,)), {"x": signs * numbers}, rng.normal(size=op.shape(shape)))
    for name, ours, theirs in both(problem, lambda op, x: REDUCTIONS[how](x, dim=op.along(shape), keepdim=op.keep)):
        # At most 48 factors or summands below 2, each rounded a few times, beside the largest of the results.
        assert np.max(abs(ours - theirs)) <= gamma(8 * 48) * max(48 * 4, np.max(abs(theirs))), name


def own_transpose(op, x, w, b=None):
    """By torch's own settings, which cut off equally at both sides."""
    function = getattr(F, f"conv_transpose{len(op.kernel)}d")
    before = [p for p, _ in op.padding]
    return function(x, w, b, op.stride, before, op.output_padding, op.groups, op.dilation)


def sliced(op, x):
    """Backwards by a flip, as torch has no negative steps."""
    for axis, step in enumerate(op.steps):
        first, stop, _ = op.bounds(axis, x.shape[axis])
        low, high = (first, stop) if step > 0 else (stop + 1, first + 1)
        part = x.narrow(axis, low, high - low)
        part = part if step > 0 else part.flip(axis)
        x = part[(slice(None),) * axis + (slice(None, None, abs(step)),)]
    return x


WHOLE = {
    ops.ConvTranspose: transpose,
    ops.Upsample: lambda op, x: F.interpolate(x, scale_factor=[float(s) for s in op.scale], mode="nearest"),
    ops.Subsample: subsample,
    ops.Pad: pad,
    ops.ReflectPad: lambda op, x: F.pad(x, flat(op.padding), mode="reflect"),
    ops.EdgePad: lambda op, x: F.pad(x, flat(op.padding), mode="replicate"),
    ops.Concat: lambda op, *xs: torch.cat(xs, op.axis),
    ops.Select: lambda op, x: torch.index_select(x, op.axis, torch.tensor(op.places)),
    ops.Slice: sliced,
    **{kind: FUNCTIONS[kind] for kind in (ops.Transpose, ops.Reshape, ops.Tile, ops.ChannelShuffle)},
    ops.WrapPad: lambda op, x: F.pad(x, flat(op.padding), mode="circular"),
    ops.LinearLast: lambda _, x, w, b=None: F.linear(x, w, b),
    ops.RadialBasis: lambda _, x, w: ((x[:, None] - w) ** 2).sum(dim=2),
}


@each(WHOLE)
@given(data=st.data())
def test_operators_among_the_whole_numbers_are_equal(kind, data):
    problem = data.draw(problems(kind, whole=True)).astype(float)
    for name, ours, theirs in both(problem, WHOLE[kind]):
        assert np.array_equal(ours, theirs), name


def shuffled(op, x):
    """In torch's order the place in a block runs faster than the channel; for the other, channels are turned."""
    if isinstance(op, ops.DepthToSpace):
        x = x.unflatten(1, (op.block[0] ** 2, -1)).transpose(1, 2).flatten(1, 2) if op.order == "DCR" else x
        return F.pixel_shuffle(x, op.block[0])
    y = F.pixel_unshuffle(x, op.block[0])
    return y.unflatten(1, (-1, op.block[0] ** 2)).transpose(1, 2).flatten(1, 2) if op.order == "DCR" else y


@pytest.mark.parametrize("order", ["DCR", "CRD"])
@pytest.mark.parametrize("block", [2, 3])
@pytest.mark.parametrize("kind", [ops.SpaceToDepth, ops.DepthToSpace])
def test_pixels_are_shuffled_as_torch_does(kind, block, order):
    x = (2, 2 * block**2, 3, 2) if kind is ops.DepthToSpace else (2, 2, 2 * block, block)
    case, rng = Case(kind(block, order), (x,)), np.random.default_rng(block)
    dy = rng.integers(-9, 10, case.op.shape(x)).astype(float)
    problem = Problem(case, {"x": rng.integers(-9, 10, x).astype(float)}, dy)
    for name, ours, theirs in both(problem, shuffled):
        assert np.array_equal(ours, theirs), name


@st.composite
def torch_transposes(draw):
    """Equal padding on both sides; torch takes output padding below the stride, or below the dilation."""
    case = draw(cases(ops.ConvTranspose))
    op = replace(case.op, padding=tuple(min(pair) for pair in case.op.padding))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = operands(op, *case.inputs)
    arrays = {name: rng.integers(-4, 5, shape).astype(float) for name, shape in shapes.items()}
    return Problem(Case(op, case.inputs), arrays, rng.integers(-4, 5, op.shape(*case.inputs)).astype(float))


@st.composite
def lp_pools(draw):
    """Even powers, of which torch takes no absolute value either, on numbers of which none is zero."""
    axes = draw(st.lists(st.tuples(*(st.integers(1, 4) for _ in range(2)), st.integers(0, 5)), min_size=1, max_size=3))
    kernel, stride, more = zip(*axes, strict=True)
    op = ops.LpPool(kernel, p=draw(st.sampled_from([2, 4])), stride=stride)
    x = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), *(k + m for k, m in zip(kernel, more, strict=True)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    arrays = {"x": rng.integers(1, 5, x) * rng.choice([-1.0, 1.0], x)}
    return Problem(Case(op, (x,)), arrays, rng.integers(-4, 5, op.shape(x)).astype(float))


@given(lp_pools())
def test_norms_of_windows_and_their_gradients_are_equal_up_to_rounding(problem):
    # Norms of at most 4^3 numbers below 4; each input meets at most 4^3 windows, whose slopes are at most 1.
    def function(op, x):
        window = (op.kernel, op.stride) if x.ndim > 3 else (*op.kernel, *op.stride)
        return getattr(F, f"lp_pool{x.ndim - 2}d")(x, op.p, *window)

    for name, ours, theirs in both(problem, function):
        assert (np.abs(ours - theirs) <= 2 * gamma(216) * 4 * 64).all(), name


@given(torch_transposes())
def test_transposed_convolution_and_its_gradients_are_equal_with_torchs_own_padding(problem):
    for name, ours, theirs in both(problem, own_transpose):
        assert np.array_equal(ours, theirs), name


def test_torch_refuses_the_output_padding_that_is_refused_here():
    x, w = torch.ones((1, 1, 4)), torch.ones((1, 1, 3))
    for stride, dilation in ((2, 1), (1, 2), (3, 2)):
        most = max(stride, dilation)
        with pytest.raises(RuntimeError, match="output padding must be smaller"):
            F.conv_transpose1d(x, w, None, stride, 0, most, 1, dilation)
        with pytest.raises(SettingError, match="the output padding is too large"):
            ops.ConvTranspose(1, (3,), stride=stride, dilation=dilation, output_padding=most)
        ours = ops.ConvTranspose(1, (3,), stride=stride, dilation=dilation, output_padding=most - 1).shape((1, 1, 4))
        assert tuple(F.conv_transpose1d(x, w, None, stride, 0, most - 1, 1, dilation).shape) == ours


@given(problems(ops.LinearUpsample, whole=True))
def test_linear_upsampling_is_equal_up_to_rounding_in_both_conventions(problem):
    def function(op, x):
        mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[x.ndim - 2]
        return F.interpolate(x, scale_factor=[float(s) for s in op.scale], mode=mode, align_corners=op.align_corners)

    # Fewer than 64 roundings of means of numbers below 4; an input meets at most 7^3 outputs. Torch's places are
    # rounded too, to within 2^-50 of 16 positions, which moves each weight by as much.
    for name, ours, theirs in both(problem.astype(float), function):
        assert (np.abs(ours - theirs) <= (2 * gamma(64) + 3 * 2.0**-46) * 4 * 343).all(), name


@each((ops.MaxPool, ops.AdaptiveMaxPool))
@given(data=st.data())
def test_switches_are_the_indices_that_torch_returns_ties_included(kind, data):
    of = torch_pools(kind) if kind is ops.MaxPool else problems(kind, whole=True)
    problem = data.draw(of).astype(float)
    op, x = problem.op, problem.arrays["x"]
    function = getattr(F, f"{POOLS[kind]}{x.ndim - 2}d")
    settings = (op.outputs,) if kind is ops.AdaptiveMaxPool else (op.kernel, op.stride)
    more = {} if kind is ops.AdaptiveMaxPool else {"padding": [p for p, _ in op.padding], "dilation": op.dilation}
    more |= {} if kind is ops.AdaptiveMaxPool else {"ceil_mode": op.ceil}
    _, indices = function(torch.tensor(x), *settings, return_indices=True, **more)
    assert np.array_equal(numeric.switches(op, x), indices.numpy())


def test_of_several_nan_torch_gives_the_last():
    x = np.array([[[1.0, np.nan, 2.0, np.nan]]])
    _, indices = F.max_pool1d(torch.tensor(x), 4, return_indices=True)
    assert (indices.item(), numeric.switches(ops.MaxPool((4,)), x).item()) == (3, 1)


@given(st.data())
def test_unpooling_is_equal_where_windows_do_not_overlap(data):
    kernel = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple))
    sizes = tuple(k * data.draw(st.integers(1, 3)) + data.draw(st.integers(0, k - 1)) for k in kernel)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    x = rng.integers(-4, 5, (2, 2, *sizes)).astype(float)
    pool, op = ops.MaxPool(kernel), ops.MaxUnpool(sizes)
    arrays = {"x": numeric.forward(pool, x), "switches": numeric.switches(pool, x)}
    problem = Problem(Case(op, (arrays["x"].shape,)), arrays, rng.integers(-4, 5, x.shape).astype(float))

    def function(op, y, z):
        return getattr(F, f"max_unpool{len(kernel)}d")(y, z, kernel, output_size=op.outputs)

    for name, ours, theirs in both(problem, function):
        assert np.array_equal(ours, theirs), name


def test_of_numbers_that_meet_torch_keeps_one():
    x, z = np.array([[[5.0, 7.0]]]), np.array([[[1, 1]]])
    theirs = F.max_unpool1d(torch.tensor(x), torch.tensor(z), 1, 1, output_size=(2,))
    assert theirs[0, 0].tolist() in ([0, 5], [0, 7])
    assert numeric.forward(ops.MaxUnpool((2,)), x, switches=z)[0, 0].tolist() == [0, 12]


def test_torch_refuses_the_mirror_that_is_refused_here():
    with pytest.raises(RuntimeError, match="should be less than the corresponding input dimension"):
        F.pad(torch.ones((1, 1, 3)), (3, 0), mode="reflect")
    with pytest.raises(ShapeError, match="mirrors more numbers than there are"):
        ops.ReflectPad(((3, 0),)).shape((1, 1, 3))
    assert ops.ReflectPad(((2, 0),)).shape((1, 1, 3)) == tuple(
        F.pad(torch.ones((1, 1, 3)), (2, 0), mode="reflect").shape
    )


@given(problems(ops.AdaptiveMaxPool, whole=True))
def test_adaptive_maxima_and_their_gradients_are_equal_ties_included(problem):
    for name, ours, theirs in both(problem.astype(float), pool):
        assert np.array_equal(ours, theirs), name


@given(problems(ops.AdaptiveAveragePool, whole=True))
def test_adaptive_means_are_equal_up_to_rounding(problem):
    # Bins of at most 6^3 numbers below 4, gradients from at most 4^3 bins: gamma_216 of at most 4*64 either side.
    for name, ours, theirs in both(problem.astype(float), pool):
        assert (np.abs(ours - theirs) <= 2 * gamma(216) * 4 * 64).all(), name


@each(ACTIVATIONS)
@given(data=st.data())
def test_functions_of_numbers_are_equal_up_to_rounding(kind, data):
    problem = data.draw(problems(kind, whole=True)).astype(float)
    # Data of absolute value at most 4 (a variance at most 16, or 0 with epsilon 1e-5: a scale of at most 317; that of
    # at most 24 whole numbers is 0 only if all deviations are, else at least 1/32). Fewer than 64 functions of at most
    # 4 ulp each, and sums over at most 128 positions, on numbers below 4*8*317*128.
    for name, ours, theirs in both(problem, ACTIVATIONS[kind]):
        large = 4 * 8 * 317 * 128 if kind in NORMS else 4**4
        assert (np.abs(ours - theirs) <= 2 * gamma(4 * 64) * large).all(), name


def test_the_hard_sigmoid_and_its_derivative_at_both_kinks_are_torchs_up_to_its_float32_slope():
    x = np.array([[-4.0, -3, -1, 0, 2, 3, 5]])
    problem = Problem(Case(ops.HardSigmoid(), (x.shape,)), {"x": x}, np.ones(x.shape))
    (_, y, their_y), (_, dx, their_dx) = both(problem, lambda _, x: F.hardsigmoid(x))
    assert (np.abs(y - their_y) <= gamma(2)).all()
    assert np.array_equal(dx == 0, their_dx == 0)
    assert (np.abs(dx - their_dx) <= 2.0**-24 / 6 + gamma(1)).all()
