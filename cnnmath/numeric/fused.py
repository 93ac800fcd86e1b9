"""A convolution with what may follow it, for arrays that stay: each block of the output is finished in the cache."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from cnnmath.numeric.methods.correlate import correlate
from cnnmath.numeric.methods.problem import channels_last
from cnnmath.numeric.windows import Array, Slices
from cnnmath.ops import BatchNorm, Conv
from cnnmath.ops.algebra import rational


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """A convolution whose filters do not change, and what it takes in.

    Attributes
    ----------
    op
        The convolution.
    w, b
        Filters and bias.
    added
        Whether a second input is added to the output.
    rectified
        Whether the output is rectified, last of all.

    Examples
    --------
    >>> x, w = np.array([[[1.0, -2.0, 3.0]]]), np.array([[[1.0]]])
    >>> Fused(Conv(1, (1,), bias=False), w, rectified=True).forward(x)
    array([[[1., 0., 3.]]])
    """

    op: Conv
    w: Array
    b: Array | None = None
    added: bool = False
    rectified: bool = False
    _remembered: dict[Any, Any] = field(default_factory=dict, repr=False)

    def normalised(self, op: BatchNorm, gamma: Array, beta: Array, mean: Array, var: Array) -> Fused:
        """Take in batch normalisation at inference: ``w' = w s`` and ``b' = (b - mean) s + beta``, s the scale."""
        exact = [a.astype(np.float64) for a in (gamma, beta, mean, var, self.w)]
        gamma, beta, mean, var, w = exact
        scale = gamma / np.sqrt(var + float(rational(op.epsilon)))  # (F,)
        b = (0 if self.b is None else self.b.astype(np.float64)) - mean
        folded = w * scale.reshape(-1, *(1,) * (w.ndim - 1))
        return replace(self, w=folded.astype(self.w.dtype), b=(b * scale + beta).astype(self.w.dtype), _remembered={})

    def forward(self, x: Array, other: Array | None = None) -> Array:
        """Output (N, F, \\*outputs), its channels innermost in memory."""
        beside = None if other is None else channels_last(other)

        def finish(y: Array, where: Slices) -> None:
            if self.b is not None:
                y += self.b[where[-1]]
            if beside is not None:
                y += beside[where]
            if self.rectified:
                np.maximum(y, 0, out=y)

        windows = self.op.windows(x.shape[2:])
        return correlate(windows, x, self.w, self.op.groups, finish=finish, remembered=self._remembered)
