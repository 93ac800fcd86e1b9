"""Windows compose: what two of them are, what follows for deep chains, and how often each input is read.

References
----------
.. [1] A. Araujo, W. Norris and J. Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019,
   https://doi.org/10.23915/distill.00021, equations 1 to 5.
.. [2] Dang Ha The Hien, "A guide to receptive field arithmetic for Convolutional Neural Networks", 2017.
"""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.readers import Tensor
from cnnmath.subjects.windows.composition import reached
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance
from cnnmath.symbolic.terms import Expr, Pi, Sigma, array, index, size
from cnnmath.window import Window, check_at_least

MOST = 300
"""Layers of a chain, followed position by position."""


def receptive_field_recurrence(layers: int | None = None) -> Derivation:
    r"""The recurrences of receptive fields, and their closed form.

    .. math:: r_L = 1 + \sum_{l<L} (k_l - 1) \prod_{i<l} s_i

    Layers count from 0, the first above the input. Of r, j and c at l, l layers lie below: an output sees r inputs, its
    neighbour's begin j further on, and the centre of the first output's is at c.

    Parameters
    ----------
    layers
        How many there are; a symbol if left out.

    Raises
    ------
    SettingError
        For fewer than one layer, or too many to follow.

    Examples
    --------
    >>> receptive_field_recurrence().result
    Closed form: r[L] = 1 + sum{l<L} (k[l] - 1)*prod{i<l} s[i]
    """
    if layers is not None:
        check_at_least("number of layers", layers, 1)
    if layers is not None and layers > MOST:
        raise SettingError(
            "the chain would be too long to follow.",
            here=f"{layers:,} layers, {layers * layers:,} factors in the closed form",
            rule=f"at most {MOST} layers",
            fix="leave the number out: the formulas are the same for any",
        )
    L = size("L") if layers is None else sp.Integer(layers)
    i, l = index("i"), index("l")  # noqa: E741 - the papers' index
    k, s, p, r, j, c, b = map(array, "ksprjcb")
    each, strides = [(l, L)], Pi(s[i], [(i, l)])
    steps = (
        step(
            "Jump",
            "the layers below are one window, the jump is its stride, and strides multiply.",
            j[l + 1],
            j[l] * s[l],
            each,
        ),
        step(
            "Field",
            "each further tap of the next layer adds a jump.",
            r[l + 1],
            r[l] + (k[l] - 1) * j[l],
            each,
        ),
        step(
            "Centre",
            "the middle of its window, from the padding on, in jumps.",
            c[l + 1],
            c[l] + (_half(k[l] - 1) - p[l]) * j[l],
            each,
        ),
        step("Effective stride", "so the jump is the product of the strides below.", j[l], strides, [(l, L + 1)]),
        step(
            "From the top",
            remark("the other way: one output sees {} of the outputs that lie {} layers up.", b[l], l),
            b[l],
            s[l] * b[l + 1] + k[l] - s[l],
            each,
        ),
        step("Both ways", "all the way down, it is the same field.", b[0], r[L]),
        step(
            "First centre",
            "the field begins in the padding, its centre lies half of it further.",
            c[L],
            _half(r[L] - 1) - Sigma(p[l] * strides, each),
        ),
        step("Closed form", "add up the jumps.", r[L], 1 + Sigma((k[l] - 1) * strides, each)),
    )
    depths = (2, 3, 4) if layers is None else (layers, layers)
    return Derivation(
        f"Receptive fields of a chain of {L} layers" if L != 1 else "The receptive field of one layer",
        (
            remark("layer {}: kernel {}, stride {}, padding {} before", l, k[l], s[l], p[l]),
            remark(
                "without layers an output is an input: {}, {}, {}; from the top {}",
                *(
                    sp.Eq(start, number, evaluate=False)
                    for start, number in ((r[0], 1), (j[0], 1), (c[0], 0), (b[L], 1))
                ),
            ),
            remark("{} inputs seen, {} between neighbours, {} the centre of the first", r[l], j[l], c[l]),
        ),
        steps,
        tuple(_chain(depth, turn) for turn, depth in enumerate(depths)),
        (remark("With a dilation {}, {} stands for the extent {}.", index("d"), k[l], index("d") * (k[l] - 1) + 1),),
    )


def _half(number: Expr) -> Expr:
    """Half of it, as one fraction."""
    return sp.Mul(sp.Rational(1, 2), number, evaluate=False)


def _chain(depth: int, turn: int) -> Instance:
    """Numbers for a chain of windows, and what is seen through it, followed position by position."""
    kernels, strides, paddings = (3, 1, 2, 4), (2, 1, 3, 1), (1, 0, 2)
    windows = [
        Window(
            kernels[(layer + turn) % 4],
            strides[(layer + 2 * turn) % 4] if layer < 4 else 1,
            before=paddings[(layer + turn) % 3],
        )
        for layer in range(depth)
    ]
    below = [[reached(windows[:layer], o) for o in (0, 1)] for layer in range(depth + 1)]
    above = [reached(windows[layer:], 0) for layer in range(depth + 1)]
    arrays = {
        "k": [w.kernel for w in windows],
        "s": [w.stride for w in windows],
        "p": [w.before for w in windows],
        "r": [last - first + 1 for (first, last), _ in below],
        "j": [second - first for (first, _), (second, _) in below],
        "c": [Fraction(first + last, 2) for (first, last), _ in below],
        "b": [last - first + 1 for first, last in above],
    }
    return Instance({size("L"): depth}, {name: Tensor((len(row),), row) for name, row in arrays.items()})
