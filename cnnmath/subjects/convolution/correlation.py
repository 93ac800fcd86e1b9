"""Convolution: how many places its window has, what it is called, and what its kernel may be made of.

References
----------
.. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 9.1, equations 9.4 and 9.6.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

import sympy as sp

from cnnmath.ops import Conv
from cnnmath.ops.row_major import row_major
from cnnmath.ops.spatial import taps
from cnnmath.readers import Tensor
from cnnmath.subjects.convolution.layer import Layer
from cnnmath.symbolic import Derivation, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance, Place
from cnnmath.symbolic.terms import Expr, array, index


def cross_correlation(op: Conv) -> Derivation:
    r"""What networks call convolution is cross-correlation: the convolution with the flipped kernel.

    .. math:: \sum_k w_k\, x_{o + k} = \sum_k v_k\, x_{o + (K-1) - k}, \quad v_k = w_{K-1-k}

    Parameters
    ----------
    op
        A convolution; its window may be symbols.

    Examples
    --------
    >>> print(cross_correlation(Conv(1, (3,), bias=False)).steps[-1])
    Difference: y[n,f,o] - u[n,f,o] = sum{c<C, k<3} x[n,c,o+k]*(w[f,c,k] - w[f,c,2-k])
    """
    layer, definition = Layer.of(op), derive(op, "y").result
    n, c, f = (index(name) for name in "ncf")
    o, k, filters = layer.at("o"), layer.at("k"), layer.channel("y", f)
    y, x, w, b, u, v, z = (array(name) for name in ("y", "x", "w", "b", "u", "v", "z"))
    back = [window.kernel - 1 - tap for window, tap in zip(layer.windows, k, strict=True)]
    forward, backward = layer.tap(o, k), layer.tap(o, back)
    bias = b[filters] if op.bias else 0

    def summed(weight: Expr, position: tuple[Expr, ...]) -> Expr:
        terms = [(c, layer.channels("x")), *layer.over("k")]
        return layer.total(weight * x[n, layer.channel("x", c), *position], terms, position)

    flip = step(
        "Flipped kernel",
        "count the taps from the last one, along every axis.",
        v[f, c, *k],
        w[f, c, *back],
        [(f, layer.letters.shapes["y"][1]), (c, layer.channels("x")), *layer.over("k")],
    )
    convolve = step(
        "Convolution",
        "a convolution adds up the products of a tap and a position whose numbers have one sum: as the tap moves up, "
        "the position moves down.",
        z[n, filters, *o],
        bias + summed(v[filters, c, *k], backward),
        definition.over,
    )
    same = step(
        "Flip",
        "so a cross-correlation is the convolution with the flipped kernel, and the other way round.",
        definition.left,
        z[n, filters, *o],
        definition.over,
    )
    unflipped = step(
        "Without flipping",
        remark("the convolution with {} itself is another array.", sp.Symbol("w")),
        u[n, filters, *o],
        bias + summed(w[filters, c, *k], backward),
        definition.over,
    )
    difference = step(
        "Difference",
        "count its taps from the last one. Every entry of the input counts with the difference of two weights: both "
        "agree for every input exactly where the kernel equals its own flip along all axes.",
        y[n, filters, *o] - u[n, filters, *o],
        summed(w[filters, c, *k] - w[filters, c, *back], forward),
        definition.over,
    )
    return Derivation(
        f"Cross-correlation and convolution: {layer.letters.setting}",
        layer.letters.assumptions,
        (definition, flip, convolve, same, unflipped, difference),
        layer.letters.instances(lambda instance: _convolved(layer, instance)),
        (remark("{} is the convolution of {} with {}, and {} that with {}.", *map(sp.Symbol, "zxvuw")),),
    )


def _convolved(layer: Layer, instance: Instance) -> dict[str, Array]:
    """The flipped kernel, and convolutions with it and with the kernel itself."""
    w = instance.tensor("w")
    kernel = w.shape[2:]
    last = [size - 1 for size in kernel]
    values = [w[f, c, *(n - i for n, i in zip(last, k, strict=True))] for f, c, *k in w.positions()]
    v = Tensor(w.shape, values)
    return {"v": v, "u": _product(layer, instance, w), "z": _product(layer, instance, v)}


def _product(layer: Layer, instance: Instance, w: Tensor) -> Tensor:
    """The convolution of x with a kernel, as polynomials are multiplied: exponents add up."""
    x, shape, windows = instance.tensor("x"), instance.tensor("dL/dy").shape, layer.numbers(instance)
    radix = [n + w.extent + w.before + w.after for n, w in zip(x.shape[2:], windows, strict=True)]
    signals = _terms(x, [1] * len(radix), radix)
    kernels = _terms(w, [window.dilation for window in windows], radix)
    channels, filters = w.shape[1], shape[1] // layer.letters.groups
    products: dict[Place, Counter[int]] = {}
    for n, f, c in product(range(shape[0]), range(shape[1]), range(channels)):
        powers = products.setdefault((n, f), Counter())
        for tap, weight in kernels[f, c]:
            for position, number in signals[n, f // filters * channels + c]:
                powers[tap + position] += weight * number
    b = instance.tensor("b").values if "b" in instance.arrays else [0] * shape[1]
    last = [window.kernel - 1 for window in windows]
    outputs = ((n, f, row_major(taps(windows, o, last), radix)) for n, f, *o in Tensor(shape, []).positions())
    return Tensor(shape, [b[f] + products[n, f][power] for n, f, power in outputs])


def _terms(tensor: Tensor, scale: Sequence[int], radix: Sequence[int]) -> dict[Place, list[tuple[int, int]]]:
    """Exponents, each as one number, with their coefficients: one polynomial for the first two indices."""
    terms: dict[Place, list[tuple[int, int]]] = {}
    for a, c, *at in tensor.positions():
        exponent = row_major([i * s for i, s in zip(at, scale, strict=True)], radix)
        terms.setdefault((a, c), []).append((exponent, int(tensor[a, c, *at])))
    return terms
