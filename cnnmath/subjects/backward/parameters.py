"""The gradients of a convolution's parameters, read as what they are: a convolution, and a sum.

References
----------
.. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 9.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Conv
from cnnmath.readers import Tensor, exact
from cnnmath.subjects.convolution.layer import Layer
from cnnmath.symbolic import Derivation, Step, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance, Lazy, Sparse
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.terms import Bracket, Sigma, array, index


def weight_gradient(op: Conv) -> Derivation:
    r"""dL/dw as a convolution of the input with dL/dy, in which stride and dilation exchange their roles.

    .. math:: \partial L/\partial w_{f,c,k} = \sum_{n,o} \partial L/\partial y_{n,f,o}\, x_{n,c,\,d k + s o}

    The kernel is dL/dy, its dilation is the stride s, its stride is the dilation d, and samples and channels exchange
    their roles. It has K outputs and floor(r/d) more, where r is the rest that the stride leaves of the padded input:
    these are dropped.

    Parameters
    ----------
    op
        A convolution; its window may be symbols.

    Examples
    --------
    >>> print(weight_gradient(Conv(1, (3,), stride=2, dilation=3)).steps[-3])
    Exchange: z[c,f,k] = sum{n<N, o<O} dL/dy[n,f,o]*x[n,c,2*o+3*k]
    """
    layer, gradient = Layer.of(op), derive(op, "w")
    (samples, channels, *_), filters = layer.letters.inputs[0], layer.letters.shapes["y"][1]
    n, c, f = (index(name) for name in "ncf")
    own = c if layer.letters.groups == 1 else c + layer.channels("x") * sp.floor(f / layer.channels("y"))
    bare = layer.padded == layer.long
    x, dy, z = (array(name) for name in ("x" if bare else "x'", "dL/dy", "z"))
    taps, outputs = layer.letters.axes("k", layer.kernel), [(n, samples), *layer.over("o")]
    i = layer.letters.axes("i", layer.padded)
    inner = [i - window.before for (i, _), window in zip(i, layer.windows, strict=True)]
    pad = step(
        "Padding",
        remark("write {} for the input with its padding, in which every tap reads an entry.", sp.Symbol("x'")),
        x[n, c, *(symbol for symbol, _ in i)],
        Bracket(*layer.inside(inner)) * array("x")[n, c, *inner],
        [(n, samples), (c, channels), *i],
    )
    correlate = step(
        "Correlation",
        "the conditions are gone: what lies outside the input is an entry of its padding.",
        gradient.result.left,
        Sigma(dy[n, f, *layer.at("o")] * x[n, own, *layer.reads(layer.at("k"))], outputs),
        gradient.result.over,
    )
    surplus = list(_surplus(layer))
    exchange = step(
        "Exchange",
        "read c as the sample, n as the channel, k as the output and o as the tap. This is the definition of a "
        "convolution whose filters are dL/dy, whose stride is the dilation, and whose dilation is the stride.",
        z[c, f, *(k for k, _ in taps)],
        Sigma(dy[n, f, *layer.at("o")] * x[n, c, *layer.reads([k for k, _ in taps])], outputs),
        [(c, channels), (f, filters), *((k, count.right) for (k, _), count in zip(taps, surplus, strict=True))],
    )
    crop = step(
        "Crop",
        "the first outputs of that convolution are the gradient; a surplus is dropped.",
        gradient.result.left,
        z[own, f, *layer.at("k")],
        gradient.result.over,
    )
    return Derivation(
        f"{gradient.title} as a convolution with dL/dy",
        gradient.assumptions,
        (*gradient.steps, *([] if bare else [pad, correlate]), exchange, *surplus, crop),
        layer.letters.instances(lambda instance: _exchanged(layer, instance)),
        (
            remark(
                "{} is the convolution of {} with the filters dL/dy, samples and channels exchanged.",
                *map(sp.Symbol, "zx"),
            ),
        ),
    )


def _surplus(layer: Layer) -> Iterator[Step]:
    """The number of outputs of the exchanged convolution along each axis."""
    for axis, (window, long, short) in enumerate(zip(layer.windows, layer.padded, layer.short, strict=True)):
        yield step(
            layer.named("Surplus", axis),
            "it has as many outputs as the kernel has taps, and one more for each dilation that fits into the rest "
            "that the stride leaves.",
            sp.floor((long - window.stride * (short - 1) - 1) / sp.sympify(window.dilation)) + 1,
            window.kernel + sp.floor(layer.rest(axis) / sp.sympify(window.dilation)),
        )


def _exchanged(layer: Layer, instance: Instance) -> dict[str, Array]:
    """The padded input, and what the exact reader says of the convolution with samples and channels exchanged."""
    x, dy, windows = instance.tensor("x"), instance.tensor("dL/dy"), layer.numbers(instance)
    padded = {(*at[:2], *(j + w.before for j, w in zip(at[2:], windows, strict=True))): x[at] for at in x.positions()}
    ends = (*x.shape[:2], *(n + w.before + w.after for n, w in zip(x.shape[2:], windows, strict=True)))
    op = Conv(
        dy.shape[1],
        dy.shape[2:],
        stride=tuple(window.dilation for window in windows),
        dilation=tuple(window.stride for window in windows),
        padding=tuple((window.before, window.after) for window in windows),
        bias=False,
    )
    x, dy = _turned(x), _turned(dy)
    return {"x'": Sparse(padded, ends), "z": Lazy(op.output(x.shape), lambda at: exact.evaluate(op, at, x, dy))}


def _turned(tensor: Tensor) -> Tensor:
    """The tensor with its first two axes exchanged."""
    a, b, *others = tensor.shape
    shape = (b, a, *others)
    return Tensor(shape, [tensor[i, j, *at] for j, i, *at in Tensor(shape, []).positions()])


def bias_gradient(op: Conv) -> Derivation:
    r"""dL/db: the sum of dL/dy over the samples and the positions.

    .. math:: \partial L/\partial b_f = \sum_{n,o} \partial L/\partial y_{n,f,o}

    Parameters
    ----------
    op
        A convolution with a bias; its window may be symbols.

    Raises
    ------
    SettingError
        For a convolution without a bias.

    Examples
    --------
    >>> bias_gradient(Conv(1, (3,))).result
    Collapse: dL/db[f] = sum{n<N, o<O} dL/dy[n,f,o]
    """
    if not op.bias:
        raise SettingError("there is no bias to differentiate by.", here="bias=False", fix="leave bias=False out")
    gradient, letters = derive(op, "b"), Letters.of(op)
    *others, jacobian, collapse = gradient.steps
    (samples, _, *outputs), slope = letters.shapes["y"], jacobian.left
    shared = step(
        "Shared",
        "the bias is shared by all outputs of its filter: one for each sample and each position.",
        Sigma(slope, [pair for pair in jacobian.over if pair not in collapse.over]),
        samples * prod(outputs),
        collapse.over,
    )
    return replace(gradient, steps=(*others, jacobian, shared, collapse))
