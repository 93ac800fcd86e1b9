"""The table of contents: all chapters, in the order in which a lecture would take them."""

from __future__ import annotations

from cnnmath.subjects import (
    backward,
    circle,
    commuting,
    convolution,
    equivariance,
    fast,
    fft,
    fourier,
    invariance,
    layers,
    lengths,
    losses,
    lstm_gradients,
    matrices,
    normalisation,
    rectifiers,
    signals,
    smooth_activations,
    softmax,
    strides,
    through_time,
    training,
    windows,
)
from cnnmath.subjects.subject import Chapter

CHAPTERS: tuple[Chapter, ...] = (
    signals.CHAPTER,
    commuting.CHAPTER,
    lengths.CHAPTER,
    equivariance.CHAPTER,
    strides.CHAPTER,
    invariance.CHAPTER,
    fourier.CHAPTER,
    circle.CHAPTER,
    fft.CHAPTER,
    convolution.CHAPTER,
    backward.CHAPTER,
    matrices.CHAPTER,
    windows.CHAPTER,
    fast.CHAPTER,
    smooth_activations.CHAPTER,
    rectifiers.CHAPTER,
    softmax.CHAPTER,
    losses.CHAPTER,
    layers.CHAPTER,
    normalisation.CHAPTER,
    training.CHAPTER,
    through_time.CHAPTER,
    lstm_gradients.CHAPTER,
)
"""All subjects beside the operators themselves: the only list."""
