"""Shifts through layers: pooling commutes with those that its stride divides, and the strides of layers multiply.

References
----------
.. [1] R. Zhang, "Making convolutional networks shift-invariant again", ICML 2019, arXiv:1904.11486.
.. [2] A. Azulay and Y. Weiss, "Why do deep convolutional networks generalize so poorly to small image
   transformations?", arXiv:1805.12177.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import sympy as sp

from cnnmath.ops import MaxPool
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
from cnnmath.subjects.signals.lattice import box, everywhere, integers, minus
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Array, Instance, Lazy, Place, Sparse, values
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.reader import numbered
from cnnmath.symbolic.terms import Bracket, Divides, Expr, Maximum, array, index, size
from cnnmath.window import Window


def pooling_shifts(op: MaxPool) -> Derivation:
    r"""Max pooling of stride s commutes with the shifts that s divides; after a layer of stride S, with those of s*S.

    .. math:: y'_{o} = y_{o-u} \;\text{where}\; t = s u, \qquad z'_{o} = z_{o-u} \;\text{where}\; t = s S u

    and with no other shifts. So a network turns into shifts of its output the multiples of the product of its strides.

    Parameters
    ----------
    op
        A max pooling; its window may be symbols.

    Examples
    --------
    >>> derivation = pooling_shifts(MaxPool((2,)))
    >>> derivation.steps[3], derivation.result
    (All shifts: E[t] = [2 divides t], All shifts of both: G[t] = [2*S divides t])
    """
    letters = Letters.of(op)
    rank, windows = len(letters.windows), letters.windows
    c = index("c")
    o, t, u = (integers(letter, rank) for letter in "otu")
    x, y, z, y_after, z_after, E, G = map(array, ("x", "y", "z", "y'", "z'", "E", "G"))
    taps = letters.axes("k", [window.kernel for window in windows])
    stride, kernel = size("S"), size("M")
    second = tuple((index(letter), kernel) for letter in numbered("m", rank))
    strides = [window.stride for window in windows]
    both = [stride * s for s in strides]
    reads = [window.tap(i, k) for window, i, (k, _) in zip(windows, o, taps, strict=True)]
    over = [(c, letters.shapes["x"][1]), *everywhere(*o)]

    def follows(after: sp.IndexedBase, before: sp.IndexedBase, strides: Sequence[Any]) -> tuple[Expr, Expr]:
        moved = Bracket(*(sp.Eq(a, b) for a, b in zip(t, scaled(strides, u), strict=True)))
        return moved * after[(c, *o)], moved * before[(c, *minus(o, u))]

    steps = (
        step("Pooling", "the greatest number of each window.", y[(c, *o)], Maximum(x[(c, *reads)], taps), over),
        step(
            "Shifted input",
            "the same window reads what has been moved.",
            y_after[(c, *o)],
            Maximum(x[(c, *minus(reads, t))], taps),
            over,
        ),
        step(
            "Multiples of the stride",
            "moved by strides, the windows hold the numbers that others held before.",
            *follows(y_after, y, strides),
            [*over, *everywhere(*u)],
        ),
        step(
            "All shifts",
            "an impulse is seen by a finite set of outputs, and such a set is no shift of itself: nothing else fits.",
            E[t],
            Bracket(*map(Divides, strides, t)),
            [(a, s + 2) for a, s in zip(t, strides, strict=True)],
        ),
        step(
            "A second layer",
            "pool the result again; for a convolution the argument is the same.",
            z[(c, *o)],
            Maximum(y[(c, *(stride * i + m for i, (m, _) in zip(o, second, strict=True)))], second),
            over,
        ),
        step(
            "Strides multiply",
            "the first layer must move by strides of the second.",
            *follows(z_after, z, both),
            [*over, *everywhere(*u)],
        ),
        step(
            "All shifts of both",
            "again nothing else fits: most shifts of an image are no shift of what a deep layer sees.",
            G[t],
            Bracket(*map(Divides, both, t)),
            [(a, s + 2) for a, s in zip(t, both, strict=True)],
        ),
    )
    return Derivation(
        f"Shifts that {letters.setting} turns into shifts",
        (
            *assumptions(letters),
            remark(
                "{} pools {} again, with kernel {} and stride {} on every axis",
                sp.Symbol("z"),
                sp.Symbol("y"),
                kernel,
                stride,
            ),
            counted(E[t], u, t),
            remark("{} is the same for both layers", G[t]),
        ),
        steps,
        tuple(
            _instance(letters, *case) for case in ((0, 1, 2), (-1, 1, 1), (-1, FURTHER[rank], 2), (0, FURTHER[rank], 1))
        ),
    )


def _instance(letters: Letters, which: int, times: int, layers: int) -> Instance:
    """Numbers for one of the operator's small settings, shifted by strides of it, or of it and another on it."""
    own = letters.instances()[which]
    windows = concrete(letters, own)
    rank = len(windows)
    kernel, stride = (2, 3) if all(w.stride != 3 for w in windows) and rank < 3 else (3, 2)
    second = [Window(kernel, stride=stride)] * rank
    once = chosen_shift(windows, times)
    t = tuple(stride * a for a in once) if layers == 2 else once
    draw, channels = Random(which), own.tensor("x").shape[1]
    x = Sparse(
        {at: draw.randint(-20, 20) for at in box(range(channels), *[range(-3 * FAR[rank], 3 * FAR[rank] + 2)] * rank)}
    )
    arrays: dict[str, Array] = {"x": x}
    for mark, signal in (("", x), ("'", shifted(x, t))):
        y = pooled(signal, windows)
        arrays |= {f"y{mark}": y, f"z{mark}": pooled(y, second)}
    strides = [window.stride for window in windows]
    first = seen(windows, outputs(windows, FAR[rank]))
    places = outputs([a.then(b) for a, b in zip(windows, second, strict=True)], 1)
    reach = stride * max(abs(i) for o in places for i in o) + kernel
    between = box(*[range(-reach, reach + 1)] * rank)
    last = seen(second, places)
    chain = {j: {o: 1 for i in reached for o in last.get(i, {})} for j, reached in seen(windows, between).items()}
    arrays["E"] = _fits(first, strides)
    arrays["G"] = _fits(chain, [stride * s for s in strides])
    shift = dict(zip(integers("t", rank), t, strict=True))
    sizes = values(S=stride, M=kernel)
    return Instance({**own.values, **sizes, **shift, sp.oo: FAR[rank]}, arrays)


