"""Signals: linear systems, the algebra of convolution, and how long the result is."""

from __future__ import annotations

from cnnmath.subjects.signals.commuting import associativity, commutativity
from cnnmath.subjects.signals.lengths import full_size
from cnnmath.subjects.signals.systems import convolution_sum, impulse_decomposition
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Signals",
    (
        Subject(
            "impulse-decomposition",
            "every signal is a sum of shifted impulses",
            impulse_decomposition,
            settings=("rank",),
        ),
        Subject(
            "convolution-sum",
            "linearity and time invariance lead to the convolution sum",
            convolution_sum,
            settings=("rank",),
        ),
        Subject(
            "commutativity",
            "convolution commutes; exchanged correlations are each other's reflections",
            commutativity,
            settings=("rank",),
        ),
        Subject(
            "associativity",
            "convolutions in a row are one; so are correlations, with their kernels convolved",
            associativity,
            settings=("rank",),
        ),
        Subject(
            "full-size",
            "a full convolution has n + k - 1 entries; padding leaves a part",
            full_size,
        ),
    ),
)
