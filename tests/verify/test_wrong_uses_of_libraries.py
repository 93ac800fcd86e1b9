"""The power that goes with no false alarm: libraries that are used wrongly are refused."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from cnnmath import ops
from cnnmath.verify.verdict import Counterexample
from tests.peers.kernels import tried

MANY = 100
"""Settings among which a wrong use shows itself."""


@dataclass(frozen=True)
class Wrong:
    """A use of a library that is not the operator, made of its correct use ``right(op, *arrays)``."""

    kind: type
    says: str
    misuse: Callable[..., Any]
    dtype: str = "float64"
    rungs: tuple[int, ...] = (2, 4)


def told(**otherwise: Callable[[Any], Any]) -> Callable[..., Any]:
    """The correct use of an operator whose settings are others."""

    def misuse(right: Any, op: Any, *arrays: Any) -> Any:
        return right(replace(op, **{name: change(getattr(op, name)) for name, change in otherwise.items()}), *arrays)

    return misuse


def narrowly(right: Any, op: Any, *arrays: Any) -> Any:
    """Computed in half precision, and given as if it were not."""
    import torch

    return right(op, *(a.half() for a in arrays)).to(torch.float32)


def by_tanh(_right: Any, _op: Any, x: Any) -> Any:
    """A sigmoid by a rational function that is near it."""
    half = x / 2
    return 0.5 + 0.5 * half * (27 + half * half) / (27 + 9 * half * half)


def sides(padding: Any) -> Any:
    """Before for after."""
    return padding if isinstance(padding, str) else tuple((after, before) for before, after in padding)


def summed(_: str) -> str:
    """Where a mean is wanted."""
    return "sum"


def backwards(values: Any) -> Any:
    """The axes' settings in the other order."""
    return values[::-1]


def own_threshold(_right: Any, _op: Any, x: Any) -> Any:
    """PyTorch's softplus as it is: the identity above 20."""
    import torch

    return torch.nn.functional.softplus(x)


def imprecise(right: Any, op: Any, *arrays: Any) -> Any:
    """A sum with an error that a transform may have, and a sum may not."""
    return right(op, *arrays) * (1 + 1e-14)


WRONG = {
    "torch": [
        Wrong(ops.Conv, "strides in the other order", told(stride=backwards)),
        Wrong(ops.Conv, "padding on the wrong side", told(padding=sides)),
        Wrong(ops.Conv, "no dilation", told(dilation=lambda _: 1)),
        Wrong(ops.Conv, "accumulated in half precision", narrowly, "float32", (4,)),
        Wrong(ops.Linear, "accumulated in half precision", narrowly, "float32", (4,)),
        Wrong(ops.AveragePool, "padding not counted", told(count_padding=lambda counted: not counted)),
        Wrong(ops.MaxPool, "kernel axes in the other order", told(kernel=backwards)),
        Wrong(ops.CrossEntropy, "a sum for a mean", told(reduction=summed)),
        Wrong(ops.SquaredError, "a sum for a mean", told(reduction=summed)),
        Wrong(ops.LinearUpsample, "corners upon corners", told(align_corners=lambda aligned: not aligned)),
        Wrong(ops.GroupNorm, "another epsilon", told(epsilon=lambda epsilon: 1.01 * float(epsilon))),
        Wrong(ops.Sigmoid, "an approximation", by_tanh, "float32"),
        Wrong(ops.Softplus, "the identity above 20", own_threshold),
    ],
    "jax": [
        Wrong(ops.AveragePool, "padding not counted", told(count_padding=lambda counted: not counted)),
        Wrong(ops.Sigmoid, "an approximation", by_tanh, "float32"),
        Wrong(ops.SquaredError, "a sum for a mean", told(reduction=summed)),
    ],
    "scipy": [
        Wrong(ops.Conv, "padding on the wrong side", told(padding=sides)),
        Wrong(ops.Conv, "strides in the other order", told(stride=backwards)),
        Wrong(ops.Conv, "errors beyond those of its sum", imprecise),
        Wrong(ops.ConvTranspose, "padding on the wrong side", told(padding=sides)),
        Wrong(ops.LinearUpsample, "corners upon corners", told(align_corners=lambda aligned: not aligned)),
    ],
    "onnxruntime": [
        Wrong(ops.Conv, "padding on the wrong side", told(padding=sides), "float32"),
        Wrong(ops.AveragePool, "padding not counted", told(count_padding=lambda counted: not counted), "float32"),
        Wrong(ops.CrossEntropy, "a sum for a mean", told(reduction=summed), "float32"),
        Wrong(ops.BatchNorm, "another epsilon", told(epsilon=lambda epsilon: 1.01 * float(epsilon))),
    ],
}
EACH = [(name, wrong) for name in tried.installed() for wrong in WRONG[name]]


def refusal(name: str, wrong: Wrong) -> Counterexample | None:
    """The first setting at which a wrong use gives wrong numbers, or too many or few of them."""
    of = tried.library(name)
    right = of.peer(wrong.kind)
    misused = replace(right, function=lambda op, *arrays: wrong.misuse(right.function, op, *arrays))
    found = tried.verdicts(of, misused, wrong.dtype, MANY, wrong.rungs)
    refused = (verdict for verdict in found if isinstance(verdict, Counterexample))
    return next((verdict for verdict in refused if verdict.finding.kind != "raises"), None)


@pytest.mark.parametrize(("name", "wrong"), EACH, ids=[f"{n} {w.kind.__name__} {w.says}" for n, w in EACH])
def test_a_library_that_is_used_wrongly_is_refused(name, wrong):
    found = refusal(name, wrong)
    assert found is not None
    assert found.finding.kind in ("value", "bound", "shape")
    assert not found.certified
