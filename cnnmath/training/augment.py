"""Samples varied at random: what a class does not change by, a network is shown changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from cnnmath.errors import DataError, SettingError
from cnnmath.numeric.windows import Array


def shifted(x: Array, by: Array) -> Array:
    """Samples moved along their spatial axes, each by its own numbers of positions, with zeros behind.

    Parameters
    ----------
    x
        Samples, (N, C, \\*spatial).
    by
        Integers, (N, number of spatial axes): to higher positions where they are positive.

    Raises
    ------
    DataError
        Where there is not one integer for each sample and axis.

    Examples
    --------
    >>> shifted(np.array([[[1, 2, 3]], [[4, 5, 6]]]), np.array([[1], [-2]])).tolist()
    [[[0, 1, 2]], [[6, 0, 0]]]
    """
    by = np.asarray(by)
    if by.shape != (len(x), x.ndim - 2) or by.dtype.kind not in "iu":
        raise DataError(
            "the shifts are not one integer for each sample and spatial axis.",
            input=f"x {x.shape}, shifts {by.dtype} {by.shape}",
            rule=f"shifts ({len(x)}, {x.ndim - 2})",
            fix="draw them with rng.integers",
        )
    for axis, moves in enumerate(by.T, 2):
        n = x.shape[axis]
        reads = np.arange(n) - moves[:, None]  # (N, L): where each position's number comes from
        reads = reads.reshape(len(x), *(n if a == axis else 1 for a in range(1, x.ndim)))
        moved = np.take_along_axis(x, reads.clip(0, max(n - 1, 0)), axis)
        x = np.where((reads >= 0) & (reads < n), moved, np.zeros((), x.dtype))
    return x


@dataclass(frozen=True, slots=True)
class Shifts:
    """Random shifts of samples along all spatial axes, each number of positions as likely as any other.

    Parameters
    ----------
    most
        The farthest, to both sides: an integer, or one an axis.

    Raises
    ------
    SettingError
        For what are no integers of at least 0.

    Examples
    --------
    >>> x = np.arange(1, 5).reshape(1, 1, 4)
    >>> Shifts(1)(x, np.random.default_rng(1)).tolist()
    [[[1, 2, 3, 4]]]
    """

    most: int | tuple[int, ...]

    def __post_init__(self) -> None:
        for n in self.most if isinstance(self.most, tuple) else [self.most]:
            if isinstance(n, bool) or not isinstance(n, Integral) or n < 0:
                raise SettingError(
                    "a shift must be an integer of at least 0.", here=f"most {self.most!r}", fix="use most=2"
                )

    def __call__(self, x: Array, rng: np.random.Generator) -> Array:
        """The samples, each shifted anew."""
        axes = x.ndim - 2
        most: Sequence[int] = self.most if isinstance(self.most, tuple) else (self.most,) * axes
        if len(most) != axes:
            raise SettingError(
                "there is not one shift for each spatial axis.",
                input=f"x {x.shape}",
                here=f"most {self.most!r}",
                fix=f"give {axes} integers, or one for all axes",
            )
        return shifted(x, np.stack([rng.integers(-n, n, len(x), endpoint=True) for n in most], axis=1))
