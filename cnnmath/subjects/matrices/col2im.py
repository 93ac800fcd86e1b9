"""The adjoint of writing patches into columns: where windows overlap, it adds.

References
----------
.. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, section 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import sympy as sp

from cnnmath.ops import Conv
from cnnmath.readers import Tensor
from cnnmath.subjects.convolution.layer import Layer
from cnnmath.subjects.matrices.patches import column_of, patches_step, row_of, written_out
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.instance import Array, Instance, Sparse, drawn
from cnnmath.symbolic.terms import Divides, Sigma, array, index


def col2im(op: Conv) -> Derivation:
    r"""The adjoint of im2col adds where windows overlap: after im2col it multiplies by the number of windows.

    .. math:: \langle \operatorname{im2col}(x), A \rangle = \langle x, \operatorname{col2im}(A) \rangle, \quad
       \operatorname{col2im}(\operatorname{im2col}(x))_{n,c,j} = q_j\, x_{n,c,j}

    Parameters
    ----------
    op
        A convolution; its window may be symbols.

    Examples
    --------
    >>> print(col2im(Conv(1, (3,))).result)
    Back and forth: v[n,c,j] = q[j]*x[n,c,j]
    """
    layer = Layer.of(op)
    return Derivation(
        f"col2im: the way back from the patches of {layer.letters.setting}",
        layer.letters.assumptions,
        tuple(_adjoint(layer)),
        layer.letters.instances(lambda instance: _scattered(layer, instance)),
        (
            remark("{} is a matrix of the shape of the patches {}, and {} is col2im of {}.", *map(sp.Symbol, "AXzA")),
            remark("{} is col2im of {} itself.", *map(sp.Symbol, "vX")),
            remark("A place with several indices is numbered row by row, the last index fastest."),
        ),
    )


def _adjoint(layer: Layer) -> Iterator[Step]:
    """From the inner product with any matrix to the number of windows."""
    n, c = index("n"), index("c")
    x, z, v, q, matrix = map(array, "xzvqA")
    (samples, channels, *_), (o, k, j) = layer.letters.shapes["x"], (layer.at(name) for name in "okj")
    read, row, column = layer.tap(o, k), row_of(layer, c), column_of(layer, o)
    whole = [(n, samples), (c, channels)]
    places, entries = [*whole, *layer.over("k"), *layer.over("o")], [*whole, *layer.over("j")]
    inner = Sigma(array("X")[row, column] * matrix[row, column], places)
    passed = [
        (position + window.before - window.dilation * tap, window.stride)
        for position, tap, window in zip(j, k, layer.windows, strict=True)
    ]
    windows = [distance / sp.sympify(stride) for distance, stride in passed]
    reached = [
        condition
        for (distance, stride), window, outputs in zip(passed, windows, layer.short, strict=True)
        for condition in (Divides(stride, distance), sp.Ge(window, 0), sp.Lt(window, outputs))
    ]
    yield patches_step(layer)
    yield step(
        "Inner product",
        "put the patches in: an entry of x meets an entry of the matrix for each window and tap that read it.",
        inner,
        layer.total(x[n, c, *read] * matrix[row, column], places, read),
    )
    yield step(
        "Scatter",
        "collect what an entry of x is multiplied by: col2im adds, because an entry that several windows read stands "
        "in several columns.",
        z[n, c, *j],
        Sigma(matrix[row, column], [*layer.over("k"), *layer.over("o")], map(sp.Eq, read, j)),
        entries,
    )
    yield step(
        "Gather",
        "solve for the window: through each tap there is one at most.",
        z[n, c, *j],
        Sigma(matrix[row, column_of(layer, tuple(map(sp.floor, windows)))], layer.over("k"), reached),
        entries,
    )
    yield step("Adjoint", "so col2im is the adjoint of im2col.", inner, Sigma(x[n, c, *j] * z[n, c, *j], entries))
    yield step(
        "Overlap",
        remark("count the windows that read a position: write {} for their number.", sp.Symbol("q")),
        q[j],
        Sigma(1, layer.over("k"), reached),
        layer.over("j"),
    )
    yield step(
        "Back and forth",
        "of the patches themselves, an entry comes back once for each window: col2im undoes im2col only where windows "
        "neither overlap nor leave gaps.",
        v[n, c, *j],
        q[j] * x[n, c, *j],
        entries,
    )


def _scattered(layer: Layer, instance: Instance) -> dict[str, Array]:
    """The patches, a matrix of their shape, what adding them into place gives, and the number of windows."""
    x, outputs = instance.tensor("x"), instance.tensor("dL/dy").shape[2:]
    patches = written_out(layer, instance, x, outputs)
    matrix = drawn(patches.shape, Random(1))
    counts: dict[tuple[int, ...], int] = {}
    for _, _, j in layer.pairs(instance, x.shape[2:], outputs):
        counts[j] = counts.get(j, 0) + 1
    return {
        "X": patches,
        "A": matrix,
        "z": _added(layer, instance, matrix, outputs),
        "v": _added(layer, instance, patches, outputs),
        "q": Sparse(counts, x.shape[2:]),
    }


def _added(layer: Layer, instance: Instance, matrix: Tensor, outputs: tuple[int, ...]) -> Array:
    """Entries of a matrix added up where they were read from, column by column."""
    samples, channels, *sizes = instance.tensor("x").shape
    kernel = tuple(window.kernel for window in layer.numbers(instance))
    rows, columns = _numbers((channels, *kernel)), _numbers((samples, *outputs))
    total: dict[tuple[int, ...], Any] = {}
    for o, k, j in layer.pairs(instance, sizes, outputs):
        for n, c in product(range(samples), range(channels)):
            total[n, c, *j] = total.get((n, c, *j), 0) + matrix[rows[c, *k], columns[n, *o]]
    return Sparse(total, (samples, channels, *sizes))


def _numbers(shape: tuple[int, ...]) -> dict[tuple[int, ...], int]:
    """Number of every place, the last index fastest."""
    return {at: number for number, at in enumerate(Tensor(shape, []).positions())}
