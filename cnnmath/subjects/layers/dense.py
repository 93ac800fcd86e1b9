"""Layers beside the convolution: the dense layer, and the residual block.

References
----------
.. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 6.5.
"""

from __future__ import annotations

from random import Random
from typing import Any

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Linear
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.instance import Instance, drawn, values
from cnnmath.symbolic.oracle import told
from cnnmath.symbolic.terms import Bracket, Partial, Sigma, array, index, size
from cnnmath.window import check_at_least

N, C, F = (size(name) for name in "NCF")
n, c, f = (index(name) for name in "ncf")

WIDEST = 8
"""Rows and columns of a matrix that is written out."""


def linear_layer(sizes: tuple[int, int, int] | None = None) -> Derivation:
    r"""The gradients of a dense layer: the transposed weights, outer products, and sums.

    .. math:: \partial L/\partial x_{n,c} = \sum_f \partial L/\partial y_{n,f}\, w_{f,c}, \quad
       \partial L/\partial w_{f,c} = \sum_n \partial L/\partial y_{n,f}\, x_{n,c}, \quad
       \partial L/\partial b_f = \sum_n \partial L/\partial y_{n,f}

    Parameters
    ----------
    sizes
        Numbers of samples, inputs and outputs, for which the matrices are written out; letters where not given.

    Raises
    ------
    SettingError
        For other than three sizes, each at least 1 and not too large to write out.

    Examples
    --------
    >>> linear_layer().result
    Weights: dL/dw[f,c] = sum{n<N} dL/dy[n,f]*x[n,c]
    >>> linear_layer(sizes=(1, 2, 1)).steps[-2]
    Inputs in matrices: [[dL/dx[0,0], dL/dx[0,1]]] = [[dL/dy[0,0]]]*[[w[0,0], w[0,1]]]
    """
    samples, inputs, outputs = _three(sizes) if sizes is not None else (N, C, F)
    x, w, b, y = (array(name) for name in "xwby")
    dx, dw, db, dy = (array(f"dL/d{name}") for name in "xwby")
    n2, f2 = index("n'"), index("f'")
    steps = [
        step(
            "Definition",
            "each output is a row of weights times the inputs, and a bias.",
            y[n, f],
            b[f] + Sigma(w[f, c] * x[n, c], [(c, inputs)]),
            [(n, samples), (f, outputs)],
        ),
        step(
            "Slopes by the inputs",
            "a sample's outputs depend on its own inputs alone, and on each by its weight.",
            Partial(y[n2, f], x[n, c]),
            w[f, c] * Bracket(sp.Eq(n2, n)),
            [(n2, samples), (f, outputs), (n, samples), (c, inputs)],
        ),
        step(
            "Inputs",
            "an input gathers from all outputs, along its column of weights: the matrix is transposed.",
            dx[n, c],
            Sigma(dy[n, f] * w[f, c], [(f, outputs)]),
            [(n, samples), (c, inputs)],
        ),
        step(
            "Bias",
            "it is in every sample's output, with slope 1.",
            db[f],
            Sigma(dy[n, f], [(n, samples)]),
            [(f, outputs)],
        ),
        step(
            "Slopes by the weights",
            "an output depends on its own row of weights alone, and on each by its input.",
            Partial(y[n, f2], w[f, c]),
            x[n, c] * Bracket(sp.Eq(f2, f)),
            [(n, samples), (f2, outputs), (f, outputs), (c, inputs)],
        ),
        step(
            "Weights",
            "for each sample the outer product of the gradient and the input; the samples of a batch add up.",
            dw[f, c],
            Sigma(dy[n, f] * x[n, c], [(n, samples)]),
            [(f, outputs), (c, inputs)],
        ),
    ]
    if sizes is not None:
        above = _matrix("dL/dy", samples, outputs)
        steps += [
            step(
                "Inputs in matrices",
                "one row a sample: the gradients times the weights.",
                _matrix("dL/dx", samples, inputs),
                sp.MatMul(above, _matrix("w", outputs, inputs), evaluate=False),
            ),
            step(
                "Weights in matrices",
                "the transposed gradients times the inputs.",
                _matrix("dL/dw", outputs, inputs),
                sp.MatMul(above.T, _matrix("x", samples, inputs), evaluate=False),
            ),
        ]
    shapes = {"x": (samples, inputs), "w": (outputs, inputs), "b": (outputs,), "y": (samples, outputs)}
    pairs = (part for name, shape in shapes.items() for part in (sp.Symbol(name), sp.Tuple(*shape)))
    return Derivation(
        "The gradients of a dense layer",
        (remark(", ".join("{} {}" for _ in shapes), *pairs),),
        tuple(steps),
        tuple(_dense(*(sizes or small), seed) for seed, small in enumerate(((3, 4, 2), (2, 3, 5)))),
    )


def _three(sizes: Any) -> tuple[int, int, int]:
    if not isinstance(sizes, tuple) or len(sizes) != 3:
        raise SettingError(
            "a dense layer has three sizes.",
            here=f"sizes {sizes}",
            rule="samples, inputs, outputs",
            fix="for example sizes=(2, 3, 2)",
        )
    for name, number in zip(("samples", "inputs", "outputs"), sizes, strict=True):
        check_at_least(f"number of {name}", number, 1)
    if max(sizes) > WIDEST:
        raise SettingError(
            "matrices of this size are too large to write out.",
            here=f"sizes {sizes}",
            rule=f"at most {WIDEST} rows and columns",
            fix="leave the sizes out: the gradients are derived for any",
        )
    return sizes


def _matrix(name: str, rows: int, columns: int) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(rows, columns, lambda row, column: array(name)[row, column])


def _dense(samples: int, inputs: int, outputs: int, seed: int) -> Instance:
    """A dense layer on small integers, and what the readers say of it."""
    draw = Random(seed)
    tensors = {"x": drawn((samples, inputs), draw), "w": drawn((outputs, inputs), draw), "b": drawn((outputs,), draw)}
    above = drawn((samples, outputs), draw)
    arrays = {**tensors, "dL/dy": above, **told(Linear(outputs), above.shape, tensors, above)}
    return Instance(values(N=samples, C=inputs, F=outputs), arrays)
