"""Fast algorithms: Karatsuba, Toom and Cook, Winograd."""

from __future__ import annotations

from cnnmath.subjects.fast.karatsuba import karatsuba
from cnnmath.subjects.fast.nested import winograd_2d
from cnnmath.subjects.fast.toom_cook import toom_cook
from cnnmath.subjects.fast.winograd import winograd
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Fast algorithms",
    (
        Subject(
            "karatsuba",
            "a product of polynomials with three products of halves instead of four",
            karatsuba,
            settings=("h", "point"),
        ),
        Subject(
            "toom-cook",
            "a product of polynomials by evaluation and interpolation",
            toom_cook,
            settings=("m", "r", "points"),
        ),
        Subject(
            "winograd",
            "a correlation with one multiplication a point: Winograd's minimal filtering",
            winograd,
            settings=("m", "r", "points"),
        ),
        Subject("winograd-2d", "the same along two axes, nested", winograd_2d, settings=("m", "r", "points")),
    ),
)
