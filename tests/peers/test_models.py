"""What the comparisons stand on: the ways in which a network is handed to another library agree among themselves."""

import numpy as np
import pytest

from cnnmath import ops, zoo
from cnnmath.graph import INPUT, Architecture
from tests.peers import drawn

NETS = {
    "lenet5": zoo.lenet5,
    "resnet18": lambda: zoo.resnet18((3, 33, 31)),
    "vgg11": lambda: zoo.vgg(11, batch_norm=True, width=4),
}
each_net = pytest.mark.parametrize("name", NETS)


def given(name, batch=2):
    net = NETS[name]()
    return net, drawn.parameters(net), drawn.normal((batch, *net.input_shape), 1)


def read_twice():
    """A rectifier whose input is read again after it, so that nothing may overwrite it."""
    net = Architecture("twice", (2, 5, 5))
    net.add("conv", ops.Conv(2, 3, padding=1))
    net.add("relu", ops.ReLU())
    net.add("add", ops.Add(), "conv", "relu")
    return net


@each_net
def test_inference_gives_what_the_last_node_gives_and_changes_nothing_else(name):
    torch = pytest.importorskip("torch")
    from tests.peers import torch_network

    net, parameters, x = given(name)
    plan, before = torch_network.network(net, parameters), x.copy()
    last = torch_network.activations(plan, torch.from_numpy(x))[net.last]
    assert (torch_network.forward(plan, torch.from_numpy(x)) == last).all()
    assert (x == before).all()
    assert all((parameters[key] == again).all() for key, again in drawn.parameters(net).items())


def test_a_rectifier_overwrites_nothing_that_is_read_again():
    torch = pytest.importorskip("torch")
    from tests.peers import torch_network

    net = read_twice()
    plan = torch_network.network(net, drawn.parameters(net))
    x = torch.from_numpy(drawn.normal((1, 2, 5, 5)))
    values = torch_network.activations(plan, x)
    assert (values["conv"] != values["relu"]).any()
    assert (torch_network.forward(plan, x) == values["add"]).all()


@each_net
def test_gradients_are_those_of_small_steps(name):
    torch = pytest.importorskip("torch")
    from tests.peers import torch_network

    net, parameters, x = given(name)
    parameters, x = {key: a.astype(float) for key, a in parameters.items()}, x.astype(float)
    t = np.array([0, 1])
    found = torch_network.gradients(torch_network.network(net, parameters), x, t)
    step = drawn.normal(x.shape, 5, float) * 1e-6
    ends = [torch_network.gradients(torch_network.network(net, parameters), x + s * step, t).loss for s in (-1, 1)]
    along = (found.at[INPUT] * step).sum()
    assert (ends[1] - ends[0]) / 2 == pytest.approx(along, rel=1e-3)
    assert set(found.parameters) == {key for node in drawn.nodes(net) for key in node.trained.values()}
    assert torch.is_grad_enabled()


@each_net
def test_the_model_of_onnx_computes_the_same(name):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    from cnnmath.interchange import export_onnx
    from tests.peers import torch_network

    net, parameters, x = given(name)
    written = export_onnx(net, parameters).SerializeToString()
    session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"input": x})
    theirs = torch_network.forward(torch_network.network(net, parameters), torch.from_numpy(x)).numpy()
    assert np.linalg.norm(y - theirs) <= 1e-5 * np.linalg.norm(theirs)
