"""The numbers in a file of Keras: an archive of HDF5 with a group for each layer, its arrays counted from 0."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnnmath.errors import DataError, clip
from cnnmath.interchange.keras.graph import Graph, Layer, graph
from cnnmath.numeric.windows import Array

WEIGHTS = "model.weights.h5"
"""Name of the file in the archive."""

Weights = Mapping[str, Mapping[str, Array]]
"""Arrays by the path of their layer, and by the names that Keras gives them."""


def stored(data: bytes, config: Mapping[str, Any]) -> Weights | None:
    """The arrays of a model's layers; None where h5py is not installed, or the file does not say whose they are.

    Raises
    ------
    DataError
        For what is no such file, and for one that refers to others.
    """
    try:
        import h5py  # type: ignore[import-not-found]  # it need not be installed
    except ImportError:
        return None
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            _check_own(file, h5py)
            return dict(_of_layers(file, graph(config), ""))
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError("the numbers of the model cannot be read.", here=clip(str(error))).at(WEIGHTS) from None
    except KeyError:
        return None


def _of_layers(group: Any, model: Graph, path: str) -> Iterator[tuple[str, dict[str, Array]]]:
    """Arrays of the layers of a model and of the models in it."""
    for child in group["layers"].values():
        name = str(child["vars"].attrs["name"])
        layer = model.layers.get(name)
        if layer is not None and layer.inner is not None:
            yield from _of_layers(child, layer.inner, f"{path}{name}/")
        elif layer is not None:
            found = dict(zip(names(layer), _arrays(child), strict=False))
            if "activation" in child:  # the slopes of a PReLU
                found |= dict(zip(("alpha",), _arrays(child["activation"]), strict=False))
            yield f"{path}{name}", found


def names(layer: Layer) -> list[str]:
    """Names of a layer's arrays, in the order in which Keras stores them.

    Examples
    --------
    >>> names(Layer("SeparableConv2D", {"use_bias": False})), names(Layer("BatchNormalization", {"scale": False}))
    (['depthwise_kernel', 'pointwise_kernel'], ['beta', 'moving_mean', 'moving_variance'])
    """
    if layer.kind.startswith("Separable"):
        found = ["depthwise_kernel", "pointwise_kernel", "bias"]
    elif layer.kind == "Normalization":
        found = ["mean", "variance"]
    elif layer.kind.endswith("Normalization"):
        found = ["gamma", "beta", "moving_mean", "moving_variance"]
    else:
        found = ["alpha"] if layer.kind == "PReLU" else ["gamma"] if layer.kind == "LayerScale" else ["kernel", "bias"]
    absent = {"bias": "use_bias", "gamma": "scale", "beta": "center"}
    return [name for name in found if layer.settings.get(absent.get(name, ""), True)]


def _arrays(group: Any) -> list[Array]:
    """Arrays of one layer in order."""
    variables = group["vars"]
    return [np.asarray(variables[str(i)]) for i in range(len(variables))]


def _check_own(group: Any, h5py: Any) -> None:
    """Raise where the file has its numbers in another file."""
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise DataError("the file refers to another place.", here=clip(name)).at(WEIGHTS)
        child = group[name]
        if isinstance(child, h5py.Group):
            _check_own(child, h5py)
        elif child.external or child.is_virtual:
            raise DataError("the file has its numbers in another file.", here=clip(child.name)).at(WEIGHTS)
