"""Resizing by any ratio: the nearest input, or the inputs around every output weighed by their distance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from functools import partial
from math import prod
from numbers import Integral
from typing import Any

from cnnmath.axis import Axis
from cnnmath.errors import SettingError, ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape, rational
from cnnmath.ops.checks import axis_names, check_filled, check_flag, check_number, check_rank, check_word, integer
from cnnmath.ops.spatial import Axes, per_axis
from cnnmath.sampling import MODES, PLACES, ROUNDINGS, Sampled, Sampling
from cnnmath.window import IDENTITY, Size

SIMPLE = 10_000
"""Fractions with denominators up to this are what floats nearest to them stand for."""


@dataclass(frozen=True, slots=True)
class Resize(Operator):
    r"""Interpolation at places between the inputs: nearest, linear or cubic.

    .. math:: y_{n,c,o} = \sum_i a_{o,i}\, x_{n,\,c,\,\min(\max(i,0),H-1)}, \quad a_{o,i} = \kappa(|u_o - i|), \quad
       u_o = \frac{o + 1/2}{s} - \frac12

    along one axis; along several the weights are products. Here s is the scale, i runs over positions inside the input
    and outside, and the place u is that of ``half_pixel``. Linear weights are :math:`\kappa(t) = \max(0, 1 - t)`; cubic
    ones :math:`(a+2)t^3 - (a+3)t^2 + 1` up to t = 1, and :math:`a(t^3 - 5t^2 + 8t - 4)` from there to t = 2.

    Parameters
    ----------
    outputs
        Output size O: an integer for a square 2-D output, or a tuple with one entry a spatial axis; None for
        :math:`\lfloor sH \rfloor`.
    scale
        Outputs s for each input, a rational number for all axes or for each; None for O/H. A float is the
        simple fraction that it stands for. Where both are given, places are by the scale, and O is s H, rounded down or
        to the nearest.
    mode
        ``nearest``, ``linear`` or ``cubic``.
    places
        Where output o lies: ``half_pixel``, above; ``half_pixel_symmetric``, H/2 - O/(2s) higher; ``asymmetric``, at
        o/s; ``align_corners``, at o(H - 1)/(s H - 1), or at 0 where O is 1; ``pytorch_half_pixel``, as ``half_pixel``,
        or at 0 where s H is at most 1; ``crop``, from one end of a box to the other.
    nearest
        How the mode ``nearest`` rounds a place: ``round_prefer_floor`` or ``round_prefer_ceil``, which differ at a
        half, ``floor`` or ``ceil``.
    a
        Slope of the cubic weights at t = 1: -3/4, or -1/2.
    exclude_outside
        Whether positions outside weigh nothing, and weights are divided by their sum; else the border is repeated.
    antialias
        Whether weights are widened by 1/s where s is less than 1, and divided by their sum.
    crop
        For ``crop``, the box: along each axis a pair (start, end), shares of the way from the first input to the last.
    value
        For ``crop``, what an output is whose place lies outside the input.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs).

    *Cost*: of T taps an output, 2 (cubic: 4) to the power of the axes that are resized, more where weights are widened:
    T multiplications, one addition less and one division. The kernel, an axis at a time, needs fewer. ``nearest`` costs
    nothing.

    *Conventions*: places are exact, so that a half is one. Libraries round them to floats: at a half, or where s H is
    an integer, they may choose another input, or another size. PyTorch's ``nearest`` is ``asymmetric`` with ``floor``,
    its ``nearest-exact`` ``half_pixel`` with ``round_prefer_ceil``; its ``antialias`` excludes the outside and has
    a = -1/2. ``exclude_outside`` makes no difference to linear weights that are not widened. The reference
    implementation of ONNX puts the one output of ``pytorch_half_pixel`` at -1/2, not at 0, which differs for weights
    that are cubic or widened. `Upsample` and `LinearUpsample` are its cases of whole scales.

    Raises
    ------
    SettingError
        Where neither size nor scale is given, or a box without ``crop``.
    ShapeError
        For an output of no size, and for a size that is not that of the scale.

    References
    ----------
    .. [1] R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Transactions on Acoustics,
       Speech, and Signal Processing 29(6), 1981.
    .. [2] ONNX operator Resize, from version 11.

    Examples
    --------
    >>> Resize(scale="3/2").shape((1, 64, 7, 7)), Resize((299, 299), mode="cubic").shape((1, 3, 224, 224))
    ((1, 64, 10, 10), (1, 3, 299, 299))
    """

    outputs: Axes = None
    _: KW_ONLY
    scale: Axes = None
    mode: str = "linear"
    places: str = "half_pixel"
    nearest: str = "round_prefer_floor"
    a: Any = Fraction(-3, 4)
    exclude_outside: bool = False
    antialias: bool = False
    crop: Any = None
    value: float = 0

    def __post_init__(self) -> None:
        check_word("mode", self.mode, MODES)
        check_word("places", self.places, PLACES)
        check_word("nearest", self.nearest, ROUNDINGS)
        check_flag("exclude_outside", self.exclude_outside)
        check_flag("antialias", self.antialias)
        check_number("value", self.value)
        object.__setattr__(self, "a", _number("a", self.a))
        _settle_sizes(self)
        _settle_crop(self)

    @property
    def rank(self) -> int:
        """Number of spatial axes."""
        return len(self.scale if self.outputs is None else self.outputs)

    @property
    def by(self) -> Sampling:
        """The rules that all axes share."""
        return Sampling(self.mode, self.places, self.nearest, self.a, self.exclude_outside, self.antialias)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, C, *outputs)."""
        check_rank(x, self.rank)
        check_filled(x, "interpolation")
        sampled = self.sampled(x[2:])
        for name, axis in zip(axis_names(self.rank), sampled, strict=True):
            _check_size(name, axis)
        return (*x[:2], *(axis.outputs for axis in sampled))

    def windows(self, sizes: Shape) -> None:
        """None: no window slides over the input, see `axes`."""

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """What lies around each output, for each axis."""
        return tuple(IDENTITY if axis.identity else axis for axis in self.sampled(sizes))

    def sampled(self, sizes: Shape) -> list[Sampled]:
        """Where the outputs of each axis lie."""
        entries = zip(
            sizes, *(setting or (None,) * self.rank for setting in (self.outputs, self.scale, self.crop)), strict=True
        )
        return [
            Sampled(n, s.numerator * n // s.denominator if o is None else o, self.by, s, box)
            for n, o, s, box in entries
        ]

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the inputs around its place, by their weights."""
        n, c, *o = at
        axes = self.sampled(x.shape[2:])
        then: Callable[[], Number] = partial(self._interpolated, m, (n, c), axes, o, x)
        if self.crop is not None:
            conditions = [c for axis, i in zip(axes, o, strict=True) for c in axis.inside(axis.place(i))]
            for condition in conditions:
                then = partial(m.when, condition, then, lambda: rational(self.value))
        return then()

    def _interpolated(
        self, m: Algebra, at: tuple[Size, ...], axes: Sequence[Sampled], o: Sequence[Size], x: Operand
    ) -> Number:
        """The weighted sum, or the nearest input."""
        if self.mode == "nearest":
            position = [i if axis.identity else axis.nearest(i) for axis, i in zip(axes, o, strict=True)]
            return read(m, x, at, axes, position)
        moving = [(axis, i) for axis, i in zip(axes, o, strict=True) if not axis.identity]
        extents = [axis.taps for axis, _ in moving]

        def taps(t: Sequence[Size]) -> list[tuple[Sampled, Size, Size]]:
            return [(axis, i, axis.tap(i, k)) for (axis, i), k in zip(moving, t, strict=True)]

        def near(*k: Size) -> Iterator[Any]:
            for axis, i, j in taps(k):
                yield axis.near(i, j)
                if axis.by.excluding:
                    yield j >= 0
                    yield j < axis.n

        def weight(*k: Size) -> Number:
            return prod(self.weight(m, *axis.distance(i, j)) for axis, i, j in taps(k))

        def term(*k: Size) -> Number:
            positions = iter(j for _, _, j in taps(k))
            position = [i if axis.identity else next(positions) for axis, i in zip(axes, o, strict=True)]
            return read(m, x, at, axes, position) * weight(*k)

        if not moving:
            return x[(*at, *o)]
        total = m.sum(term, *extents, where=near)
        if self.by.divided:
            return total / m.sum(weight, *extents, where=near)
        return total / prod(self.weight(m, 0, axis.distance(i, 0)[1]) for axis, i in moving)

    def weight(self, m: Algebra, t: Size, unit: Size) -> Number:
        """What lies so far away weighs, t being counted in parts of a unit: an integer, and the more the more parts."""
        if self.mode == "linear":
            return unit - t
        a, b = self.a.as_integer_ratio()
        return m.when(
            t <= unit,
            lambda: ((a + 2 * b) * t - (a + 3 * b) * unit) * t * t + b * unit * unit * unit,
            lambda: a * (((t - 5 * unit) * t + 8 * unit * unit) * t - 4 * unit * unit * unit),
        )


def read(m: Algebra, x: Operand, at: tuple[Size, ...], axes: Sequence[Sampled], position: Sequence[Size]) -> Number:
    """The input at a position; outside, the first or the last one along that axis."""
    done = len(at) - 2
    if done == len(axes):
        return x[at]
    axis, j = axes[done], position[done]

    def there(i: Size) -> Number:
        return read(m, x, (*at, i), axes, position)

    ahead, behind = (False, False) if axis.identity else axis.beyond()

    def from_first_on() -> Number:
        return m.when(j >= axis.n, lambda: there(axis.n - 1), lambda: there(j)) if behind else there(j)

    return m.when(j < 0, lambda: there(0), from_first_on) if ahead else from_first_on()


def _settle_sizes(op: Any) -> None:
    """Bring a frozen resize's sizes and scales into their one form: a tuple with one entry an axis, or None."""
    if op.outputs is None and op.scale is None:
        raise SettingError(
            "neither the size of the output nor its scale is given.", fix='give outputs=14, or scale="3/2"'
        )
    if op.outputs is not None:
        outputs = tuple(integer("output size", o, 1) for o in per_axis("output size", op.outputs))
        object.__setattr__(op, "outputs", outputs)
    if op.scale is not None:
        scales = tuple(_number("scale", s, positive=True) for s in per_axis("scale", op.scale))
        object.__setattr__(op, "scale", scales)
        _check_length("scale", scales, op.outputs)


def _settle_crop(op: Any) -> None:
    """Check a frozen resize's box, and bring it into its one form: a pair of fractions for each axis."""
    if (op.crop is None) == (op.places == "crop"):
        raise SettingError(
            "a box and places in a box come together.",
            here=f"places {op.places!r}, crop {op.crop}",
            fix="give places='crop' and crop=((start, end), ...), or neither",
        )
    if op.crop is None:
        return
    if op.scale is not None:
        raise SettingError("a box has no scale.", here=f"scale {op.scale}", fix="give the size of the output")
    pairs = per_axis("crop", op.crop)
    _check_length("crop", pairs, op.outputs)
    if any(not isinstance(pair, (tuple, list)) or len(pair) != 2 for pair in pairs):
        raise SettingError("an axis is cropped by a pair (start, end).", here=f"crop {op.crop}")
    object.__setattr__(op, "crop", tuple((_number("crop", a), _number("crop", b)) for a, b in pairs))


def _check_size(name: str, axis: Sampled) -> None:
    """Raise where the output of an axis would be empty, or is not that of the scale."""
    if axis.scale is None or not (isinstance(axis.n, Integral) and isinstance(axis.outputs, Integral)):
        return
    length = axis.scale * int(axis.n)
    if axis.outputs < 1 or not Fraction(-1, 2) <= length - int(axis.outputs) < 1:
        raise ShapeError(
            "the output has no size." if axis.outputs < 1 else "the output's size is not that of the scale.",
            input=f"{name} {axis.n}, scale {axis.scale}",
            rule="1 <= outputs, and -1/2 <= scale*n - outputs < 1",
            here=f"outputs {axis.outputs}, scale*n = {length}",
            fix="give the one or the other",
        )


def _check_length(name: str, entries: tuple[Any, ...], outputs: tuple[Any, ...] | None) -> None:
    """Raise where a setting has another number of axes than the output has."""
    if outputs is not None and len(entries) != len(outputs):
        raise SettingError(
            f"the {name} has another rank than the output.",
            here=f"{name} {entries}, outputs {outputs}",
            rule="one entry for each spatial axis; a single number stands for two",
        )


def _number(name: str, value: Any, *, positive: bool = False) -> Fraction:
    """A setting as the exact number that is meant: of a float, the simple fraction to which it is the nearest float.

    Where there is none, it is the decimal number that the float is written as.
    """
    number: Any = value
    if isinstance(value, str):
        with suppress(ValueError):
            number = Fraction(value)
    check_number(name, number, positive=positive)
    simple = Fraction(number).limit_denominator(SIMPLE)
    return simple if isinstance(number, float) and float(simple) == number else rational(number)
