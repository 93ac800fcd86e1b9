"""Convolution: its size, its names, its kinds, its transpose."""

from __future__ import annotations

from cnnmath.ops import Conv, ConvTranspose
from cnnmath.subjects.convolution.correlation import cross_correlation
from cnnmath.subjects.convolution.grouped import grouped
from cnnmath.subjects.convolution.placements import output_padding, output_size
from cnnmath.subjects.convolution.pointwise import pointwise
from cnnmath.subjects.convolution.rank_one import separable_kernel
from cnnmath.subjects.convolution.separable import depthwise_separable
from cnnmath.subjects.convolution.transposed import transposed
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Convolution",
    (
        Subject("output-size", "how many windows fit, and which inputs have that size", output_size, takes=Conv),
        Subject(
            "cross-correlation",
            "what networks call convolution is the convolution with the flipped kernel",
            cross_correlation,
            takes=Conv,
        ),
        Subject(
            "pointwise",
            "a 1x1 convolution is a linear layer over the channels at every position, forward and backward",
            pointwise,
            settings=("rank",),
        ),
        Subject("grouped", "groups are blocks of weights, and divide weights and cost by G", grouped, takes=Conv),
        Subject(
            "depthwise-separable",
            "a depthwise and a pointwise convolution in place of one: 1/F + 1/K of the cost",
            depthwise_separable,
            takes=Conv,
        ),
        Subject(
            "separable-kernel",
            "a kernel of rank one is a column times a row, and two passes do what one does",
            separable_kernel,
            settings=("kernel",),
        ),
        Subject(
            "transposed",
            "a transposed convolution is the adjoint of a convolution: scattered, gathered, and as its gradient",
            transposed,
            takes=ConvTranspose,
        ),
        Subject(
            "output-padding",
            "the output padding that gives back the size that a convolution had read",
            output_padding,
            takes=Conv,
        ),
    ),
)
