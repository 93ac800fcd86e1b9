"""Functions written in the verbs of the readers, so that they can be computed and differentiated exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from cnnmath.readers import Tensor, gradients
from cnnmath.symbolic.instance import Lazy


def vector(numbers: Sequence[Any]) -> Tensor:
    """A row of exact numbers."""
    return Tensor((len(numbers),), [Fraction(number) for number in numbers])


def softmax(m: Any, z: Any, count: int, at: Any) -> Any:
    """One probability, in the verbs."""
    return m.exp(z[at]) / m.sum(lambda q: m.exp(z[*at[:-1], q]), count)


def logistic(m: Any, number: Any) -> Any:
    """The logistic function, in the verbs."""
    return 1 / (1 + m.exp(-number))


def jacobian(function: Callable[..., Any], x: Tensor, shape: tuple[int, ...]) -> Lazy:
    """Derivatives of every output of a function of the verbs by every number that it reads."""
    rank = len(shape)
    return Lazy(
        (*shape, *x.shape), lambda at: gradients(lambda m, x: function(m, x, at[:rank]), {"x": x})["x"][at[rank:]]
    )
