"""Parameters that a node stores and does not train: they count as buffers, have no gradient, and stay what they are."""

import json

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.errors import GraphError, NotationError, UnknownNameError
from cnnmath.graph import Architecture, analyze, from_json, to_json
from cnnmath.graph.arrays import buffers, parameters
from cnnmath.training import initialise

STORED = ("gamma", "beta")


def net(stored=STORED, op=None):
    """A convolution, a normalisation that stores these of its parameters, and a dense layer with a loss to come."""
    found = Architecture("net", (2, 5, 5))
    found.add("conv", ops.Conv(3, 2))
    found.add("norm", op or ops.BatchNorm(), stored=stored)
    found.add("mean", ops.GlobalAveragePool())
    found.add("flat", ops.Flatten())
    found.add("dense", ops.Linear(4))
    return found


@pytest.mark.parametrize(("stored", "trained"), [((), 6), (("gamma",), 3), (("beta",), 3), (STORED, 0)])
def test_what_is_stored_is_a_buffer_and_no_parameter(stored, trained):
    summary = analyze(net(stored))
    assert (summary.parameters, summary.buffers) == (2 * 3 * 4 + 3 + trained + 3 * 4 + 4, 6 + 6 - trained)
    assert {f"norm.{name}" for name in stored} == set(buffers(net(stored))) - {"norm.mean", "norm.var"}
    assert {f"norm.{name}" for name in {*STORED} - {*stored}} == {n for n in parameters(net(stored)) if "norm" in n}


def test_cost_and_results_are_those_of_the_same_operator_trained():
    arrays = initialise(net(), seed=1)
    assert arrays["norm.gamma"].tolist() == [1, 1, 1]
    x = np.random.default_rng(0).normal(size=(2, 2, 5, 5))
    assert np.array_equal(net().forward(x, arrays), net(()).forward(x, arrays))
    assert analyze(net()).macs == analyze(net(())).macs


@pytest.mark.parametrize("op", [ops.BatchNorm(), ops.InstanceNorm(), ops.GroupNorm(3)])
def test_gradients_are_those_of_what_is_trained_alone(op):
    arrays = initialise(net(op=op), seed=1, dtype=np.float64)
    x, t = np.random.default_rng(0).normal(size=(4, 2, 5, 5)), np.arange(4)
    some = net(("gamma",), op).loss_and_gradients(x, t, arrays, loss=ops.CrossEntropy())
    every = net((), op).loss_and_gradients(x, t, arrays, loss=ops.CrossEntropy())
    assert set(every.gradients) - set(some.gradients) == {"norm.gamma"}
    assert all(np.array_equal(some.gradients[name], every.gradients[name]) for name in some.gradients)


def test_a_node_that_shares_them_stores_the_same():
    tied = net()
    tied.add("again", ops.BatchNorm(), tied.add("relu", ops.ReLU(), "conv"), shares="norm")
    assert tied.stored("again") == STORED
    assert analyze(tied).parameters == analyze(net()).parameters


def test_it_is_kept_on_every_way_of_building():
    for other in (net().with_input((2, 7, 7)), net().up_to("norm"), Architecture.from_graph(net().graph, (2, 5, 5))):
        assert other.stored("norm") == STORED
    assert from_json(json.loads(json.dumps(to_json(net())))) == net()
    assert net() != net(())
    assert "stored" not in json.dumps(to_json(net(())))


def test_names_that_do_not_fit_are_refused_by_node():
    with pytest.raises(UnknownNameError, match="node 'norm': there is no parameter 'gama'") as caught:
        analyze(net(("gama",)))
    assert caught.value.lines["near"] == "gamma"
    with pytest.raises(UnknownNameError, match="node 'norm': there is no parameter 'mean'"):
        analyze(net(("mean",)))
    with pytest.raises(GraphError, match="node 'norm': what it stores is no list of names"):
        net("gamma")
    with pytest.raises(GraphError, match="it has no parameters that it could store"):
        net().add("again", ops.BatchNorm(), "conv", shares="norm", stored=("gamma",))
    data = to_json(net())
    data["nodes"][2]["stored"] = "gamma"
    with pytest.raises(NotationError, match="node 'norm'"):
        from_json(data)
