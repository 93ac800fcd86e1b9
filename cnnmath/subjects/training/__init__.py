"""What depth does to gradients, and what a step along them does to the loss."""

from __future__ import annotations

from cnnmath.subjects.subject import Chapter, Subject
from cnnmath.subjects.training.depth import exploding_gradient, vanishing_gradient
from cnnmath.subjects.training.descent import gradient_descent_step, weight_decay

CHAPTER = Chapter(
    "Depth and descent",
    (
        Subject(
            "vanishing-gradient",
            "saturating layers shrink gradients geometrically",
            vanishing_gradient,
            settings=("depth", "activation"),
        ),
        Subject(
            "exploding-gradient",
            "large weights make gradients grow geometrically",
            exploding_gradient,
            settings=("depth", "activation"),
        ),
        Subject(
            "gradient-descent-step",
            "what a step does to the error and to the loss",
            gradient_descent_step,
            settings=("eta", "curvature"),
        ),
        Subject(
            "weight-decay",
            "a quadratic penalty, and where it lets the weight rest",
            weight_decay,
            settings=("eta", "decay"),
        ),
    ),
)
