"""Whole networks against PyTorch's automatic differentiation, in float64, in training and at inference."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.graph import Architecture, buffers, parameters

torch = pytest.importorskip("torch")
F = torch.nn.functional
EPSILON = 1e-5


def network():
    """A residual block with normalisations, one of them used twice, and a head behind a pooling."""
    net = Architecture("residual", (3, 9, 7))
    net.add("conv1", ops.Conv(6, 3, stride=2, padding=1, bias=False))
    net.add("bn1", ops.BatchNorm(EPSILON))
    stem = net.add("relu1", ops.ReLU())
    net.add("conv2", ops.Conv(6, 3, padding=1, groups=3))
    net.add("bn2", ops.BatchNorm(EPSILON))
    net.add("add", ops.Add(), "bn2", stem)
    net.add("bn3", ops.BatchNorm(EPSILON), shares="bn1")
    net.add("tanh", ops.Tanh())
    net.add("pool", ops.MaxPool(2, stride=1))
    net.add("mean", ops.GlobalAveragePool())
    net.add("flatten", ops.Flatten())
    net.add("fc", ops.Linear(4))
    return net


def theirs(arrays, x, *, training):
    """The same in PyTorch; statistics in ``arrays`` are moved in place."""

    def norm(x, name):
        own = (arrays[f"{name}.{operand}"] for operand in ("mean", "var", "gamma", "beta"))
        return F.batch_norm(x, *own, training=training, eps=EPSILON)

    stem = F.relu(norm(F.conv2d(x, arrays["conv1.w"], stride=2, padding=1), "bn1"))
    body = norm(F.conv2d(stem, arrays["conv2.w"], arrays["conv2.b"], padding=1, groups=3), "bn2")
    y = F.max_pool2d(torch.tanh(norm(body + stem, "bn1")), 2, stride=1).mean((2, 3))
    return F.linear(y, arrays["fc.w"], arrays["fc.b"])


def drawn(net):
    rng = np.random.default_rng(7)
    arrays = {name: rng.standard_normal(shape) for name, shape in (parameters(net) | buffers(net)).items()}
    arrays |= {name: a**2 + 0.5 for name, a in arrays.items() if name.endswith(".var")}
    return rng.standard_normal((5, *net.input_shape)), rng.integers(0, 4, 5), arrays


def close(a, b):
    """Far within what a few hundred roundings of float64 a number leave, and far from any other formula."""
    return np.abs(a - b).max() <= 1e-12 * max(1, np.abs(b).max())


@pytest.mark.parametrize("training", [False, True])
def test_loss_gradients_and_statistics_are_those_of_automatic_differentiation(training):
    net = network()
    x, t, arrays = drawn(net)
    tensors = {name: torch.tensor(a, requires_grad=name in parameters(net)) for name, a in arrays.items()}
    loss = F.cross_entropy(theirs(tensors, torch.tensor(x), training=training), torch.tensor(t))
    loss.backward()
    ours = net.loss_and_gradients(x, t, arrays, training=training)
    assert close(ours.loss, loss.item())
    assert set(ours.gradients) == set(parameters(net))
    assert all(close(g, tensors[name].grad.numpy()) for name, g in ours.gradients.items())
    assert set(ours.buffers) == (set(buffers(net)) if training else set())
    assert all(close(a, tensors[name].numpy()) for name, a in ours.buffers.items())
    assert all((ours.buffers[name] != arrays[name]).all() for name in ours.buffers)
    y = theirs(tensors, torch.tensor(x), training=False).detach().numpy()
    assert close(net.forward(x, {**arrays, **ours.buffers}), y)


def test_a_frozen_normalisation_keeps_its_statistics_and_normalises_by_them():
    net = network()
    x, t, arrays = drawn(net)
    ours = net.loss_and_gradients(x, t, arrays, frozen="bn1")
    assert set(ours.buffers) == {"bn2.mean", "bn2.var"}
    y = net.forward(x, arrays, nodes="bn1", training=True, frozen="bn1")["bn1"]
    assert (y == net.forward(x, arrays, nodes="bn1")["bn1"]).all()
    assert (y != net.forward(x, arrays, nodes="bn1", training=True)["bn1"]).any()
