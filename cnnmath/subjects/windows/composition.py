"""Two windows, one after the other, are one window: its taps, its parts, and its number of outputs.

References
----------
.. [1] A. Araujo, W. Norris and J. Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019,
   https://doi.org/10.23915/distill.00021.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import sympy as sp

from cnnmath.readers import Tensor
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.sizes import one_floor
from cnnmath.symbolic.terms import Expr, array, index, size
from cnnmath.window import Window

CHAINS = (
    (Window(3, 2, 1, 4, 0), Window(4, 3, 5, 1, 2)),
    (Window(2, 3, 5, 0, 1), Window(7, 4, 1, 2, 5)),
    (Window(4, 1, 2, 5, 3), Window(3, 2, 4, 0, 1)),
)
"""Pairs of windows on which the rules for symbols are evaluated: no number of one stands in for another."""

ONE = (size("e"), size("s"), 1, index("p"), index("q"))
"""Letters of the one window, its holes closed: kernel, stride, dilation, padding before and after."""


def window_composition() -> Derivation:
    r"""Two windows are one: taps, extent, stride, padding and the number of outputs, floors included.

    .. math:: s = s_1 s_2, \quad e = e_1 + (e_2 - 1) s_1, \quad p = p_1 + p_2 s_1, \quad q = q_1 + q_2 s_1

    Numbers of outputs follow from a lemma on floors, for an integer b and integers m, n of at least 1:

    .. math:: \left\lfloor (\lfloor a/m \rfloor + b)/n \right\rfloor = \left\lfloor (a + b m)/(m n) \right\rfloor

    Examples
    --------
    >>> [step for step in window_composition().steps if step.name == "Nested floors"]
    [Nested floors: floor((b + floor(a/m))/n) = floor((a + b*m)/(m*n))]
    """
    first, second = (_letters(number) for number in "12")
    L, v = size("L"), size("v")
    whole = first.then(second)
    twice = second.placements(first.placements(L))
    numerators = (
        (L + first.before + first.after - first.extent)
        + first.stride * (1 + second.before + second.after - second.extent),
        sp.Add(L, whole.before, whole.after, -whole.extent),
    )
    steps = (
        *_taps(whole),
        step("Lengths", "the size rule of the second, at the length that the first one leaves.", v, twice),
        *_floors(),
        step("One floor", "the lemma, with both strides for its divisors.", v, one_floor(twice)),
        step(
            "Numerator",
            "sort by what is padding of the one window, and what its extent.",
            *numerators,
            relation="identical",
        ),
        step("Composition", "so the size rule of the one window holds.", v, Window(*ONE).placements(L)),
    )
    return Derivation(
        "Two windows, one after the other, are one",
        tuple(
            remark(
                "window {}: kernel {}, stride {}, dilation {}, padding {} before and {} after, extent {}", *_row(number)
            )
            for number in "12"
        ),
        steps,
        tuple(_pair(*pair, length) for pair in CHAINS for length in _lengths(*pair)),
        (remark("An input of length {} leaves {} outputs of the second window.", L, v),),
    )


def _letters(number: str) -> Window:
    """A window of symbols, its holes closed: the kernel is the extent."""
    return Window(size(f"e_{number}"), size(f"s_{number}"), 1, index(f"p_{number}"), index(f"q_{number}"))


def _row(number: str) -> tuple[Expr, ...]:
    K, d, window = size(f"K_{number}"), size(f"d_{number}"), _letters(number)
    extent = sp.Eq(window.extent, d * (K - 1) + 1, evaluate=False)
    return sp.Integer(number), K, window.stride, d, window.before, window.after, extent


def _taps(whole: Window) -> tuple[Step, Step, Step]:
    """Positions that are read through two windows."""
    o, t = index("o"), array("t")
    extent, stride, _, before, after = ONE
    (k1, K1, s1, d1, p1), (k2, K2, s2, d2, p2) = (
        (index(f"k_{i}"), size(f"K_{i}"), size(f"s_{i}"), size(f"d_{i}"), index(f"p_{i}")) for i in "12"
    )
    over = [(o, 3), (k1, K1), (k2, K2)]
    return (
        step(
            "Taps",
            "the second window reads outputs of the first, and these read the input.",
            t[o, k1, k2],
            s1 * (s2 * o + d2 * k2 - p2) + d1 * k1 - p1,
            over,
        ),
        step(
            "Parts",
            remark(
                "strides multiply, and all of the second window counts in strides of the first: extent {}, stride {}, "
                "padding {} before and, as the axis may be turned around, {} after.",
                *(extent, stride, before, after),
            ),
            sp.ImmutableMatrix([extent, stride, before, after]),
            sp.ImmutableMatrix([whole.extent, whole.stride, whole.before, whole.after]),
        ),
        step(
            "One window",
            "so the positions are those of one window; a pair of taps is a tap, some may agree and some be missing.",
            t[o, k1, k2],
            stride * o + (d1 * k1 + d2 * s1 * k2) - before,
            over,
        ),
    )


def _floors() -> tuple[Step, ...]:
    """The lemma on nested floors, from the bounds of a floor."""
    a, b = (sp.Symbol(name, integer=True) for name in "ab")
    m, n = size("m"), size("n")
    quotient = sp.floor(a / m)
    whole, everywhere = sp.floor(quotient / n, evaluate=False), [(a, sp.oo)]
    return (
        step(
            "From below",
            "a floor is not above its number, so that leaving both floors out makes more.",
            m * n * whole,
            a,
            everywhere,
            relation="<=",
        ),
        step(
            "From above",
            remark("{}, an integer, is below the next multiple of {}; so is {}.", quotient, n, a / m),
            a,
            m * n * (whole + 1),
            everywhere,
            relation="<",
        ),
        step("Floor of a floor", "these two bounds are what a floor is.", whole, sp.floor(a / (m * n)), everywhere),
        step(
            "Nested floors",
            remark("an integer {} goes into the inner floor: {} is added to {}.", b, b * m, a),
            sp.floor((quotient + b) / n),
            sp.floor((a + b * m) / (m * n)),
            [*everywhere, (b, sp.oo)],
        ),
    )


def _lengths(first: Window, second: Window) -> range:
    """Lengths of the input for all remainders of the two strides, and one more."""
    first_seen, last_seen = reached((first, second), 0)
    least = last_seen - first_seen + 1
    return range(least, least + first.stride * second.stride + 1)


def _pair(first: Window, second: Window, length: int) -> Instance:
    """Numbers for two windows, with what follows found by placing them one by one."""
    numbers = {}
    for number, window in zip("12", (first, second), strict=True):
        letters = [getattr(_letters(number), name) for name in ("extent", "stride", "before", "after")]
        given = [window.extent, window.stride, window.before, window.after]
        numbers |= {size(f"K_{number}"): window.kernel, size(f"d_{number}"): window.dilation}
        numbers |= dict(zip(letters, given, strict=True))
    turned = [Window(w.kernel, w.stride, w.dilation, w.after, w.before) for w in (first, second)]
    (near, far), (mirrored, _) = (reached(pair, 0) for pair in ((first, second), turned))
    one = (far - near + 1, reached((first, second), 1)[0] - near, 1, -near, -mirrored)
    lengths = {size("L"): length, size("v"): _placed(second, _placed(first, length))}
    kernels = (first.kernel, second.kernel)
    taps = [first.reads(second.reads(o)[b])[a] for o, a, b in product(range(3), *map(range, kernels))]
    lemma = {size("m"): first.stride + 1, size("n"): second.stride + 2, sp.oo: 40}
    every = numbers | dict(zip(ONE, one, strict=True)) | lengths | lemma
    return Instance(every, {"t": Tensor((3, *kernels), taps)})


def _placed(window: Window, length: int) -> int:
    """Outputs, counted: how often the window fits between the ends of the padded input."""
    first, beyond = -window.before, length + window.after
    return len([start for start in range(first, beyond, window.stride) if start + window.extent <= beyond])


def reached(windows: Sequence[Window], output: int) -> tuple[int, int]:
    """First and last input that an output at the top of a chain sees, followed window by window.

    Examples
    --------
    >>> reached([Window(3, stride=2), Window(2)], 1)
    (2, 6)
    """
    first = last = output
    for window in reversed(windows):
        first, last = window.tap(first, 0), window.tap(last, window.kernel - 1)
    return first, last
