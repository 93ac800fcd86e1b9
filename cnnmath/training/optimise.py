"""Descent: a step from parameters, gradients and an explicit state to the next parameters and the next state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from cnnmath.errors import DataError, SettingError
from cnnmath.graph.arrays import listed
from cnnmath.numeric.scalar import constant, power
from cnnmath.numeric.windows import Array
from cnnmath.ops.checks import check_flag, check_number


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What an optimiser remembers of one array: how often it was moved, and running means of its gradients."""

    steps: int
    means: tuple[Array, ...]


State: TypeAlias = Mapping[str, Trace]
"""What an optimiser remembers, by the names of arrays."""

Arrays: TypeAlias = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class SGD:
    r"""Gradient descent with momentum.

    .. math:: d = g + \lambda p, \quad v \leftarrow \mu v + d, \quad p \leftarrow p - \eta v

    with d + mu v in place of v in the last step for Nesterov's variant.

    Parameters
    ----------
    rate
        The step eta.
    momentum
        The factor mu.
    nesterov
        Whether the step looks ahead, as Nesterov's method does.
    decay
        The factor lambda of the parameters themselves, whose half square it adds to the loss.

    Notes
    -----
    *Conventions*: PyTorch's; the rate is outside of v, so that a change of the rate acts at once. Exact numbers stay
    exact.

    Raises
    ------
    SettingError
        For settings that are no numbers of at least 0, and Nesterov's variant without momentum.

    References
    ----------
    .. [1] I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and momentum in deep
       learning", ICML 2013, equations 1 to 4; there the rate is inside of v.

    Examples
    --------
    >>> sgd, p = SGD(0.5, momentum=0.5), {"w": np.array([1.0])}
    >>> state = sgd.start(p)
    >>> for _ in range(2):
    ...     p, state = sgd.step(p, {"w": np.array([0.5])}, state)
    >>> p["w"], state["w"]
    (array([0.375]), Trace(steps=2, means=(array([0.75]),)))
    """

    rate: float | Fraction
    momentum: float | Fraction = 0.0
    _: KW_ONLY
    nesterov: bool = False
    decay: float | Fraction = 0.0

    def __post_init__(self) -> None:
        for name in ("rate", "momentum", "decay"):
            check_number(name, getattr(self, name), least=0)
        check_flag("nesterov", self.nesterov)
        if self.nesterov and not self.momentum:
            raise SettingError("Nesterov's variant needs momentum.", here="momentum 0", fix="use momentum=0.9")

    def start(self, parameters: Arrays) -> State:
        """No velocity."""
        return {name: Trace(0, (np.zeros_like(p),)) for name, p in parameters.items()}

    def step(self, parameters: Arrays, gradients: Arrays, state: State) -> tuple[dict[str, Array], State]:
        """Parameters and state after one step; what has no gradient stays."""
        return _each(self._moved, parameters, gradients, state)

    def _moved(self, p: Array, g: Array, trace: Trace) -> tuple[Array, Trace]:
        d = g + constant(self.decay, p) * p if self.decay else g
        v = constant(self.momentum, p) * trace.means[0] + d
        ahead = d + constant(self.momentum, p) * v if self.nesterov else v
        return p - constant(self.rate, p) * ahead, Trace(trace.steps + 1, (v,))


@dataclass(frozen=True, slots=True)
class Adam:
    r"""Adaptive moments: the running mean of the gradient over the root of that of its square.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
       p \leftarrow p - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Parameters
    ----------
    rate
        The step eta.
    betas
        The factors of the two running means.
    epsilon
        Added to the root.
    decay
        A factor lambda: lambda p is added to the gradient, as in `SGD`.

    Notes
    -----
    *Conventions*: t counts the steps of each array.

    Raises
    ------
    SettingError
        For settings that are no numbers of at least 0, and betas that do not lie in [0, 1).

    References
    ----------
    .. [1] D. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.

    Examples
    --------
    >>> adam, p = Adam(0.1), {"w": np.array([1.0])}
    >>> p, state = adam.step(p, {"w": np.array([1000.0])}, adam.start(p))
    >>> p["w"].round(6)
    array([0.9])
    """

    rate: float | Fraction = 1e-3
    _: KW_ONLY
    betas: tuple[float | Fraction, float | Fraction] = (0.9, 0.999)
    epsilon: float | Fraction = 1e-8
    decay: float | Fraction = 0.0

    def __post_init__(self) -> None:
        for name in ("rate", "epsilon", "decay"):
            check_number(name, getattr(self, name), least=0)
        if not isinstance(self.betas, tuple) or len(self.betas) != 2:
            raise SettingError("the betas are two factors.", here=f"betas {self.betas!r}", fix="use (0.9, 0.999)")
        for beta in self.betas:
            check_number("beta", beta, least=0)
            if beta >= 1:
                raise SettingError("a beta must lie in [0, 1).", here=f"beta {beta!r}", fix="use (0.9, 0.999)")

    def start(self, parameters: Arrays) -> State:
        """Both running means 0."""
        return {name: Trace(0, (np.zeros_like(p), np.zeros_like(p))) for name, p in parameters.items()}

    def step(self, parameters: Arrays, gradients: Arrays, state: State) -> tuple[dict[str, Array], State]:
        """Parameters and state after one step; what has no gradient stays."""
        return _each(self._moved, parameters, gradients, state)

    def _moved(self, p: Array, g: Array, trace: Trace) -> tuple[Array, Trace]:
        first, second, t = *(constant(beta, p) for beta in self.betas), trace.steps + 1
        g = g + constant(self.decay, p) * p if self.decay else g
        m = first * trace.means[0] + (1 - first) * g
        v = second * trace.means[1] + (1 - second) * (g * g)
        root = power(v / (1 - second**t), Fraction(1, 2)) + constant(self.epsilon, p)
        return p - constant(self.rate, p) / (1 - first**t) * (m / root), Trace(t, (m, v))


Optimiser: TypeAlias = SGD | Adam
"""What `fit` descends with."""


def _each(
    moved: Callable[[Array, Array, Trace], tuple[Array, Trace]], parameters: Arrays, gradients: Arrays, state: State
) -> tuple[dict[str, Array], State]:
    """Move every array that has a gradient."""
    strange = [name for name in gradients if name not in parameters or name not in state]
    if strange:
        raise DataError(
            "there are gradients of arrays that the optimiser has not started with.",
            here=listed(strange),
            fix="start it with all parameters: optimiser.start(parameters)",
        )
    found = {name: moved(parameters[name], g, state[name]) for name, g in gradients.items()}
    return (
        {**parameters, **{name: p for name, (p, _) in found.items()}},
        {**state, **{name: trace for name, (_, trace) in found.items()}},
    )
