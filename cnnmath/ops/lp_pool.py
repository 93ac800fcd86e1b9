"""Lp pooling: the p-norm of the numbers in a sliding window, between their sum and their maximum."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from functools import reduce
from operator import mul

from cnnmath.errors import SettingError
from cnnmath.ops.algebra import Algebra, Number, Operand
from cnnmath.ops.checks import check_flag, integer
from cnnmath.ops.pool import Pool
from cnnmath.ops.spatial import inside, settle, taps
from cnnmath.window import Size

LARGEST = 64
"""Largest exponent: the power is written out as a product."""


@dataclass(frozen=True, slots=True)
class LpPool(Pool):
    r"""p-norm of the numbers in each window.

    .. math:: y_{n,c,o} = \Big( \sum_{k} |x_{n,\,c,\,s o + d k - p}|^q \Big)^{1/q}

    where q is the exponent below, and input outside its extent counts as zero.

    Parameters
    ----------
    kernel, stride, dilation, padding, ceil
        As in `MaxPool`.
    p
        The exponent q of the formula, an integer of at least 1: sums of absolute values at 1, roots of sums of squares
        at 2, and nearer to the maximum of the absolute values the larger it is.

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C, \*outputs).

    *Cost*: p - 1 multiplications a tap, one addition less than the kernel has taps, and two comparisons a tap for the
    absolute value where p is odd; beyond p = 1 also one root and one comparison with 0, an output.

    *Conventions*: absolute values are taken, also where p is odd (PyTorch's LPPool takes none: an odd p may meet a
    negative sum there); the sum is not divided by the number of taps. The derivative is 0 where the window is all
    zeros, and at p = 1 where the number itself is zero: the norm has a kink there, and 0 is one of its subgradients.

    References
    ----------
    .. [1] P. Sermanet, S. Chintala and Y. LeCun, "Convolutional neural networks applied to house numbers digit
       classification", ICPR 2012.

    Examples
    --------
    >>> LpPool(2, p=3).shape((1, 6, 28, 28))
    (1, 6, 14, 14)
    """

    p: int = 2
    _: KW_ONLY

    def __post_init__(self) -> None:
        settle(self)
        check_flag("ceil", self.ceil)
        exponent = integer("exponent p", self.p, 1)
        if not isinstance(exponent, int):
            raise SettingError(
                "the exponent p must be a number.", here=f"p {exponent}", fix="put an integer in, as p=2"
            )
        if exponent > LARGEST:
            raise SettingError(
                f"the exponent p is larger than {LARGEST}.",
                here=f"p {exponent}",
                rule="the norm of a large p is the maximum, but for the last digits",
                fix="use MaxPool of the absolute values",
            )
        object.__setattr__(self, "p", exponent)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the p-th root of the sum of p-th powers of absolute values, over the taps inside the input."""
        n, c, *o = at
        windows = self.windows(x.shape[2:])
        total = m.sum(
            lambda *k: self.raised(m, x[n, c, *taps(windows, o, k)]),
            *self.kernel,
            where=lambda *k: inside(windows, taps(windows, o, k), x.shape[2:]),
        )
        if self.p == 1:
            return total
        return m.when(total > 0, lambda: m.power(total, Fraction(1, self.p)), lambda: 0)

    def raised(self, m: Algebra, number: Number) -> Number:
        """The p-th power of an absolute value, whose derivative at 0 is 0."""
        power = reduce(mul, [number] * self.p)
        if self.p % 2 == 0:
            return power
        return m.when(number > 0, lambda: power, lambda: m.when(-number > 0, lambda: -power, lambda: 0))
