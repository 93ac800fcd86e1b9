"""Dense layers, residual blocks and normalisation: matrices, autograd, and the slips that are made with them."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Conv, LocalResponseNorm
from cnnmath.subjects import derive
from cnnmath.symbolic import general
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.terms import Bracket, Partial, Sigma, array, index, size
from tests.subjects.planted import named, refused

N, C, F, M = (size(name) for name in "NCFM")
n, c, f, i, j, q, l = (index(name) for name in "ncfijql")  # noqa: E741 - layers are counted with l
x, y, w, gamma, mean, var, xhat = (array(name) for name in ("x", "y", "w", "gamma", "mean", "var", "xhat"))
dx, dy = array("dL/dx"), array("dL/dy")


def dense(instance, name):
    """An array of an instance, in double precision."""
    tensor = instance.arrays[name]
    numbers = [float(tensor[at]) for at in product(*map(range, tensor.shape))]
    return np.array(numbers).reshape(tensor.shape)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 3, 2), (3, 1, 4)])
def test_a_dense_layer_is_a_product_of_matrices(sizes):
    whole = derive("linear-layer", sizes=sizes)
    for instance in whole.instances:
        above, inputs, weights = (dense(instance, name) for name in ("dL/dy", "x", "w"))
        assert (above @ weights == dense(instance, "dL/dx")).all()
        assert (above.T @ inputs == dense(instance, "dL/dw")).all()
    step = named(whole, "Weights in matrices")
    assert step.left.shape == (sizes[2], sizes[1])
    refused(whole, "Weights in matrices", 2 * sp.Matrix(step.right))


def test_the_weights_of_a_dense_layer_must_be_transposed():
    refused(derive("linear-layer"), "Inputs", Sigma(dy[n, f] * w[c, f], [(f, F)]))
    refused(derive("linear-layer"), "Bias", dy[0, f])


@pytest.mark.parametrize(("sizes", "said"), [
    ((2, 3), "a dense layer has three sizes"),
    (4, "a dense layer has three sizes"),
    ((2, 9, 1), "matrices of this size are too large to write out"),
    ((2, 0, 1), "the number of inputs must be at least 1"),
    ((2, 3, Fraction(1, 2)), "the number of outputs must be an integer"),
])  # fmt: skip
def test_sizes_of_a_dense_layer_are_three_and_positive(sizes, said):
    with pytest.raises(SettingError, match=f"linear-layer: {said}"):
        derive("linear-layer", sizes=sizes)


@pytest.mark.parametrize("depth", range(1, 7))
def test_a_stack_of_blocks_has_a_path_for_every_choice_of_branches(depth):
    r = array("r")
    expanded = derive("residual-addition", depth=depth).result.right
    assert len(sp.Add.make_args(expanded)) == 2**depth
    assert sp.expand(expanded - sp.prod(1 + r[at] for at in range(depth))) == 0
    assert expanded.subs({r[at]: 0 for at in range(depth)}) == 1


def test_without_its_shortcut_a_block_has_another_gradient():
    whole = derive("residual-addition")
    refused(whole, "Jacobian", Partial(array("u")[i], x[j]))
    refused(whole, "Backward pass", Sigma(dy[i] * Partial(array("u")[i], x[j]), [(i, C)]))
    refused(whole, "One of many blocks", array("r")[l])
    refused(whole, "The path of shortcuts", named(whole, "The path of shortcuts").right - 1)


@pytest.mark.parametrize(("depth", "said"), [(0, "at least 1"), (7, "128 paths"), (Fraction(3, 2), "an integer")])
def test_a_stack_has_a_depth_that_can_be_written_out(depth, said):
    with pytest.raises(SettingError, match=said):
        derive("residual-addition", depth=depth)


def test_batch_normalisation_has_the_gradients_of_pytorch():
    torch = pytest.importorskip("torch")
    whole = derive("batch-normalisation")
    for instance in whole.instances:
        inputs, scale, shift = (
            torch.tensor(dense(instance, name), requires_grad=True) for name in ("x", "gamma", "beta")
        )
        small = float(next(v for s, v in instance.values.items() if str(s) == "epsilon"))
        outputs = torch.nn.functional.batch_norm(inputs, None, None, scale, shift, training=True, eps=small)
        outputs.backward(torch.tensor(dense(instance, "dL/dy")))
        for name, tensor in {"x": inputs, "gamma": scale, "beta": shift}.items():
            assert dense(instance, f"dL/d{name}") == pytest.approx(tensor.grad.numpy(), rel=1e-9, abs=1e-12)


def test_the_closed_form_of_batch_normalisation_follows_from_the_chain_by_algebra():
    """A batch of three, all letters: the sum over the three ways is the closed form, put in by SymPy."""
    inputs, above = sp.symbols("x0:3", real=True), sp.symbols("d0:3", real=True)
    scale, small = sp.symbols("gamma epsilon", positive=True)
    centre = sum(inputs) / 3
    root = sp.sqrt(sum((number - centre) ** 2 for number in inputs) / 3 + small)
    hats = [(number - centre) / root for number in inputs]
    loss = sum(d * scale * hat for d, hat in zip(above, hats, strict=True))

    class Column:
        def __init__(self, entries):
            self.entries = entries

        def __getitem__(self, at):
            return self.entries[at[0]]

    own = evaluate(derive("batch-normalisation").result.right, {
        M: 3, i: 1, c: 0, "dL/dy": Column(above), "xhat": Column(hats), "gamma": Column([scale]),
        "var": Column([root**2 - small]), sp.Symbol("epsilon", positive=True): small,
    })  # fmt: skip
    numbers = dict(zip((*inputs, *above, scale, small), map(sp.Rational, (1, 4, -2, 3, -1, 2, 5, "1/7")), strict=True))
    assert sp.simplify((own - sp.diff(loss, inputs[1])).subs(numbers)) == 0


@pytest.mark.parametrize(("step", "wrong"), [
    ("Variance", Sigma((x[i, c] - mean[c]) ** 2, [(i, M)]) / (M - 1)),
    ("By the mean", Sigma(array("dL/dxhat")[i, c], [(i, M)]) / sp.sqrt(var[c])),
    ("Inputs", gamma[c] * dy[i, c] / sp.sqrt(var[c] + sp.Symbol("epsilon", positive=True))),
    ("Shift", dy[0, c]),
])  # fmt: skip
def test_slips_with_batch_normalisation_are_found(step, wrong):
    refused(derive("batch-normalisation"), step, wrong)


def test_the_three_ways_are_all_needed():
    whole = derive("batch-normalisation")
    for way in named(whole, "Three ways").right.args:
        refused(whole, "Three ways", named(whole, "Three ways").right - way)


def test_with_the_first_batch_every_root_is_rational():
    exact, _ = derive("batch-normalisation").instances
    assert all(number.denominator <= 1000 for number in exact.tensor("dL/dx").values)


@pytest.mark.parametrize("op", [
    general(Conv, 2),
    Conv(4, (3,), stride=2, padding=1, groups=2),
    Conv(1, (2, 1, 2), dilation=(2, 1, 1), bias=False),
    Conv(1, 3, padding="same"),
])  # fmt: skip
def test_batch_normalisation_folds_into_any_convolution(op):
    whole = derive("batch-normalisation-inference", op)
    assert whole.result.name == "Fold"
    entries = {str(entry.base) for entry in whole.result.right.atoms(sp.Indexed)}
    assert entries == {"w'", "b'", "x"}, "no trace of the statistics"


def test_a_folded_bias_needs_the_mean_scaled():
    whole = derive("batch-normalisation-inference", Conv(1, (2,)))
    a, b, beta = array("a"), array("b"), array("beta")
    refused(whole, "Folded bias", beta[f] + a[f] * b[f] - mean[f])
    refused(whole, "Folded bias", beta[f] + b[f] - a[f] * mean[f])
    without = derive("batch-normalisation-inference", Conv(1, (2,), bias=False))
    assert named(without, "Folded bias").right == beta[f] - a[f] * mean[f]


@pytest.mark.parametrize("op", [general(Conv, 1), general(Conv, 2), Conv(2, (3,))])
def test_every_channel_has_statistics_of_its_own(op):
    whole = derive("batch-normalisation-inference", op)
    for name in ("gamma", "beta", "mean", "var"):
        numbers = [instance.tensor(name).values for instance in whole.instances]
        assert all(len(set(own)) == len(own) for own in numbers)
    for name in ("Normalisation", "Scale"):
        own = named(whole, name).right
        for stored in own.atoms(sp.Indexed) - {named(whole, "Convolution").left}:
            refused(whole, name, own.xreplace({stored: stored.base[0]}))


@pytest.mark.parametrize("size_", [None, 1, 5, 15])
def test_neighbours_are_those_up_to_the_radius_and_no_others(size_):
    whole = derive("local-response-normalisation", size=size_)
    r = index("r") if size_ is None else size_ // 2
    alpha = sp.Symbol("alpha", positive=True)
    for near in (r - 1, r + 1):
        refused(whole, "Slope of the base", 2 * alpha * x[q] * Bracket(sp.Abs(q - c) <= near))
    for more in (1, -1):
        refused(whole, "Chain rule", Sigma(dy[c] * Partial(y[c], x[q]), [(c, C + more)]))


@pytest.mark.parametrize("size_", [1, 3, 5])
def test_local_response_normalisation_has_the_gradient_of_its_kernel(size_):
    from cnnmath.numeric.kernels import KERNELS

    setting = {"alpha": Fraction(1, 2), "beta": Fraction(3, 4), "k": 2}
    for instance in derive("local-response-normalisation", size=size_, **setting).instances:
        op = LocalResponseNorm(size_, alpha=size_ * setting["alpha"], beta=setting["beta"], k=setting["k"])
        above, inputs = dense(instance, "dL/dy")[None], dense(instance, "x")[None]
        own = KERNELS[LocalResponseNorm].backward(op, above, inputs)["x"][0]
        assert dense(instance, "dL/dx") == pytest.approx(own, rel=1e-12)


def test_slips_with_local_response_normalisation_are_found():
    whole = derive("local-response-normalisation")
    alpha, beta, r = sp.Symbol("alpha", positive=True), sp.Symbol("beta", positive=True), index("r")
    base, result = array("B"), named(whole, "Inputs").right
    alone = dy[q] / base[q] ** beta
    refused(whole, "Inputs", alone)
    refused(whole, "Inputs", (result - alone) / 2 + alone)
    refused(whole, "Slope of the base", 2 * alpha * x[q] * Bracket(sp.Abs(q - c) < r))


@pytest.mark.parametrize(("settings", "said"), [
    ({"size": 4}, "an even size has no middle channel"),
    ({"size": 0}, "the size must be at least 1"),
    ({"size": 101}, "so many neighbours take long to check"),
    ({"k": 0}, "k must be a positive number"),
    ({"alpha": "small"}, "alpha must be a positive number"),
])  # fmt: skip
def test_settings_of_local_response_normalisation_are_checked(settings, said):
    with pytest.raises(SettingError, match=f"local-response-normalisation: {said}"):
        derive("local-response-normalisation", **settings)


def test_an_even_size_points_to_the_operator_that_takes_it():
    with pytest.raises(SettingError) as caught:
        derive("local-response-normalisation", size=4)
    assert caught.value.lines["fix"] == "use 5, or derive the operator localresponsenorm, which takes even sizes"


def test_a_normalised_number_wears_a_hat():
    whole = derive("batch-normalisation")
    assert r"\hat{x}_{i, c}" in whole.latex()
    assert "<mover><mi>x</mi><mo>^</mo></mover>" in whole.html()
    assert "xhat[i,c]" in whole.text()
