"""Where a model comes from: one that is there, its configuration in a text or a file, or a file of Keras' own."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cnnmath.errors import DataError, clip
from cnnmath.interchange.keras.stored import WEIGHTS, Weights, stored


@dataclass(frozen=True, slots=True)
class Source:
    """A model's configuration, and its numbers where they are there.

    Attributes
    ----------
    weights
        The numbers; None where the configuration alone is there.
    shapes
        Shapes of what the layers yield, by path, where a model that is there says so.
    """

    config: Mapping[str, Any]
    weights: Weights | None = None
    shapes: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)


def source(model: Any) -> Source:
    """The configuration of what the user gave.

    Raises
    ------
    DataError
        For what is no model and no configuration.
    """
    if isinstance(model, Mapping):
        return Source(model)
    if isinstance(model, Path) or (isinstance(model, str) and not model.lstrip().startswith("{")):
        return _of_file(Path(model))
    if isinstance(model, (str, bytes)):
        return Source(_parsed(model, "the text"))
    if hasattr(model, "to_json") and hasattr(model, "layers"):
        weights, shapes = {}, {}
        _walk(model, "", weights, shapes)
        return Source(_parsed(model.to_json(), "the model's to_json()"), weights, shapes)
    raise DataError(
        "this is no model of Keras.",
        here=type(model).__name__,
        fix="give a model, the text of model.to_json(), a dict of it, or the path of a .json or .keras file",
    )


def _of_file(path: Path) -> Source:
    """The configuration in a file; a file of Keras' own is an archive that holds it."""
    if not path.is_file():
        raise DataError("there is no such file.", here=clip(str(path)), fix="give the path of a .json or .keras file")
    if not zipfile.is_zipfile(path):
        return Source(_parsed(path.read_bytes(), f"the file '{clip(path.name)}'"))
    with zipfile.ZipFile(path) as archive:
        if "config.json" not in archive.namelist():
            raise DataError("the archive holds no model of Keras.", here=f"'{clip(path.name)}' has no config.json")
        config = _parsed(archive.read("config.json"), f"config.json in '{clip(path.name)}'")
        return Source(config, stored(archive.read(WEIGHTS), config) if WEIGHTS in archive.namelist() else None)


def _parsed(text: str | bytes, what: str) -> Mapping[str, Any]:
    """A dict from JSON; nothing in it is executed."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{what} is no JSON.", here=clip(str(error)), fix="give what model.to_json() writes") from None
    if not isinstance(found, Mapping):
        raise DataError(f"{what} is no configuration.", here=f"a {type(found).__name__}", rule="a dict")
    return found


def _walk(model: Any, path: str, weights: dict[str, Any], shapes: dict[str, Any]) -> None:
    """Arrays and shapes of all layers of a model, and of the models in it."""
    import numpy as np

    for layer in model.layers:
        own = f"{path}{layer.name}"
        if type(layer).__name__ in ("Functional", "Sequential", "Model") and hasattr(layer, "layers"):
            _walk(layer, f"{own}/", weights, shapes)
            continue
        variables = zip(layer.weights, layer.get_weights(), strict=True)
        weights[own] = {_bare(variable.name): np.asarray(array) for variable, array in variables}
        shape = getattr(getattr(layer, "output", None), "shape", None) if len(_nodes(layer)) == 1 else None
        if shape is not None:
            shapes[own] = tuple(shape)


def _nodes(layer: Any) -> list[Any]:
    """The calls of a layer."""
    return list(getattr(layer, "_inbound_nodes", ()))


def _bare(name: str) -> str:
    """Name of a variable without those of its layer and of its device.

    Examples
    --------
    >>> _bare("conv1/kernel:0"), _bare("gamma")
    ('kernel', 'gamma')
    """
    return name.rpartition("/")[2].partition(":")[0]
