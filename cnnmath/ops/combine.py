"""Joining branches, choosing among channels or positions, and passing on unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from numbers import Integral

from cnnmath.axis import Axis, Listed
from cnnmath.errors import SettingError, ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape, rational
from cnnmath.ops.checks import check_flag, check_rank, definite, same
from cnnmath.window import IDENTITY, Size, Window


@dataclass(frozen=True, slots=True)
class Concat(Operator):
    r"""Two or more inputs one behind the other, along the channels or another axis.

    .. math:: y_{n,\,C_1 + ... + C_{i-1} + c,\,o} = x^{(i)}_{n,c,o}

    Parameters
    ----------
    axis
        The axis along which they follow each other: 1, the channels, unless something else is said; 0 is the batch.

    Notes
    -----
    *Shape*: inputs of equal sizes but along the axis, whose sizes add up. *Cost*: none.

    *Conventions*: along a spatial axis positions of the output are no positions of one input, so that the receptive
    field is not known.

    References
    ----------
    .. [1] C. Szegedy et al., "Going deeper with convolutions", arXiv:1409.4842, figure 2.

    Examples
    --------
    >>> Concat().shape((1, 64, 28, 28), (1, 128, 28, 28))
    (1, 192, 28, 28)
    >>> Concat(axis=2).shape((1, 192, 1), (1, 192, 196))
    (1, 192, 197)
    """

    variadic = True

    _: KW_ONLY
    axis: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "axis", definite("axis", self.axis, 0))

    def output(self, *inputs: Shape) -> Shape:
        """The common shape, with the sizes along the axis added up."""
        axis = self.axis
        for x in inputs:
            _check_has(axis, x)
        what = "channels" if axis == 1 else f"along axis {axis}"
        _check_equal(inputs, f"concatenate {what}, all other axes must agree", lambda x: (*x[:axis], *x[axis + 1 :]))
        return (*inputs[0][:axis], sum(x[axis] for x in inputs[1:]) + inputs[0][axis], *inputs[0][axis + 1 :])

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """Positions stay what they are, unless the inputs follow each other along a spatial axis."""
        return (IDENTITY,) * len(sizes) if self.axis < 2 else None

    def rearranges(self, *inputs: Shape) -> bool:
        """Whether the inputs follow each other along a spatial axis."""
        return self.axis > 1

    def element(self, m: Algebra, at: tuple[Size, ...], *xs: Operand) -> Number:
        """One output: the number of the input in whose stretch along the axis the position lies."""
        if len(xs) == 1:
            return xs[0][at]
        ahead, c, behind = at[: self.axis], at[self.axis], at[self.axis + 1 :]
        first, second = xs[: len(xs) // 2], xs[len(xs) // 2 :]
        length = sum(x.shape[self.axis] for x in first)
        return m.when(
            c < length,
            lambda: self.element(m, at, *first),
            lambda: self.element(m, (*ahead, c - length, *behind), *second),
        )


@dataclass(frozen=True, slots=True)
class Select(Operator):
    r"""Some channels of the input, in a given order, or positions along another axis; one may occur several times.

    .. math:: y_{n,c,o} = x_{n,\,q_c,\,o}

    Parameters
    ----------
    places
        The input channel q_c of every output channel c.
    axis
        The axis along which they are chosen, where it is not that of the channels; 0 is the batch.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, number of places given, \*spatial), or so along another axis. *Cost*: none.

    *Conventions*: places are counted from 0. A place that is listed several times adds the gradients up.

    Raises
    ------
    SettingError, ShapeError
        Where no place is given, and where the input does not have one of them.

    References
    ----------
    .. [1] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998, table I: which
       maps of S2 each map of C3 sees.
    .. [2] ONNX, operator Gather, https://onnx.ai/onnx/operators/onnx__Gather.html.

    Examples
    --------
    >>> Select((0, 1, 5)).shape((1, 6, 14, 14)), Select((0,), axis=2).shape((1, 192, 197))
    ((1, 3, 14, 14), (1, 192, 1))
    """

    places: tuple[int, ...]
    _: KW_ONLY
    axis: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.places, str) or not isinstance(self.places, Iterable):
            raise SettingError(
                "the places must be a tuple.", here=f"places {self.places!r}", fix="for one place give (0,)"
            )
        object.__setattr__(self, "axis", definite("axis", self.axis, 0))
        name = "channel" if self.axis == 1 else "place"
        places = tuple(definite(name, c, 0) for c in self.places)
        if not places:
            raise SettingError(f"no {name} is selected.", here=f"{name}s ()", fix="give at least one")
        object.__setattr__(self, "places", places)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: as long as the list, along the axis."""
        _check_has(self.axis, x)
        self._check_there(x)
        return (*x[: self.axis], len(self.places), *x[self.axis + 1 :])

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """Positions stay what they are, unless it is among them that some are chosen."""
        return (IDENTITY,) * len(sizes) if self.axis < 2 else None

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """The list, along its axis."""
        return tuple(Listed(self.places) if axis == self.axis else IDENTITY for axis in range(2, 2 + len(sizes)))

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input at the same position, but where the list has it along the axis."""
        ahead, behind = at[: self.axis], at[self.axis + 1 :]

        def listed(c: Size, places: tuple[int, ...]) -> Number:
            if len(places) == 1:
                return x[*ahead, places[0], *behind]
            half = len(places) // 2
            return m.when(c < half, lambda: listed(c, places[:half]), lambda: listed(c - half, places[half:]))

        return listed(at[self.axis], self.places)

    def _check_there(self, x: Shape) -> None:
        n, last = x[self.axis], max(self.places)
        name, size = ("channel", "C") if self.axis == 1 else ("place", f"size of axis {self.axis}")
        if hasattr(n, "all") and not isinstance(n, Integral):
            if not (n > last).all():
                raise ShapeError(f"a selected {name} is not there at some candidate.")
        elif isinstance(n, Integral) and last >= n:
            raise ShapeError(
                f"a selected {name} is not there.",
                input=f"shape {x}",
                rule=f"every {name} < {size}",
                here=f"{last} >= {n}",
                fix=f"select among {name}s 0 to {n - 1}, or give an input of {last + 1} {name}s",
            )


@dataclass(frozen=True, slots=True)
class Dropout(Operator):
    r"""Dropout: the identity at inference; in training, a mask drops numbers and the others grow.

    .. math:: y_{n,c,o} = \frac{x_{n,c,o}\, m_{n,c,o}}{1 - \text{rate}}

    Parameters
    ----------
    rate
        Probability of dropping a number in training.
    training
        Whether there is a mask; at inference y is x.

    Notes
    -----
    *Shape*: x, mask and y are of one shape.

    *Cost*: none at inference; one multiplication and one division a number in training.

    *Conventions*: the mask is 1 where a number is kept and 0 where it is dropped. What is kept is divided by the
    probability of being kept, so that the mean over all masks is x, and nothing is left to do at inference (inverted
    dropout, as in PyTorch; the paper multiplies by that probability at inference instead).

    References
    ----------
    .. [1] N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014,
       section 4.

    Examples
    --------
    >>> Dropout(0.5).shape((1, 4096))
    (1, 4096)
    >>> Dropout(0.5).buffers((1, 4096)), Dropout(0.5, training=True).buffers((1, 4096))
    ({}, {'mask': (1, 4096)})
    """

    rate: float | Fraction = 0.5
    _: KW_ONLY
    training: bool = False

    def __post_init__(self) -> None:
        real = isinstance(self.rate, (int, float, Fraction)) and not isinstance(self.rate, bool)
        if not real or not 0 <= self.rate < 1:
            raise SettingError("the rate must lie in [0, 1).", here=f"rate {self.rate!r}", fix="use 0.5")
        check_flag("training", self.training)

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """In training, which numbers are kept."""
        return {"mask": tuple(x)} if self.training else {}

    def levels(self, x: Shape) -> dict[str, Sequence[int]]:
        """A number is dropped, or kept."""
        return {"mask": (0, 1)} if self.training else {}

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, mask: Operand | None = None) -> Number:
        """One output: the input, or what is left of it."""
        return x[at] if mask is None else x[at] * mask[at] / (1 - rational(self.rate))


def _check_has(axis: int, x: Shape) -> None:
    """Raise where an input does not have the axis."""
    if axis == 1:
        check_rank(x)
    elif len(x) <= axis:
        raise ShapeError(
            "the input has no such axis.",
            input=f"shape {x}, {len(x)} axes",
            rule="axis < number of axes",
            here=f"{axis} >= {len(x)}",
            fix="count axes from 0, the batch",
        )


def _check_equal(inputs: tuple[Shape, ...], rule: str, part: Callable[[Shape], Shape]) -> None:
    for x in inputs[1:]:
        if not same(part(x), part(inputs[0])):
            raise ShapeError(
                "the inputs have unequal shapes.",
                input="  and  ".join(str(x) for x in inputs),
                rule=f"to {rule}",
                here=f"{inputs[0]} against {x}",
                fix="bring the branches to one shape, with a strided 1x1 Conv as a projection or with padding",
            )
