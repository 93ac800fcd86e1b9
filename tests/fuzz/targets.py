"""What is done with a model that may be broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cnnmath.errors import CnnmathError
from cnnmath.graph import analyze
from cnnmath.interchange.onnx import import_onnx, load, read

FOLDER = Path(__file__).parent
"""Where external data would stand; there is none."""


def reading(data: bytes) -> None:
    """Read the graph, and load each of its arrays."""
    for array in read(data, FOLDER).initializers.values():
        with suppress(CnnmathError):
            load(array)


def importing(data: bytes) -> None:
    """Make a network of it, analyse it, and load each of its arrays."""
    model = import_onnx(data, folder=FOLDER)
    str(model)
    with suppress(CnnmathError):
        str(analyze(model.network))
    for name in model.parameters:
        with suppress(CnnmathError):
            model.parameters[name]


TARGETS: Mapping[str, Callable[[bytes], Any]] = MappingProxyType({"read": reading, "import": importing})
"""By the names that the command line has for them."""
