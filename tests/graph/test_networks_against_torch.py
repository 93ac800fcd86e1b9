"""AlexNet, VGG-16 and ResNet-50 against PyTorch on the same random parameters: outputs, losses and all gradients."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from cnnmath import zoo
from cnnmath.graph import Architecture, forward, loss_and_gradients
from tests.peers import drawn

pytest.importorskip("torch")

from tests.peers import torch_network

LABELS = np.array([3])
TIMES = 4
"""How many times as far as PyTorch an output may be from the exact one.

Both round the same sums of n terms, each in an order of its own. Such an error is between that of a tree, about 1, and
that of one long chain, about sqrt(n) roundings where they are independent [1]_; libraries add in blocks, which lie in
between and differ by a small factor. Measured with matrix products: 1.2 for each of the networks.

.. [1] N. J. Higham and T. Mary, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput. 2019.
"""

FLIPPED = 2e-2
"""Distance of a gradient that a few flipped rectifiers make.

Where the input of a rectifier is within its error of 0, its sign is a matter of chance, and with it whether a path of
the gradient is there. Measured for PyTorch: up to 7e-3 in VGG-16. What is held to rounding bounds are the gradients of
each layer, on equal inputs, in tests/numeric/test_layers_of_networks_against_torch.py.
"""


@dataclass(frozen=True)
class Case:
    """A network with parameters and an input that are float32 numbers, and PyTorch's results in float64."""

    net: Architecture
    parameters: dict[str, Any]
    x: Any
    exact: Any

    def as_(self, dtype):
        """Input and parameters in a dtype."""
        return self.x.astype(dtype), {key: a.astype(dtype) for key, a in self.parameters.items()}

    def ours(self, dtype):
        """Output, loss and gradients."""
        x, parameters = self.as_(dtype)
        found = loss_and_gradients(self.net, x, LABELS, parameters, training=False)
        return forward(self.net, x, parameters), found.loss, found.gradients


@pytest.fixture(scope="module", params=["alexnet 127", "vgg16 96", "resnet50 96"])
def case(request):
    name, size = request.param.split()
    net = zoo.named(name).with_input((3, int(size), int(size)))
    plain = Case(net, drawn.parameters(net), drawn.normal((1, *net.input_shape), 1), None)
    return Case(net, plain.parameters, plain.x, theirs(plain, np.float64))


def theirs(case, dtype):
    x, parameters = case.as_(dtype)
    found = torch_network.gradients(torch_network.network(case.net, parameters), x, LABELS)
    return found.activations[case.net.last], found.loss, found.parameters


def distance(a, b):
    """The largest difference, beside the largest number."""
    return np.abs(a - b).max() / np.abs(b).max()


def norm_of_error(a, exact):
    """The root of the mean square of an error, which no single number decides, beside that of the numbers."""
    return np.linalg.norm((a - exact).ravel()) / np.linalg.norm(exact.ravel())


def test_in_float64_outputs_losses_and_gradients_are_equal_to_ten_digits(case):
    (y, loss, gradients), (their_y, their_loss, their_gradients) = case.ours(np.float64), case.exact
    assert distance(y, their_y) <= 1e-10
    assert abs(loss - their_loss) <= 1e-10 * abs(their_loss)
    assert set(gradients) == set(their_gradients)
    for key, gradient in gradients.items():
        assert distance(gradient, their_gradients[key]) <= 1e-10, key


def test_in_float32_we_are_about_as_far_from_the_exact_result_as_pytorch_is(case):
    (y, _, gradients), (their_y, _, their_gradients) = case.ours(np.float32), theirs(case, np.float32)
    exact, _, exact_gradients = case.exact
    assert {a.dtype for a in (y, *gradients.values())} == {np.dtype(np.float32)}
    assert norm_of_error(y, exact) <= TIMES * norm_of_error(their_y, exact)
    for key, gradient in exact_gradients.items():
        allowed = max(TIMES * norm_of_error(their_gradients[key], gradient), FLIPPED)
        assert norm_of_error(gradients[key], gradient) <= allowed, key


def test_a_small_mistake_in_one_tap_is_seen_at_the_output(case):
    wrong = dict(case.parameters)
    key = next(key for key in wrong if key.endswith(".w"))
    wrong[key] = wrong[key].copy()
    wrong[key].flat[0] *= 1 + 1e-3
    y = forward(case.net, *Case(case.net, wrong, case.x, None).as_(np.float64))
    assert distance(y, case.exact[0]) > 1e-9  # ten times what is taken for equal
