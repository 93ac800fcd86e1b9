"""Recurrence: the simple cell and the long short-term memory, through time."""

from __future__ import annotations

from cnnmath.subjects.recurrence.cell import recurrent_step
from cnnmath.subjects.recurrence.lstm import lstm_step
from cnnmath.subjects.recurrence.lstm_gradients import constant_error_carousel, lstm_gradients
from cnnmath.subjects.recurrence.through_time import backpropagation_through_time, vanishing_through_time
from cnnmath.subjects.subject import Chapter, Subject

CHAPTER = Chapter(
    "Recurrence",
    (
        Subject(
            "recurrent-step",
            "the simple recurrent cell, unrolled, and its number of parameters",
            recurrent_step,
            settings=("activation",),
        ),
        Subject(
            "backpropagation-through-time",
            "gradients of a simple recurrent network, from the last time to the first",
            backpropagation_through_time,
            settings=("activation",),
        ),
        Subject(
            "vanishing-through-time",
            "the Jacobian over many times as a product, and the bound by which it vanishes or explodes",
            vanishing_through_time,
            settings=("activation", "steps"),
        ),
        Subject(
            "lstm-step",
            "the cell of a long short-term memory, what its state accumulates, and its number of parameters",
            lstm_step,
            settings=("biases",),
        ),
        Subject(
            "lstm-gradients",
            "backpropagation through time for a long short-term memory: states, gates and weights",
            lstm_gradients,
        ),
        Subject(
            "constant-error-carousel",
            "why the cell state carries gradients: on its direct path the forget gates alone scale them",
            constant_error_carousel,
        ),
    ),
)
