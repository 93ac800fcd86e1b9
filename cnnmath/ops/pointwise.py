"""Arithmetic on each number alone: by constants, to powers, within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import mul

from cnnmath.errors import SettingError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, rational
from cnnmath.ops.checks import check_number
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class Affine(Operator):
    r"""Constant multiple and constant shift of each number, ``y = scale*x + shift``.

    Parameters
    ----------
    scale, shift
        Fixed numbers, not trained: ``Affine(Fraction(1, 3))`` divides by 3, ``Affine(-1)`` negates, ``Affine(1, 2)``
        adds 2.

    Notes
    -----
    *Shape*: y has the shape of x, which may have any rank. *Cost*: one multiplication and one addition a number, but
    none by 1 and none of 0.

    References
    ----------
    .. [1] ONNX operators ``Neg``, and ``Add``, ``Sub``, ``Mul`` and ``Div`` with a constant of one number.

    Examples
    --------
    >>> Affine(Fraction(1, 255)).shape((1, 3, 224, 224))
    (1, 3, 224, 224)
    """

    scale: float | Fraction = 1
    shift: float | Fraction = 0

    def __post_init__(self) -> None:
        check_number("scale", self.scale)
        check_number("shift", self.shift)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        scaled = x[at] if self.scale == 1 else rational(self.scale) * x[at]
        return scaled if self.shift == 0 else scaled + rational(self.shift)


@dataclass(frozen=True, slots=True)
class Power(Operator):
    r"""Fixed rational power of each number, ``y = x^exponent``.

    Parameters
    ----------
    exponent
        The exponent, not 0: 2 squares, 1/2 is the square root, -1 the reciprocal.

    Notes
    -----
    *Shape*: y has the shape of x, which may have any rank. *Cost*: e - 1 multiplications a number for an exponent e or
    -e that is whole, and one division where it is negative; one root for any other.

    *Conventions*: a whole power is a product, of numbers of any sign. Any other power is that of positive numbers, also
    a cube root. Where a power does not exist, floats are NaN or infinite, as IEEE 754 has it, and an exact number is
    refused; so it is with the derivative, which at 0 is infinite for exponents below 1.

    Raises
    ------
    DataError
        In exact arithmetic, for a number that has no such power.

    References
    ----------
    .. [1] ONNX operators ``Sqrt`` and ``Reciprocal``, and ``Pow`` with a constant exponent.

    Examples
    --------
    >>> Power(Fraction(1, 2)), Power(-1).positive
    (Power(exponent=Fraction(1, 2)), ('x',))
    """

    exponent: float | Fraction

    def __post_init__(self) -> None:
        check_number("exponent", self.exponent)
        if self.exponent == 0:
            raise SettingError(
                "the exponent must not be 0.",
                here="x^0 = 1 for every x",
                fix="leave the power out, for it is a constant",
            )

    @property
    def positive(self) -> tuple[str, ...]:  # type: ignore[override]  # only a product is of any numbers
        """Nothing for a product, else the input."""
        return () if self.exponent > 0 and self.whole else ("x",)

    @property
    def whole(self) -> bool:
        """Whether the exponent is an integer."""
        return rational(self.exponent).denominator == 1

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: a product where the exponent is whole, or one over it."""
        exponent = rational(self.exponent)
        if not self.whole:
            return m.power(x[at], exponent)
        product = reduce(mul, [x[at]] * abs(int(exponent)))
        return product if exponent > 0 else Fraction(1) / product


@dataclass(frozen=True, slots=True)
class Exp(Operator):
    r"""Exponential of each number, ``y = exp(x)``.

    Notes
    -----
    *Shape*: y has the shape of x, which may have any rank. *Cost*: one exponential a number.

    References
    ----------
    .. [1] ONNX operator ``Exp``.

    Examples
    --------
    >>> Exp().shape((1, 10))
    (1, 10)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return m.exp(x[at])


@dataclass(frozen=True, slots=True)
class Log(Operator):
    r"""Natural logarithm of each number, ``y = log(x)``.

    Notes
    -----
    *Shape*: y has the shape of x, which may have any rank. *Cost*: one logarithm a number.

    *Conventions*: of floats, the logarithm of 0 is minus infinity, and that of a negative number NaN.

    Raises
    ------
    DataError
        In exact arithmetic, for a number that is not positive.

    References
    ----------
    .. [1] ONNX operator ``Log``.

    Examples
    --------
    >>> Log().shape((1, 10))
    (1, 10)
    """

    positive = ("x",)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return m.log(x[at])


@dataclass(frozen=True, slots=True)
class Abs(Operator):
    r"""Absolute value of each number, ``y = |x|``.

    Notes
    -----
    *Shape*: y has the shape of x, which may have any rank. *Cost*: two comparisons a number.

    *Conventions*: the derivative at 0 is 0, as in PyTorch: the mean of those on both sides.

    References
    ----------
    .. [1] ONNX operator ``Abs``.

    Examples
    --------
    >>> Abs().shape((1, 10))
    (1, 10)
    """

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output."""
        return absolute(m, x[at])


@dataclass(frozen=True, slots=True)
class Clip(Operator):
    r"""Each number within bounds, ``y = min(max(x, low), high)``; ReLU6 is ``Clip(0, 6)``.

    Parameters
    ----------
    low, high
        The bounds; None where there is none.

    Notes
    -----
    *Shape*: y has the shape of x, which may have any rank. *Cost*: one comparison a bound, a number.

    *Conventions*: the derivative is 0 at the bounds, as in PyTorch's ``hardtanh`` and ``relu6``, so that ``Clip(0)`` is
    the rectifier; PyTorch's ``clamp`` has 1 there.

    References
    ----------
    .. [1] A. Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010 (bounds 0 and 6).
    .. [2] ONNX operator ``Clip``.

    Examples
    --------
    >>> Clip(0, 6), Clip(high=1).low
    (Clip(low=0, high=6), None)
    """

    low: float | Fraction | None = None
    high: float | Fraction | None = None

    def __post_init__(self) -> None:
        for name, bound in (("low", self.low), ("high", self.high)):
            if bound is not None:
                check_number(name, bound)
        if self.low is not None and self.high is not None and self.low > self.high:
            raise SettingError(
                "the bounds are in the wrong order.", rule="low <= high", here=f"low {self.low}, high {self.high}",
                fix=f"use low={self.high}, high={self.low}",
            )  # fmt: skip

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: a bound, or the number between them."""

        def under() -> Number:
            if self.high is None:
                return x[at]
            high = rational(self.high)
            return m.when(-x[at] > -high, lambda: x[at], lambda: high)

        if self.low is None:
            return under()
        low = rational(self.low)
        return m.when(x[at] > low, under, lambda: low)


def absolute(m: Algebra, x: Number) -> Number:
    """``|x|``, whose derivative at 0 is 0."""
    return m.when(x > 0, lambda: x, lambda: m.when(-x > 0, lambda: -x, lambda: 0))
