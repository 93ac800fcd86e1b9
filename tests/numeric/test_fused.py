"""A convolution that takes in what follows it gives what they give one after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.numeric import METHODS, choose_method, using
from cnnmath.numeric.fused import Fused
from tests.support import problems


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data(), added=st.booleans(), rectified=st.booleans())
def test_it_is_the_composition(method, data, added, rectified):
    drawn = data.draw(problems(ops.Conv)).astype(np.float64)
    if choose_method(drawn.op, drawn.inputs[0]).predictions[method].refused:
        return
    x, own = drawn.inputs[0], drawn.parameters
    rng = np.random.default_rng(0)
    gamma, beta, mean, var = rng.normal(size=(4, drawn.op.filters))
    statistics = {"gamma": gamma, "beta": beta, "mean": mean, "var": abs(var)}
    fused = Fused(drawn.op, own["w"], own.get("b")).normalised(ops.BatchNorm(), **statistics)
    fused = Fused(drawn.op, fused.w, fused.b, added=added, rectified=rectified)
    with using(method=method, tolerance=1.0):
        expected = numeric.forward(ops.BatchNorm(), numeric.forward(drawn.op, x, **own), **statistics)
        expected = expected + drawn.dy if added else expected
        expected = np.maximum(expected, 0) if rectified else expected
        for _ in range(2):  # made, and remembered
            found = fused.forward(x, drawn.dy) if added else fused.forward(x)
            assert np.allclose(found, expected, rtol=0, atol=1e-6)
