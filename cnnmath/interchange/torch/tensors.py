"""Tensors that are known when a module is read: its parameters and buffers, and what is computed from them alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cnnmath.numeric.windows import Array


@dataclass(frozen=True, slots=True)
class Known:
    """A tensor with its origin.

    Attributes
    ----------
    tensor
        The tensor of PyTorch.
    key
        What makes it the same as another one: its place in memory, or how it is computed from tensors that have one.
    names
        Names of the module's parameters that it depends on.
    filled
        The number that it consists of, where the module has no such tensor.
    """

    tensor: Any
    key: Hashable
    names: frozenset[str] = frozenset()
    filled: str = ""

    @classmethod
    def stored(cls, tensor: Any, names: Iterable[str] = ()) -> Known:
        """A tensor that the module holds, or a view of one."""
        return cls(tensor, _place(tensor), frozenset(names))

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self.tensor.shape)

    @property
    def in_memory(self) -> bool:
        """Whether the module holds these numbers."""
        return isinstance(self.key, tuple) and self.key[:1] == ("memory",)

    def view(self, name: str, of: Callable[[Any], Any]) -> Known:
        """A view of it, which shares its memory; the name says which."""
        tensor = of(self.tensor.detach())
        return replace(self, tensor=tensor, key=_place(tensor) if self.in_memory else (name, self.key))


def computed(function: Callable[..., Any], key: Hashable, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What a function of known tensors yields: tensors again, views of the arguments where they share memory."""
    import torch

    given = list(_tensors((*args, *kwargs.values())))
    names = frozenset[str]().union(*(known.names for known in given))
    with torch.no_grad():
        found = function(*_bare(args), **{name: _bare(value) for name, value in kwargs.items()})
    memory = {known.tensor.untyped_storage().data_ptr() for known in given if known.in_memory}

    def known(value: Any, i: int) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        if value.untyped_storage().data_ptr() in memory:
            return Known.stored(value, names)
        return Known(value, (key, i, _keys(args), _keys(tuple(kwargs.items()))), names)

    if isinstance(found, (tuple, list)):
        return tuple(known(value, i) for i, value in enumerate(found))
    return known(found, 0)


def array(tensor: Any) -> Array:
    """A tensor as an array that shares its memory; bfloat16, which NumPy does not have, becomes float32.

    Examples
    --------
    >>> array(np.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    """
    if isinstance(tensor, np.ndarray):
        return tensor
    tensor = tensor.detach().cpu()
    return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()


def _place(tensor: Any) -> Hashable:
    return ("memory", tensor.data_ptr(), tuple(tensor.shape), tuple(tensor.stride()), str(tensor.dtype))


def _tensors(value: Any) -> Iterable[Known]:
    if isinstance(value, Known):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _tensors(each)


def _bare(value: Any) -> Any:
    """Arguments as PyTorch takes them."""
    if isinstance(value, Known):
        return value.tensor
    return type(value)(map(_bare, value)) if isinstance(value, (tuple, list)) else value


def _keys(value: Any) -> Hashable:
    if isinstance(value, Known):
        return value.key
    return tuple(map(_keys, value)) if isinstance(value, (tuple, list)) else str(value)
