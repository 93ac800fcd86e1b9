"""Rules: for each layer of Keras, the operators of the package that it is.

A rule takes a builder, the layer's settings and what it is called with, and gives the value that it yields; it raises
`UnclaimedError` for settings that no operator has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cnnmath.interchange.keras.rules import activation, convolution, linear, merging, normalisation, pooling, shape

RULES: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        **convolution.RULES,
        **linear.RULES,
        **pooling.RULES,
        **normalisation.RULES,
        **activation.RULES,
        **merging.RULES,
        **shape.RULES,
    }
)
"""By the name of the layer's class."""
