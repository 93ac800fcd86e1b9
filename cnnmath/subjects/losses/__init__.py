"""Losses and their gradients."""

from __future__ import annotations

from cnnmath.subjects.losses.cross_entropy import binary_cross_entropy, softmax_cross_entropy
from cnnmath.subjects.losses.squared_error import mean_squared_error
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Losses",
    (
        Subject(
            "softmax-cross-entropy",
            "the gradient p - t by the logits",
            softmax_cross_entropy,
            settings=("reduction", "targets"),
        ),
        Subject(
            "sigmoid-binary-cross-entropy",
            "the gradient p - t of a yes or no",
            binary_cross_entropy,
            settings=("reduction",),
        ),
        Subject(
            "mean-squared-error",
            "the squared error, its minimum and its saturation",
            mean_squared_error,
            settings=("factor",),
        ),
    ),
)
