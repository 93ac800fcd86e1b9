"""Rules: for each function of PyTorch's, the operators of the package that it is.

A rule takes a builder and the arguments of the call, and gives the value that the call yields, or a tuple of them
where it yields several; it raises `UnclaimedError` for settings that no operator has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cnnmath.interchange.torch.rules import (
    activation,
    arithmetic,
    attention,
    convolution,
    linear,
    merging,
    normalisation,
    padding,
    parts,
    pooling,
    reduction,
    resizing,
    views,
)

RULES: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        **convolution.RULES,
        **pooling.RULES,
        **linear.RULES,
        **normalisation.RULES,
        **activation.RULES,
        **arithmetic.RULES,
        **attention.RULES,
        **reduction.RULES,
        **merging.RULES,
        **parts.RULES,
        **padding.RULES,
        **resizing.RULES,
        **views.RULES,
    }
)
"""By the name that a function has in ATen, without overload and without the underscore of writing in place."""
