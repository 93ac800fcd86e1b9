"""Models of Keras, read from their configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnmath.interchange.model import Model


def import_keras(model: Any, input_shape: Sequence[int] | None = None) -> Model:
    """Read a model of Keras into an architecture with its parameters.

    Parameters
    ----------
    model
        A built model, Sequential or Functional, with the numbers that it has; or its configuration alone: the text of
        ``model.to_json()``, a dict of it, or the path of a .json file; or the path of a .keras file, whose numbers are
        read where h5py is installed. None but the first needs Keras: files are read, and nothing in them is executed.
    input_shape
        Shape of one sample, in the order of the model's axes, where it leaves sizes open: ``(224, 224, 3)``.

    Returns
    -------
    The network, its arrays where a model gives them, and notes on what did not come over as it was.

    Notes
    -----
    Channels are ahead of the positions in the network, (N, C, \\*spatial), also of its inputs and outputs, whatever
    the format of the model's data; kernels (\\*taps, C, F) become (F, C, \\*taps). Where a model with its channels last
    puts all numbers in one row, a Transpose goes ahead of it, so that no dense layer's weights are permuted.

    Nodes are called as layers are; those of a nested model have its name in front, ``encoder/conv1``, and a layer's
    activation stands behind it, ``conv1/relu``. A layer that is called again has a node for each call, and its
    parameters are counted once. What changes numbers in training alone is left out, except for Dropout.

    Where the mathematics of a layer is not known, its node is an `cnnmath.graph.Opaque`, and a note says why.

    Raises
    ------
    DataError
        For what is no model and no configuration.
    GraphError
        For a model whose layers are in code alone, one whose input has no fixed size, and a layer that is not known and
        whose shape is not written down.

    References
    ----------
    .. [1] Keras 3, https://keras.io/api/models/model_saving_apis/model_config_serialization: models as JSON.

    Examples
    --------
    >>> conv = {"name": "conv", "filters": 8, "kernel_size": [3, 3], "padding": "same", "use_bias": True}
    >>> config = {
    ...     "name": "small",
    ...     "layers": [
    ...         {"class_name": "InputLayer", "config": {"name": "image", "batch_shape": [None, 28, 28, 1]}},
    ...         {"class_name": "Conv2D", "config": conv},
    ...     ],
    ... }
    >>> import_keras({"class_name": "Sequential", "config": config}).network
    Architecture 'small': input (1, 28, 28), 1 operator, output 'conv'
    """
    from cnnmath.interchange.keras.read import read
    from cnnmath.interchange.keras.source import source

    return read(source(model), input_shape)
