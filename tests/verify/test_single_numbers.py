"""Functions of single numbers are found by what they read; no list of what they allow forgets one."""

import numpy as np

from cnnmath import ops
from cnnmath.readers import cost
from cnnmath.readers.reach import reach
from cnnmath.verify.real import SMALL, trapped
from cnnmath.verify.rungs.symmetries import CHANNELWISE
from cnnmath.verify.strategies.empty import empty_axes
from tests.support import each, simple


def reads_its_own_place_alone(kind):
    """Whether each output depends on the input number of its own place, and on nothing that is stored."""
    op, inputs = simple(kind).op, simple(kind).inputs
    if len(inputs) > 1 or op.buffers(*inputs) or op.shape(*inputs) != inputs[0]:
        return False
    return all(set(reach(op, o, *inputs)) == {o} for o in np.ndindex(inputs[0]))


OF_SINGLE_NUMBERS = [kind for kind in ops.ALL if reads_its_own_place_alone(kind)]


def test_they_are_found():
    assert {ops.ReLU, ops.PReLU, ops.Mish, ops.Affine} < set(OF_SINGLE_NUMBERS)
    assert not {ops.Softmax, ops.BatchNorm, ops.Add, ops.Transpose} & set(OF_SINGLE_NUMBERS)


@each(OF_SINGLE_NUMBERS)
def test_they_treat_every_channel_apart(kind):
    assert kind in CHANNELWISE, f"{kind.__name__} is not in symmetries.CHANNELWISE"


@each([kind for kind in OF_SINGLE_NUMBERS if cost(simple(kind).op, *simple(kind).inputs).exponentials])
def test_those_with_exponentials_are_tried_where_these_overflow(kind):
    assert trapped(simple(kind).op) or kind in SMALL, f"{kind.__name__} is not in real.EXPONENTIAL"


@each(OF_SINGLE_NUMBERS)
def test_they_are_tried_on_no_numbers_along_every_axis(kind):
    case = simple(kind)
    assert empty_axes(case) == list(range(len(case.inputs[0]))), f"{kind.__name__} is not in both lists of empty.py"
