"""Batch normalisation at inference, folded into the convolution before it.

References
----------
.. [1] S. Ioffe and C. Szegedy, "Batch normalization", arXiv:1502.03167, section 3.1 and algorithm 2.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import sympy as sp

from cnnmath.ops import BatchNorm, Conv
from cnnmath.readers import Tensor
from cnnmath.readers.exact import evaluate
from cnnmath.subjects.scalar import positive
from cnnmath.subjects.verbs import vector
from cnnmath.symbolic import Derivation, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance, Lazy
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.terms import Expr, array, index

c, f = index("c"), index("f")
epsilon = positive("epsilon")
a, y, z, gamma, beta, mean, var = (array(name) for name in ("a", "y", "z", "gamma", "beta", "mean", "var"))


def batch_normalisation_inference(op: Conv) -> Derivation:
    r"""Batch normalisation at inference is an affine map, which a convolution before it takes in.

    .. math:: w'_{f,c,k} = \frac{\gamma_f}{\sqrt{\sigma^2_f + \epsilon}}\, w_{f,c,k}, \qquad
       b'_f = \beta_f + \frac{\gamma_f}{\sqrt{\sigma^2_f + \epsilon}}\,(b_f - \mu_f)

    Parameters
    ----------
    op
        The convolution before it; its window may be symbols.

    Examples
    --------
    >>> print(batch_normalisation_inference(Conv(1, (2,))).text(full=False))
    conv(F, (2,)) with batch normalisation folded in
      x (N, C, L), w (F, C, 2), b (F), y (N, F, O)
      O = L - 1
      gamma[f], beta[f], mean[f], var[f] (F): stored numbers of batch normalisation; z is the convolution's output.
         y[n,f,o] = b'[f] + sum{c<C, k<2} w'[f,c,k]*x[n,c,o+k]
    """
    letters = Letters.of(op)
    definition = derive(op, "y").result
    at, over, convolution = definition.left.indices, definition.over, definition.right
    filters, here = letters.shapes["y"][1], at[1]
    taps = letters.axes("k", [window.kernel for window in letters.windows])
    tap = (f, c, *(k for k, _ in taps))
    bias = array("b")[f] if "b" in letters.shapes else sp.S.Zero
    every_filter = [(f, filters)]
    bias_here = bias.xreplace({f: here})
    sums = convolution - bias_here
    steps = (
        step("Convolution", "its definition.", z[at], convolution, over),
        step(
            "Normalisation",
            "by the stored mean and variance of each channel.",
            y[at],
            gamma[here] * (z[at] - mean[here]) / sp.sqrt(var[here] + epsilon) + beta[here],
            over,
        ),
        step(
            "Scale",
            remark("write {} for what depends on no input.", a[f]),
            a[f],
            gamma[f] / sp.sqrt(var[f] + epsilon),
            every_filter,
        ),
        step(
            "Affine map",
            "a factor and a summand for each channel.",
            y[at],
            a[here] * z[at] + (beta[here] - a[here] * mean[here]),
            over,
        ),
        step(
            "Put in the convolution",
            f"the factor goes into the sum{', and meets the bias' if bias else ''}.",
            y[at],
            beta[here] + a[here] * (bias_here - mean[here]) + a[here] * sums,
            over,
        ),
        step(
            "Folded weights",
            "each filter takes in the factor of its channel.",
            array("w'")[tap],
            a[f] * array("w")[tap],
            [*every_filter, (c, letters.shapes["w"][1]), *taps],
        ),
        step(
            "Folded bias",
            f"{'the bias takes in the rest' if bias else 'the rest is a bias, where there was none'}.",
            array("b'")[f],
            beta[f] + a[f] * (bias - mean[f]),
            every_filter,
        ),
        step(
            "Fold",
            "what is left is one convolution, at no cost of its own.",
            y[at],
            array("b'")[here] + _renamed(sums),
            over,
        ),
    )
    stored = (*(name[f] for name in (gamma, beta, mean, var)), sp.Tuple(filters))
    return Derivation(
        f"{letters.setting} with batch normalisation folded in",
        (
            *letters.assumptions,
            remark(
                "{}, {}, {}, {} {}: stored numbers of batch normalisation; {} is the convolution's output.",
                *stored,
                sp.Symbol("z"),
            ),
        ),
        steps,
        tuple(
            replace(instance, values={**instance.values, epsilon: Fraction(1, 4)})
            for instance in letters.instances(_folded)
        ),
    )


def _renamed(sums: Expr) -> Expr:
    """The same sum over the folded weights."""
    return sums.replace(
        lambda e: isinstance(e, sp.Indexed) and str(e.base) == "w", lambda e: array("w'")[tuple(e.indices)]
    )


def _folded(instance: Instance) -> dict[str, Array]:
    """Stored numbers, other ones for each channel, the output as the reader says, and the weights, made one by one."""
    w, z = instance.tensor("w"), instance.arrays["y"]
    filters, draw, small = w.shape[0], Random(5), Fraction(1, 4)
    least = {"gamma": 1, "beta": -3, "mean": -3, "var": 1}
    stored = {name: vector(draw.sample(range(low, low + filters + 4), filters)) for name, low in least.items()}
    zero = Tensor((filters,), [Fraction(0)] * filters)
    b = instance.arrays.get("b", zero)

    def scaled(number: Any, filter_: int) -> Fraction:
        """A number times its filter's factor, as normalisation without statistics of its own has it."""
        x = Tensor((1, filters), [Fraction(number)] * filters)
        return evaluate(BatchNorm(small), (0, filter_), x, stored["gamma"], zero, zero, stored["var"])

    return {
        **stored,
        "z": z,
        "y": Lazy(z.shape, lambda at: evaluate(BatchNorm(small), at, z, *stored.values())),
        "a": Lazy((filters,), lambda at: scaled(1, at[0])),
        "w'": Lazy(w.shape, lambda at: scaled(w[at], at[0])),
        "b'": Lazy((filters,), lambda at: scaled(b[at] - stored["mean"][at], at[0]) + stored["beta"][at]),
    }
