"""Every kernel against the two oracles that read its operator's sentence, with no rounding."""

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import ops
from tests.support import MANY, each, every_operator, irrational, problems

# A transcendental function of the exact reader is within a relative 10^-50 of the truth; a thousand of them, on values
# below e^4 and gradients below e^8 < 10^4, stay within 10^-43.
CLOSE = Fraction(1, 10**40)


def assert_agree(kernel, oracle, op):
    assert kernel.shape == oracle.shape
    assert kernel.dtype == object
    bound = CLOSE if irrational(op) else 0
    assert all(abs(a - b) <= bound for a, b in zip(kernel.flat, oracle.flat, strict=True)), (kernel, oracle)


@every_operator
@settings(max_examples=MANY)
@given(data=st.data())
def test_the_kernels_compute_what_the_sentence_says_and_its_gradients(kind, data):
    problem = data.draw(problems(kind))
    assert_agree(problem.forward(), problem.exact_forward(), problem.op)
    grads, oracle = problem.backward(), problem.exact_backward()
    assert set(grads) == problem.trained
    for name, grad in grads.items():
        assert_agree(grad, oracle[name], problem.op)


@each(
    (
        *(
            ops.Conv,
            ops.ConvTranspose,
            ops.MaxPool,
            ops.AdaptiveMaxPool,
            ops.Maxout,
            ops.Subsample,
            ops.Linear,
            ops.RadialBasis,
            ops.ReLU,
        ),
        *(ops.Pad, ops.ReflectPad, ops.EdgePad, ops.WrapPad, ops.MaxUnpool),
        *(ops.Upsample, ops.Add, ops.Concat, ops.Select, ops.Flatten, ops.Dropout),
    )
)
@given(data=st.data())
def test_whole_numbers_in_a_machine_type_are_computed_exactly(kind, data):
    problem = data.draw(problems(kind, whole=True))
    value, oracle = problem.exact_forward(), problem.exact_backward()
    for dtype in (np.float64, np.float32, np.int64):
        machine = problem.astype(dtype)
        assert (machine.forward() == value).all(), dtype
        for name, grad in machine.backward().items():
            assert (grad == oracle[name]).all(), (dtype, name)
