"""Convolution as a product of two matrices: the patches below the windows as columns, and the way back.

References
----------
.. [1] K. Chellapilla, S. Puri and P. Simard, "High performance convolutional neural networks for document processing",
   IWFHR 2006, section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from math import prod

import sympy as sp

from cnnmath.ops import Conv
from cnnmath.ops.algebra import Algebra, Number, Operand
from cnnmath.ops.row_major import row_major
from cnnmath.readers import Tensor, gradients
from cnnmath.subjects.convolution.layer import Layer
from cnnmath.symbolic import Derivation, Step, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance, Lazy, Place
from cnnmath.symbolic.ranges import decided
from cnnmath.symbolic.terms import Bracket, Expr, Sigma, array, index


def im2col(op: Conv) -> Derivation:
    r"""A convolution is one product of matrices: the filters as rows times the patches of the input as columns.

    .. math:: X_{(c,k),(n,o)} = x_{n,c,s o + d k - p}, \quad Y = W X, \quad
       \frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y} X^T, \quad
       \frac{\partial L}{\partial X} = W^T \frac{\partial L}{\partial Y}

    Parameters
    ----------
    op
        A convolution; its window may be symbols. Each group has a product of its own.

    Examples
    --------
    >>> print(im2col(Conv(1, (3,), bias=False)).steps[3])
    Product: y[n,f,o] = sum{i<3*C} W[f,i]*X[i,o+n*O]
    """
    layer = Layer.of(op)
    return Derivation(
        f"{layer.letters.setting} as a product of matrices",
        layer.letters.assumptions,
        (derive(op, "y").result, *_forward(layer), *_backward(layer)),
        layer.letters.instances(lambda instance: _matrices(layer, instance)),
        (remark("A place with several indices is numbered row by row, the last index fastest."),),
    )


def row_of(layer: Layer, channel: Expr) -> Expr:
    """Number of a channel and a tap."""
    return row_major((channel, *layer.at("k")), (layer.channels("x"), *layer.kernel))


def column_of(layer: Layer, o: tuple[Expr, ...]) -> Expr:
    """Number of a sample and a window."""
    return row_major((index("n"), *o), (layer.letters.shapes["y"][0], *layer.short))


def _below(layer: Layer, own: Expr) -> Expr:
    """Row of the patches that a row of the group's own is."""
    return own if not layer.groups else index("g") * layer.channels("x") * sp.prod(layer.kernel) + own


def _forward(layer: Layer) -> Iterator[Step]:
    """Patches as columns, filters as rows, and their product."""
    n, c, f, i = map(index, "ncfi")
    w, b, y, patches, weights = map(array, ("w", "b", "y", "X", "W"))
    o, k, filter_of = layer.at("o"), layer.at("k"), layer.channel("y", f)
    yield patches_step(layer)
    yield step(
        "Filters as rows",
        "write the weights of each filter in the same order in one row.",
        weights[f, row_of(layer, c)],
        w[f, c, *k],
        [(f, layer.letters.shapes["y"][1]), (c, layer.channels("x")), *layer.over("k")],
    )
    yield step(
        "Product",
        "the sum over channels and taps is one sum along a row and a column: Y = W X.",
        y[n, filter_of, *o],
        (b[filter_of] if layer.letters.op.bias else 0)
        + Sigma(
            weights[filter_of, i] * patches[_below(layer, i), column_of(layer, o)],
            [(i, layer.channels("x") * sp.prod(layer.kernel))],
        ),
        [(n, layer.letters.shapes["y"][0]), *layer.groups, (f, layer.channels("y")), *layer.over("o")],
    )


def patches_step(layer: Layer) -> Step:
    """The step that defines the matrix of patches."""
    n, c, (samples, channels, *_) = index("n"), index("c"), layer.letters.shapes["x"]
    o, k = layer.at("o"), layer.at("k")
    read, known = layer.tap(o, k), dict(layer.over("o")) | dict(layer.over("k"))
    return step(
        "Patches as columns",
        "write what each window reads in one column: channels and taps below each other, zero in the padding.",
        array("X")[row_of(layer, c), column_of(layer, o)],
        Bracket(*(decided(bound, known) for bound in layer.inside(read))) * array("x")[n, c, *read],
        [(n, samples), (c, channels), *layer.over("k"), *layer.over("o")],
    )


