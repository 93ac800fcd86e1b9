"""Pooling as trusted systems settled its disputed corners: values of PyTorch 2.13, each with its issue."""

import numpy as np
import pytest

from cnnmath import numeric, ops
from cnnmath.window import fit
from tests.support import gamma, records

VECTORS = records("pool_semantics_vectors.json", "id")
LENGTHS = [name for name, vector in VECTORS.items() if "L" in vector["config"]]
MEANS = [name for name, vector in VECTORS.items() if vector["op"].startswith("avg_pool")]
TIES = [name for name, vector in VECTORS.items() if "backward" in vector["op"]]
OTHERS = ["max_pad_is_minus_inf", "max_nan", "adaptive_avg_non_divisible"]
SHAPES = {"avg_ceil_incl_pad": (1, 1, 4, 4), "avg_ceil_overhang": (1, 1, 7, 7), "avg1d_ceil_incl_pad": (1, 2, 9)}
UNIT = 2.0**-24  # float32


def test_every_vector_is_used():
    assert sorted([*LENGTHS, *MEANS, *TIES, *OTHERS]) == sorted(VECTORS)


@pytest.mark.parametrize("name", LENGTHS)
def test_output_lengths_with_ceil(name):
    c, expected = VECTORS[name]["config"], VECTORS[name]["pytorch_2_13"]
    assert fit(c["L"], c["k"], c["s"], 1, (c["p"], c["p"]), ceil=True).placements(c["L"]) == expected
    pool = ops.MaxPool((c["k"],), stride=c["s"], padding=c["p"], ceil=True)
    assert pool.shape((1, 1, c["L"])) == (1, 1, expected)


@pytest.mark.parametrize("name", MEANS)
def test_means_with_ceil_and_padding_that_counts(name):
    vector, c = VECTORS[name], VECTORS[name]["config"]
    x = np.array(vector["input"]).reshape(SHAPES[name])
    rank = x.ndim - 2
    op = ops.AveragePool((c["k"],) * rank, stride=c["s"], padding=c["p"], ceil=c["ceil_mode"])
    expected = np.array(vector["pytorch_2_13"])
    # float32 adds k^rank numbers and divides once: gamma_(k^rank) of the sum of their absolute values
    magnitude = numeric.forward(op, np.abs(x)).ravel()
    error = np.abs(numeric.forward(op, x).ravel() - expected)
    assert (error <= gamma(c["k"] ** rank, UNIT) * magnitude).all()


@pytest.mark.parametrize("name", TIES)
def test_at_a_tie_the_first_maximum_takes_the_gradient(name):
    vector = VECTORS[name]
    x = np.array(vector["input"])[None, None]
    dx = numeric.backward(ops.MaxPool((vector["config"]["k"],)), np.ones((1, 1, 1)), x)["x"]
    assert dx.ravel().tolist() == vector["pytorch_2_13"]


def test_the_padding_of_a_maximum_is_minus_infinity():
    vector = VECTORS["max_pad_is_minus_inf"]
    x = np.array(vector["input"])[None, None]
    assert numeric.forward(ops.MaxPool((2,), stride=1, padding=1), x).ravel().tolist() == vector["pytorch_2_13"]


def test_a_maximum_passes_nan_on():
    x = np.array([float(v) for v in VECTORS["max_nan"]["input"]])[None, None]
    assert VECTORS["max_nan"]["pytorch_2_13"] == str(numeric.forward(ops.MaxPool((3,)), x).ravel().tolist())


def test_adaptive_bins_overlap_where_they_do_not_divide():
    vector = VECTORS["adaptive_avg_non_divisible"]
    x = np.array(vector["input"])[None, None]
    assert numeric.forward(ops.AdaptiveAveragePool((3,)), x).ravel().tolist() == vector["pytorch_2_13"]


def test_what_other_systems_answered_is_not_what_we_answer():
    wrong = VECTORS["avg_ceil_overhang"]["other"]["CoreML (before fix)"]
    x = np.array(VECTORS["avg_ceil_overhang"]["input"]).reshape(1, 1, 7, 7)
    assert numeric.forward(ops.AveragePool(2, stride=3, ceil=True), x).ravel().tolist() != wrong


def sliding(c, rank):
    """Settings of a sliding pooling as a vector has them."""
    return {
        "kernel": (c["k"],) * rank,
        "stride": c.get("s", c["k"]),
        "padding": c.get("p", 0),
        "ceil": bool(c.get("ceil_mode", False)),
    }


def operators(name):
    """Every pooling that a vector speaks of, with its input; whole numbers where it gives a length alone."""
    vector, c = VECTORS[name], VECTORS[name]["config"]
    if "L" in c:
        x = np.arange(2.0 * c["L"]).reshape(1, 2, c["L"]) % 3  # with ties
        return [(ops.MaxPool(**sliding(c, 1)), x), (ops.AveragePool(**sliding(c, 1)), x)]
    x = np.array(vector["input"], float)
    x = x.reshape(SHAPES.get(name, (1, 1, x.size)))
    if name == "adaptive_avg_non_divisible":
        return [(ops.AdaptiveAveragePool((c["out"],)), x)]
    return [((ops.AveragePool if name in MEANS else ops.MaxPool)(**sliding(c, x.ndim - 2)), x)]


@pytest.mark.parametrize("name", VECTORS)
def test_outputs_and_gradients_are_those_of_the_installed_pytorch(name):
    torch = pytest.importorskip("torch")
    from tests.peers.torch_ops import apply

    for op, x in operators(name):
        given = torch.tensor(x, requires_grad=True)
        theirs = apply(op, given)
        dy = np.arange(1.0, theirs.numel() + 1).reshape(theirs.shape)
        theirs.backward(torch.tensor(dy))
        ours = numeric.forward(op, x), numeric.backward(op, dy, x)["x"]
        if isinstance(op, ops.MaxPool):
            bounds = 0, 0
        else:  # fewer than 64 terms of either sum, the largest of them all the time
            bounds = 2 * gamma(64) * 64 * np.abs(x).max(), 2 * gamma(64) * 64 * dy.max()
        for a, b, bound in zip(ours, (theirs.detach().numpy(), given.grad.numpy()), bounds, strict=True):
            assert a.shape == b.shape
            assert ((np.abs(a - b) <= bound) | (np.isnan(a) & np.isnan(b))).all(), op
