"""Layers beside convolution and pooling: dense, residual, normalising."""

from __future__ import annotations

from cnnmath.ops import Conv
from cnnmath.subjects.layers.dense import linear_layer
from cnnmath.subjects.layers.folding import batch_normalisation_inference
from cnnmath.subjects.layers.local_response import local_response_normalisation
from cnnmath.subjects.layers.normalisation import batch_normalisation
from cnnmath.subjects.layers.residual import residual_addition
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Dense, residual and normalising layers",
    (
        Subject("linear-layer", "transposed weights, outer products, and sums", linear_layer, settings=("sizes",)),
        Subject("residual-addition", "the 1 in a gradient through shortcuts", residual_addition, settings=("depth",)),
        Subject(
            "batch-normalisation",
            "the gradient through the statistics of a batch",
            batch_normalisation,
            settings=("epsilon",),
        ),
        Subject(
            "batch-normalisation-inference",
            "an affine map, folded into the convolution before it",
            batch_normalisation_inference,
            takes=Conv,
        ),
        Subject(
            "local-response-normalisation",
            "the gradient through neighbouring channels",
            local_response_normalisation,
            settings=("size", "alpha", "beta", "k"),
        ),
    ),
)