def _backward(layer: Layer) -> Iterator[Step]:
    """The gradients of the product, and the way back to the input."""
    n, c, f, i, m = map(index, "ncfim")
    patches, weights, up, dy = map(array, ("X", "W", "dL/dY", "dL/dy"))
    o, k, j, filter_of = layer.at("o"), layer.at("k"), layer.at("j"), layer.channel("y", f)
    samples, filters, *_ = layer.letters.shapes["y"]
    long, wide = layer.channels("x") * sp.prod(layer.kernel), samples * sp.prod(layer.short)
    own = [*layer.groups, (f, layer.channels("y"))]
    yield step(
        "Gradient from above",
        "its columns are those of the product.",
        up[f, column_of(layer, o)],
        dy[n, f, *o],
        [(n, samples), (f, filters), *layer.over("o")],
    )
    yield step(
        "Gradient of the filters",
        "differentiate the product by its left factor: dL/dY times the patches, transposed.",
        array("dL/dW")[filter_of, i],
        Sigma(up[filter_of, m] * patches[_below(layer, i), m], [(m, wide)]),
        [*own, (i, long)],
    )
    yield step(
        "Gradient of the patches",
        "differentiate the product by its right factor: the filters, transposed, times dL/dY.",
        array("dL/dX")[_below(layer, i), m],
        Sigma(weights[filter_of, i] * up[filter_of, m], [own[-1]]),
        [*layer.groups, (i, long), (m, wide)],
    )
    yield step(
        "Gradient of the input",
        "an entry of x stands in a column for each window that reads it: add up what these pass back.",
        array("dL/dx")[n, c, *j],
        Sigma(
            array("dL/dX")[row_of(layer, c), column_of(layer, o)],
            [*layer.over("k"), *layer.over("o")],
            map(sp.Eq, layer.tap(o, k), j),
        ),
        [(n, samples), (c, layer.letters.shapes["x"][1]), *layer.over("j")],
    )


def _matrices(layer: Layer, instance: Instance) -> dict[str, Array]:
    """The matrices, and the gradients of their product by the gradient reader."""
    x, w, dy = (instance.tensor(name) for name in ("x", "w", "dL/dy"))
    rows, columns, taps = w.shape[0], dy.shape[0] * prod(dy.shape[2:]), prod(w.shape[1:])
    patches, weights = written_out(layer, instance, x, dy.shape[2:]), Tensor((rows, taps), w.values)
    places = list(Tensor((dy.shape[0], *dy.shape[2:]), []).positions())
    up = Tensor((rows, columns), [dy[n, f, *o] for f in range(rows) for n, *o in places])
    per_group = rows // layer.letters.groups

    @cache
    def passed(group: int, m: int) -> Tensor:
        """Gradient of the part of one column that belongs to a group."""
        column = Tensor((taps,), [patches[group * taps + i, m] for i in range(taps)])
        first = group * per_group

        def loss(verbs: Algebra, column: Operand) -> Number:
            return verbs.sum(lambda f, i: up[first + f, m] * weights[first + f, i] * column[i], per_group, taps)

        return gradients(loss, {"column": column})["column"]

    dw = instance.arrays["dL/dw"]
    return {
        "X": patches,
        "W": weights,
        "dL/dY": up,
        "dL/dX": Lazy(patches.shape, lambda at: passed(at[0] // taps, at[1])[at[0] % taps,]),
        "dL/dW": Lazy(weights.shape, lambda at: dw[list(w.positions())[at[0] * taps + at[1]]]),
    }


def written_out(layer: Layer, instance: Instance, x: Tensor, outputs: Place) -> Tensor:
    """The matrix of patches, window by window."""
    samples, channels, *sizes = x.shape
    kernel = [window.kernel for window in layer.numbers(instance)]
    shape = (channels * prod(kernel), samples * prod(outputs))
    read = {(o, k): j for o, k, j in layer.pairs(instance, sizes, outputs)}
    columns = [(n, tuple(o)) for n, *o in Tensor((samples, *outputs), []).positions()]
    rows = [(c, tuple(k)) for c, *k in Tensor((channels, *kernel), []).positions()]
    return Tensor(shape, [x[n, c, *read[o, k]] if (o, k) in read else 0 for c, k in rows for n, o in columns])
