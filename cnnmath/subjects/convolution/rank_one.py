"""Separable kernels: of rank one, so that a pass along each axis does what one pass along both does.

References
----------
.. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 9.8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp

from cnnmath.ops import Conv
from cnnmath.readers import Tensor, cost, forward
from cnnmath.subjects.convolution.factors import Factors, Rows, rows_of
from cnnmath.subjects.convolution.grouped import FEWER_MULTIPLICATIONS, MULTIPLICATIONS
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.instance import Instance, drawn, values
from cnnmath.symbolic.terms import Expr, Sigma, array, index, size

DERIVATIVE = "1/8,0,-1/8;1/4,0,-1/4;1/8,0,-1/8"
"""Sobel's derivative along the second axis: smoothed along the first, with no symmetry that exchanges the axes."""

ONE_PASS, TWO_PASSES = MULTIPLICATIONS, FEWER_MULTIPLICATIONS
"""Names of the multiplications of an output."""


def separable_kernel(kernel: Any = DERIVATIVE) -> Derivation:
    r"""A kernel is a column times a row exactly where it has rank one; then two passes do what one does.

    .. math:: w_{i,j} = \alpha\, u_i\, v_j \quad\Longrightarrow\quad
       \sum_{k_1,k_2} w_{k_1,k_2}\, x_{o_1+k_1,\,o_2+k_2}
       = \sum_{k_1} u_{k_1} \sum_{k_2} \alpha\, v_{k_2}\, x_{o_1+k_1,\,o_2+k_2}

    Parameters
    ----------
    kernel
        Its rows: a tuple of tuples of integers and fractions, or text with rows between semicolons.

    Raises
    ------
    SettingError
        For a kernel that is not of rank one, with the first minor that is not zero; for what is no kernel.

    Examples
    --------
    >>> separable_kernel("1,0,-1;2,0,-2;1,0,-1").steps[3]
    Matrices: [[1, 0, -1], [2, 0, -2], [1, 0, -1]] = [[1], [2], [1]]*[[1, 0, -1]]
    """
    rows = rows_of(kernel)
    factors = Factors.of(rows)
    height, width = len(rows), len(rows[0])
    return Derivation(
        f"A separable kernel of {height}x{width} entries",
        (remark("The kernel {} is {}.", sp.Symbol("w"), _matrix(rows)),),
        (*_rank(rows, factors), *_passes(height, width, factors)),
        tuple(_instance(rows, factors, more) for more in (1, 3)),
        (
            remark("{} and {} number the outputs, without padding and with stride 1.", *map(index, ("o_1", "o_2"))),
            remark("{} counts multiplications per output in two passes, {} in one.", TWO_PASSES, ONE_PASS),
        ),
    )


def _rank(rows: Rows, factors: Factors) -> Iterator[Step]:
    """From the minors to the column and the row."""
    i, j, below, after = map(index, ("i", "j", "i'", "j'"))
    w, u, v = map(array, "wuv")
    (a, b), entries = factors.pivot, [(i, len(rows)), (j, len(rows[0]))]
    yield step(
        "Minors",
        "a minor of a column times a row is the difference of two products of the same four factors: it vanishes. Here "
        "all do.",
        w[i, j] * w[below, after],
        w[i, after] * w[below, j],
        [*entries, (below, len(rows)), (after, len(rows[0]))],
    )
    yield step(
        "Pivot",
        "conversely, take the minors through an entry that is not zero: each row is a multiple of that entry's row.",
        w[i, j],
        w[i, b] * w[a, j] / w[a, b],
        entries,
    )
    yield step(
        "Factors",
        remark(
            "divide this column and this row by what their entries have in common: {} and {} are integers.",
            *map(sp.Symbol, "uv"),
        ),
        w[i, j],
        _number(factors.scale) * u[i] * v[j],
        entries,
    )
    column = [[factors.scale * entry] for entry in factors.column]
    product = sp.MatMul(_matrix(column), _matrix([factors.row]), evaluate=False)
    yield step("Matrices", "written out, the common factor in the column.", _matrix(rows), product)


def _passes(height: int, width: int, factors: Factors) -> Iterator[Step]:
    """Two passes that do what one does, and what they cost."""
    w, u, v, x, y, t = map(array, "wuvxyt")
    (o1, o2), (k1, k2), j = map(index, ("o_1", "o_2")), map(index, ("k_1", "k_2")), index("j_1")
    outputs, taps = [(o1, size("O_1")), (o2, size("O_2"))], [(k1, height), (k2, width)]
    yield step(
        "One pass",
        "the definition: every output is a sum over all entries of the kernel.",
        y[o1, o2],
        Sigma(w[k1, k2] * x[o1 + k1, o2 + k2], taps),
        outputs,
    )
    yield step(
        "First pass",
        "along the rows alone.",
        t[j, o2],
        Sigma(v[k2] * x[j, o2 + k2], [taps[1]]),
        [(j, size("H")), outputs[1]],
    )
    yield step(
        "Second pass",
        "the column's entry is common to all taps of a row: before the sum over these, which is the first pass.",
        y[o1, o2],
        Sigma(_number(factors.scale) * u[k1] * t[o1 + k1, o2], [taps[0]]),
        outputs,
    )
    yield step("Cost of one pass", "one multiplication for each entry.", ONE_PASS, height * width)
    yield step("Cost of two passes", "one for each entry of row and column.", TWO_PASSES, height + width)
    yield step("Saving", "divide.", TWO_PASSES / ONE_PASS, sp.Rational(height + width, height * width))


def _instance(rows: Rows, factors: Factors, more: int) -> Instance:
    """An input longer than the kernel, and the outputs of all passes by the exact reader."""
    height, width = len(rows), len(rows[0])
    x = drawn((1, 1, height + more, width + more + 1), Random(more))
    outputs = (more + 1, more + 2)
    whole, along = Conv(1, (height, width), bias=False), Conv(1, (1, width), bias=False)
    y = forward(whole, (1, 1, *outputs), x, Tensor((1, 1, height, width), [entry for row in rows for entry in row]))
    first = (1, 1, height + more, outputs[1])
    t = forward(along, first, x, Tensor((1, 1, 1, width), list(factors.row)))
    across = Conv(1, (height, 1), bias=False)
    counts = {
        ONE_PASS: _per_output(whole, x.shape),
        TWO_PASSES: _per_output(along, x.shape) + _per_output(across, t.shape),
    }
    arrays = {name: Tensor(tensor.shape[2:], tensor.values) for name, tensor in {"x": x, "y": y, "t": t}.items()}
    w = Tensor((height, width), [entry for row in rows for entry in row])
    vectors = {"u": Tensor((height,), list(factors.column)), "v": Tensor((width,), list(factors.row))}
    sizes = values(O_1=outputs[0], O_2=outputs[1], H=height + more)
    return Instance({**sizes, **counts}, {**arrays, **vectors, "w": w})


def _per_output(op: Conv, shape: tuple[int, ...]) -> int:
    """Multiplications of one output."""
    outputs = op.output(shape)
    return cost(op, shape).multiplications // (outputs[2] * outputs[3])


def _number(number: Fraction | int) -> Expr:
    return sp.Rational(number.numerator, number.denominator)


def _matrix(rows: Sequence[Sequence[Fraction | int]]) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix([[_number(entry) for entry in row] for row in rows])
