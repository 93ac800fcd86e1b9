"""Cross-entropies, of classes and of a yes or no: what cancels, and the error that remains.

References
----------
.. [1] C. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, sections 4.3.2 and 4.3.4.
.. [2] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 6.2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp

from cnnmath.ops.checks import check_word
from cnnmath.readers import Tensor, gradients
from cnnmath.readers.exact import Exact
from cnnmath.subjects.scalar import real, shapes
from cnnmath.subjects.verbs import jacobian, logistic, softmax, vector
from cnnmath.symbolic import Derivation, Remark, remark, step
from cnnmath.symbolic.instance import Instance, drawn, values
from cnnmath.symbolic.terms import Bracket, Expr, Logistic, Partial, Sigma, array, index, size

N, C, L = size("N"), size("C"), real("L")
n, c, i, j, q = (index(name) for name in "ncijq")
p, t, z = (array(name) for name in "ptz")
dp, dz = array("dL/dp"), array("dL/dz")

REDUCTIONS = ("sum", "mean")
"""What is made of the losses of a batch."""

POINTS = ((Fraction(3, 2), -2, 0), (-1, Fraction(1, 3), 4, -3))
ANSWERS = ((0, 1, Fraction(1, 4)), (1, 0, 0, Fraction(2, 3)))
"""Logits, and answers to them: some yes, some no, some in between."""


def softmax_cross_entropy(reduction: str = "sum", targets: str = "distribution") -> Derivation:
    r"""The gradient of the cross-entropy by the logits: what is predicted, less what is true.

    .. math:: L = -\sum_n \sum_c t_{n,c} \log p_{n,c}, \qquad \partial L/\partial z_{n,j} = p_{n,j} - t_{n,j}

    Parameters
    ----------
    reduction
        What is made of the losses of the samples: ``sum`` or ``mean``.
    targets
        ``distribution`` where the targets of a sample add up to 1; ``any`` where they need not.

    Raises
    ------
    SettingError
        For any other word.

    Examples
    --------
    >>> softmax_cross_entropy().result
    Targets add up to 1: dL/dz[n,j] = p[n,j] - t[n,j]
    >>> softmax_cross_entropy(targets="any").result
    One sum: dL/dz[n,j] = -t[n,j] + p[n,j]*sum{i<C} t[n,i]
    """
    check_word("reduction", reduction, REDUCTIONS)
    check_word("kind of targets", targets, ("distribution", "any"))
    each = _weight(reduction)
    total = Sigma(sp.exp(z[n, q]), [(q, C)])
    batch, entry = [(n, N), (c, C)], [(n, N), (j, C)]
    steps = [
        step(
            "Loss",
            "the cross-entropy of the targets and the predictions.",
            L,
            -each * Sigma(t[n, c] * sp.log(p[n, c]), batch),
        ),
        step("Softmax", "predictions are the softmax of the logits.", p[n, j], sp.exp(z[n, j]) / total, entry),
        step(
            "In the logits",
            "the logarithm undoes the exponential.",
            L,
            each * Sigma(t[n, c] * (sp.log(total) - z[n, c]), batch),
        ),
        step("Logarithm", "only its own target meets a prediction.", dp[n, j], -each * t[n, j] / p[n, j], entry),
        step(
            "Jacobian",
            "every prediction depends on every logit of its sample.",
            Partial(p[n, i], z[n, j]),
            p[n, i] * (Bracket(sp.Eq(i, j)) - p[n, j]),
            [(n, N), (i, C), (j, C)],
        ),
        step(
            "Chain rule",
            "sum over the predictions: each probability cancels against the one below the target.",
            dz[n, j],
            -each * Sigma(t[n, i] * (Bracket(sp.Eq(i, j)) - p[n, j]), [(i, C)]),
            entry,
        ),
        step(
            "One sum",
            "the bracket leaves one target.",
            dz[n, j],
            each * (p[n, j] * Sigma(t[n, i], [(i, C)]) - t[n, j]),
            entry,
        ),
    ]
    if targets == "distribution":
        final = "the logits move by the error, and by nothing else."
        steps.append(step("Targets add up to 1", final, dz[n, j], each * (p[n, j] - t[n, j]), entry))
    return Derivation(
        "The gradient of the softmax with the cross-entropy",
        (shapes((N, C), "z", "p", "t"),),
        tuple(steps),
        tuple(_classified(reduction, targets, *shape) for shape in ((2, 3), (3, 2))),
        (_reduced(reduction),),
    )


def binary_cross_entropy(reduction: str = "sum") -> Derivation:
    r"""The gradient of the cross-entropy of a yes or no: again what is predicted, less what is true.

    .. math:: L = -\sum_n t_n \log p_n + (1 - t_n) \log(1 - p_n), \quad p_n = \sigma(z_n), \quad
       \partial L/\partial z_n = p_n - t_n

    Parameters
    ----------
    reduction
        What is made of the losses of the samples: ``sum`` or ``mean``.

    Raises
    ------
    SettingError
        For any other word.

    Examples
    --------
    >>> binary_cross_entropy("mean").result
    Error: dL/dz[n] = (p[n] - t[n])/N
    """
    check_word("reduction", reduction, REDUCTIONS)
    each, every = _weight(reduction), [(n, N)]
    return Derivation(
        "The gradient of the logistic function with the cross-entropy",
        (shapes(N, "z", "p", "t"), remark("Each {} lies from 0 to 1.", t[n])),
        (
            step("Prediction", "the logistic function makes the logit a probability.", p[n], Logistic(z[n]), every),
            step(
                "Loss",
                "the cross-entropy of two cases, yes and no.",
                L,
                -each * Sigma(t[n] * sp.log(p[n]) + (1 - t[n]) * sp.log(1 - p[n]), every),
            ),
            step(
                "Logarithms",
                "yes and no pull at opposite ends.",
                dp[n],
                each * ((1 - t[n]) / (1 - p[n]) - t[n] / p[n]),
                every,
            ),
            step(
                "One fraction",
                "on a common denominator the numerator is the error.",
                dp[n],
                each * (p[n] - t[n]) / (p[n] * (1 - p[n])),
                every,
            ),
            step(
                "Slope",
                "the derivative of the logistic function is that denominator.",
                Partial(p[n], z[n]),
                p[n] * (1 - p[n]),
                every,
            ),
            step(
                "Without overflow",
                remark("in the logits, with no exponent above 0: {} is {}.", -sp.log(p[n]), sp.log(1 + sp.exp(-z[n]))),
                L,
                each * Sigma(sp.Max(0, z[n]) - t[n] * z[n] + sp.log(1 + sp.exp(-sp.Abs(z[n]))), every),
            ),
            step(
                "Error",
                "the two cancel: where a prediction is wrong the gradient does not vanish, however sure it is.",
                dz[n],
                each * (p[n] - t[n]),
                every,
            ),
        ),
        tuple(_answered(reduction, points, answers) for points, answers in zip(POINTS, ANSWERS, strict=True)),
        (_reduced(reduction),),
    )


def _weight(reduction: str) -> Expr:
    return 1 / N if reduction == "mean" else sp.S.One


def _reduced(reduction: str) -> Remark:
    other = remark("The losses of a batch are added; their mean has everything divided by {}.", N)
    return other if reduction == "sum" else remark("The loss of a batch is the mean of its samples' losses.")


def _classified(reduction: str, targets: str, samples: int, classes: int) -> Instance:
    """A batch of logits with targets, and the cross-entropy with its gradients."""
    draw, shape = Random(samples), (samples, classes)
    z, t = drawn(shape, draw), drawn(shape, draw, 1, 4)
    if targets == "distribution":
        t = Tensor(shape, [t[at] / sum(t[at[0], k] for k in range(classes)) for at in t.positions()])
    each = Fraction(1, samples if reduction == "mean" else 1)

    def entropy(m: Any, predicted: Callable[..., Any]) -> Any:
        return -each * m.sum(lambda s, k: t[s, k] * m.log(predicted(s, k)), samples, classes)

    def loss(m: Any, z: Any) -> Any:
        return entropy(m, lambda s, k: softmax(m, z, classes, (s, k)))

    p = Tensor(shape, [softmax(Exact(), z, classes, at) for at in z.positions()])
    return Instance(
        {**values(N=samples, C=classes), L: loss(Exact(), z)},
        {
            "z": z, "t": t, "p": p,
            "dp/dz": jacobian(lambda m, x, at: softmax(m, x, classes, at), z, shape),
            "dL/dp": gradients(lambda m, p: entropy(m, lambda s, k: p[s, k]), {"p": p})["p"],
            "dL/dz": gradients(loss, {"z": z})["z"],
        },
    )  # fmt: skip


def _answered(reduction: str, logits: Any, answers: Any) -> Instance:
    """Logits of yes or no with answers, and their cross-entropy with its gradients."""
    z, t, samples = vector(logits), vector(answers), len(logits)
    each = Fraction(1, samples if reduction == "mean" else 1)

    def entropy(m: Any, predicted: Callable[[int], Any]) -> Any:
        return -each * m.sum(lambda s: t[s] * m.log(predicted(s)) + (1 - t[s]) * m.log(1 - predicted(s)), samples)

    def loss(m: Any, z: Any) -> Any:
        return entropy(m, lambda s: logistic(m, z[s]))

    p = Tensor(z.shape, [logistic(Exact(), number) for number in z.values])
    return Instance(
        {**values(N=samples), L: loss(Exact(), z)},
        {
            "z": z, "t": t, "p": p,
            "dp/dz": jacobian(lambda m, x, at: logistic(m, x[at]), z, z.shape),
            "dL/dp": gradients(lambda m, p: entropy(m, lambda s: p[s]), {"p": p})["p"],
            "dL/dz": gradients(loss, {"z": z})["z"],
        },
    )  # fmt: skip
