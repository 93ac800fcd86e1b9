"""Gradients of a long short-term memory, and the path on which they do not vanish.

References
----------
.. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9, 1997.
.. [2] F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget: continual prediction with LSTM", Neural
       Computation 12, 2000.
"""

from __future__ import annotations

import sympy as sp

from cnnmath.subjects.recurrence.cell import LATER
from cnnmath.subjects.recurrence.lstm import GATES, assumptions, gate, instances, row_of
from cnnmath.symbolic import Derivation, remark, step
from cnnmath.symbolic.terms import Bracket, Maximum, Partial, Pi, Sigma, array, index, size

D, H, M, T = map(size, "DHMT")
d, j, k, m, n, r, t = map(index, "djkmnrt")
x, y, h, c, s, U, W = map(array, "xyhcsUW")
dx, dy, dh, dc, dz, du, dw, db = (array(f"dL/d{name}") for name in "xyhczUWb")
"""Sizes (inputs, hidden units, times apart, times), indices, arrays and gradients."""

OUTPUT = remark("The output is {}; the loss L is any function of it: {} is given.", sp.Eq(y[t, j], h[t, j]), dy[t, j])


def lstm_gradients() -> Derivation:
    r"""Backpropagation through time for a long short-term memory: states, gates and weights.

    .. math:: \frac{\partial L}{\partial c_t} = \frac{\partial L}{\partial h_t} o_t (1 - \tanh^2 c_t)
       + f_{t+1} \frac{\partial L}{\partial c_{t+1}}

    Examples
    --------
    >>> lstm_gradients().steps[1]
    Cell state: dL/dc[t,j] = dL/dh[t,j]*o[t,j]*(1 - tanh(c[t,j])^2) + dL/dc[t+1,j]*f[t+1,j]
    """
    i, f, g, o = (gate[name][t, j] for name in "ifgo")
    over, times = [(t, T), (j, H)], [(t, T)]
    slopes = {
        "i": dc[t, j] * g * i * (1 - i),
        "f": dc[t, j] * c[t - 1, j] * f * (1 - f),
        "g": dc[t, j] * i * (1 - g**2),
        "o": dh[t, j] * sp.tanh(c[t, j]) * o * (1 - o),
    }
    rules = {
        "i": "it scales the candidate; the slope of the logistic function is written with its value.",
        "f": "it scales the state of the time before.",
        "g": "it is scaled by the input gate; the slope is that of tanh.",
        "o": "it scales what is shown of the state.",
    }
    return Derivation(
        "Gradients of a long short-term memory",
        assumptions(),
        (
            step(
                "Hidden state",
                "it is the output, and all four gates of the next time read it.",
                dh[t, j],
                dy[t, j] + Sigma(W[r, j] * dz[t + 1, r], [(r, 4 * H)]),
                over,
            ),
            step(
                "Cell state",
                "it is shown in the hidden state, and kept for the next time by the forget gate.",
                dc[t, j],
                dh[t, j] * o * (1 - sp.tanh(c[t, j]) ** 2) + dc[t + 1, j] * gate["f"][t + 1, j],
                over,
            ),
            *(
                step(name.capitalize(), rules[letter], dz[t, row_of(letter)], slopes[letter], over)
                for letter, name in GATES.items()
            ),
            step(
                "Input",
                "all four gates of its time read it.",
                dx[t, d],
                Sigma(U[r, d] * dz[t, r], [(r, 4 * H)]),
                [(t, T), (d, D)],
            ),
            step(
                "Bias",
                "shared by all times, it collects a gradient from each.",
                db[r],
                Sigma(dz[t, r], times),
                [(r, 4 * H)],
            ),
            step(
                "Input weights",
                "each time adds the product of what the weight leads to and what it reads.",
                du[r, d],
                Sigma(dz[t, r] * x[t, d], times),
                [(r, 4 * H), (d, D)],
            ),
            step(
                "Recurrent weights",
                "the same, where what is read is the hidden state of the time before.",
                dw[r, k],
                Sigma(dz[t, r] * h[t - 1, k], times),
                [(r, 4 * H), (k, H)],
            ),
        ),
        instances(1),
        (OUTPUT, LATER),
    )


def constant_error_carousel() -> Derivation:
    r"""Why the cell state carries gradients: on its direct path they are scaled by the forget gates alone.

    .. math:: \frac{\partial c_{t+M}}{\partial c_t} \Big|_{\text{gates fixed}} = \prod_{m=1}^{M} f_{t+m}

    In the first cell, without forget gates, every f is 1, and so is the product.

    Examples
    --------
    >>> constant_error_carousel().steps[3]
    Product: ds[t+M,j]/ds[t,j] = prod{m<M} f[t+m+1,j]
    """
    i, f, g = (gate[name][t + 1, j] for name in "ifg")
    o = gate["o"]
    through_gates = (
        g * i * (1 - i) * W[row_of("i"), k]
        + c[t, j] * f * (1 - f) * W[row_of("f"), k]
        + i * (1 - g**2) * W[row_of("g"), k]
    )
    shown = o[t + m, j] * (1 - sp.tanh(c[t + m, j]) ** 2)
    kept = 1 - Maximum(1 - gate["f"][n, k], [(n, T), (k, H)])
    path = Partial(s[t + M, j], s[t, j])
    return Derivation(
        "The path of the cell state in a long short-term memory",
        assumptions(),
        (
            step(
                "Jacobian",
                "a cell state acts on the next one directly, and through the hidden state on three gates.",
                Partial(c[t + 1, j], c[t, k]),
                Bracket(sp.Eq(j, k)) * f + o[t, k] * (1 - sp.tanh(c[t, k]) ** 2) * through_gates,
                [(t, T - 1), (j, H), (k, H)],
            ),
            step(
                "Gates held fixed",
                remark("follow the direct path alone: {} is the cell state, its gates taken as numbers.", s),
                s[t, j],
                gate["f"][t, j] * s[t - 1, j] + gate["i"][t, j] * gate["g"][t, j],
                [(t, T), (j, H)],
            ),
            step(
                "Direct path",
                "no weight and no slope stands in it, and the units do not mix.",
                Partial(s[t + 1, j], s[t, k]),
                Bracket(sp.Eq(j, k)) * f,
                [(t, T - 1), (j, H), (k, H)],
            ),
            step(
                "Product",
                remark("over {} times: the forget gates multiply.", M),
                path,
                Pi(gate["f"][t + m + 1, j], [(m, M)]),
                [(t, T - M), (j, H)],
            ),
            step(
                "Bound",
                "as long as the forget gates stay near 1, the gradient stays: the network can learn to keep it.",
                path,
                kept**M,
                [(t, T - M), (j, H)],
                relation=">=",
            ),
            step(
                "Loss",
                "so the gradient by a cell state collects those of all later hidden states, scaled by gates between.",
                dc[t, j],
                Sigma(dh[t + m, j] * shown * Pi(gate["f"][t + n + 1, j], [(n, m)]), [(m, T)], [t + m < T]),
                [(t, T), (j, H)],
            ),
        ),
        instances(1),
        (OUTPUT,),
    )
