"""Groups of a convolution: blocks of weights, and what they save.

References
----------
.. [1] A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet classification with deep convolutional neural networks",
   NIPS 2012, section 3.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import sympy as sp

from cnnmath.ops import Conv
from cnnmath.readers import Tensor, cost, forward
from cnnmath.subjects.convolution.layer import Layer
from cnnmath.symbolic import Derivation, Step, remark, step
from cnnmath.symbolic.instance import Array, Instance, drawn
from cnnmath.symbolic.terms import Bracket, Expr, Partial, array, index, size

TRIED = (2, 3)
"""Numbers of groups on which the steps are evaluated where it is left open."""

WEIGHTS, MULTIPLICATIONS = size("P"), size("M")
"""Names of the counts of an ordinary convolution."""

FEWER_WEIGHTS, FEWER_MULTIPLICATIONS = size("P'"), size("M'")
"""Names of the counts of a convolution with a restricted kernel."""


def grouped(op: Conv) -> Derivation:
    r"""Groups are blocks: an output reads the channels of its group alone, and weights and cost are divided by G.

    .. math:: y_{n,\,g F/G + f,\,o} = b_{g F/G + f} + \sum_{c<C/G,\,k} w_{g F/G + f,\,c,\,k}\,
       x_{n,\,g C/G + c,\,s o + d k - p}

    Parameters
    ----------
    op
        A convolution; its window may be symbols, and so is the number of groups G where it has one group alone.

    Examples
    --------
    >>> print(grouped(Conv(1, (3,))).steps[5])
    Fewer weights: P/P' = G
    """
    groups: Expr = size("G") if op.groups == 1 else op.groups
    layer = Layer.of(replace(op, filters=groups, groups=groups))
    tried = TRIED if op.groups == 1 else (op.groups,)
    return Derivation(
        f"Groups of {layer.letters.setting}",
        layer.letters.assumptions,
        (*_blocks(layer), *_saved(layer), _depthwise(layer)),
        tuple(instance for count in tried for instance in _instances(op, groups, count)),
        (
            remark(
                "{} and {} count the weights, biases apart, and the multiplications.",
                FEWER_WEIGHTS,
                FEWER_MULTIPLICATIONS,
            ),
            remark("{} and {} count them for the same convolution without groups.", WEIGHTS, MULTIPLICATIONS),
            remark(
                "{} is the convolution of an input {} of one channel a group, with filters {}.", *map(sp.Symbol, "zua")
            ),
        ),
    )


def _blocks(layer: Layer) -> Iterator[Step]:
    """The definition, and the ordinary convolution that it is a special case of."""
    n, c, f, other = (index(name) for name in ("n", "c", "f", "g'"))
    y, x, w, b, v = map(array, ("y", "x", "w", "b", "v"))
    o, j, k = (layer.at(name) for name in "ojk")
    read, per_group, filters = layer.tap(o, k), layer.channels("x"), layer.channels("y")
    filter_of = layer.channel("y", f)
    outputs = [(n, layer.letters.shapes["y"][0]), *layer.groups, (f, filters), *layer.over("o")]
    wide = [(f, layer.letters.shapes["y"][1]), (c, layer.letters.shapes["x"][1])]

    def bias(at: Expr) -> Expr:
        return b[at] if layer.letters.op.bias else sp.S.Zero

    yield step(
        "Definition",
        "each group is a convolution of its own, from its channels to its filters.",
        y[n, filter_of, *o],
        bias(filter_of)
        + layer.total(
            w[filter_of, c, *k] * x[n, layer.channel("x", c), *read], [(c, per_group), *layer.over("k")], read
        ),
        outputs,
    )
    yield step(
        "Blocks",
        "write the weights for all pairs of filters and channels: zero where they are of different groups.",
        v[f, c, *k],
        Bracket(sp.Eq(sp.floor(f / filters), sp.floor(c / per_group))) * w[f, sp.Mod(c, per_group), *k],
        [*wide, *layer.over("k")],
    )
    yield step(
        "Ordinary convolution",
        "with these weights, one convolution without groups does the same.",
        y[n, f, *o],
        bias(f) + layer.total(v[f, c, *k] * x[n, c, *read], [wide[1], *layer.over("k")], read),
        [outputs[0], wide[0], *layer.over("o")],
    )
    met = [sp.Eq(position, at) for position, at in zip(read, j, strict=True)]
    yield step(
        "Blindness",
        "an output depends on the channels of its own group, and on no other.",
        Partial(y[n, filter_of, *o], x[n, other * per_group + c, *j]),
        Bracket(sp.Eq(index("g"), other)) * layer.met(w[filter_of, c, *k], met),
        [*outputs, (other, layer.letters.groups), (c, per_group), *layer.over("j")],
    )


def _saved(layer: Layer) -> Iterator[Step]:
    """What the groups save."""
    groups, per_group, filters = layer.letters.groups, layer.channels("x"), layer.channels("y")
    yield step(
        "Weights",
        "each group has the weights of a convolution from its channels to its filters.",
        FEWER_WEIGHTS,
        groups * filters * per_group * sp.prod(layer.kernel),
    )
    yield step(
        "Fewer weights",
        "without groups, every filter has weights for all channels, and not for those of one group alone.",
        WEIGHTS / FEWER_WEIGHTS,
        groups,
    )
    yield step(
        "Fewer multiplications",
        "each weight is used once for every sample and position, with groups and without.",
        MULTIPLICATIONS / FEWER_MULTIPLICATIONS,
        groups,
    )


def _depthwise(layer: Layer) -> Step:
    """The case of one channel a group."""
    n, f, g = (index(name) for name in "nfg")
    z, a, u = map(array, "zau")
    o, k, filter_of = layer.at("o"), layer.at("k"), layer.channel("y", f)
    read = layer.tap(o, k)
    return step(
        "Depthwise",
        "with as many groups as channels, each filter reads one channel: no sum over channels is left.",
        z[n, filter_of, *o],
        layer.total(a[filter_of, 0, *k] * u[n, g, *read], layer.over("k"), read),
        [(n, layer.letters.shapes["y"][0]), *layer.groups, (f, layer.channels("y")), *layer.over("o")],
    )


def _instances(op: Conv, groups: Expr, count: int) -> Iterator[Instance]:
    """Instances with so many groups."""
    layer = Layer.of(replace(op, filters=count, groups=count))
    for own in layer.letters.instances(lambda instance: _dense(layer, instance, count)):
        x, w, dy = (own.tensor(name) for name in ("x", "w", "dL/dy"))
        few, many = (
            cost(layer.concrete(own, dy.shape[1], groups=number), x.shape).multiplications for number in (count, 1)
        )
        counts = {
            FEWER_WEIGHTS: len(w.values),
            WEIGHTS: len(w.values) // w.shape[1] * x.shape[1],
            FEWER_MULTIPLICATIONS: few,
            MULTIPLICATIONS: many,
        }
        values = {**own.values, **counts}
        yield replace(own, values={**values, groups: count} if isinstance(groups, sp.Symbol) else values)


def _dense(layer: Layer, instance: Instance, count: int) -> dict[str, Array]:
    """All pairs of filters and channels, and a depthwise convolution with as many groups."""
    w, x, dy, draw = instance.tensor("w"), instance.tensor("x"), instance.tensor("dL/dy"), Random(1)
    shape = (w.shape[0], x.shape[1], *w.shape[2:])
    first = [f // (w.shape[0] // count) * w.shape[1] for f in range(w.shape[0])]
    places = Tensor(shape, []).positions()
    v = [w[f, c - first[f], *k] if 0 <= c - first[f] < w.shape[1] else 0 for f, c, *k in places]
    u, a = drawn((x.shape[0], count, *x.shape[2:]), draw), drawn((w.shape[0], 1, *w.shape[2:]), draw)
    z = forward(layer.concrete(instance, w.shape[0], groups=count), dy.shape, u, a)
    return {"v": Tensor(shape, v), "u": u, "a": a, "z": z}
