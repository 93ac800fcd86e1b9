"""Windows compose: two are one, and so receptive fields follow."""

from __future__ import annotations

from cnnmath.subjects.subject import Chapter, Subject
from cnnmath.subjects.windows.composition import window_composition
from cnnmath.subjects.windows.polynomial import window_polynomial
from cnnmath.subjects.windows.receptive_field import receptive_field_recurrence

CHAPTER = Chapter(
    "Windows compose",
    (
        Subject(
            "window-composition",
            "two windows one after the other are one, floors included",
            window_composition,
        ),
        Subject(
            "receptive-field-recurrence",
            "receptive field, jump and centre of a chain of layers, and their closed forms",
            receptive_field_recurrence,
            settings=("layers",),
        ),
        Subject(
            "window-polynomial",
            "how many paths lead to each input: a product of polynomials",
            window_polynomial,
            settings=("k", "s", "d"),
        ),
    ),
)
