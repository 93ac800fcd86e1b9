"""Convolutions in two passes: depthwise and pointwise, or along one axis and then along the other.

References
----------
.. [1] A. Howard et al., "MobileNets: Efficient convolutional neural networks for mobile vision applications",
   arXiv:1704.04861, section 3.1.
.. [2] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 9.8.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Conv
from cnnmath.readers import Tensor, cost, forward
from cnnmath.subjects.convolution.grouped import FEWER_WEIGHTS, MULTIPLICATIONS, WEIGHTS
from cnnmath.subjects.convolution.layer import Layer
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, drawn
from cnnmath.symbolic.terms import Sigma, array, index, size

FIRST, SECOND = size("M_1"), size("M_2")
"""Names of the multiplications of a first and a second pass."""


def depthwise_separable(op: Conv) -> Derivation:
    r"""A depthwise convolution and a pointwise one after it: one convolution whose kernel is a product.

    .. math:: w_{f,c,k} = a_{f,c}\, v_{c,k}, \quad \frac{M_1 + M_2}{M} = \frac{1}{F} + \frac{1}{K}

    Parameters
    ----------
    op
        The ordinary convolution of the same window, which may be symbols; without groups.

    Raises
    ------
    SettingError
        For a convolution with groups.

    Examples
    --------
    >>> print(depthwise_separable(Conv(64, 3)).result)
    Saving: (M1 + M2)/M = (F + 9)/(9*F)
    """
    if op.groups != 1:
        raise SettingError(
            "a depthwise separable convolution has its own groups.",
            here=f"groups {op.groups}",
            rule="depthwise, each channel is a group; pointwise, there is one group",
            fix="leave groups out",
        )
    layer = Layer.of(replace(op, bias=False))
    letters, (n, c, f) = layer.letters, (index(name) for name in "ncf")
    (samples, channels, *_), filters = letters.inputs[0], letters.shapes["y"][1]
    x, w, u, v, a, z = map(array, "xwuvaz")
    o, k = layer.at("o"), layer.at("k")
    read, taps, summed = layer.tap(o, k), sp.prod(layer.kernel), (c, channels)
    outputs = [(n, samples), (f, filters), *layer.over("o")]
    share, per_filter, per_tap = (filters + taps) / (filters * taps), 1 / sp.sympify(filters), 1 / sp.sympify(taps)
    steps = (
        step(
            "Depthwise",
            "each channel is convolved with a kernel of its own.",
            u[n, c, *o],
            layer.total(v[c, *k] * x[n, c, *read], layer.over("k"), read),
            [(n, samples), summed, *layer.over("o")],
        ),
        step(
            "Pointwise",
            "at every position, each filter is a weighted sum of the channels.",
            z[n, f, *o],
            Sigma(a[f, c] * u[n, c, *o], [summed]),
            outputs,
        ),
        step(
            "Kernel",
            "put the first into the second: a product of two weights takes the place of one for every filter and tap.",
            w[f, c, *k],
            a[f, c] * v[c, *k],
            [(f, filters), summed, *layer.over("k")],
        ),
        step(
            "One convolution",
            "so the two are a convolution with such a kernel.",
            z[n, f, *o],
            layer.total(w[f, c, *k] * x[n, c, *read], [summed, *layer.over("k")], read),
            outputs,
        ),
        step(
            "Weights",
            "each channel has one for each tap and one for each filter.",
            FEWER_WEIGHTS,
            channels * (taps + filters),
        ),
        step(
            "Share of the weights",
            "an ordinary convolution has, for each channel, one for each pair of a tap and a filter.",
            FEWER_WEIGHTS / WEIGHTS,
            share,
        ),
        step(
            "Multiplications",
            "each weight is used once for every sample and position.",
            MULTIPLICATIONS,
            samples * sp.prod(layer.short) * channels * taps * filters,
        ),
        step("Depthwise share", "a weight of a tap serves all filters.", FIRST / MULTIPLICATIONS, per_filter),
        step("Pointwise share", "a weight of a filter serves all taps.", SECOND / MULTIPLICATIONS, per_tap),
        step(
            "Saving",
            remark("add the shares {} and {}.", per_filter, per_tap),
            (FIRST + SECOND) / MULTIPLICATIONS,
            share,
        ),
    )
    return Derivation(
        f"Depthwise and pointwise in place of {letters.setting}",
        letters.assumptions,
        steps,
        tuple(_in_two(layer, instance) for instance in letters.instances()),
        (
            remark(
                "{} counts the weights of the two, {} those of one convolution.",
                FEWER_WEIGHTS,
                WEIGHTS,
            ),
            remark(
                "{}, {} and {} count the multiplications: depthwise, pointwise and ordinary.",
                FIRST,
                SECOND,
                MULTIPLICATIONS,
            ),
        ),
    )


def _in_two(layer: Layer, instance: Instance) -> Instance:
    """The instance with a depthwise and a pointwise convolution, and the ordinary one that they amount to."""
    x, dy, draw = instance.tensor("x"), instance.tensor("dL/dy"), Random(1)
    samples, channels, *_ = x.shape
    filters, kernel = dy.shape[1], instance.tensor("w").shape[2:]
    v, a = drawn((channels, *kernel), draw), drawn((filters, channels), draw)
    shape = (filters, channels, *kernel)
    w = Tensor(shape, [a[f, c] * v[c, *k] for f, c, *k in Tensor(shape, []).positions()])
    depthwise = layer.concrete(instance, channels, groups=channels)
    pointwise = Conv(filters, (1,) * len(kernel), bias=False)
    u = forward(depthwise, (samples, channels, *dy.shape[2:]), x, Tensor((channels, 1, *kernel), v.values))
    z = forward(pointwise, dy.shape, u, Tensor((filters, channels, *(1 for _ in kernel)), a.values))
    counts = {
        FEWER_WEIGHTS: len(v.values) + len(a.values),
        WEIGHTS: len(w.values),
        FIRST: cost(depthwise, x.shape).multiplications,
        SECOND: cost(pointwise, u.shape).multiplications,
        MULTIPLICATIONS: cost(layer.concrete(instance, filters), x.shape).multiplications,
    }
    arrays = {"x": x, "v": v, "a": a, "w": w, "u": u, "z": z}
    return Instance({**instance.values, **counts}, arrays)
