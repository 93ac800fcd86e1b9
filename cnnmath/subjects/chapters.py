"""The table of contents: all chapters, in the order in which a lecture would take them."""

from __future__ import annotations

from cnnmath.subjects import (
    activations,
    backward,
    convolution,
    equivariance,
    fast,
    fourier,
    layers,
    losses,
    matrices,
    pooling,
    recurrence,
    signals,
    training,
    windows,
)
from cnnmath.subjects.subject import Chapter

CHAPTERS: tuple[Chapter, ...] = (
    signals.CHAPTER,
    convolution.CHAPTER,
    backward.CHAPTER,
    matrices.CHAPTER,
    windows.CHAPTER,
    equivariance.CHAPTER,
    pooling.CHAPTER,
    fourier.CHAPTER,
    fast.CHAPTER,
    activations.CHAPTER,
    losses.CHAPTER,
    layers.CHAPTER,
    training.CHAPTER,
    recurrence.CHAPTER,
)
"""All subjects beside the operators themselves: the only list."""
