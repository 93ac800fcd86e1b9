"""Winograd's minimal filtering nested along two axes: one multiplication for each pair of points.

References
----------
.. [1] S. Winograd, "Arithmetic Complexity of Computations", SIAM 1980.
.. [2] A. Lavin and S. Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product as places
from math import prod
from random import Random
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.graph.text import plural
from cnnmath.readers import Tensor
from cnnmath.subjects.fast.bilinear import (
    DIRECT,
    FAST,
    axis_names,
    check_size,
    entrywise,
    points_remark,
    product,
    saving,
)
from cnnmath.subjects.fast.filtering import Axis, conventions, growth
from cnnmath.symbolic import Derivation, Step, step
from cnnmath.symbolic.instance import Instance, drawn, values
from cnnmath.symbolic.terms import Bracket, Expr, Range, Sigma, array, index
from cnnmath.toomcook import transforms


def winograd_2d(
    m: int | tuple[int, int] = 2,
    r: int | tuple[int, int] = 3,
    points: Sequence[int | Fraction] | tuple[Sequence[int | Fraction], Sequence[int | Fraction]] | None = None,
) -> Derivation:
    r"""Minimal filtering nested along two axes: F(m x m, r x r) with (m + r - 1)^2 multiplications instead of (m r)^2.

    .. math:: Y = A^T \bigl[ (G g G^T) \odot (B^T d B) \bigr] A, \qquad
       Y_{i_1 i_2} = \sum_{k_1, k_2} g_{k_1 k_2}\, d_{i_1 + k_1, i_2 + k_2}

    Along one axis the algorithm is proved as an identity of polynomials, which says what its coefficients are; along
    two, coefficients are products of those of the axes.

    Parameters
    ----------
    m, r
        Outputs, and taps of the filter, along both axes or along each.
    points
        Distinct rational numbers, m + r - 2 along an axis: for both, or a pair.

    Raises
    ------
    SettingError
        For m or r below 1, too large to be proved here, or of other than two axes; for points that are too few, too
        many, not rational or not distinct.

    Examples
    --------
    >>> winograd_2d().result
    Nested: y = A^T*((G*g*G^T) .* (B^T*d*B))*A
    """
    pairs = [_pair(name, value) for name, value in (("m", m), ("r", r))]
    check_size(*zip(*pairs, strict=True))
    each = isinstance(points, Sequence) and len(points) > 0 and all(isinstance(own, Sequence) for own in points)
    own_points = _pair("points", points if each else (points, points))
    makers = [transforms(*sizes, own) for *sizes, own in zip(*pairs, own_points, strict=True)]
    alike = makers[0] == makers[1]
    axes = [Axis(makers[0]), Axis(makers[1], "" if alike else "'")]
    rows, columns = axes
    d, g, y = (
        sp.MatrixSymbol(name, *(getattr(axis, extent) for axis in axes))
        for name, extent in (("d", "t"), ("g", "r"), ("y", "m"))
    )
    own = axes[:1] if alike else axes
    transformed = entrywise(product(rows.G, g, sp.Transpose(columns.G)), product(sp.Transpose(rows.B), d, columns.B))
    steps = (
        _definition(axes),
        *(step for axis in own for step in axis.matrices()),
        *(step for axis in own for step in _one_axis(axis)),
        _coefficients("Product of axes", "a sum of products over both axes is the product of their sums.", axes),
        *saving(
            "one a pair of points, where the definition has one for each tap of each output.",
            *((axis.m, axis.r) for axis in axes),
        ),
        growth(axes),
        _nested(axes),
        step(
            "Nested",
            "the same in matrices: rows and columns are transformed one after the other.",
            y,
            product(sp.Transpose(rows.A), transformed, columns.A),
        ),
    )
    (m1, m2), (r1, r2) = pairs
    count = prod(axis.t for axis in axes)
    return Derivation(
        f"Minimal filtering F({m1}x{m2}, {r1}x{r2}): {plural(count, 'multiplication')} for {m1 * m2 * r1 * r2}",
        tuple(points_remark(axis.made.points) for axis in own),
        steps,
        tuple(_along_two_axes(axes, seed) for seed in (0, 1)),
        conventions(*own),
    )


def _one_axis(axis: Axis) -> tuple[Step, Step]:
    """The algorithm along one of several axes, and what it says of the coefficients."""
    return (
        axis.algorithm(axis.called("Axis"), "along one axis, the algorithm is the correlation."),
        _coefficients(
            axis.called("Coefficients"), "polynomials are identical where their coefficients are the same.", [axis]
        ),
    )


def _letters(axes: Sequence[Axis], letter: str, extent: str) -> list[Range]:
    """An index an axis, with its extent there."""
    names = (f"{letter}{name}" for name in axis_names(len(axes)))
    return [(index(name), getattr(axis, extent)) for name, axis in zip(names, axes, strict=True)]


def _parts(axes: Sequence[Axis]) -> tuple[dict[str, list[Range]], list[Expr]]:
    """Indices i, l, k, j along all axes, and the products of the entries of A, G and B over the axes."""
    ranges = {letter: _letters(axes, letter, extent) for letter, extent in zip("ilkj", "mtrt", strict=True)}
    symbols = zip(*([symbol for symbol, _ in listed] for listed in ranges.values()), strict=True)
    terms = (axis.term(*at) for axis, at in zip(axes, symbols, strict=True))
    return ranges, [sp.Mul(*entries) for entries in zip(*terms, strict=True)]


def _coefficients(name: str, rule: str, axes: Sequence[Axis]) -> Step:
    """Coefficients of the algorithm's polynomials: 1 for the input a tap away from the output, else 0."""
    at, parts = _parts(axes)
    taps = zip(*([symbol for symbol, _ in at[letter]] for letter in "jik"), strict=True)
    return step(
        name,
        rule,
        Sigma(sp.Mul(*parts), at["l"]),
        Bracket(*(sp.Eq(j, i + k) for j, i, k in taps)),
        [*at["i"], *at["k"], *at["j"]],
    )


