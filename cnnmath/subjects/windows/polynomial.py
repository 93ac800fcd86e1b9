"""The window polynomial: how many paths lead from an output of a chain of windows to each input below it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.graph.text import plural
from cnnmath.readers import Tensor
from cnnmath.subjects.windows.composition import CHAINS
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.terms import Bracket, Expr, Sigma, array, index, size
from cnnmath.window import Window, compose, paths

PATHS, POWERS = 20_000, 2_000
"""Most paths of a chain that is multiplied out, and most powers of its polynomial."""


def window_polynomial(
    k: int | tuple[int, ...] = (3, 3), s: int | tuple[int, ...] = 2, d: int | tuple[int, ...] = 1
) -> Derivation:
    r"""How often a chain of windows reads each input: the coefficients of its window polynomial.

    .. math:: \sum_j c_j z^j = P_1(z)\, P_2(z^{s_1})\, P_3(z^{s_1 s_2}) \cdots, \quad P_i(z) = \sum_{k<K_i} z^{d_i k}

    An input whose coefficient is 0 is a hole of the receptive field; input 0 is the first of an output's field.

    Parameters
    ----------
    k, s, d
        Kernels, strides and dilations of the chain whose polynomial is multiplied out, from the input on.
        A number holds for all windows; numbers alone are a chain of one. The last stride makes no difference.

    Raises
    ------
    SettingError
        For lists of unequal lengths, numbers below 1, and a polynomial that would be too large to multiply out.

    Examples
    --------
    >>> window_polynomial(k=(2, 2), s=(1, 1), d=(1, 2)).result
    Multiplied out: (z + 1)*(z^2 + 1) == z^3 + z^2 + z + 1
    """
    windows = _given(k, s, d)
    _check(windows)
    z, j, c = sp.Symbol("z"), index("j"), array("c")
    (k1, K1, s1, d1), (k2, K2, _, d2) = (
        (index(f"k_{i}"), size(f"K_{i}"), size(f"s_{i}"), size(f"d_{i}")) for i in "12"
    )
    tap, extent = d1 * k1 + s1 * d2 * k2, size("e")
    both, counted = [(k1, K1), (k2, K2)], Sigma(c[j] * z**j, [(j, extent)])
    steps = (
        step(
            "Paths",
            "an input is counted once for each pair of taps that leads to it.",
            c[j],
            Sigma(Bracket(sp.Eq(j, tap)), both),
            [(j, extent)],
        ),
        step("Generating function", "each pair of taps gives one power.", counted, Sigma(z**tap, both)),
        step(
            "Product",
            "a power of a sum is a product: a polynomial for each window, the second in the stride of the first.",
            counted,
            Sigma(z ** (d1 * k1), [(k1, K1)]) * Sigma(z ** (s1 * d2 * k2), [(k2, K2)]),
        ),
        step(
            "Quotient",
            "both sums are geometric.",
            counted,
            (z ** (d1 * K1) - 1) / (z**d1 - 1) * (z ** (s1 * d2 * K2) - 1) / (z ** (s1 * d2) - 1),
        ),
        step("All paths", "at z = 1, as many as pairs of taps.", Sigma(c[j], [(j, extent)]), K1 * K2),
        step(
            "Multiplied out",
            remark(
                "the chain with kernels {}, strides {} and dilations {}.",
                *(sp.Tuple(*row) for row in zip(*windows, strict=True)),
            ),
            _factors(windows, z),
            sp.Add(*(count * z**j for j, count in enumerate(paths(Window(*each) for each in windows)))),
            relation="identical",
        ),
    )
    return Derivation(
        "The window polynomial: paths through a chain of windows",
        (
            remark("{} paths from an output to the input {} of its field", c[j], j),
            *(remark("window {}: kernel {}, dilation {}", *row) for row in ((1, K1, d1), (2, K2, d2))),
            remark("the first window has stride {}; extent of both {}", s1, extent),
        ),
        steps,
        tuple(_counted(*pair) for pair in CHAINS),
    )


def _given(*settings: int | tuple[int, ...]) -> list[tuple[int, ...]]:
    """Kernel, stride and dilation of each window of a chain, from lists or numbers that hold for all."""
    rows = [tuple(row) if isinstance(row, Sequence) else (row,) for row in settings]
    longest = max(1, *map(len, rows))
    for name, row in zip(("kernels", "strides", "dilations"), rows, strict=True):
        if len(row) not in (1, longest):
            raise SettingError(
                "the lists are of unequal length.",
                here=f"{len(row)} {name} where there {'are' if longest > 1 else 'is'} {plural(longest, 'window')}",
                fix=f"give {longest}, or one for all",
            )
    chain = list(zip(*(row * (longest // len(row)) for row in rows), strict=True))
    for each in chain:
        Window(*each)
    return chain


def _check(windows: Sequence[tuple[int, ...]]) -> None:
    """Refuse a product with more powers than can be multiplied out at once."""
    count, extent = prod(kernel for kernel, *_ in windows), compose(Window(*each) for each in windows).kernel
    for number, name, most in ((count, "paths", PATHS), (extent, "powers of z", POWERS)):
        if number > most:
            raise SettingError(
                "the polynomial would be too large to multiply out.",
                here=f"{number:,} {name}",
                rule=f"at most {most:,} {name}",
                fix="use smaller or fewer windows: the formulas are the same for any",
            )


def _factors(windows: Sequence[tuple[int, ...]], z: sp.Symbol) -> Expr:
    """The product of the polynomials of a chain, each in the stride of those below."""
    below, factors = 1, []
    for kernel, stride, dilation in windows:
        factors.append(sp.Add(*(z ** (dilation * k * below) for k in range(kernel))))
        below *= stride
    return sp.Mul(*factors)


def _counted(first: Window, second: Window) -> Instance:
    """Numbers for two windows, and the paths through them, counted one by one."""
    inputs = [j for o in second.reads(0) for j in first.reads(o)]
    counts = [inputs.count(j) for j in range(min(inputs), max(inputs) + 1)]
    letters = {name: [size(f"{name}_{i}") for i in "12"] for name in "Kd"}
    numbers = dict(zip(letters["K"], (first.kernel, second.kernel), strict=True))
    numbers |= dict(zip(letters["d"], (first.dilation, second.dilation), strict=True))
    sizes = {size("s_1"): first.stride, size("e"): len(counts), sp.Symbol("z"): 100}
    return Instance(numbers | sizes, {"c": Tensor((len(counts),), counts)})
