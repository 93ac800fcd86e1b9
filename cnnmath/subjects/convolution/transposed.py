"""Transposed convolution: the adjoint of a convolution, by scattering and by gathering.

References
----------
.. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, section 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from random import Random

import sympy as sp

from cnnmath.ops import ConvTranspose
from cnnmath.readers import Tensor, backward, exact
from cnnmath.subjects.convolution.layer import Layer
from cnnmath.symbolic import Derivation, Step, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance, Lazy, Place, drawn
from cnnmath.symbolic.terms import Sigma, array, index


def transposed(op: ConvTranspose) -> Derivation:
    r"""A transposed convolution is the adjoint of a convolution with the same weights, and its gradient by the input.

    .. math:: \sum_{n,c,j} \operatorname{conv}(v)_{n,c,j}\, x_{n,c,j}
       = \sum_{n,f,o} v_{n,f,o}\, \operatorname{conv}^T(x)_{n,f,o}

    Parameters
    ----------
    op
        The transposed convolution; its window may be symbols. Its bias is left out.

    Examples
    --------
    >>> print(transposed(ConvTranspose(1, (2,), stride=2)).steps[-2])
    Adjoint: sum{n<N, c<C, j<L} x[n,c,j]*z[n,c,j] = sum{n<N, f<F, o<O} v[n,f,o]*y[n,f,o]
    """
    layer = Layer.of(replace(op, bias=False))
    letters = layer.letters
    return Derivation(
        f"{letters.setting} as the adjoint of a convolution",
        letters.assumptions,
        tuple(_steps(layer)),
        letters.instances(lambda instance: _convolved(layer, instance)),
        (
            remark("{} is any array of the shape of {}, and {} its convolution with {}.", *map(sp.Symbol, "vyzw")),
            remark("dL/dv is the gradient by {} of a loss whose gradient by {} is {}.", *map(sp.Symbol, "vzx")),
        ),
    )


def _steps(layer: Layer) -> Iterator[Step]:
    """From the convolution to its adjoint: scattered, gathered, and as a gradient."""
    letters, (n, c, f) = layer.letters, map(index, "ncf")
    v, w, x, y, z = map(array, "vwxyz")
    (samples, *_), gather = letters.shapes["x"], derive(letters.op, "y").result
    j, k, o = (layer.at(name) for name in "jko")
    read, channel, filter_of = layer.tap(j, k), layer.channel("x", c), layer.channel("y", f)
    channels, filters = (c, layer.channels("x")), (f, layer.channels("y"))
    inputs = [(n, samples), *layer.groups, channels, *layer.over("j")]
    outputs = [(n, samples), *layer.groups, filters, *layer.over("o")]
    weight, entry = w[channel, f, *k], x[n, channel, *j]
    inner = Sigma(z[n, channel, *j] * entry, inputs)
    yield step(
        "Convolution",
        "a convolution with these weights takes an array of the shape of y to one of the shape of x.",
        z[n, channel, *j],
        layer.total(weight * v[n, filter_of, *read], [filters, *layer.over("k")], read),
        inputs,
    )
    yield step(
        "Inner product",
        "put the convolution in: each term is a product of three.",
        inner,
        layer.total(weight * v[n, filter_of, *read] * entry, [*inputs, filters, *layer.over("k")], read),
    )
    yield step(
        "Scatter",
        "collect what an entry of v is multiplied by: each entry of x lays down a kernel times itself, a stride from "
        "the last one, and where kernels overlap they add up. That is the transposed convolution.",
        y[n, filter_of, *o],
        Sigma(weight * entry, [channels, *layer.over("j"), *layer.over("k")], map(sp.Eq, read, o)),
        outputs,
    )
    yield step(
        "Gather",
        "solve for the position in x: there is one where the stride divides.",
        gather.left,
        gather.right,
        gather.over,
    )
    yield step(
        "Adjoint",
        "so the convolution moves from one side of an inner product to the other as its transpose.",
        inner,
        Sigma(v[n, filter_of, *o] * y[n, filter_of, *o], outputs),
    )
    yield step(
        "Gradient",
        "the derivative of the inner product by an entry of v is what v is multiplied by: a convolution passes a "
        "gradient back to its input by the transposed convolution.",
        array("dL/dv")[n, filter_of, *o],
        y[n, filter_of, *o],
        outputs,
    )


def _convolved(layer: Layer, instance: Instance) -> dict[str, Array]:
    """An array of the shape of y, its convolution by the exact reader, and the gradient that x gives it."""
    x, w, shape = instance.tensor("x"), instance.tensor("w"), instance.tensor("dL/dy").shape
    v = drawn(shape, Random(1))
    op = layer.concrete(instance, x.shape[1], groups=layer.letters.groups)
    above = Tensor(op.output(shape), [])
    wide = Tensor(above.shape, [_entry(x, at) for at in above.positions()])
    gradients = cache(lambda: backward(op, wide, {"x": v, "w": w}))
    return {
        "v": v,
        "z": Lazy(x.shape, lambda at: exact.evaluate(op, at, v, w)),
        "dL/dv": Lazy(shape, lambda at: gradients()["x"][at]),
    }


def _entry(x: Tensor, at: Place) -> Fraction:
    """An entry, or 0 where the output padding makes the convolution longer than x."""
    return x[at] if all(i < n for i, n in zip(at, x.shape, strict=True)) else Fraction(0)
