"""Padding by the input's own numbers: mirrored at the border, the border repeated, or the other end."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

from cnnmath.axis import Axis, Folded, Wrapped
from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import axis_names, check_rank
from cnnmath.ops.pad import settle_padding
from cnnmath.ops.spatial import Axes
from cnnmath.window import IDENTITY, Size


@dataclass(frozen=True, slots=True)
class BorderPad(Operator):
    """What paddings by the input's own numbers share: how much is added, and that positions outside are folded back."""

    mirrored: ClassVar[bool]
    """Whether positions are mirrored at the border, rather than moved to it."""

    padding: Axes

    def __post_init__(self) -> None:
        settle_padding(self)

    @abstractmethod
    def folded(self, j: Size, n: Size) -> tuple[Size, Size]:
        """Where position ``j`` of an axis of length ``n`` is read: ahead of the first input, and behind the last."""

    def output(self, x: Shape) -> Shape:
        """Shape of the output: every spatial axis is longer by its padding."""
        check_rank(x, len(self.padding))
        for name, axis, n in zip(axis_names(len(self.padding)), self._folds(x[2:]), x[2:], strict=True):
            _check_long_enough(name, axis, n)
        return (*x[:2], *(n + before + after for (before, after), n in zip(self.padding, x[2:], strict=True)))

    def windows(self, sizes: Shape) -> None:
        """None: at the border an output reads what no window says, see `axes`."""

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """A window of one tap, folded at the border, for each axis."""
        return tuple(fold if fold.before or fold.after else IDENTITY for fold in self._folds(sizes))

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input there, or where its position is folded back to."""
        n, c, *o = at
        return self.read(m, x, (n, c), o)

    def read(self, m: Algebra, x: Operand, at: tuple[Size, ...], o: list[Size]) -> Number:
        """The number that output ``o`` reads, once its position ``at`` along the first axes is known."""
        axis = len(at) - 2
        if axis == len(self.padding):
            return x[at]
        (before, after), n = self.padding[axis], x.shape[2 + axis]
        j = o[axis] - before
        ahead, behind = self.folded(j, n)

        def there(position: Size) -> Number:
            return self.read(m, x, (*at, position), o)

        def from_first_on() -> Number:
            return m.when(j >= n, lambda: there(behind), lambda: there(j)) if after != 0 else there(j)

        return m.when(j < 0, lambda: there(ahead), from_first_on) if before != 0 else from_first_on()

    def _folds(self, sizes: Shape) -> tuple[Folded, ...]:
        pairs = zip(self.padding, sizes, strict=True)
        return tuple(Folded(n, before, after, self.mirrored) for (before, after), n in pairs)


@dataclass(frozen=True, slots=True)
class ReflectPad(BorderPad):
    r"""Padding by mirror images: the numbers of each spatial axis go on backwards, the border counted once.

    .. math:: y_{n,c,o} = x_{n,\,c,\,j}, \quad j = \begin{cases} p - o & o < p \\ o - p & p \le o < H + p \\
       2(H - 1) + p - o & o \ge H + p \end{cases}

    along each axis.

    Parameters
    ----------
    padding
        As in `Pad`. Before and after are less than the size of the input.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs), each output size the input's plus what is before and after.
    *Cost*: none.

    *Conventions*: PyTorch's ``reflect``, without the border again (which NumPy calls ``symmetric``). What an output in
    the padding reads lies inside: the gradient of an input is the sum over all its images.

    Raises
    ------
    ShapeError
        For an input with fewer numbers than the mirror shows: those padded, and the border.

    References
    ----------
    .. [1] J.-Y. Zhu, T. Park, P. Isola and A. Efros, "Unpaired image-to-image translation using cycle-consistent
       adversarial networks", arXiv:1703.10593, appendix, network architectures.

    Examples
    --------
    >>> ReflectPad(3).shape((1, 3, 256, 256))
    (1, 3, 262, 262)
    """

    mirrored = True

    def folded(self, j: Size, n: Size) -> tuple[Size, Size]:
        """The mirror images at the first and at the last input."""
        return -j, 2 * (n - 1) - j


@dataclass(frozen=True, slots=True)
class EdgePad(BorderPad):
    r"""Padding by the border: the first and the last numbers of each spatial axis are repeated.

    .. math:: y_{n,c,o} = x_{n,\,c,\,\min(\max(o - p,\, 0),\, H - 1)}

    along each axis.

    Parameters
    ----------
    padding
        As in `Pad`, as much as one likes.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs), each output size the input's plus what is before and after.
    *Cost*: none.

    *Conventions*: PyTorch's ``replicate``, NumPy's ``edge``. What an output in the padding reads lies inside: the
    gradient of a number at the border is the sum over all that repeat it.

    References
    ----------
    .. [1] PyTorch, ``torch.nn.ReplicationPad2d``, https://docs.pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html.

    Examples
    --------
    >>> EdgePad((1, (0, 2))).shape((1, 3, 8, 8))
    (1, 3, 10, 10)
    """

    mirrored = False

    def folded(self, j: Size, n: Size) -> tuple[Size, Size]:
        """The first and the last input."""
        return 0, n - 1


@dataclass(frozen=True, slots=True)
class WrapPad(BorderPad):
    r"""Padding by the other end: the numbers of each spatial axis lie on a circle.

    .. math:: y_{n,c,o} = x_{n,\,c,\,(o - p) \bmod H}

    along each axis.

    Parameters
    ----------
    padding
        As in `Pad`. Before and after are at most the size of the input.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs), each output size the input's plus what is before and after.
    *Cost*: none.

    *Conventions*: PyTorch's ``circular``, ONNX's and NumPy's ``wrap``. The gradient of an input is the sum over all its
    copies.

    Raises
    ------
    ShapeError
        For an input with fewer numbers than the padding repeats.

    References
    ----------
    .. [1] ONNX operator Pad, from version 19, mode ``wrap``.

    Examples
    --------
    >>> WrapPad((0, (1, 2))).shape((1, 3, 8, 8))
    (1, 3, 8, 11)
    """

    mirrored = False

    def folded(self, j: Size, n: Size) -> tuple[Size, Size]:
        """The same place one turn further, and one turn back."""
        return j + n, j - n

    def _folds(self, sizes: Shape) -> tuple[Folded, ...]:
        return tuple(Wrapped(n, *pair) for pair, n in zip(self.padding, sizes, strict=True))


def _check_long_enough(name: str, axis: Folded, n: Any) -> None:
    """Raise where an input is too short to be folded; of many candidates, where some is."""
    if not (axis.before or axis.after):
        return
    if hasattr(n, "all") and not isinstance(n, Integral):
        if not (n >= axis.least).all():
            raise ShapeError("the padding may read outside the input at some candidate.")
    elif all(isinstance(size, Integral) for size in (n, axis.before, axis.after)) and n < axis.least:
        fact, rule, here = "there is no border to repeat.", "n >= 1", f"{n} < 1"
        fix = "give every axis a size of 1"
        if axis.mirrored or isinstance(axis, Wrapped):
            verb, sign, against = ("mirrors", "<", ">=") if axis.mirrored else ("repeats", "<=", ">")
            fact, rule = f"the padding {verb} more numbers than there are.", f"before {sign} n and after {sign} n"
            here = f"{max(axis.before, axis.after)} {against} {n}"
            most = max(int(n) - axis.mirrored, 0)
            fix = f"pad by at most {most}, or give an input of at least {axis.least}"
        raise ShapeError(
            fact, input=f"{name} {n}     padding ({axis.before}, {axis.after})", rule=rule, here=here, fix=fix
        )
