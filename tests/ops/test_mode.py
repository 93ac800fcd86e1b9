"""Operators in training and at inference."""

from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.verify.strategies import cases
from tests.support import every_operator, few, simple


def test_batch_normalisation_normalises_by_its_batch_in_training():
    op = ops.BatchNorm(1e-3, momentum=0.5)
    assert ops.training(op) == ops.BatchNorm(1e-3, training=True, momentum=0.5)
    assert ops.inference(ops.training(op)) == op


def test_an_operator_that_behaves_as_ever_is_itself():
    op = ops.Conv(8, 3)
    assert ops.training(op) is ops.inference(op) is op


@every_operator
@few
@given(data=st.data())
def test_a_step_to_either_mode_is_taken_once_and_keeps_the_shape(kind, data):
    case = data.draw(cases(kind))
    for step in (ops.training, ops.inference):
        assert step(step(case.op)) == step(case.op)
        assert step(case.op).shape(*case.inputs) == case.op.shape(*case.inputs)
    assert ops.inference(ops.training(case.op)) == ops.inference(case.op)


@every_operator
def test_without_settings_an_operator_is_at_inference(kind):
    op = simple(kind).op
    assert ops.inference(op) == op
