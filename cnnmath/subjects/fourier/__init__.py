"""Fourier: the convolution theorem, convolution on a circle, and what fast transforms cost."""

from __future__ import annotations

from cnnmath.subjects.fourier.circle import fft_convolution
from cnnmath.subjects.fourier.fft import fft_cost
from cnnmath.subjects.fourier.theorem import convolution_theorem
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Fourier",
    (
        Subject(
            "convolution-theorem",
            "the Fourier transform of a circular convolution is the product of the transforms",
            convolution_theorem,
        ),
        Subject(
            "fft-convolution",
            "circular convolution is linear exactly where it is n + k - 1 long; what wraps around where it is not",
            fft_convolution,
        ),
        Subject("fft-cost", "n*k products of a convolution against 3/2 N log2 N + N", fft_cost, settings=("n", "k")),
    ),
)
