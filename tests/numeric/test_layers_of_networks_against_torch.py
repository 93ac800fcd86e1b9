"""Every layer of whole networks against PyTorch, on the float32 numbers that reach it, within derived bounds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from cnnmath import ops, zoo
from cnnmath.numeric import choose_method
from tests import rounding
from tests.peers import drawn

pytest.importorskip("torch")

import torch

from tests.peers import torch_network, torch_ops


def forward_bound(op, *arrays):
    """What our output and PyTorch's may differ by; the error of a kernel that sums in another way goes in here."""
    return 2 * rounding.forward_bound(op, *arrays)


def backward_bound(op, dy, *arrays):
    """The same of the gradients, by operand; a method that works on tiles bounds those of the filters by itself."""
    bounds = {name: 2 * a for name, a in rounding.backward_bound(op, dy, *arrays).items()}
    if isinstance(op, ops.Conv) and (choice := choose_method(op, arrays[0])).method == "winograd":
        terms = dy[:, 0].size * np.abs(dy).max() * np.abs(arrays[0]).max()
        bounds["w"] = bounds["w"] / 2 + choice.prediction.gradient_bound * terms
    return bounds


@dataclass(frozen=True)
class Seen:
    """A layer, and its operands, output and output's gradient as PyTorch has them in float32."""

    node: drawn.Node
    arrays: list[Any]
    y: Any
    dy: Any

    def torch_backward(self):
        """PyTorch's gradients of this layer alone, by operand."""
        named = dict(
            zip(ops.operands(self.node.op, *self.node.shapes), map(torch.from_numpy, self.arrays), strict=True)
        )
        trained = [tensor for k, tensor in named.items() if k not in self.node.op.buffers(*self.node.shapes)]
        for tensor in trained:
            tensor.requires_grad_()
        torch_ops.apply(self.node.op, *named.values()).backward(torch.from_numpy(self.dy))
        return {k: tensor.grad.numpy() for k, tensor in named.items() if tensor.grad is not None}


@pytest.fixture(scope="module", params=["alexnet 127", "vgg16 96", "resnet50 96"])
def layers(request):
    """Each distinct layer once, on a batch of 1 of this size."""
    name, size = request.param.split()
    net = zoo.named(name).with_input((3, int(size), int(size)))
    parameters, x = drawn.parameters(net), drawn.normal((1, *net.input_shape), 1)
    found = torch_network.gradients(torch_network.network(net, parameters), x, np.array([3]))
    distinct = {(node.op, node.shapes): node for node in drawn.nodes(net)}
    return [
        Seen(
            node,
            [found.activations[read] for read in node.reads] + [parameters[key] for key in node.keys.values()],
            found.activations[node.name],
            found.at[node.name],
        )
        for node in distinct.values()
    ]


def weighted(layers, kinds):
    return [seen for seen in layers if isinstance(seen.node.op, kinds)]


def excess(ours, theirs, bound):
    """How far two results are beyond a bound at the worst place."""
    return (np.abs(ours.astype(float) - theirs) - bound).max()


def test_outputs_are_within_the_bounds_of_both(layers):
    for seen in layers:
        op, arrays = seen.node.op, seen.arrays
        assert excess(rounding.forward(op, *arrays), seen.y, forward_bound(op, *arrays)) <= 0, seen.node.name


def test_gradients_are_within_the_bounds_of_both(layers):
    for seen in layers:
        op, dy, arrays = seen.node.op, seen.dy, seen.arrays
        ours, theirs, bound = rounding.backward(op, dy, *arrays), seen.torch_backward(), backward_bound(op, dy, *arrays)
        assert set(ours) == set(theirs)
        for k in ours:
            assert excess(ours[k], theirs[k], bound[k]) <= 0, (seen.node.name, k)


def negated_tap(w):
    """The filters with the largest weight of each negated."""
    rows = w.reshape(len(w), -1).copy()
    rows[np.arange(len(w)), np.abs(rows).argmax(axis=1)] *= -1
    return rows.reshape(w.shape)


def test_one_wrong_tap_a_filter_or_no_bias_is_beyond_the_bounds_in_every_convolution(layers):
    for seen in weighted(layers, ops.Conv):
        x, w, *b = seen.arrays
        bound = forward_bound(seen.node.op, x, w, *b)
        assert excess(rounding.forward(seen.node.op, x, negated_tap(w), *b), seen.y, bound) > 0, seen.node.name
        if b:
            assert excess(seen.y - b[0][:, None, None], seen.y, bound) > 0, seen.node.name


def test_no_bias_is_beyond_the_bounds_in_every_dense_layer(layers):
    for seen in weighted(layers, ops.Linear):
        bound = forward_bound(seen.node.op, *seen.arrays)
        assert excess(seen.y - seen.arrays[2], seen.y, bound) > 0, seen.node.name


def test_a_kernel_that_is_not_flipped_is_beyond_the_bounds_of_the_gradient(layers):
    for seen in weighted(layers, ops.Conv):
        x, w, *b = seen.arrays
        if w.shape[2:] != (1, 1):
            mirrored = rounding.backward(seen.node.op, seen.dy, x, w[:, :, ::-1, ::-1], *b)["x"]
            bound = backward_bound(seen.node.op, seen.dy, x, w, *b)["x"]
            assert excess(mirrored, seen.torch_backward()["x"], bound) > 0, seen.node.name
