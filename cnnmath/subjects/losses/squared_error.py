"""Losses and their gradients: the squared error, beside the cross-entropies.

References
----------
.. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, sections 6.2.1 and 6.2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from cnnmath.ops.algebra import rational
from cnnmath.readers import Tensor, gradients
from cnnmath.readers.exact import Exact
from cnnmath.subjects.losses.cross_entropy import ANSWERS, POINTS
from cnnmath.subjects.scalar import positive, real, settled, shapes
from cnnmath.subjects.verbs import logistic, vector
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, values
from cnnmath.symbolic.terms import Logistic, Sigma, array, index, size

N, L, a = size("N"), real("L"), real("a")
n, q = index("n"), index("q")
t, y, z = (array(name) for name in "tyz")
dy, dz = array("dL/dy"), array("dL/dz")


def mean_squared_error(factor: int | float | Fraction = 1) -> Derivation:
    r"""The squared error, what it is least at, and why it saturates behind a logistic function.

    .. math:: L = \frac1N \sum_n (y_n - t_n)^2, \qquad \partial L/\partial y_n = \frac2N\,(y_n - t_n)

    Parameters
    ----------
    factor
        Positive factor before the mean; with 1/2 the gradient has no 2.

    Raises
    ------
    SettingError
        For a factor that is not positive.

    Examples
    --------
    >>> mean_squared_error(Fraction(1, 2)).steps[1]
    Gradient: dL/dy[n] = (y[n] - t[n])/N
    """
    each, every = settled(positive("factor"), factor) / N, [(n, N)]
    times = "" if factor == 1 else ", times the factor"
    mean, m = Sigma(t[q], [(q, N)]) / N, real("m")
    return Derivation(
        "The mean squared error, and what a logistic function leaves of its gradient",
        (shapes(N, "z", "y", "t"),),
        (
            step(
                "Loss",
                f"the mean of the squares of what is missing{times}.",
                L,
                each * Sigma((y[n] - t[n]) ** 2, every),
            ),
            step(
                "Gradient",
                "a square has twice its base as derivative: the error itself is passed back, times a number.",
                dy[n],
                2 * each * (y[n] - t[n]),
                every,
            ),
            step("Mean", remark("write {} for the mean of the targets.", m), m, mean),
            step(
                "Best constant",
                remark(
                    "for one answer {} to all, the cross terms cancel: the mean is best, and the targets' variance "
                    f"remains{times}.",
                    a,
                ),
                each * Sigma((a - t[n]) ** 2, every),
                each * Sigma((m - t[n]) ** 2, every) + each * N * (a - m) ** 2,
            ),
            step(
                "Behind a logistic function",
                "if the output is a logistic function of a logit, its slope is one more factor.",
                y[n],
                Logistic(z[n]),
                every,
            ),
            step(
                "Saturation",
                "the factor vanishes where the output is near 0 or 1, be it right or wrong.",
                dz[n],
                2 * each * (y[n] - t[n]) * y[n] * (1 - y[n]),
                every,
            ),
        ),
        tuple(_fitted(rational(factor), points, answers) for points, answers in zip(POINTS, ANSWERS, strict=True)),
    )


def _fitted(factor: Fraction, logits: Any, answers: Any) -> Instance:
    """Outputs of a logistic function with targets, and their squared error with its gradients."""
    z, t, samples = vector(logits), vector(answers), len(logits)
    y = Tensor(z.shape, [logistic(Exact(), number) for number in z.values])

    def square(m: Any, output: Callable[[int], Any]) -> Any:
        return factor / samples * m.sum(lambda s: (output(s) - t[s]) * (output(s) - t[s]), samples)

    return Instance(
        {
            **values(N=samples), a: Fraction(samples, 2), real("m"): Fraction(sum(t.values), samples),
            L: square(Exact(), lambda s: y[s]),
        },
        {
            "z": z, "t": t, "y": y,
            "dL/dy": gradients(lambda m, y: square(m, lambda s: y[s]), {"y": y})["y"],
            "dL/dz": gradients(lambda m, z: square(m, lambda s: logistic(m, z[s])), {"z": z})["z"],
        },
    )  # fmt: skip
