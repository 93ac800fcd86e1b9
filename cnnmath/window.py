"""The window: all arithmetic of kernel, stride, dilation and padding, along one axis.

A window reads input ``tap(o, k) = stride*o + dilation*k - before`` for output ``o`` and kernel tap ``k``. Everything
else follows from that line: the size rule, composition, preimages, the adjoint condition, the receptive field. All of
it is written with plain ``+ * //`` (and ``abs``), so that one line serves integers, SymPy symbols and NumPy arrays.

References
----------
.. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, relation 14.
.. [2] A. Araujo, W. Norris and J. Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019,
   https://doi.org/10.23915/distill.00021, equations 1 to 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from numbers import Integral, Number
from typing import Any, Literal, TypeAlias

from cnnmath.errors import SettingError, check_kind

Size: TypeAlias = Any  # an int, a SymPy expression or a NumPy array of integers
Shape: TypeAlias = tuple[Size, ...]
NAMED = ("same", "same_lower", "valid")
"""Paddings that have a name: see `fit`."""

Padding: TypeAlias = Literal["valid", "same", "same_lower"] | tuple[Size, Size]


def check_at_least(name: str, value: Size, least: int | None) -> None:
    """Raise a `SettingError` where an integer setting is below its least value, if any, or no integer at all."""
    if type(value) is int and (least is None or value >= least):
        return
    number_but_not_integer = isinstance(value, Number) and not isinstance(value, Integral)
    if number_but_not_integer or isinstance(value, (bool, str, tuple, list, type(None))):
        raise SettingError(
            f"the {name} must be an integer.",
            here=f"{name} {value!r}",
            fix="use an integer" if least is None else f"use an integer of at least {least}",
        )
    if isinstance(value, Integral) and least is not None and value < least:
        raise SettingError(
            f"the {name} must be at least {least}.",
            rule=f"{name} >= {least}",
            here=f"{value} < {least}",
            fix=f"use {least} or more",
        )


@dataclass(frozen=True, slots=True)
class Window:
    """One axis of a convolution or pooling: kernel, stride, dilation, and the padding before and after.

    Negative padding is a crop: so many inputs are left out at that end.

    Examples
    --------
    >>> stem = Window(7, stride=2, before=3, after=3)
    >>> stem.placements(224), stem.extent, stem.tap(0, 0)
    (112, 7, -3)
    >>> pool = Window(3, stride=2, before=1, after=1)
    >>> stem.then(pool)
    Window(kernel=11, stride=4, dilation=1, before=5, after=5)
    >>> stem.then(pool).placements(224) == pool.placements(stem.placements(224))
    True
    >>> Window(1, before=-2, after=-2).then(Window(3)), Window(1, before=-2, after=-2).placements(8)
    (Window(kernel=3, stride=1, dilation=1, before=-2, after=-2), 4)
    """

    kernel: Size
    stride: Size = 1
    dilation: Size = 1
    before: Size = 0
    after: Size = 0

    def __post_init__(self) -> None:
        for name, least in (("kernel", 1), ("stride", 1), ("dilation", 1), ("before", None), ("after", None)):
            check_at_least(name if least else f"padding {name}", getattr(self, name), least)

    @property
    def extent(self) -> Size:
        """Length of the stretch of input that one output sees, holes included: ``d*(k - 1) + 1``."""
        return self.dilation * (self.kernel - 1) + 1

    def tap(self, o: Size, k: Size) -> Size:
        """Input position that output ``o`` reads through tap ``k``; it lies in the padding where outside the input."""
        return self.stride * o + self.dilation * k - self.before

    def reads(self, o: int) -> list[int]:
        """Inputs that output ``o`` reads, one entry a tap; those outside the input lie in the padding."""
        return [self.tap(o, k) for k in range(self.kernel)]

    def placements(self, n: Size) -> Size:
        """Length of the output for an input of length ``n``: ``floor((n + before + after - extent)/stride) + 1``.

        Below 1 where the window does not fit: see `fitted` for the check.
        """
        room = self.before + self.after - self.extent
        if type(room) is int and (room, self.stride) == (-1, 1):  # the size is kept: the same object stands for it
            return n
        return (n + room) // self.stride + 1

    def rounded_up(self, n: Size) -> Size:
        """Length of the output under the clamped ceil rule: see `fit`, which turns it into an ordinary window."""
        return (n + self.before - 1 - _positive(self.extent - self.after - self.stride)) // self.stride + 1

    def preimage(self, o: Size) -> tuple[Size, Size]:
        """Least and greatest input length whose output has length ``o``.

        Examples
        --------
        >>> Window(7, stride=2, before=3, after=3).preimage(112)
        (223, 224)
        """
        least = self.stride * (o - 1) + self.extent - self.before - self.after
        return least, least + self.stride - 1

    def then(self, second: Window) -> Window:
        """Compose: the one window that ``second`` after this one amounts to, floors included.

        Its kernel is the hull; `paths` knows the holes in it.
        """
        return Window(
            kernel=self.extent + (second.extent - 1) * self.stride,
            stride=self.stride * second.stride,
            before=self.before + second.before * self.stride,
            after=self.after + second.after * self.stride,
        )

    def outputs(self, k: int, n: int) -> range:
        """Outputs whose tap ``k`` lies inside an input of length ``n``, not in the padding."""
        shift = self.dilation * k - self.before
        first = max(-(shift // self.stride), 0)
        last = min((n - 1 - shift) // self.stride, self.placements(n) - 1)
        return range(first, max(last + 1, first))

    def blind(self, n: int) -> int | None:
        """First output that sees nothing but padding of an input of length ``n``, or None.

        Its window ends before the input, starts after it, or has it between two taps: that is where the first tap's
        remainder modulo the dilation is at least ``n``.

        Examples
        --------
        >>> Window(2, before=2).blind(5)
        0
        >>> Window(10**9, stride=2, dilation=5, before=2 * 10**9, after=4 * 10**9).blind(3)
        2
        """
        first = 0 if self.tap(0, self.kernel - 1) < 0 else -(-(n + self.before) // self.stride)
        if n < self.dilation:
            between = _least_factor(self.stride, n + self.before, self.before - 1, self.dilation)
            first = first if between is None else min(first, between)
        return first if first < self.placements(n) else None

    def readers(self, j: int, n: int) -> Iterator[tuple[int, int]]:
        """Adjoint condition: the pairs ``(o, k)`` with ``tap(o, k) == j``, for an input of length ``n``.

        ``j`` is read through tap ``k`` iff ``stride`` divides ``j + before - dilation*k`` into an output's number.

        Examples
        --------
        >>> list(Window(3, stride=2, before=1, after=1).readers(3, n=8))
        [(2, 0), (1, 2)]
        """
        for k in range(self.kernel):
            o, rest = divmod(j + self.before - self.dilation * k, self.stride)
            if rest == 0 and 0 <= o < self.placements(n):
                yield o, k


IDENTITY = Window(1)


def compose(windows: Iterable[Window]) -> Window:
    """One window for a chain of windows, the first one nearest to the input.

    Examples
    --------
    >>> compose([Window(3), Window(3)]).kernel
    5
    """
    return reduce(Window.then, _checked(windows), IDENTITY)


def _checked(windows: Any) -> tuple[Window, ...]:
    """A chain of windows; raise where it is none."""
    fix = "give a chain, as in [Window(3), Window(2, stride=2)]"
    check_kind(windows, Iterable, "list of windows", fix)
    chain = tuple(windows)
    for window in chain:
        check_kind(window, Window, "window", fix)
    return chain


def paths(windows: Iterable[Window]) -> list[int]:
    """Number of paths from one output of a chain to each input below it: coefficients of the window polynomial.

    With ``P(z) = sum_k z^(dilation*k)``, a chain has ``P1(z) * P2(z^stride1) * ...``. Zeros are the holes of the
    receptive field; the list starts at the first input of the hull and is as long as the composed extent.

    Examples
    --------
    >>> paths([Window(2, dilation=2), Window(2, stride=2)])
    [1, 1, 1, 1]
    >>> paths([Window(3), Window(3)])
    [1, 2, 3, 2, 1]
    """
    counts, stride = [1], 1
    for window in _checked(windows):
        step = window.dilation * stride
        longer = [0] * (len(counts) + (window.kernel - 1) * step)
        for k in range(window.kernel):
            for i, count in enumerate(counts):
                longer[i + k * step] += count
        counts, stride = longer, stride * window.stride
    return counts


def fit(
    n: Size, kernel: Size, stride: Size = 1, dilation: Size = 1, padding: Padding = (0, 0), *, ceil: bool = False
) -> Window:
    """Window for an input of length ``n``, where the padding may depend on it.

    ``"same"`` gives ``ceil(n/stride)`` outputs and puts the odd pad after (TensorFlow, ONNX ``SAME_UPPER``),
    ``"same_lower"`` before; ``"valid"`` pads nothing. ``ceil`` keeps a last window that reaches past the padded input,
    as PyTorch and ONNX from opset 19 do, and drops one that would start in the far padding; the overhang becomes
    padding after, so that the result is an ordinary window.

    Notes
    -----
    The clamped ceil rule is ``min(ceil((n + p0 + p1 - e)/s), floor((n + p0 - 1)/s)) + 1``. Both are floors over the
    same divisor, so that the minimum moves inside: ``floor((n + p0 - 1 - max(e - p1 - s, 0))/s) + 1``.

    Examples
    --------
    >>> fit(224, 3, stride=2, padding="same")
    Window(kernel=3, stride=2, dilation=1, before=0, after=1)
    >>> fit(6, 3, stride=2, ceil=True).placements(6)
    3
    """
    extent = Window(kernel, dilation=dilation).extent
    if padding == "valid":
        before, after = 0, 0
    elif padding in ("same", "same_lower"):
        check_at_least("stride", stride, 1)
        total = _positive(((n + stride - 1) // stride - 1) * stride + extent - n)
        before = (total + int(padding == "same_lower")) // 2
        after = total - before
    else:
        before, after = padding
    if ceil:
        outputs = Window(kernel, stride, dilation, before, after).rounded_up(n)
        after = _positive((outputs - 1) * stride + extent - n - before)
    return Window(kernel, stride, dilation, before, after)


def _positive(a: Size) -> Size:
    """The positive part max(a, 0), in arithmetic that integers, symbols and arrays share."""
    return (a + abs(a)) // 2


def _least_factor(a: int, low: int, high: int, m: int) -> int | None:
    """Least x >= 0 for which ``a*x`` is one of low .. high modulo m, or None, in as few steps as Euclid's algorithm.

    Sought is the least y that has a multiple of a in low + m*y .. high + m*y: the same question, with modulus a.
    """
    a, low, high = a % m, low % m, high % m
    if low == 0 or low > high:
        return 0
    if a == 0:
        return None
    x = -(-low // a)
    if a * x <= high:
        return x
    y = _least_factor(m, -high, -low, a)
    return None if y is None else -(-(low + m * y) // a)
