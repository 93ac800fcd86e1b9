"""Translation equivariance: which shifts of its input a convolution of some stride turns into shifts of its output.

References
----------
.. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 9.2.
"""

from __future__ import annotations

from random import Random
from typing import Any

import sympy as sp

from cnnmath.ops import Conv
from cnnmath.readers import Tensor
from cnnmath.subjects.equivariance.shifts import (
    FAR,
    FURTHER,
    Responses,
    assumptions,
    chosen_shift,
    concrete,
    counted,
    fitting,
    outputs,
    responses,
    scaled,
    shifted,
)
from cnnmath.subjects.signals.lattice import box, everywhere, integers, minus, place, plus
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Array, Instance, Place, Sparse
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.terms import Bracket, Divides, Expr, Partial, Sigma, array, index


def translation_equivariance(op: Conv) -> Derivation:
    r"""A convolution of stride s turns a shift by t into a shift by t/s, and only if s divides t.

    .. math:: x'_{c,j} = x_{c,j-t} \;\Rightarrow\; y'_{f,o} = y_{f,o-t/s} \quad\text{where } s \mid t

    The signals run over all integers, so that there are no borders: near one, zeros take the place of what was moved
    out, and only outputs whose window stays inside the image are shifted.

    Parameters
    ----------
    op
        A convolution; its window may be symbols.

    Examples
    --------
    >>> print(translation_equivariance(Conv(1, (3,), stride=2, padding=1)).text(full=False))
    Shifts that conv(F, (3,), stride=2, padding=1) turns into shifts
      x and y run over all integers: there are no borders
      w is not zero
      E[t] is the number of shifts u of the output that fit a shift by t of any input
         E[t] = [2 divides t]
    """
    letters = Letters.of(op)
    rank, windows = len(letters.windows), letters.windows
    f, c = index("f"), index("c")
    o, j, t, u = (integers(letter, rank) for letter in "ojtu")
    x, moved, y, after, w, E = map(array, ("x", "x'", "y", "y'", "w", "E"))
    taps = letters.axes("k", [window.kernel for window in windows])
    k = tuple(a for a, _ in taps)
    strides = [window.stride for window in windows]
    channel = _channel(letters, f, c)
    reads = [window.tap(*pair) for window, *pair in zip(windows, o, k, strict=True)]
    filters, channels = (f, letters.shapes["y"][1]), (c, letters.shapes["w"][1])
    bias = array("b")[f] if op.bias else sp.S.Zero
    divides = Bracket(*map(Divides, strides, t))
    strided = scaled(strides, u)
    multiple = Bracket(*(sp.Eq(a, b) for a, b in zip(t, strided, strict=True)))
    response = Partial(y[(f, *o)], x[(channel, *j)])
    further = Partial(y[(f, *plus(o, u))], x[(channel, *plus(j, strided))])
    tried = [(a, s + 2) for a, s in zip(t, strides, strict=True)]

    def layer(positions: Any) -> Expr:
        return bias + Sigma(w[(f, c, *k)] * x[(channel, *positions)], [channels, *taps])

    steps = (
        step(
            "Layer", "the same sum of products at every output.", y[(f, *o)], layer(reads), [filters, *everywhere(*o)]
        ),
        step(
            "Shift",
            remark("{} is {}, moved by {}.", sp.Symbol("x'"), sp.Symbol("x"), place(t)),
            moved[(c, *j)],
            x[(c, *minus(j, t))],
            [(c, letters.shapes["x"][1]), *everywhere(*j)],
        ),
        step(
            "Shifted layer",
            "read the shifted input with the same window.",
            after[(f, *o)],
            layer(minus(reads, t)),
            [filters, *everywhere(*o)],
        ),
        step(
            "Multiples of the stride",
            remark(
                "where the input moves by {} strides, the output at {} reads what that at {} did.",
                place(u),
                place(o),
                place(minus(o, u)),
            ),
            multiple * after[(f, *o)],
            multiple * y[(f, *minus(o, u))],
            [filters, *everywhere(*o, *u)],
        ),
        step(
            "Impulse",
            remark("an input at {} is seen with the weight of the tap that reads it.", place(j)),
            response,
            Sigma(w[(f, c, *k)], taps, [sp.Eq(a, b) for a, b in zip(reads, j, strict=True)]),
            [filters, channels, *everywhere(*o, *j)],
        ),
        step(
            "One stride further",
            "an impulse that is strides further is seen as many outputs further.",
            further,
            response,
            [filters, channels, *everywhere(*o, *j, *u)],
        ),
        step(
            "Shifts that fit",
            remark(
                "impulses at {} and at {} are then seen alike, but a finite kernel that is not zero does not repeat.",
                place(plus(j, t)),
                place(plus(j, strided)),
            ),
            E[t],
            Sigma(1, everywhere(*u), [sp.Eq(a, b) for a, b in zip(t, strided, strict=True)]),
            tried,
        ),
        step(
            "All shifts",
            "so one shift of the output fits, or none does: these are all the shifts there are.",
            E[t],
            divides,
            tried,
        ),
    )
    return Derivation(
        f"Shifts that {letters.setting} turns into shifts",
        (*assumptions(letters), remark("{} is not zero", sp.Symbol("w")), counted(E[t], u, t)),
        steps,
        tuple(_instance(letters, *case) for case in ((0, 1), (-1, FURTHER[rank]), (-1, 0))),
    )


