"""The table of contents: all chapters, in the order in which a lecture would take them."""

from __future__ import annotations

from cnnmath.subjects import (
    backward,
    fast,
    layers,
    losses,
    normalisation,
    rectifiers,
    smooth_activations,
    softmax,
    training,
    windows,
)
from cnnmath.subjects.subject import Chapter

CHAPTERS: tuple[Chapter, ...] = (
    backward.CHAPTER,
    windows.CHAPTER,
    fast.CHAPTER,
    smooth_activations.CHAPTER,
    rectifiers.CHAPTER,
    softmax.CHAPTER,
    losses.CHAPTER,
    layers.CHAPTER,
    normalisation.CHAPTER,
    training.CHAPTER,
)
"""All subjects beside the operators themselves: the only list."""
