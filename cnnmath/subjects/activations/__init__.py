"""Activations and their derivatives, each written in the output that a layer has kept."""

from __future__ import annotations

from cnnmath.subjects.activations.rectifiers import elu_derivative, leaky_relu_derivative
from cnnmath.subjects.activations.relu import relu_derivative
from cnnmath.subjects.activations.smooth import sigmoid_derivative, softplus_derivative, tanh_derivative
from cnnmath.subjects.activations.softmax import log_softmax, softmax_jacobian
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Activations",
    (
        Subject("sigmoid-derivative", "the logistic function's slope y*(1 - y), at most a quarter", sigmoid_derivative),
        Subject("tanh-derivative", "the hyperbolic tangent's slope 1 - y^2, at most 1", tanh_derivative),
        Subject(
            "softplus-derivative", "the smooth rectifier, whose slope is the logistic function", softplus_derivative
        ),
        Subject("relu-derivative", "the rectifier's slope, its kink, and how a unit dies", relu_derivative),
        Subject(
            "leaky-relu-derivative", "a rectifier of which no unit dies", leaky_relu_derivative, settings=("slope",)
        ),
        Subject(
            "elu-derivative", "the slope y + alpha below 0, and its jump at 0", elu_derivative, settings=("alpha",)
        ),
        Subject("softmax-jacobian", "how probabilities answer to logits", softmax_jacobian),
        Subject("log-softmax-gradient", "the logarithm of the softmax, without overflow", log_softmax),
    ),
)
