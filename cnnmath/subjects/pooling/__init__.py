"""Pooling: maxima, averages, norms, and what becomes of the gradient at each."""

from __future__ import annotations

from cnnmath.ops import AveragePool, LpPool, Maxout, MaxPool
from cnnmath.subjects.pooling.adaptive import adaptive_pooling
from cnnmath.subjects.pooling.average import average_pooling
from cnnmath.subjects.pooling.global_average import global_average
from cnnmath.subjects.pooling.maximum import max_pooling
from cnnmath.subjects.pooling.maxout import maxout
from cnnmath.subjects.pooling.norm import lp_pooling
from cnnmath.subjects.pooling.overlapping import overlapping
from cnnmath.subjects.pooling.switches import switches
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Pooling",
    (
        Subject("max-pooling", "the gradient of a maximum, by a rule for ties", max_pooling, MaxPool, ("ties",)),
        Subject("switches", "max pooling as a selection, its gradient as a scatter, unpooling", switches, MaxPool),
        Subject("overlapping-pooling", "how many windows read a position", overlapping, MaxPool),
        Subject("average-pooling", "the divisor of each output, and the gradient", average_pooling, AveragePool),
        Subject(
            "global-average", "the average over all positions, ahead of a dense layer", global_average, None, ("rank",)
        ),
        Subject(
            "adaptive-pooling", "bins: where they lie, their sizes and overlaps", adaptive_pooling, None, ("rank",)
        ),
        Subject("lp-pooling", "norms of windows, and the maximum as their limit", lp_pooling, LpPool),
        Subject("maxout-unit", "max pooling across channels; rectifier and absolute value", maxout, Maxout, ("rank",)),
    ),
)
