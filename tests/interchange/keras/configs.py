"""Configurations as Keras writes them, of the settings that matter, in the form of version 3 and in that of 2."""

from __future__ import annotations

from cnnmath.interchange import import_keras

IMAGE = "image"

DEFAULTS = {
    "Conv": {"padding": "valid", "strides": 1, "dilation_rate": 1, "groups": 1, "use_bias": True},
    "DepthwiseConv": {"padding": "valid", "strides": 1, "depth_multiplier": 1, "use_bias": True},
    "SeparableConv": {"padding": "valid", "strides": 1, "depth_multiplier": 1, "use_bias": True},
    "MaxPooling": {"padding": "valid", "strides": None},
    "AveragePooling": {"padding": "valid", "strides": None},
    "Dense": {"use_bias": True},
    "BatchNormalization": {"axis": -1, "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True},
    "LayerNormalization": {"axis": -1, "epsilon": 0.001, "center": True, "scale": True},
    "GroupNormalization": {"axis": -1, "epsilon": 0.001, "center": True, "scale": True},
}


def layer(kind, name, module="keras.layers", **settings):
    """A layer in a Sequential."""
    family = kind.rstrip("D").rstrip("123")
    config = {"name": name, "trainable": True, **DEFAULTS.get(family, {}), **settings}
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def entrance(*shape, name=IMAGE):
    """The layer of an input."""
    return layer("InputLayer", name, batch_shape=[None, *shape])


def sequential(*layers, name="chain"):
    """A Sequential."""
    config = {"name": name, "trainable": True, "layers": list(layers)}
    return {"module": "keras", "class_name": "Sequential", "config": config}


def tensor(name, call=0, output=0, shape=(None, 8)):
    """An argument that is a tensor."""
    config = {"shape": list(shape), "dtype": "float32", "keras_history": [name, call, output]}
    return {"class_name": "__keras_tensor__", "config": config}


def called(entry, *calls):
    """A layer of a Functional model with the arguments of each call."""
    name = entry.get("name") or entry["config"]["name"]
    nodes = [{"args": list(args), "kwargs": {}} for args in calls]
    return {**entry, "name": name, "inbound_nodes": nodes}


def functional(*layers, inputs=(IMAGE,), outputs=(), name="graph"):
    """A Functional model."""
    ends = [[out, 0, 0] if isinstance(out, str) else list(out) for out in outputs]
    config = {
        "name": name,
        "layers": list(layers),
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": ends if len(ends) > 1 else ends[0],
    }
    return {"module": "keras", "class_name": "Functional", "config": config}


def ops(model):
    """Operators of a network in order."""
    return [op for _, op in model.network]


def chain(shape, *layers):
    """The network of a Sequential."""
    return import_keras(sequential(entrance(*shape), *layers))
