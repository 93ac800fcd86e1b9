"""What a command line means: networks, operators and sizes, read from text."""

from cnnmath.arguments.networks import input_shape, is_model, network, noted, read_model
from cnnmath.arguments.operators import FIRST, OPTIONS, first_setting, inputs, is_operator, operator, rank
from cnnmath.arguments.values import setting, sizes, value

__all__ = [
    "FIRST",
    "OPTIONS",
    "first_setting",
    "input_shape",
    "inputs",
    "is_model",
    "is_operator",
    "network",
    "noted",
    "operator",
    "rank",
    "read_model",
    "setting",
    "sizes",
    "value",
]
