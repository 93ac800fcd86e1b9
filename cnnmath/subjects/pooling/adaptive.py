"""Adaptive pooling: the bins that divide any input into a given number of outputs, their sizes and overlaps.

References
----------
.. [1] K. He, X. Zhang, S. Ren and J. Sun, "Spatial pyramid pooling in deep convolutional networks for visual
   recognition", arXiv:1406.4729, section 2.3 and appendix A (floor on the left, ceiling on the right).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd, prod

import sympy as sp

from cnnmath.ops import AdaptiveAveragePool
from cnnmath.subjects.pooling.global_average import check_axes
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.instance import Array, Instance, Sparse, values
from cnnmath.symbolic.oracle import oracle
from cnnmath.symbolic.reader import numbered
from cnnmath.symbolic.setting import spatial
from cnnmath.symbolic.terms import Bracket, Divides, Expr, Range, Sigma, array, index, size

SMALL = ((7, 3), (8, 4), (5, 4), (3, 5), (6, 4))
"""Inputs and outputs of small axes: some divide, some leave one more or one less, one has more outputs than inputs."""


def adaptive_pooling(rank: int = 1) -> Derivation:
    r"""Adaptive average pooling: where its bins lie, what they share, and its gradient.

    .. math:: a_o = \lfloor o L/O \rfloor, \quad e_o = \lceil (o + 1) L/O \rceil, \quad
       \lceil L/O \rceil \le e_o - a_o \le \lceil L/O \rceil + [O \nmid L]

    The input is cut into O equal parts; a bin holds all positions that its part touches. So neighbours share one
    position where the cut between them goes through it, and none where it does not.

    Parameters
    ----------
    rank
        Number of spatial axes, 1 to 3. The bins are described along the first; those of the others are alike.

    Raises
    ------
    SettingError
        For another rank.

    Examples
    --------
    >>> adaptive_pooling().steps[4]
    Overlap: e[o] - a[o+1] = [not O divides o*L + L]
    >>> adaptive_pooling().result
    Mass: sum{n<N, c<C, j<L} dL/dx[n,c,j] = sum{n<N, c<C, o<O} dL/dy[n,c,o]
    """
    check_axes(rank)
    inputs, outputs = spatial(rank), tuple(map(size, numbered("O", rank)))
    o = tuple(zip(map(index, numbered("o", rank)), outputs, strict=True))
    j = tuple(zip(map(index, numbered("j", rank)), inputs, strict=True))
    a, e = (_of_axes(array(name), rank) for name in "ae")
    shapes = (part for name, sizes in (("x", inputs), ("y", outputs)) for part in _shape(name, sizes))
    return Derivation(
        f"Adaptive average pooling over {rank} {'axis' if rank == 1 else 'axes'}",
        (
            remark("{} {}, {} {}", *shapes),
            remark("{} is the greatest common divisor of {} and {}.", size("g"), inputs[0], outputs[0]),
        ),
        (*_bins(o[0], inputs[0], a[0], e[0]), *_pooling(o, j, a, e)),
        tuple(_instance(rank, turn, inputs, outputs) for turn in range(len(SMALL) if rank == 1 else 2)),
        (
            remark(
                "{} and {} have the axis as their first index; bins are described along the first.",
                *map(sp.Symbol, "ae"),
            ),
        )
        if rank > 1
        else (),
    )


def _of_axes(name: sp.IndexedBase, rank: int) -> list[Callable[[Expr], Expr]]:
    """An array's entry for an output of each axis; the axis is its first index where there are several."""
    return [lambda o, axis=axis: name[o] if rank == 1 else name[axis, o] for axis in range(1, rank + 1)]


def _bins(output: Range, length: Expr, a: Callable[[Expr], Expr], e: Callable[[Expr], Expr]) -> tuple[Step, ...]:
    """Where the bins of one axis begin and end, how large they are, and what neighbours share."""
    o, count = output
    part = sp.Mod(length, count)
    over = [output]
    least = sp.floor((length + count - 1) / count)
    return (
        step(
            "Start",
            "cut the input into equal parts, one an output; a bin starts with the position in which its part starts.",
            a(o),
            sp.floor(o * length / count),
            over,
        ),
        step(
            "End",
            "it ends behind the position in which its part ends: rounded up.",
            e(o),
            sp.floor(((o + 1) * length + count - 1) / count),
            over,
        ),
        step(
            "At least",
            "a part is as long as the quotient, and a bin is never shorter than its part.",
            e(o) - a(o),
            least,
            over,
            ">=",
        ),
        step(
            "At most",
            "so sizes differ by one at most, and not at all where the division leaves no rest.",
            e(o) - a(o),
            least + Bracket(part > 0),
            over,
            "<=",
        ),
        step(
            "Overlap",
            "neighbouring bins share the position that the cut between them goes through, if it does.",
            e(o) - a(o + 1),
            Bracket(sp.Not(Divides(count, (o + 1) * length))),
            [(o, count - 1)],
        ),
        step(
            "Total",
            "all cuts but those at whole positions make bins overlap by one.",
            Sigma(e(o) - a(o), over),
            length + count - size("g"),
        ),
    )


