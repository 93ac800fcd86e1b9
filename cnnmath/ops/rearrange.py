"""Moving numbers about: axes in another order, numbers in another shape, an array repeated along its axes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from numbers import Integral
from typing import Any

from cnnmath.axis import Axis, Listed, Transposed
from cnnmath.errors import SettingError, ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import definite, integer, same
from cnnmath.ops.row_major import indices_of, row_major
from cnnmath.window import IDENTITY, Size, Window


@dataclass(frozen=True, slots=True)
class Rearrangement(Operator):
    """What moves numbers about. Each output is one input; where positions become other ones, no axis says which."""

    @abstractmethod
    def axes(self, sizes: Shape) -> tuple[Axis, ...] | None:
        """What an output reads along each axis; None where positions become other ones."""

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """The axes, where all of them are windows."""
        windows = tuple(axis for axis in self.axes(sizes) or () if isinstance(axis, Window))
        return windows if len(windows) == len(sizes) else None

    def rearranges(self, *inputs: Shape) -> bool:
        """Whether positions become other ones, where there are several of them both ahead and behind."""
        sizes = inputs[0][2:]
        return several(sizes) and several(self.output(*inputs)[2:]) and self.axes(sizes) is None


@dataclass(frozen=True, slots=True)
class Transpose(Rearrangement):
    r"""Axes in another order, the batch axis among them.

    .. math:: y_{i_{q_0},\, i_{q_1},\, \dots} = x_{i_0,\, i_1,\, \dots}

    Parameters
    ----------
    order
        The input's axis q of every axis of the output, each axis once.

    Notes
    -----
    *Shape*: of any rank, the sizes in the same order. *Cost*: none.

    *Conventions*: those of NumPy, PyTorch's ``permute`` and ONNX. The gradient goes back in the inverse order, which is
    another one as soon as three axes change places in a ring. Positions stay what they are where the spatial axes do;
    else the receptive field is not known.

    Raises
    ------
    SettingError, ShapeError
        Where an axis is missing or comes twice, and for an input of another rank.

    References
    ----------
    .. [1] ONNX, operator Transpose, https://onnx.ai/onnx/operators/onnx__Transpose.html.

    Examples
    --------
    >>> Transpose((0, 2, 3, 1)).shape((1, 3, 224, 192))
    (1, 224, 192, 3)
    """

    order: tuple[int, ...]

    def __post_init__(self) -> None:
        order = tuple(definite("axis", axis, 0) for axis in entries("order", self.order, 0))
        if sorted(order) != list(range(len(order))):
            raise SettingError(
                "every axis comes once.",
                here=f"order {order}",
                rule=f"0 to {len(order) - 1} in any order",
                fix="for channels last give (0, 2, 3, 1)",
            )
        object.__setattr__(self, "order", order)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: the sizes in the same order."""
        check_axes("order", len(self.order), x)
        return tuple(x[axis] for axis in self.order)

    def axes(self, sizes: Shape) -> tuple[Axis, ...] | None:
        """Positions stay where the spatial axes stay, or where they change places among themselves and have size 1."""
        spatial = self.order[2:]
        stay = spatial == tuple(range(2, 2 + len(spatial)))
        alone = not several(sizes) and min(spatial, default=2) > 1
        return (IDENTITY,) * len(sizes) if stay or alone else None

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input with the same index on each axis."""
        return x[tuple(at[self.order.index(axis)] for axis in range(len(self.order)))]


@dataclass(frozen=True, slots=True)
class Reshape(Rearrangement):
    r"""The same numbers in another shape, in row-major order; the first axes stay.

    .. math:: y_{n,\, o_1, \dots, o_r} = x_{n,\, i_1, \dots, i_q}, \quad
       (o_1 S_2 + o_2) S_3 + \dots + o_r = (i_1 T_2 + i_2) T_3 + \dots + i_q

    for sizes S of the output and T of the input.

    Parameters
    ----------
    sizes
        Sizes of the output from the axis ``start`` on; one may be -1, what the others leave.
    start
        The first axis that does not stay: 1, so that samples stay apart, or 0 for all axes.

    Notes
    -----
    *Shape*: x (N, \*any) to y (N, \*sizes), of as many numbers. *Cost*: none.

    *Conventions*: row-major order, the last axis fastest, as in NumPy, PyTorch and ONNX. Axes of size 1 come and go so;
    `Flatten` is the case ``Reshape((-1,))``. Positions stay what they are where all spatial sizes stay; else the
    receptive field is not known.

    Raises
    ------
    SettingError, ShapeError
        For sizes below -1 or two that are left open, and for an input of another number of numbers.

    References
    ----------
    .. [1] ONNX, operator Reshape, https://onnx.ai/onnx/operators/onnx__Reshape.html.

    Examples
    --------
    >>> Reshape((2, -1, 7, 7)).shape((1, 64, 7, 7)), Reshape((-1,), start=2).shape((1, 64, 7, 7))
    ((1, 2, 32, 7, 7), (1, 64, 49))
    """

    sizes: tuple[Size, ...]
    start: int = 1

    def __post_init__(self) -> None:
        sizes = entries("size", self.sizes, -1)
        if sum(map(_is_open, sizes)) > 1:
            raise SettingError(
                "two sizes are left open.", here=f"sizes {sizes}", rule="one -1 at most", fix="give all others"
            )
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "start", integer("start", self.start, 0))

    def output(self, x: Shape) -> Shape:
        """Shape of the output: what stays, and the sizes."""
        check_axes("start", self.start, x, least=True)
        return (*x[: self.start], *self.filled(x))

    def filled(self, x: Shape) -> Shape:
        """The sizes, with a number for the one that is left open."""
        whole, known = prod(x[self.start :]), prod(n for n in self.sizes if not _is_open(n))
        left_open = any(map(_is_open, self.sizes))
        if not _fills(whole, known, left_open=left_open):
            raise ShapeError(
                "the numbers do not fill the sizes.",
                input=f"shape {x}",
                rule=f"the product of {x[self.start :]} is that of {self.sizes}",
                here=f"{whole} is no multiple of {known}" if left_open else f"{whole} against {known}",
                fix="give sizes of the same product, or leave one open with -1",
            )
        return tuple(whole // known if _is_open(n) else n for n in self.sizes)

    def axes(self, sizes: Shape) -> tuple[Axis, ...] | None:
        """Positions stay where all spatial sizes stay."""
        ahead = max(2 - self.start, 0)
        behind = self.sizes[ahead:]
        if ahead == 0 and any(map(_is_open, behind)):
            whole, known = prod(sizes[self.start - 2 :]), prod(n for n in behind if not _is_open(n))
            behind = tuple(whole // known if _is_open(n) else n for n in behind) if known else ()
        kept = sizes[: max(self.start - 2, 0)]
        return (IDENTITY,) * len(sizes) if same(sizes, (*kept, *behind)) else None

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input of the same number in row-major order."""
        number = row_major(at[self.start :], self.filled(x.shape))
        return x[(*at[: self.start], *indices_of(number, x.shape[self.start :]))]


