"""Functions of PyTorch and JAX under test, forward and backward as the library differentiates them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from cnnmath.errors import MissingExtraError, missing_extra
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.verify.adapter import Adapter
from cnnmath.verify.guard import carrier
from cnnmath.verify.subject import all_results

Pullback: TypeAlias = Callable[[Callable[..., Any], list[Any], Any], list[Any]]
"""``pullback(function, operands, dy)``: the gradients of ``sum(dy * function(*operands))``."""


@dataclass(frozen=True, slots=True)
class Differentiated:
    """A function, and the gradients that its library takes of it.

    Attributes
    ----------
    forward
        How the function is called.
    pullback
        How its library takes gradients.
    """

    forward: Adapter
    pullback: Pullback

    @property
    def name(self) -> str:
        """What a report calls it."""
        return self.forward.name

    @property
    def dtype(self) -> str:
        """Of the arrays that it is given."""
        return self.forward.dtype

    @property
    def algorithm(self) -> str:
        """How it sums."""
        return self.forward.algorithm

    def results(self, op: Operator, *inputs: tuple[int, ...]) -> tuple[str, ...]:
        """The output, and the gradient by every operand that is not a buffer."""
        return all_results(op, *inputs)

    def takes(self, op: Operator) -> frozenset[str]:
        """Settings of the operator that the function is told at every call."""
        return self.forward.takes(op)

    def axes(self, op: Operator, name: str, rank: int) -> tuple[int, ...]:
        """Which of the package's axes stands where."""
        return self.forward.axes(op, name, rank)

    def call(self, op: Operator, wrt: str, arrays: Mapping[str, Array], dy: Array | None) -> Any:
        """The output, or the gradient that the library takes."""
        if wrt == "y" or dy is None:
            return self.forward.call(op, wrt, arrays, dy)
        shown, trained = self.forward.shown(op, arrays), all_results(op, *_inputs(op, arrays))[1:]

        def function(*operands: Any) -> Any:
            return self.forward.apply(op, "y", shown | dict(zip(trained, operands, strict=True)), arrays)

        above = self.forward.shown(op, {"dy": dy})["dy"]
        gradients = self.pullback(function, [shown[name] for name in trained], above)
        return self.forward.returned(op, wrt, gradients[trained.index(wrt)])


def from_torch(function: Callable[..., Any], dtype: str = "float64", **how: Any) -> Differentiated:
    """A function of PyTorch's tensors under test; gradients are autograd's.

    Parameters
    ----------
    function
        As an `Adapter` has it, with tensors for arrays.
    dtype
        Of the tensors; ``bfloat16`` and ``float16`` too.
    **how
        Other parameters of `Adapter`.

    Raises
    ------
    MissingExtraError
        Where PyTorch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise missing_extra("PyTorch is not installed.", "torch") from error
    kind = getattr(torch, dtype)

    def convert(array: Array) -> Any:
        return torch.from_numpy(np.asarray(array, order="C")).to(kind)

    def restore(tensor: Any) -> Any:
        if tensor.dtype == torch.bfloat16:
            tensor = tensor.float()
        return tensor.detach().numpy()

    def pullback(f: Callable[..., Any], operands: list[Any], dy: Any) -> list[Any]:
        leaves = [operand.detach().requires_grad_() for operand in operands]
        return list(torch.autograd.grad(f(*leaves), leaves, dy, materialize_grads=True))

    return Differentiated(Adapter(function, dtype=dtype, convert=convert, restore=restore, **how), pullback)


def from_jax(function: Callable[..., Any], dtype: str = "float64", **how: Any) -> Differentiated:
    """A function of JAX's arrays under test; gradients are those of ``jax.vjp``.

    Parameters
    ----------
    function
        As an `Adapter` has it, with JAX's arrays.
    dtype
        Of the arrays; 64 bits where JAX has them enabled (``jax_enable_x64``).
    **how
        Other parameters of `Adapter`.

    Raises
    ------
    MissingExtraError
        Where JAX is not installed.
    """
    try:
        import jax  # type: ignore[import-not-found]  # it need not be installed
    except ImportError as error:
        raise MissingExtraError("JAX is not installed.", fix="pip install jax") from error

    def convert(array: Array) -> Any:
        return jax.numpy.asarray(array, dtype=dtype)

    def restore(array: Any) -> Any:
        return np.asarray(array.astype(carrier(dtype)) if dtype == "bfloat16" else array)

    def pullback(f: Callable[..., Any], operands: list[Any], dy: Any) -> list[Any]:
        return list(jax.vjp(f, *operands)[1](dy))

    return Differentiated(Adapter(function, dtype=dtype, convert=convert, restore=restore, **how), pullback)


def _inputs(op: Operator, arrays: Mapping[str, Array]) -> list[tuple[int, ...]]:
    """Shapes of the inputs among the operands."""
    names = [name for name in arrays if op.variadic] or list(op.reads)
    return [arrays[name].shape for name in names]
