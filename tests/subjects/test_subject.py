"""What a subject takes, and what the verb derive answers to what it cannot derive."""

import pytest

from cnnmath import ops, zoo
from cnnmath.errors import CnnmathError, SettingError, UnknownNameError
from cnnmath.graph import Architecture
from cnnmath.subjects import derive


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("output-size",), "output-size: the subject takes one Conv.*\n.*none is given"),
        (("output-size", ops.MaxPool((2,))), "output-size: the subject takes one Conv.*\n.*MaxPool"),
        (("im2col", ops.ReLU()), "im2col: the subject takes one Conv"),
        (("im2col", ops.Conv(1, 3), ops.Conv(1, 3)), "im2col: the subject takes one Conv"),
        (("winograd", ops.Conv(1, 3)), "winograd: the subject takes no operator"),
        (("max-pooling", ops.Conv(1, 3)), "max-pooling: the subject takes one MaxPool"),
        ((3,), "this can not be derived"),
        ((zoo.lenet5(),), "the node is missing.*\n.*lenet5"),
        ((Architecture("empty", (1, 4, 4)),), "the node is missing"),
    ],
)
def test_what_cannot_be_derived_is_answered(arguments, message):
    with pytest.raises(SettingError, match=message):
        derive(*arguments)


def test_an_operators_name_is_answered_with_how_it_is_given():
    with pytest.raises(UnknownNameError, match=r"cnnmath\.ops\.Conv\(\.\.\.\)"):
        derive("conv")


def test_an_operand_that_is_none_is_answered():
    with pytest.raises(CnnmathError, match="there is no operand '5'"):
        derive(ops.Conv(1, (3,)), 5)
