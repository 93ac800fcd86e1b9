"""Convolution as a matrix: a sparse one times the input, or the filters times the patches."""

from __future__ import annotations

from cnnmath.ops import Conv
from cnnmath.subjects.matrices.col2im import col2im
from cnnmath.subjects.matrices.patches import im2col
from cnnmath.subjects.matrices.weight_matrix import weight_matrix
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Convolution as a matrix",
    (
        Subject(
            "weight-matrix",
            "a convolution is a dense layer with structural zeros and tied weights, written out",
            weight_matrix,
            settings=("kernel", "input", "stride", "padding", "dilation", "channels", "filters", "groups"),
        ),
        Subject(
            "im2col", "a convolution as the filters times a matrix of patches, and its gradients", im2col, takes=Conv
        ),
        Subject("col2im", "the adjoint of im2col: why col2im adds, and how often", col2im, takes=Conv),
    ),
)
