"""How many windows fit, counted one by one, and how the size of the input comes back.

References
----------
.. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285,
   relations 6 and 14.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from cnnmath.ops import Conv
from cnnmath.subjects.convolution.counting import Axis, axes, instances
from cnnmath.symbolic import Derivation, Step, remark
from cnnmath.symbolic.terms import Bracket, Maximum, index


def output_size(op: Conv) -> Derivation:
    r"""How many windows fit: the size of the output, and the inputs that have it.

    .. math:: O = \left\lfloor \frac{n + p_0 + p_1 - d(K-1) - 1}{s} \right\rfloor + 1

    Parameters
    ----------
    op
        A convolution; its window may be symbols.

    Examples
    --------
    >>> print(output_size(Conv(64, (7,), stride=2, padding=3)).steps[-2])
    Output size: O = floor((L - 1)/2) + 1
    """
    every, o, n = axes(op), index("o"), index("n")
    where, first = "" if len(every) == 1 else ", along axis 1", every[0].entry
    return Derivation(
        f"Output size of {every[0].layer.letters.setting}",
        tuple(axis.setting for axis in every),
        tuple(line for axis in every for line in _counting(axis, o, n)),
        instances(every),
        (
            remark(f"{{}} is 1 where window {{}} lies in the padded input, and 0 elsewhere{where}.", first("t", o), o),
            remark(f"{{}} is the number of windows in an input of length {{}}{where}.", first("c", n), n),
        ),
    )


def _counting(axis: Axis, o: sp.Symbol, n: sp.Symbol) -> Iterator[Step]:
    """How many windows fit along one axis, window by window."""
    w, e, padded = axis.window, axis.extent, axis.length + axis.padding
    yield axis.step(
        "Extent",
        remark("write {} for the length from the first tap of a window to its last, holes included.", e),
        e,
        w.extent,
    )
    yield axis.step(
        "Fit",
        "windows start a stride apart; one fits if it ends no later than the padded input.",
        axis.entry("t", o),
        Bracket(sp.Le(w.stride * o + e, padded)),
        over=[(o, padded)],
    )
    yield axis.step(
        "Last window",
        "a start is a whole number of strides: divide by the stride and round down.",
        Maximum(o, [(o, padded)], [sp.Le(w.stride * o + e, padded)]),
        axis.strides(padded - e),
    )
    yield axis.step(
        "Count",
        "the windows that fit are those from 0 to the last, one more than its number.",
        axis.outputs,
        axis.strides(padded - e) + 1,
    )
    yield axis.step("Output size", "put the extent in.", axis.outputs, axis.strides(axis.room) + 1)
    least = w.stride * o + w.extent - axis.padding
    yield axis.step(
        "Preimage",
        remark("the floor stays the same for as many lengths in a row as the stride: these have {} outputs.", o + 1),
        Bracket(sp.Eq(axis.entry("c", n), o + 1)),
        Bracket(sp.Le(least, n), sp.Lt(n, least + w.stride)),
        over=[(n, 2 * axis.length), (o, axis.outputs)],
    )


def output_padding(op: Conv) -> Derivation:
    r"""The output padding with which a transposed convolution gives back the size that a convolution had read.

    .. math:: n = s(O-1) + d(K-1) + 1 - p_0 - p_1 + a
       \quad\Longleftrightarrow\quad a = (n + p_0 + p_1 - d(K-1) - 1) \bmod s

    Parameters
    ----------
    op
        The convolution; its window may be symbols.

    Examples
    --------
    >>> print(output_padding(Conv(64, (3,), stride=2, padding=1)).steps[-2])
    Output padding: [T + a = L] = [a = r]
    """
    every, a = axes(op), index("a")
    return Derivation(
        f"The input's size back from the output of {every[0].layer.letters.setting}",
        tuple(axis.setting for axis in every),
        tuple(line for axis in every for line in _returning(axis, a)),
        instances(every),
        (remark("{} is the output padding: positions that a transposed convolution has more at its end.", a),),
    )


def _returning(axis: Axis, a: sp.Symbol) -> Iterator[Step]:
    """How the length of the input comes back along one axis."""
    w, n, o, reach, rest = axis.window, axis.length, axis.outputs, axis.reach, axis.rest
    spread = w.stride * (o - 1) + w.extent - axis.padding
    yield axis.step("Output size", "count the windows that fit.", o, axis.strides(axis.room) + 1)
    yield axis.step(
        "Rest",
        remark("the division is rounded down: write {} for the end of the padded input that no window reaches.", rest),
        axis.room,
        w.stride * (o - 1) + rest,
    )
    yield axis.step("Remainder", "that is the remainder of the division.", rest, axis.layer.rest(axis.number))
    yield axis.step(
        "Transposed size",
        remark(
            "the transposed convolution lays {} kernels down, a stride apart, and cuts the padding off: it has {} "
            "positions.",
            o,
            reach,
        ),
        reach,
        spread,
    )
    yield axis.step("Missing", "all that is missing is the rest.", n - reach, rest)
    yield axis.step(
        "Output padding",
        "so the rest is the one output padding that gives the size back.",
        Bracket(sp.Eq(reach + a, n)),
        Bracket(sp.Eq(a, rest)),
        over=[(a, w.stride)],
    )
    yield axis.step("Input size", "put the size and the rest in.", n, spread + rest)
