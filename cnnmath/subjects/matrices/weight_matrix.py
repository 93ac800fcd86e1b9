"""Convolution as a matrix: as a sparse one times the input, or as the filters times a matrix of patches.

References
----------
.. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 9.1.
.. [2] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Conv
from cnnmath.ops.notation import describe
from cnnmath.ops.row_major import row_major
from cnnmath.ops.spatial import inside, taps
from cnnmath.subjects.matrices.sparse import DISTINCT, ENTRIES, REPEATED, ZEROS, Sparse
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.ranges import decided
from cnnmath.symbolic.reader import numbered
from cnnmath.symbolic.terms import Bracket, Expr, Range, Sigma, array, index
from cnnmath.window import check_at_least

AXES = (1, 2, 3)
"""Numbers of spatial axes that can be asked for."""

MATRIX = sp.Symbol("M")
"""Name of the matrix."""


def weight_matrix(
    kernel: Any = 2,
    input: Any = (3, 3),  # noqa: A002 - the setting has this name everywhere
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    channels: int = 1,
    filters: int = 1,
    groups: int = 1,
) -> Derivation:
    r"""A convolution of given sizes as a matrix: a dense layer with zeros that stay and weights that are tied.

    .. math:: \operatorname{vec}(y) = M \operatorname{vec}(x) + b, \quad
       M_{(f,o),(c,j)} = \sum_{k \,:\, s o + d k - p = j} w_{f,c,k}, \quad
       \frac{\partial L}{\partial x} = M^T \frac{\partial L}{\partial y}

    Parameters
    ----------
    kernel, stride, padding, dilation
        An integer for all axes, or one an axis; padding also as pairs (before, after).
    input
        Spatial sizes of the input, one to three of them.
    channels, filters, groups
        Numbers of input channels, of filters and of groups.

    Raises
    ------
    SettingError, ShapeError
        For settings that no convolution can have, and for a matrix that is too large to write down.

    Examples
    --------
    >>> print(weight_matrix(kernel=2, input=3).steps[2])
    Matrix: [[y[0] - b], [y[1] - b]] = [[w[0], w[1], 0], [0, w[0], w[1]]]*[[x[0]], [x[1]], [x[2]]]
    """
    sizes = tuple(input) if isinstance(input, (tuple, list)) else (input,)
    if len(sizes) not in AXES:
        raise SettingError("there is no such number of axes.", here=f"input {input}", fix="give one to three sizes")
    for n in sizes:
        check_at_least("size of the input", n, 1)
    check_at_least("number of channels", channels, 1)
    window = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    each = {name: (value,) * len(sizes) if isinstance(value, int) else value for name, value in window.items()}
    sparse = Sparse.of(Conv(filters, groups=groups, **each), (1, channels, *sizes))
    return Derivation(
        f"{describe(sparse.op)} on {'x'.join(map(str, (channels, *sizes)))} as a matrix",
        (remark("Rows of {} are outputs, columns are entries of x: channel by channel, row by row.", MATRIX),),
        (*_entries(sparse), *_products(sparse), *_counts(sparse)),
        tuple(sparse.instance(seed) for seed in (0, 1)),
        (
            remark("{} counts the weights of a dense layer of the same shape.", ENTRIES),
            remark("{} counts zeros, {} repetitions, {} different weights.", ZEROS, REPEATED, DISTINCT),
        ),
    )


def _entries(sparse: Sparse) -> Iterator[Step]:
    """The definition, and the coefficients in it."""
    op, (_, channels, *sizes), (_, filters, *outputs) = sparse.op, sparse.x, sparse.y
    width, windows, zero = channels // op.groups, op.windows(sizes), sp.S.Zero
    (f,), (c,), (own,) = (_ranges(*pair) for pair in (("f", [filters]), ("c", [channels]), ("c", [width])))
    o, j, k = (_ranges(*pair) for pair in (("o", outputs), ("j", sizes), ("k", op.kernel)))
    at, position, tap = ([i for i, _ in ranges] for ranges in (o, j, k))
    read, group = taps(windows, at, tap), sp.floor(f[0] * op.groups / sp.Integer(filters)) if op.groups > 1 else zero
    known = {i: extent for i, extent in (*o, *j, *k) if extent > 1}
    yield step(
        "Definition",
        "each output is a sum over the weights of a filter.",
        sparse.entry("y", zero, f[0], *at),
        sparse.entry("b", f[0])
        + _sum(
            sparse.entry("w", f[0], own[0], *tap) * sparse.entry("x", zero, group * width + own[0], *read),
            _several(own, *k),
            [decided(bound, known) for bound in inside(windows, read, sizes)],
        ),
        _several(f, *o),
    )
    blocks = op.groups > 1
    same = Bracket(sp.Eq(group, sp.floor(c[0] / sp.Integer(width)))) if blocks else sp.S.One
    weight = sparse.entry("w", f[0], sp.Mod(c[0], width) if blocks else c[0], *tap)
    yield step(
        "Coefficient",
        remark("write {} for what multiplies an entry of x: a weight where a tap reads it, and else zero.", MATRIX),
        array("M")[row_major((f[0], *at), (filters, *outputs)), row_major((c[0], *position), (channels, *sizes))],
        same * _sum(weight, _several(*k), map(sp.Eq, read, position)),
        _several(f, *o, c, *j),
    )


def _ranges(name: str, extents: Sequence[int]) -> list[Range]:
    """Indices with their extents; 0 where there is but one place."""
    names = numbered(name, len(extents))
    return [(index(i) if extent > 1 else sp.S.Zero, extent) for i, extent in zip(names, extents, strict=True)]


def _several(*ranges: Range) -> list[Range]:
    """Ranges of more than one place."""
    return [(i, extent) for i, extent in ranges if extent > 1]


def _sum(body: Expr, ranges: Iterable[Range], conditions: Iterable[Any]) -> Expr:
    """A sum; zero where no term of it can meet the conditions."""
    listed = list(conditions)
    return sp.S.Zero if sp.false in listed else Sigma(body, ranges, listed)


def _products(sparse: Sparse) -> Iterator[Step]:
    """Forward and backward as products of a matrix and a column."""
    matrix, y = sparse.matrix, sparse.column("y")
    outputs = len(y) // sparse.op.filters
    unbiased = [[entry - sparse.entry("b", sp.Integer(row // outputs))] for row, entry in enumerate(y)]
    yield step(
        "Matrix",
        "write all of them out: each row has the weights of one output.",
        sp.ImmutableMatrix(unbiased),
        sp.MatMul(matrix, sparse.column("x"), evaluate=False),
    )
    yield step(
        "Transpose",
        "the gradient goes the other way: each row has the weights through which an entry of x is read.",
        sparse.column("dL/dx"),
        sp.MatMul(matrix.T, sparse.column("dL/dy"), evaluate=False),
    )


def _counts(sparse: Sparse) -> Iterator[Step]:
    """What a dense layer has more."""
    entries = list(sparse.matrix)
    weights = [entry for entry in entries if entry != 0]
    distinct, repeated = len(set(weights)), len(weights) - len(set(weights))
    yield step("Dense layer", "each entry is a weight of its own.", ENTRIES, len(entries))
    yield step("Structural zeros", "what no tap reads stays zero.", ZEROS, len(entries) - len(weights))
    yield step("Ties", "all outputs of a filter have the same weights.", REPEATED, repeated)
    yield step("Weights", "what is left are the weights that are read.", DISTINCT, distinct)
    yield step(
        "Constraints",
        "so a convolution is a dense layer under two kinds of constraints, zeros and ties.",
        ENTRIES - ZEROS - REPEATED,
        DISTINCT,
    )
    if distinct:
        saving = sp.Rational(len(entries), distinct)
        yield step("Saving", "the dense layer has so many weights for each of them.", ENTRIES / DISTINCT, saving)
