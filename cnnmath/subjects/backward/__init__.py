"""The closed forms of a convolution's gradients: convolutions again."""

from __future__ import annotations

from cnnmath.ops import Conv
from cnnmath.subjects.backward.inputs import full_convolution, zero_stuffed
from cnnmath.subjects.backward.parameters import bias_gradient, weight_gradient
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "The gradients of a convolution",
    (
        Subject(
            "zero-stuffed",
            "dL/dx as a convolution of the zero-stuffed gradient with the flipped kernel",
            zero_stuffed,
            takes=Conv,
        ),
        Subject(
            "full-convolution",
            "dL/dx at stride 1 as the full convolution with the flipped kernel: why the kernel is flipped",
            full_convolution,
            takes=Conv,
        ),
        Subject(
            "weight-gradient",
            "dL/dw as a convolution with dL/dy, in which stride and dilation exchange their roles",
            weight_gradient,
            takes=Conv,
        ),
        Subject(
            "bias-gradient",
            "dL/db as the sum of dL/dy over samples and positions",
            bias_gradient,
            takes=Conv,
        ),
    ),
)
