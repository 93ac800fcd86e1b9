"""Networks taken over: the trunk computes what it did, the head is new, and both are named."""

import numpy as np
import pytest

from cnnmath import ops, zoo
from cnnmath.errors import DataError, GraphError, SettingError, UnknownNameError
from cnnmath.graph import buffers, parameters
from cnnmath.training import initialise, transfer

HEAD = {"hidden": ops.Linear(5), "relu": ops.ReLU(), "out": ops.Linear(2)}


def lenet():
    net = zoo.lenet5()
    return net, initialise(net, seed=4)


def test_the_trunk_computes_what_it_did_and_the_head_follows_it():
    net, arrays = lenet()
    new = transfer(net, arrays, "tanh4", HEAD, seed=9, name="parity")
    assert (new.net.name, new.net.outputs(), new.net.inputs("hidden")) == ("parity", ["out"], ("tanh4",))
    assert new.net.order() == [*new.trunk, *HEAD]
    assert set(new.parameters) == set(parameters(new.net) | buffers(new.net))
    assert all(new.parameters[name] is arrays[name] for name in parameters(net.up_to("tanh4")))
    x = np.random.default_rng(0).standard_normal((2, 1, 32, 32)).astype(np.float32)
    before = net.forward(x, arrays, nodes="tanh4")["tanh4"]
    assert (new.net.forward(x, new.parameters, nodes="tanh4")["tanh4"] == before).all()


def test_the_head_begins_as_initialise_begins_it_in_the_trunks_dtype():
    net, arrays = lenet()
    new = transfer(net, arrays, "tanh4", HEAD, scheme="lecun", seed=9)
    begun = initialise(new.net, "lecun", seed=9)
    assert all((new.parameters[f"{name}.w"] == begun[f"{name}.w"]).all() for name in ("hidden", "out"))
    assert {a.dtype for a in new.parameters.values()} == {np.dtype(np.float32)}
    double = transfer(net, {name: a.astype(float) for name, a in arrays.items()}, "tanh4", HEAD)
    assert {a.dtype for a in double.parameters.values()} == {np.dtype(np.float64)}


def test_normalisations_bring_their_statistics():
    net = zoo.resnet_cifar(8)
    arrays = initialise(net) | {"bn1.mean": np.full(16, 3, np.float32)}
    new = transfer(net, arrays, "relu", {"mean": ops.GlobalAveragePool()})
    assert (new.parameters["bn1.mean"] == 3).all()


REFUSED = {
    "no head": (lambda: transfer(*lenet(), "tanh4", {}), SettingError, "the head has no operators."),
    "no node": (
        lambda: transfer(*lenet(), "tanh9", HEAD),
        UnknownNameError,
        "there is no node 'tanh9'.\n  near    tanh",
    ),
    "a name that the trunk has": (
        lambda: transfer(*lenet(), "tanh4", {"conv1": ops.Linear(2)}),
        GraphError,
        "node 'conv1': the name is taken.",
    ),
    "arrays of another network": (
        lambda: transfer(lenet()[0], {"conv1.w": np.zeros((6, 1, 5, 5))}, "tanh1", HEAD),
        DataError,
        "network 'lenet5': the arrays are not those that the network declares.\n  missing conv1.b",
    ),
    "an array of another shape": (
        lambda: transfer(lenet()[0], lenet()[1] | {"conv1.w": np.zeros((6, 1, 3, 3))}, "tanh1", HEAD),
        DataError,
        "conv 'conv1': 'conv1.w' has another shape than declared.",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_cannot_be_taken_over_is_refused(mistake):
    build, kind, message = REFUSED[mistake]
    with pytest.raises(kind) as caught:
        build()
    assert str(caught.value).startswith(message)