def pooled(x: Sparse, windows: Sequence[Window]) -> Sparse:
    """Max pooling over all integers: the greatest of what each window reads, for all that read a number of x.

    Examples
    --------
    >>> pooled(Sparse({(0, 0): 5, (0, 1): -2, (0, 2): -3, (0, 3): -4}), [Window(2, stride=2)]).numbers
    {(0, 0): 5, (0, 1): -3}
    """
    places = []
    for axis, w in enumerate(windows, 1):
        first, last = (extreme(at[axis] for at in x.numbers) + w.before for extreme in (min, max))
        places.append(range((first - w.extent) // w.stride + 1, last // w.stride + 1))
    return Sparse({
        (c, *o): max(x[c, *j] for j in box(*(w.reads(i) for w, i in zip(windows, o, strict=True))))
        for c in {at[0] for at in x.numbers}
        for o in box(*places)
    })  # fmt: skip


def seen(windows: Sequence[Window], places: Sequence[Place]) -> Responses:
    """The outputs at which an impulse is seen, 1 at each."""
    return responses(windows, [(0, 0, tap, 1) for tap in box(*(range(w.kernel) for w in windows))], places)


def _fits(table: Responses, strides: Sequence[int]) -> Lazy:
    """For every shift up to a stride and one further, how many shifts of the output fit it."""
    return Lazy(tuple(s + 2 for s in strides), lambda t: fitting(table, 1, strides, t))