def _channel(letters: Letters, f: Expr, c: Expr) -> Expr:
    """Input channel that a filter reads as its channel c."""
    if letters.groups == 1:
        return c
    return sp.floor(f / (letters.shapes["y"][1] // letters.groups)) * letters.shapes["w"][1] + c


def _instance(letters: Letters, which: int, strides: int) -> Instance:
    """Numbers for one of the operator's small settings, its signals without borders, shifted by so many strides."""
    own = letters.instances()[which]
    windows = concrete(letters, own)
    far, t = FAR[len(windows)], chosen_shift(windows, strides)
    weights, biases = own.tensor("w"), own.tensor("b") if "b" in own.arrays else None
    weights = Tensor(weights.shape, [*weights.values[:-1], weights.values[-1] or 1])
    (filters, depth), groups = weights.shape[:2], letters.groups
    numbers = [
        (f, f // (filters // groups) * depth + c, tuple(k), weights[f, c, *k]) for f, c, *k in weights.positions()
    ]
    places = outputs(windows, far)
    table = responses(windows, numbers, places)
    draw = Random(which)
    x = Sparse({at: draw.randint(-3, 3) for at in box(range(depth * groups), *[range(-2, 3)] * len(windows))})
    periods = [window.stride for window in windows]
    tried = box(*(range(period + 2) for period in periods))
    start = {(f, *o): biases[f] if biases else 0 for f in range(filters) for o in places}
    arrays: dict[str, Array] = {
        "x": x,
        "x'": shifted(x, t),
        "w": weights,
        "y": _summed(table, x, start),
        "y'": _summed(table, shifted(x, t), start),
        "dy/dx": Sparse({(*o, *j): number for j, reached in table.items() for o, number in reached.items()}),
        "E": Sparse(
            {at: fitting(table, depth * groups, periods, at) for at in tried}, tuple(period + 2 for period in periods)
        ),
    }
    if biases:
        arrays["b"] = biases
    shift = dict(zip(integers("t", len(windows)), t, strict=True))
    return Instance({**own.values, **shift, sp.oo: far}, arrays)


def _summed(table: Responses, x: Sparse, start: dict[Place, Any]) -> Sparse:
    """Output of a layer: every number of the input leaves its multiple of the response to its impulse."""
    y = dict(start)
    for j, height in x.numbers.items():
        for o, number in table.get(j, {}).items():
            y[o] += height * number
    return Sparse(y)
