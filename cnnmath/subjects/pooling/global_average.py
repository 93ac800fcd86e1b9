"""Global average pooling: the window is the whole input, and a dense layer behind it could as well stand ahead.

References
----------
.. [1] M. Lin, Q. Chen and S. Yan, "Network in network", arXiv:1312.4400, section 3.2 (global average pooling).
.. [2] B. Zhou, A. Khosla, A. Lapedriza, A. Oliva and A. Torralba, "Learning deep features for discriminative
   localization", arXiv:1512.04150, section 2 (a dense layer after it, as a map).
"""

from __future__ import annotations

from math import prod
from random import Random

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import AveragePool, Conv, GlobalAveragePool, Linear
from cnnmath.readers import Tensor, forward
from cnnmath.symbolic import Derivation, derive, remark, step
from cnnmath.symbolic.instance import Instance, drawn
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.terms import Sigma, array, index, size


def global_average(rank: int = 2) -> Derivation:
    r"""The average over all positions: an average pooling whose window is the input, ahead of a dense layer or behind.

    .. math:: y_{n,c} = \frac{1}{|J|} \sum_j x_{n,c,j}, \quad
       \partial L/\partial x_{n,c,j} = \frac{1}{|J|}\, \partial L/\partial y_{n,c}

    Parameters
    ----------
    rank
        Number of spatial axes, 1 to 3.

    Raises
    ------
    SettingError
        For another rank.

    Examples
    --------
    >>> global_average(1).steps[-1]
    Class map: s[n,f] = 1/L*sum{j<L} v[n,f,j]
    """
    check_axes(rank)
    letters, gradient = Letters.of(GlobalAveragePool(), rank), derive(GlobalAveragePool(), rank=rank)
    definition, chain, jacobian, collapse = gradient.steps
    n, c, f = (index(name) for name in "ncf")
    samples, channels, classes = (n, size("N")), (c, size("C")), (f, size("F"))
    j = letters.axes("j", letters.sizes)
    centre, at = (n, c, *(0,) * rank), tuple(symbol for symbol, _ in j)
    w, positions = array("w")[f, c], prod(letters.sizes)
    steps = (
        definition,
        step(
            "Special case",
            remark(
                "{} is average pooling with a kernel as large as the input: one window, that sees all.", sp.Symbol("q")
            ),
            array("q")[centre],
            array("y")[centre],
            [samples, channels],
        ),
        chain,
        jacobian,
        collapse,
        step(
            "Mass",
            "every position receives the same share, and all shares add up to the gradient.",
            Sigma(array("dL/dx")[n, c, *at], j),
            array("dL/dy")[centre],
            [samples, channels],
        ),
        step(
            "Scores",
            remark(
                "a dense layer with the weights {} turns the averages into scores {}.", sp.Symbol("w"), sp.Symbol("s")
            ),
            array("s")[n, f],
            Sigma(w * array("y")[centre], [channels]),
            [samples, classes],
        ),
        step(
            "Class map",
            remark(
                "both are linear: the score is the average of the map {}, a 1x1 convolution with {}.",
                sp.Symbol("v"),
                sp.Symbol("w"),
            ),
            array("s")[n, f],
            Sigma(array("v")[n, f, *at], j) / positions,
            [samples, classes],
        ),
    )
    shapes = (
        sp.Symbol("w"),
        sp.Tuple(classes[1], channels[1]),
        sp.Symbol("v"),
        sp.Tuple(samples[1], classes[1], *letters.sizes),
    )
    return Derivation(
        f"Global average pooling over {rank} {'axis' if rank == 1 else 'axes'}",
        (*gradient.assumptions, remark("{} {}, {} {}", *shapes)),
        steps,
        tuple(_scored(instance, classes[1]) for instance in letters.instances()),
    )


def check_axes(rank: int) -> None:
    """Raise where something is no number of spatial axes."""
    if rank not in (1, 2, 3):
        raise SettingError(
            "this is no number of spatial axes.", here=f"rank {rank!r}", rule="1, 2 or 3", fix="use rank 2 for images"
        )


def _scored(instance: Instance, classes: sp.Symbol) -> Instance:
    """The instance with a dense layer on its averages, and a convolution with the same weights."""
    x, filters = instance.tensor("x"), 4
    (samples, channels), sizes = x.shape[:2], x.shape[2:]
    ones = (1,) * len(sizes)
    weights = drawn((filters, channels), Random(1))
    pooled = forward(AveragePool(sizes), (samples, channels, *ones), x)
    flat, kernel = Tensor((samples, channels), pooled.values), Tensor((filters, channels, *ones), weights.values)
    more = {
        "q": pooled,
        "w": weights,
        "s": forward(Linear(filters, bias=False), (samples, filters), flat, weights),
        "v": forward(Conv(filters, ones, bias=False), (samples, filters, *sizes), x, kernel),
    }
    return Instance({**instance.values, classes: filters}, {**instance.arrays, **more})
