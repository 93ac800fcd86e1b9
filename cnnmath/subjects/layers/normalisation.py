"""Normalisation: by the statistics of a batch, by stored ones, and by neighbouring channels.

References
----------
.. [1] S. Ioffe and C. Szegedy, "Batch normalization", arXiv:1502.03167, section 3 (algorithm 1 and the formulas below).
"""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp

from cnnmath.ops import BatchNorm
from cnnmath.readers import Tensor, gradients
from cnnmath.readers.exact import evaluate
from cnnmath.subjects.scalar import Given, numbers, positive, settled
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, drawn, values
from cnnmath.symbolic.terms import Sigma, array, index, size

M, C, i, c = size("M"), size("C"), index("i"), index("c")
x, y, gamma, beta, mean, var = (array(name) for name in ("x", "y", "gamma", "beta", "mean", "var"))


def batch_normalisation(epsilon: Given = None) -> Derivation:
    r"""The gradient of batch normalisation in training, through the mean and the variance of the batch.

    .. math:: \partial L/\partial x_i = \frac{\gamma}{M \sqrt{\sigma^2 + \epsilon}} \Big(
       M\, \partial L/\partial y_i - \sum_{i'} \partial L/\partial y_{i'}
       - \hat x_i \sum_{i'} \partial L/\partial y_{i'}\, \hat x_{i'} \Big)

    Parameters
    ----------
    epsilon
        Added to the variance, positive; a letter where it is not given.

    Raises
    ------
    SettingError
        For one that is not positive.

    Examples
    --------
    >>> batch_normalisation().steps[4]
    Scale: dL/dgamma[c] = sum{i<M} dL/dy[i,c]*xhat[i,c]
    """
    symbol, i2 = positive("epsilon"), index("i'")
    root = sp.sqrt(var[c] + settled(symbol, epsilon))
    xhat = array("xhat")
    dx, dy, dxhat, dgamma, dbeta, dmean, dvar = (
        array(f"dL/d{name}") for name in ("x", "y", "xhat", "gamma", "beta", "mean", "var")
    )
    rows, channel, entry = [(i, M)], [(c, C)], [(i, M), (c, C)]
    return Derivation(
        "The gradient of batch normalisation in training",
        (
            remark(
                "{}, {}, {} {}, {}, {}, {}, {} {}",
                x[i, c],
                y[i, c],
                xhat[i, c],
                sp.Tuple(M, C),
                gamma[c],
                beta[c],
                mean[c],
                var[c],
                sp.Tuple(C),
            ),
            remark(
                "{}: a row for every position of every sample.", sp.Eq(M, sp.Mul(*map(size, "NHW")), evaluate=False)
            ),
        ),
        (
            step(
                "Mean",
                "over the batch and all positions, each channel by itself.",
                mean[c],
                Sigma(x[i, c], rows) / M,
                channel,
            ),
            step(
                "Variance",
                "the biased one: the mean square of the deviations.",
                var[c],
                Sigma((x[i, c] - mean[c]) ** 2, rows) / M,
                channel,
            ),
            step(
                "Normalise",
                "to mean 0 and, but for the small constant, variance 1.",
                xhat[i, c],
                (x[i, c] - mean[c]) / root,
                entry,
            ),
            step("Output", "a scale and a shift that are learned.", y[i, c], gamma[c] * xhat[i, c] + beta[c], entry),
            step(
                "Scale",
                "it multiplies every normalised input of its channel.",
                dgamma[c],
                Sigma(dy[i, c] * xhat[i, c], rows),
                channel,
            ),
            step("Shift", "it is added to all of them.", dbeta[c], Sigma(dy[i, c], rows), channel),
            step("Normalised inputs", "each goes through the scale.", dxhat[i, c], gamma[c] * dy[i, c], entry),
            step(
                "By the variance",
                remark(
                    "the derivative of {} is {}.",
                    1 / sp.sqrt(sp.Symbol("v", positive=True)),
                    -(sp.Symbol("v", positive=True) ** sp.Rational(-3, 2)) / 2,
                ),
                dvar[c],
                -Sigma(dxhat[i, c] * (x[i, c] - mean[c]), rows) / (2 * root**3),
                channel,
            ),
            step(
                "By the mean",
                "directly, and through the variance: there the deviations add up to 0, and nothing is left.",
                dmean[c],
                -Sigma(dxhat[i, c], rows) / root,
                channel,
            ),
            step(
                "Three ways",
                "an input counts in the mean, in the variance, and by itself.",
                dx[i, c],
                dxhat[i, c] / root + dvar[c] * 2 * (x[i, c] - mean[c]) / M + dmean[c] / M,
                entry,
            ),
            step(
                "Inputs",
                "put all in: what is common to the batch, and what goes along with the input itself, is taken away.",
                dx[i, c],
                gamma[c]
                / (M * root)
                * (M * dy[i, c] - Sigma(dy[i2, c], [(i2, M)]) - xhat[i, c] * Sigma(dy[i2, c] * xhat[i2, c], [(i2, M)])),
                entry,
            ),
        ),
        tuple(_batch(rows, numbers({symbol: epsilon}, {symbol: small})) for rows, small in BATCHES),
        (remark("The variance is divided by {}, as in training; the stored one of most libraries by {}.", M, M - 1),),
    )