def _pooling(
    o: Sequence[Range], j: Sequence[Range], a: Sequence[Callable[[Expr], Expr]], e: Sequence[Callable[[Expr], Expr]]
) -> tuple[Step, ...]:
    """The mean over bins and its gradient."""
    n, c = index("n"), index("c")
    batch = [(n, size("N")), (c, size("C"))]
    outputs, inputs = tuple(i for i, _ in o), tuple(i for i, _ in j)
    x, y, dx, dy = (array(name) for name in ("x", "y", "dL/dx", "dL/dy"))
    starts, ends = ([entry(i) for entry, i in zip(entries, outputs, strict=True)] for entries in (a, e))
    volume = prod(end - start for start, end in zip(starts, ends, strict=True))
    within = [c for start, i, end in zip(starts, inputs, ends, strict=True) for c in (sp.Le(start, i), sp.Lt(i, end))]
    reverse = []
    for (k, count), (i, length) in zip(o, j, strict=True):
        reverse += [sp.Ge(k, sp.floor(i * count / length)), sp.Lt(k, sp.floor(((i + 1) * count + length - 1) / length))]
    return (
        step(
            "Definition",
            "an output is the mean over its bin.",
            y[n, c, *outputs],
            Sigma(x[n, c, *inputs], j, within) / volume,
            [*batch, *o],
        ),
        step(
            "Gradient",
            "every output spreads its gradient evenly over its bin; where bins overlap, shares add up.",
            dx[n, c, *inputs],
            Sigma(dy[n, c, *outputs] / volume, o, within),
            [*batch, *j],
        ),
        step(
            "Duality",
            "which bins hold a position? Exchange inputs and outputs: those in the bin of the position.",
            dx[n, c, *inputs],
            Sigma(dy[n, c, *outputs] / volume, o, reverse),
            [*batch, *j],
        ),
        step(
            "Mass",
            "the shares of an output add up to 1, so nothing of the gradient is lost.",
            Sigma(dx[n, c, *inputs], [*batch, *j]),
            Sigma(dy[n, c, *outputs], [*batch, *o]),
        ),
    )


def _shape(name: str, sizes: Sequence[sp.Symbol]) -> tuple[Expr, Expr]:
    return sp.Symbol(name), sp.Tuple(size("N"), size("C"), *sizes)


def _instance(rank: int, turn: int, inputs: Sequence[sp.Symbol], outputs: Sequence[sp.Symbol]) -> Instance:
    """Small axes with what the readers say of the pooling, and the bins as the positions that a part touches."""
    axes = [SMALL[(turn + i) % len(SMALL)] for i in range(rank)]
    op, shape = AdaptiveAveragePool(tuple(m for _, m in axes)), (2, 1, *(n for n, _ in axes))
    arrays: dict[str, Array] = dict(oracle(op, [shape]))
    touched = {(o,) if rank == 1 else (i, o): _touched(o, n, m) for i, (n, m) in enumerate(axes, 1) for o in range(m)}
    ends = tuple(max(axis) + 1 for axis in zip(*touched, strict=True))
    arrays["a"] = Sparse({at: positions[0] for at, positions in touched.items()}, ends)
    arrays["e"] = Sparse({at: positions[-1] + 1 for at, positions in touched.items()}, ends)
    lengths = {symbol: n for symbol, (n, _) in zip(inputs, axes, strict=True)}
    counts = {symbol: m for symbol, (_, m) in zip(outputs, axes, strict=True)}
    return Instance({**values(N=2, C=1, g=gcd(*axes[0])), **lengths, **counts}, arrays)


def _touched(i: int, length: int, count: int) -> list[int]:
    """Positions, each an interval of length 1, that the part number i of equal parts overlaps."""
    start, end = Fraction(i * length, count), Fraction((i + 1) * length, count)
    return [j for j in range(length) if j < end and j + 1 > start]
