"""Pictures one after the other: all of them stand on the page, and a small script lets the reader step through them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from making.grids import Grid, laid


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, and the sentence that says what happens in it."""

    items: Sequence[Grid | str]
    said: str


def stepper(frames: Iterable[Frame], label: str) -> str:
    """The frames as a list that is read from left to right, or stepped through where scripts run.

    Parameters
    ----------
    frames
        The pictures in order.
    label
        What moves, as the name of the group of buttons.

    Examples
    --------
    >>> stepper([Frame(["a"], "b")], "c").partition("<li>")[2]
    '<div class="grids" aria-hidden="true"><span>a</span></div><p>b</p></li></ol></div>\\n'
    """
    shown = (f"<li>{_picture(frame)}<p>{escape(frame.said)}</p></li>" for frame in frames)
    return f'<div class="stepper" data-label="{escape(label)}"><ol>{"".join(shown)}</ol></div>\n'


def _picture(frame: Frame) -> str:
    """The picture, hidden from readers of screens, who have the sentence below it."""
    return laid(frame.items, "").replace('role="img" aria-label=""', 'aria-hidden="true"', 1)