def _definition(axes: Sequence[Axis]) -> Step:
    """The correlation along two axes."""
    i, k = _letters(axes, "i", "m"), _letters(axes, "k", "r")
    taps = [output + tap for (output, _), (tap, _) in zip(i, k, strict=True)]
    y, g, d = map(array, "ygd")
    return step(
        "Correlation",
        "each output is the sum over its window.",
        y[tuple(symbol for symbol, _ in i)],
        Sigma(g[tuple(symbol for symbol, _ in k)] * d[tuple(taps)], k),
        i,
    )


def _nested(axes: Sequence[Axis]) -> Step:
    """The algorithm along two axes, in indices."""
    at, (output, filters, inputs) = _parts(axes)
    (i, k, j) = (tuple(symbol for symbol, _ in at[letter]) for letter in "ikj")
    y, g, d = map(array, "ygd")
    return step(
        "Bilinear form",
        "taps and inputs enter linearly: with these coefficients, it is the correlation.",
        y[i],
        Sigma(output * Sigma(filters * g[k], at["k"]) * Sigma(inputs * d[j], at["j"]), at["l"]),
        at["i"],
    )


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    """A setting along each of two axes."""
    pair = tuple(value) if isinstance(value, Sequence) else (value, value)
    if len(pair) != 2:
        raise SettingError(
            "there are two axes.", here=f"{name} has {len(pair)} parts", fix=f"give one {name} for both, or two"
        )
    return pair


def _along_two_axes(axes: Sequence[Axis], seed: int) -> Instance:
    """Small integers, with the correlation of them by its definition."""
    draw = Random(seed)
    (m1, m2), (r1, r2) = ([getattr(axis, extent) for axis in axes] for extent in "mr")
    g, d = drawn((r1, r2), draw), drawn(tuple(axis.t for axis in axes), draw)
    taps, outputs = list(places(range(r1), range(r2))), list(places(range(m1), range(m2)))
    y = [sum((g[a, b] * d[i + a, j + b] for a, b in taps), Fraction(0)) for i, j in outputs]
    numbers = {name: numbers for axis in axes for name, numbers in axis.numbers().items()}
    sizes = values(m_1=m1, m_2=m2, r_1=r1, r_2=r2)
    counts = {DIRECT: len([(o, k) for o in outputs for k in taps]), FAST: prod(axis.products(numbers) for axis in axes)}
    return Instance({**sizes, **counts}, {**numbers, "g": g, "d": d, "y": Tensor((m1, m2), y)})
