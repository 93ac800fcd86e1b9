"""Equivariance: which shifts of an image a layer turns into shifts, and what pooling leaves unnoticed."""

from __future__ import annotations

from cnnmath.ops import Conv, MaxPool
from cnnmath.subjects.equivariance.convolution import translation_equivariance
from cnnmath.subjects.equivariance.invariance import pooling_invariance
from cnnmath.subjects.equivariance.strides import pooling_shifts
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Equivariance and invariance",
    (
        Subject(
            "translation-equivariance",
            "a convolution of stride s commutes with the shifts that s divides, and with no others",
            translation_equivariance,
            takes=Conv,
        ),
        Subject(
            "pooling-shifts",
            "pooling of stride s commutes with the shifts that s divides; the strides of layers multiply",
            pooling_shifts,
            takes=MaxPool,
        ),
        Subject(
            "pooling-invariance",
            "a spike moves s - 1 - (j mod s) places further before max pooling notices",
            pooling_invariance,
        ),
    ),
)
