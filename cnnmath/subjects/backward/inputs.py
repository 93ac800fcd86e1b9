"""The closed forms of a convolution's gradients: what the index forms say once they are read as convolutions.

References
----------
.. [1] V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, section 4.
.. [2] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 9.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Conv
from cnnmath.subjects.convolution.layer import Layer
from cnnmath.symbolic import Derivation, Step, derive, remark, step
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import Array, Instance, Sparse
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.ranges import decided
from cnnmath.symbolic.terms import Bracket, Divides, Expr, Sigma, array, index


def zero_stuffed(op: Conv) -> Derivation:
    r"""dL/dx as a correlation of the zero-stuffed gradient with the flipped kernel.

    .. math:: u_{n,f,i} = [s \mid i]\, \partial L/\partial y_{n,f,i/s}, \quad
       \partial L/\partial x_{n,c,j} = \sum_{f,k} w_{f,c,K-1-k}\, u_{n,f,\,j + d k - (d(K-1) - p)}

    So dL/dx is a convolution of stride 1 with the same dilation, the kernel flipped and its two channel axes exchanged,
    over the gradient with s - 1 zeros between its entries, padded by d*(K-1) - p.

    Parameters
    ----------
    op
        A convolution without groups; its window may be symbols.

    Examples
    --------
    >>> print(zero_stuffed(Conv(1, (3,), stride=2, padding=1)).text(full=False))
    dL/dx of conv(F, (3,), stride=2, padding=1) by zero-stuffing
      x (N, C, L), w (F, C, 3), b (F), y (N, F, O)
      O = floor((L - 1)/2) + 1
      u is zero wherever it is not defined.
         dL/dx[n,c,j] = sum{f<F, k<3} u[n,f,j+k-1]*w[f,c,2-k]
    """
    letters, gradient = Letters.of(op), derive(op, "x")
    n, c, f = (index(name) for name in "ncf")
    dx, dy, u, w = (array(name) for name in ("dL/dx", "dL/dy", "u", "w"))
    shapes, windows = letters.shapes, letters.windows
    filters = shapes["y"][1] // letters.groups
    filter_of, channel = _grouped(letters, f, c)
    j = letters.axes("j", letters.sizes)
    k = letters.axes("k", [window.kernel for window in windows])
    i = letters.axes("i", [w.stride * (o - 1) + 1 for w, o in zip(windows, letters.outputs, strict=True)])
    axes = list(zip(windows, (a for a, _ in i), (a for a, _ in j), (a for a, _ in k), strict=True))
    reached = [j + window.before - window.dilation * k for window, _, j, k in axes]
    flipped = [window.kernel - 1 - k for window, _, _, k in axes]
    turned = [j + window.dilation * k - (window.extent - 1 - window.before) for window, _, j, k in axes]
    entry, over = dx[n, c, *(a for a, _ in j)], [(n, shapes["x"][0]), (c, shapes["x"][1]), *j]
    stuff = step(
        "Zero-stuffing",
        remark("write {} for the gradient with zeros between its entries, the stride apart.", sp.Symbol("u")),
        u[n, f, *(i for _, i, _, _ in axes)],
        Bracket(*(Divides(window.stride, i) for window, i, _, _ in axes))
        * dy[n, f, *(i / window.stride for window, i, _, _ in axes)],
        [(n, shapes["y"][0]), (f, shapes["y"][1]), *i],
    )
    correlate = step(
        "Convolution",
        "divisibility and bounds of the collapsed sum are those of the stuffed entries.",
        entry,
        Sigma(u[n, filter_of, *reached] * w[filter_of, channel, *(k for _, _, _, k in axes)], [(f, filters), *k]),
        over,
    )
    flip = step(
        "Flip",
        "count the taps backwards: a convolution is a correlation with the flipped kernel.",
        entry,
        Sigma(u[n, filter_of, *turned] * w[filter_of, channel, *flipped], [(f, filters), *k]),
        over,
    )
    return Derivation(
        f"{gradient.title} by zero-stuffing",
        letters.assumptions,
        (*gradient.steps, stuff, correlate, flip),
        letters.instances(lambda instance: {"u": _stuffed(letters, instance)}),
        (remark("{} is zero wherever it is not defined.", sp.Symbol("u")),),
    )


def full_convolution(op: Conv) -> Derivation:
    r"""dL/dx of a convolution of stride 1, as the full convolution of dL/dy with the flipped kernel.

    .. math:: \partial L/\partial x_{n,c,j} = \sum_{f,k} w_{f,c,K-1-k}\,
       \partial L/\partial y_{n,f,\,j + d k - (d(K-1) - p)}

    The right side is the definition of a convolution of dL/dy with the same dilation, padded by d*(K-1) - p. Its kernel
    is w, flipped and with its two channel axes exchanged.

    Parameters
    ----------
    op
        A convolution of stride 1; a stride that is a symbol is set to 1.

    Raises
    ------
    SettingError
        For another stride.

    Examples
    --------
    >>> print(full_convolution(Conv(1, (3,), bias=False)).text(full=False))
    dL/dx of conv(F, (3,), bias=False) as a full convolution
      x (N, C, L), w (F, C, 3), y (N, F, O)
      O = L - 2
         dL/dx[n,c,j] = sum{f<F, k<3 | 0 <= j + k - 2 < O} dL/dy[n,f,j+k-2]*w[f,c,2-k]
    """
    op = _of_stride_one(op)
    layer, gradient = Layer.of(op), derive(op, "x")
    n, c, f = (index(name) for name in "ncf")
    filter_of, channel = _grouped(layer.letters, f, c)
    pads = [window.extent - 1 - window.before for window in layer.windows]
    axes = zip(layer.at("j"), layer.at("k"), layer.windows, pads, strict=True)
    turned = [j + window.dilation * k - pad for j, k, window, pad in axes]
    flipped = [window.kernel - 1 - k for window, k in zip(layer.windows, layer.at("k"), strict=True)]
    filters = [(f, layer.channels("y")), *layer.over("k")]
    known = {**dict(filters), **dict(gradient.result.over)}
    bounds = [bound for i, o in zip(turned, layer.short, strict=True) for bound in (sp.Ge(i, 0), sp.Lt(i, o))]
    flip = step(
        "Flip",
        "as the tap moves up, the output that reads through it moves down. Count the taps from the last one, and both "
        "move up: this is the definition of a convolution, and what it needs is the flipped kernel.",
        gradient.result.left,
        Sigma(
            array("dL/dy")[n, filter_of, *turned] * array("w")[filter_of, channel, *flipped],
            filters,
            [decided(bound, known) for bound in bounds],
        ),
        gradient.result.over,
    )
    return replace(
        gradient,
        title=f"{gradient.title} as a full convolution",
        steps=(*gradient.steps, *_restored(layer), flip),
    )


def _of_stride_one(op: Conv) -> Conv:
    """The convolution with stride 1 where its stride is a symbol."""
    stride = tuple(1 if isinstance(s, sp.Symbol) else s for s in op.stride)
    if stride != (1,) * len(stride):
        raise SettingError(
            "the gradient of a strided convolution is no convolution of dL/dy as it stands.",
            here=f"stride {'x'.join(map(str, stride))}",
            rule="stride 1",
            fix="derive zero-stuffed: it puts stride - 1 zeros between the entries of dL/dy first",
        )
    return replace(op, stride=stride)


def _restored(layer: Layer) -> Iterator[Step]:
    """The length of the full convolution along each axis, where the output has a length of its own."""
    for axis, (window, long, short) in enumerate(zip(layer.windows, layer.long, layer.short, strict=True)):
        pads = window.extent - 1 - window.before, window.extent - 1 - window.after
        if short != long:
            yield step(
                layer.named("Size", axis),
                remark(
                    f"{_padded(*pads)}: a window of the same extent then has as many places as x has "
                    "positions. Without padding of x every overlap counts, and the convolution is called full.",
                    *(sp.Abs(pad) if _crops(pad) else pad for pad in pads),
                ),
                short + sum(pads) - (window.extent - 1),
                long,
            )


def _padded(before: Expr, after: Expr) -> str:
    """Say that dL/dy is padded before and after, or cropped where the padding is a negative number."""
    first, second = ("crop" if _crops(pad) else "pad" for pad in (before, after))
    return f"{first} dL/dy by {{}} before and {'' if first == second else f'{second} it by '}{{}} after"


def _crops(pad: Expr) -> bool:
    """Whether a padding is a negative number."""
    return bool(sp.sympify(pad).is_number and pad < 0)


def _grouped(letters: Letters, f: Expr, c: Expr) -> tuple[Expr, Expr]:
    """The filter with the number f in the group of the input channel c, and the channel's number in its group."""
    if letters.groups == 1:
        return f, c
    per_group, filters = letters.shapes["w"][1], letters.shapes["y"][1] // letters.groups
    return f + filters * sp.floor(c / per_group), sp.Mod(c, per_group)


def _stuffed(letters: Letters, instance: Instance) -> Array:
    """The gradient from above with zeros between its entries, made without any formula."""
    strides = [int(evaluate(window.stride, instance.environment)) for window in letters.windows]
    dy = instance.tensor("dL/dy")
    return Sparse({(*at[:2], *(s * o for s, o in zip(strides, at[2:], strict=True))): dy[at] for at in dy.positions()})
