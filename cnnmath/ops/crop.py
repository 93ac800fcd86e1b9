"""A part of an array: along each axis every so-manieth number between two ends, forwards or backwards."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

from cnnmath.axis import Axis, Listed
from cnnmath.errors import SettingError, ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Shape
from cnnmath.ops.checks import definite
from cnnmath.ops.rearrange import Rearrangement, check_axes, entries
from cnnmath.window import IDENTITY, Size, Window


@dataclass(frozen=True, slots=True)
class Slice(Rearrangement):
    r"""A part of the input: along each axis the numbers from a start to an end, in steps.

    .. math:: y_{o_0,\, o_1,\, \dots} = x_{a_0 + s_0 o_0,\; a_1 + s_1 o_1,\, \dots}

    Parameters
    ----------
    starts
        The first number a that is taken along each axis, batch and channels first; axes that are not named stay whole.
        A negative one counts from the end. None is the first, where the step is negative the last.
    ends
        The first number that is not taken any more, or None to take all that follow, as it is where no ends are given.
    steps
        The step s along each axis, an integer for all of them; a negative one goes backwards.

    Notes
    -----
    *Shape*: of any rank; along an axis ``(end - start - 1)//step + 1``, going forwards. *Cost*: none.

    *Conventions*: as Python's slices, but a slice must lie inside its input: one that reaches outside is refused, where
    Python takes what there is. It may be empty. Sizes that are symbols are taken to be long enough. Going forwards, it
    is a window of one tap: its stride is the step, and its padding is negative, a crop.

    Raises
    ------
    SettingError, ShapeError
        For a step of 0, for unequal numbers of starts and ends, and for a slice that reaches outside.

    References
    ----------
    .. [1] O. Ronneberger, P. Fischer and T. Brox, "U-Net: convolutional networks for biomedical image segmentation",
       arXiv:1505.04597, figure 1: crops on the way across.
    .. [2] ONNX, operator Slice, https://onnx.ai/onnx/operators/onnx__Slice.html.

    Examples
    --------
    >>> Slice((0, 0, 4, 4), (None, None, -4, -4)).shape((1, 512, 64, 64))
    (1, 512, 56, 56)
    >>> Slice((0, 0, -1), (None, 2, None), (1, 1, -2)).shape((1, 6, 7))
    (1, 2, 4)
    """

    starts: tuple[int | None, ...]
    ends: Any = None
    steps: Any = 1

    def __post_init__(self) -> None:
        starts = _places("starts", self.starts)
        ends = (None,) * len(starts) if self.ends is None else _places("ends", self.ends)
        whole = isinstance(self.steps, Integral) and not isinstance(self.steps, bool)
        steps = entries("step", (self.steps,) * len(starts) if whole else self.steps, None)
        if not len(starts) == len(ends) == len(steps):
            raise SettingError(
                "starts, ends and steps speak of unequal numbers of axes.",
                here=f"{len(starts)}, {len(ends)} and {len(steps)}",
                fix="give each of them one entry for each of the first axes",
            )
        if 0 in steps:
            raise SettingError("a step is not 0.", here=f"steps {steps}", fix="use 1 to take every number")
        first = tuple((0 if s > 0 else -1) if a is None else a for a, s in zip(starts, steps, strict=True))
        for name, value in (("starts", first), ("ends", ends), ("steps", steps)):
            object.__setattr__(self, name, value)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: along every axis how many numbers are taken."""
        check_axes("starts", len(self.starts), x, least=True)
        for axis in range(len(self.starts)):
            self._check_inside(axis, x)
        return tuple(self.taken(axis, n) for axis, n in enumerate(x))

    def axes(self, sizes: Shape) -> tuple[Axis, ...] | None:
        """A window of one tap with negative padding; backwards a list, None where the size is not known."""
        found: list[Axis] = []
        for axis, n in enumerate(sizes, 2):
            first, stop, step = self.bounds(axis, n)
            if step > 0:
                crop = Window(1, step, before=-first, after=stop - n)
                found.append(IDENTITY if crop == IDENTITY else crop)
            elif isinstance(n, Integral):
                found.append(Listed(tuple(range(first, stop, step))))
            else:
                return None
        return tuple(found)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input so many steps from the start."""
        bounds = (self.bounds(axis, n) for axis, n in enumerate(x.shape))
        return x[tuple(first + step * o for (first, _, step), o in zip(bounds, at, strict=True))]

    def bounds(self, axis: int, n: Size) -> tuple[Size, Size, int]:
        """The first place of an axis of length ``n``, the place behind the last one, and the step."""
        if axis >= len(self.starts):
            return 0, n, 1
        start, end, step = self.starts[axis], self.ends[axis], self.steps[axis]
        first = _counted(start, n)
        return first, _counted(end, n) if end is not None else n if step > 0 else -1, step

    def taken(self, axis: int, n: Size) -> Size:
        """How many numbers are taken along an axis of length ``n``."""
        first, stop, step = self.bounds(axis, n)
        length = stop - first if step > 0 else first - stop
        return length if abs(step) == 1 else (length - 1) // abs(step) + 1

    def inside(self, axis: int, n: Size) -> Any:
        """Whether all that is taken along an axis of length ``n`` lies in it; for candidates, of which."""
        first, stop, step = self.bounds(axis, n)
        if step > 0:
            return (first >= 0) & (first <= stop) & (stop <= n)
        return (stop >= -1) & (stop <= first) & (first <= n - 1)

    def _check_inside(self, axis: int, x: Shape) -> None:
        n = x[axis]
        if hasattr(n, "free_symbols"):
            return
        inside = self.inside(axis, n)
        if not (inside.all() if hasattr(inside, "all") else inside):
            start, end, step = self.starts[axis], self.ends[axis], self.steps[axis]
            first, stop, _ = self.bounds(axis, n)
            low, high = (first, stop) if step > 0 else (stop + 1, first + 1)
            raise ShapeError(
                "the slice does not lie inside the input.",
                input=f"shape {x}, axis {axis} of length {n}     slice  {start}:{'' if end is None else end}:{step}",
                rule="0 <= first <= last + 1 <= n",
                here=f"first {low}, last + 1 {high}, n {n}",
                fix="end it with the input: None takes all that follow",
            )


def _places(name: str, value: Any) -> tuple[int | None, ...]:
    """Places along axes: integers, counted from the end where they are negative, or None."""
    given = value if isinstance(value, (tuple, list)) else entries(name, value, None)
    return tuple(None if v is None else definite(name.removesuffix("s"), v, None) for v in given)


def _counted(place: Any, n: Size) -> Size:
    return place if place >= 0 else n + place
