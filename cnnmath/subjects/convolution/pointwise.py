"""The 1x1 convolution: a dense layer over the channels, at every position the same.

References
----------
.. [1] M. Lin, Q. Chen and S. Yan, "Network in network", arXiv:1312.4400, section 3.1.
"""

from __future__ import annotations

import sympy as sp

from cnnmath.errors import SettingError
from cnnmath.ops import Conv, Linear
from cnnmath.ops.row_major import row_major
from cnnmath.readers import Tensor, backward, forward
from cnnmath.symbolic import Derivation, derive, remark, step
from cnnmath.symbolic.instance import Array, Instance
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.terms import Sigma, array, index

AXES = (1, 2, 3)
"""Numbers of spatial axes that can be asked for."""


def pointwise(rank: int = 2) -> Derivation:
    r"""A 1x1 convolution is a linear layer over the channels, applied at every position: forward and backward.

    .. math:: y_{n,f,o} = b_f + \sum_c w_{f,c,0}\, x_{n,c,o}, \quad
       \partial L/\partial w_{f,c,0} = \sum_{n,o} \partial L/\partial y_{n,f,o}\, x_{n,c,o}

    Parameters
    ----------
    rank
        Number of spatial axes.

    Raises
    ------
    SettingError
        For a number of axes that is not 1, 2 or 3.

    Examples
    --------
    >>> pointwise(rank=1).steps[4]
    Forward: y[n,f,o] = Z[o+n*L,f]
    """
    if rank not in AXES:
        raise SettingError("there is no such number of axes.", here=f"rank {rank}", fix="use 1, 2 or 3")
    op = Conv(1, (1,) * rank)
    letters, definition = Letters.of(op), derive(op, "y").result
    (samples, channels, *sizes), filters = letters.inputs[0], letters.shapes["y"][1]
    n, c, f, m = (index(name) for name in "ncfm")
    outputs = letters.axes("o", sizes)
    o, zero = [symbol for symbol, _ in outputs], [0] * rank
    positions, rows = [(n, samples), *outputs], samples * sp.prod(sizes)
    row = row_major((n, *o), (samples, *sizes))
    x, y, w, b, up, down, total = (array(name) for name in ("x", "y", "w", "b", "dL/dy", "dL/dx", "dL/dw"))
    rows_of, weights, z, dx, dv, dz = (array(name) for name in ("X", "V", "Z", "dL/dX", "dL/dV", "dL/dZ"))
    steps = (
        definition,
        step(
            "Rows",
            "every position of every sample becomes a row, its channels the columns.",
            rows_of[row, c],
            x[n, c, *o],
            [*positions, (c, channels)],
        ),
        step(
            "Weights",
            "the kernel has one tap: the weights are a matrix.",
            weights[f, c],
            w[f, c, *zero],
            [(f, filters), (c, channels)],
        ),
        step(
            "Linear layer",
            "apply the linear layer with these weights to every row.",
            z[m, f],
            b[f] + Sigma(weights[f, c] * rows_of[m, c], [(c, channels)]),
            [(m, rows), (f, filters)],
        ),
        step("Forward", "both say the same.", y[n, f, *o], z[row, f], [*positions, (f, filters)]),
        step(
            "Gradient from above",
            "its rows are those of the output.",
            dz[row, f],
            up[n, f, *o],
            [*positions, (f, filters)],
        ),
        step(
            "Gradient of the rows",
            "a linear layer's gradient by its input: dL/dZ times the weights.",
            dx[m, c],
            Sigma(dz[m, f] * weights[f, c], [(f, filters)]),
            [(m, rows), (c, channels)],
        ),
        step(
            "Gradient of the input",
            "read the rows as positions again.",
            down[n, c, *o],
            Sigma(up[n, f, *o] * w[f, c, *zero], [(f, filters)]),
            [*positions, (c, channels)],
        ),
        step(
            "Gradient of the weights in rows",
            "a linear layer's gradient by its weights: a sum over the rows.",
            dv[f, c],
            Sigma(dz[m, f] * rows_of[m, c], [(m, rows)]),
            [(f, filters), (c, channels)],
        ),
        step(
            "Gradient of the weights",
            "the rows are all samples and positions.",
            total[f, c, *zero],
            Sigma(up[n, f, *o] * x[n, c, *o], positions),
            [(f, filters), (c, channels)],
        ),
    )
    return Derivation(
        f"{letters.setting} as a linear layer",
        letters.assumptions,
        steps,
        letters.instances(_in_rows),
        (remark("{} is the number of a row, from 0 to {}.", m, rows - 1),),
    )


def _in_rows(instance: Instance) -> dict[str, Array]:
    """The input in rows, and what the exact readers say of the linear layer on it."""
    x, dy, w = _rows(instance.tensor("x")), _rows(instance.tensor("dL/dy")), instance.tensor("w")
    weights = Tensor(w.shape[:2], w.values)
    operands = {"x": x, "w": weights, "b": instance.tensor("b")}
    op = Linear(w.shape[0])
    gradients = backward(op, dy, operands)
    z = forward(op, op.output(x.shape), *operands.values())
    return {"X": x, "V": weights, "Z": z, "dL/dZ": dy, "dL/dX": gradients["x"], "dL/dV": gradients["w"]}


def _rows(tensor: Tensor) -> Tensor:
    """One row for every sample and position, one column for every channel."""
    samples, channels, *sizes = tensor.shape
    places = list(Tensor((samples, *sizes), []).positions())
    return Tensor((len(places), channels), [tensor[n, c, *at] for n, *at in places for c in range(channels)])
