"""Which method a convolution takes: a table that can be read, and overridden."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.errors import SettingError
from cnnmath.numeric.engine import Engine, current
from cnnmath.numeric.methods import direct, fft, gemm, winograd
from cnnmath.numeric.methods.predict import Prediction, Sizes
from cnnmath.numeric.methods.problem import Problem
from cnnmath.ops import Conv
from cnnmath.ops.algebra import check_operator


@dataclass(frozen=True, slots=True)
class Method:
    """A method: what it would take, and how it is done."""

    predict: Callable[[Sizes, float, int], Prediction]
    forward: Callable[[Problem, Prediction], None]


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "direct": Method(direct.predict, direct.forward),
        "gemm": Method(gemm.predict, gemm.forward),
        "winograd": Method(winograd.predict, winograd.forward),
        "fft": Method(fft.predict, fft.forward),
    }
)
"""All methods of a convolution."""

TOLERANCES: Mapping[str, float] = MappingProxyType({"float32": 1e-2, "float64": 1e-10})
"""Bounds that ``auto`` accepts, by dtype: far above the errors that are seen, for they hold in the worst case."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What every method would take for one convolution, and which is chosen.

    Attributes
    ----------
    predictions
        By method.
    method
        Name of the method that is chosen.
    tolerance
        Largest bound that was accepted.
    """

    predictions: Mapping[str, Prediction]
    method: str
    tolerance: float

    @property
    def prediction(self) -> Prediction:
        """What the chosen method takes."""
        return self.predictions[self.method]

    def __repr__(self) -> str:
        return "\n".join(
            ["method     products   cost       scratch    error bound", *map(self._row, self.predictions.values())]
        )

    def _row(self, p: Prediction) -> str:
        mark = "  <- chosen" if p.method == self.method else ""
        if p.refused:
            return f"{p.method:<11}{p.refused}"
        tile = f", tiles of {'x'.join(map(str, p.tile))}" if p.tile else ""
        over = f", above {self.tolerance:.2g}" if p.bound > self.tolerance else ""
        numbers = f"{_short(p.multiplications):<11}{_short(p.cost):<11}{_short(p.scratch) + 'B':<11}"
        return f"{p.method:<11}{numbers}{p.bound:.2g}{over}{tile}{mark}"


def choose_method(op: Conv, x: Any, *, dtype: Any = np.float32, engine: Engine | None = None) -> Choice:
    """The method that a convolution takes, with what each would take.

    The cheapest whose bound is within the tolerance; numbers that are exact take the definition.

    Parameters
    ----------
    op
        The convolution.
    x
        Its input, or the shape of its input.
    dtype
        Of the numbers, where x is a shape.
    engine
        Settings in place of those in effect; its method, unless that is ``"auto"``, is what is chosen.

    Raises
    ------
    SettingError
        For a method that is asked for and cannot serve.

    See Also
    --------
    scipy.signal.choose_conv_method : the like for two arrays.

    Examples
    --------
    >>> choose_method(Conv(64, 3, padding=1), (1, 64, 224, 224))
    method     products   cost       scratch    error bound
    direct     1.85G      4.66G      786kB      3.4e-05
    gemm       1.85G      3.09G      2.1MB      3.4e-05
    winograd   462M       2.05G      8.4MB      0.0018, tiles of 4x4  <- chosen
    fft        it needs 67895296 bytes of scratch memory, of 67108864
    """
    check_operator(op)
    shape = tuple(x) if isinstance(x, (tuple, list)) else np.shape(x)
    kind = np.dtype(dtype) if isinstance(x, (tuple, list)) else np.asarray(x).dtype
    output = op.shape(shape)
    sizes = Sizes(
        op.windows(shape[2:]),
        batch=max(1, shape[0]),
        channels=shape[1] // op.groups,
        filters=op.filters // op.groups,
        inputs=shape[2:],
        outputs=output[2:],
        groups=op.groups,
        dtype=kind,
    )
    return chosen(sizes, engine or current())


def chosen(sizes: Sizes, engine: Engine) -> Choice:
    """The choice for these sizes under these settings."""
    return _chosen(sizes, engine.method, engine.tolerance, engine.scratch)


@lru_cache(maxsize=4096)
def _chosen(sizes: Sizes, asked: str, tolerance: float | None, scratch: int) -> Choice:
    accepted = TOLERANCES.get(sizes.dtype.name, 0.0) if tolerance is None else tolerance
    predictions = {name: method.predict(sizes, accepted, scratch) for name, method in METHODS.items()}
    if asked != "auto":
        if predictions[asked].refused:
            raise SettingError(
                f"the method {asked} cannot serve.",
                here=predictions[asked].refused,
                fix="use method 'auto', or " + " or ".join(repr(n) for n, p in predictions.items() if not p.refused),
            )
        return Choice(predictions, asked, accepted)
    if not sizes.machine:
        return Choice(predictions, "direct", accepted)
    serving = [p for p in predictions.values() if not p.refused]
    fitting = [p for p in serving if p.bound <= accepted] or [p for p in serving if p.method in ("direct", "gemm")]
    best = min(fitting, key=lambda p: p.cost)
    return Choice(predictions, best.method, accepted)


def _short(number: float) -> str:
    """Three digits and a unit."""
    for unit in ("", "k", "M", "G", "T"):
        if number < 999.5 or unit == "T":
            return f"{number:.3g}{unit}"
        number /= 1000
    return f"{number:.3g}"