@dataclass(frozen=True, slots=True)
class Tile(Rearrangement):
    r"""The whole array repeated along its axes.

    .. math:: y_{i_0,\, i_1,\, \dots} = x_{i_0 \bmod N_0,\; i_1 \bmod N_1,\, \dots}

    Parameters
    ----------
    repeats
        How often along each axis, batch and channels first.

    Notes
    -----
    *Shape*: of any rank, each size n becomes r n. *Cost*: none.

    *Conventions*: that of NumPy's and PyTorch's ``tile`` and of ONNX; `Upsample` repeats every number by itself. The
    gradient of an input is the sum over its copies.

    Raises
    ------
    SettingError, ShapeError
        For a number of repeats below 1, and for an input of another rank.

    References
    ----------
    .. [1] ONNX, operator Tile, https://onnx.ai/onnx/operators/onnx__Tile.html.

    Examples
    --------
    >>> Tile((1, 2, 1, 3)).shape((1, 8, 5, 5))
    (1, 16, 5, 15)
    """

    repeats: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "repeats", entries("number of repeats", self.repeats, 1))

    def output(self, x: Shape) -> Shape:
        """Shape of the output: every size as often as its axis is repeated."""
        check_axes("repeats", len(self.repeats), x)
        return tuple(r * n for r, n in zip(self.repeats, x, strict=True))

    def axes(self, sizes: Shape) -> tuple[Axis, ...] | None:
        """Along a repeated axis all inputs again and again; None where it is not known how many these are."""
        pairs = list(zip(self.repeats[2:], sizes, strict=True))
        if not all(r == 1 or isinstance(n, Integral) for r, n in pairs):
            return None
        return tuple(IDENTITY if r == 1 else _repeated(r, n) for r, n in pairs)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input of which it is a copy."""
        return x[tuple(i if r == 1 else i % n for i, r, n in zip(at, self.repeats, x.shape, strict=True))]


def entries(name: str, value: Any, least: int | None) -> tuple[Any, ...]:
    """A tuple of integers of at least so much, one an axis; symbols pass."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise SettingError(f"the {name} must be a tuple.", here=f"{value!r}", fix="give one entry for each axis")
    return tuple(integer(name, v, least) for v in value)


def check_axes(name: str, wanted: int, x: Shape, *, least: bool = False) -> None:
    """Raise where an input has not as many axes as the settings say, or fewer."""
    if len(x) < wanted or (len(x) > wanted and not least):
        raise ShapeError(
            "the input has the wrong rank.",
            input=f"shape {x}, {len(x)} axes",
            rule=f"as many axes as {name} says" + " or more" * least,
            here=f"{wanted} against {len(x)}",
            fix=f"give an input of {wanted} axes, or another {name}",
        )


def several(sizes: Shape) -> bool:
    """Whether there is more than one position, as far as that is known."""
    return not all(isinstance(n, Integral) and n == 1 for n in sizes)


def _is_open(size: Size) -> bool:
    return isinstance(size, int) and size == -1


def _fills(whole: Size, known: Size, *, left_open: bool) -> bool:
    """Whether so many numbers fill sizes of this product, or a multiple of it; what is a symbol is taken to."""
    if any(hasattr(n, "free_symbols") for n in (whole, known)):
        return True
    fitting = (known != 0) & (whole % (known + (known == 0)) == 0) if left_open else whole == known
    return bool(fitting.all()) if hasattr(fitting, "all") else bool(fitting)


def _repeated(r: int, n: int) -> Axis:
    return Transposed(Window(r, stride=r)) if n == 1 else Listed(tuple(range(n)) * r)