BATCHES = (
    ([[-2, -7, 5], [0, 1, 5], [2, 1, 5], [4, 1, 5]], Fraction(4)),
    ([[1, 2], [-3, 0], [0, Fraction(1, 2)], [2, -2], [5, 1]], Fraction(1, 1000)),
)
"""Numbers of a batch, row by row, and the constant: with the first, every root is a whole number."""


def _batch(rows: list[list[Any]], scalars: dict[sp.Symbol, Fraction]) -> Instance:
    """A batch with its statistics, and the gradients of a weighted sum of its outputs by everything on the way."""
    count, channels = len(rows), len(rows[0])
    draw, small = Random(count), scalars[positive("epsilon")]
    x = Tensor((count, channels), [Fraction(number) for row in rows for number in row])
    weights = {"gamma": drawn((channels,), draw, 1, 3), "beta": drawn((channels,), draw)}
    above = drawn(x.shape, draw, 1, 9)
    columns = [[row[channel] for row in rows] for channel in range(channels)]
    centres = [Fraction(sum(column), count) for column in columns]
    spreads = [sum((number - m) ** 2 for number in column) / count for column, m in zip(columns, centres, strict=True)]
    statistics = {"mean": Tensor((channels,), centres), "var": Tensor((channels,), spreads)}

    def middle(m: Any, x: Any, at: int) -> Any:
        return m.sum(lambda r: x[r, at], count) / count

    def spread(m: Any, x: Any, at: int, centre: Any) -> Any:
        return m.sum(lambda r: (x[r, at] - centre) * (x[r, at] - centre), count) / count

    def normalised(m: Any, number: Any, centre: Any, spread: Any) -> Any:
        return (number - centre) / m.power(spread + small, Fraction(1, 2))

    def loss(m: Any, hat: Any, gamma: Any = weights["gamma"], beta: Any = weights["beta"]) -> Any:
        return m.sum(lambda r, at: above[r, at] * (gamma[at] * hat(r, at) + beta[at]), *x.shape)

    def by_scale(m: Any, gamma: Any, beta: Any) -> Any:
        return loss(m, lambda r, at: hats[r, at], gamma, beta)

    def by_variance(m: Any, var: Any) -> Any:
        return loss(m, lambda r, at: normalised(m, x[r, at], centres[at], var[at]))

    def by_mean(m: Any, mean: Any) -> Any:
        return loss(m, lambda r, at: normalised(m, x[r, at], mean[at], spread(m, x, at, mean[at])))

    def by_input(m: Any, x: Any) -> Any:
        def hat(r: int, at: int) -> Any:
            centre = middle(m, x, at)
            return normalised(m, x[r, at], centre, spread(m, x, at, centre))

        return loss(m, hat)

    operands = {"x": x, **weights, **statistics}
    output = Tensor(x.shape, [evaluate(BatchNorm(small), at, *operands.values()) for at in x.positions()])
    scale, shift = weights["gamma"], weights["beta"]
    hats = Tensor(x.shape, [(output[at] - shift[at[1]]) / scale[at[1]] for at in x.positions()])
    derivatives = {
        **gradients(by_scale, weights),
        **gradients(lambda m, xhat: loss(m, lambda r, at: xhat[r, at]), {"xhat": hats}),
        **gradients(by_variance, {"var": statistics["var"]}),
        **gradients(by_mean, {"mean": statistics["mean"]}),
        **gradients(by_input, {"x": x}),
    }
    return Instance(
        {**values(M=count, C=channels), **scalars},
        {
            **operands,
            "y": output,
            "xhat": hats,
            "dL/dy": above,
            **{f"dL/d{name}": d for name, d in derivatives.items()},
        },
    )
