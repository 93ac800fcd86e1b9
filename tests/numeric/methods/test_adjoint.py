"""Gradients of a correlation read what the definition reads, in every setting."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.numeric import choose_method, using
from cnnmath.numeric.methods import adjoint
from cnnmath.numeric.methods.adjoint import input_gradient, residues
from cnnmath.window import Window
from tests.support import problems


@pytest.mark.parametrize("kernel", range(1, 5))
def test_residues_read_exactly_the_pairs_of_output_and_tap_that_the_window_has(kernel):
    for stride, dilation, before, after, n in product(range(1, 5), range(1, 5), range(5), range(5), range(1, 10)):
        window = Window(kernel, stride, dilation, before, after)
        if window.placements(n) < 1:
            continue
        expected = {(window.tap(o, k), o, k) for o in range(window.placements(n)) for k in range(kernel)}
        found = list(read(window, n))
        assert len(found) == len(set(found))
        assert set(found) == {(j, o, k) for j, o, k in expected if 0 <= j < n}, window


def read(window, n):
    """Every input with each output and tap that its residue's window reads there."""
    for residue in residues(window, n):
        positions = range(n)[residue.inputs]
        taps = range(window.kernel)[residue.taps]
        outputs = range(window.placements(n))[residue.outputs]
        assert residue.window.placements(len(outputs)) == len(positions)
        assert residue.window.kernel == len(taps)
        for q, i in product(range(len(positions)), range(len(taps))):
            at = residue.window.tap(q, i)
            if 0 <= at < len(outputs):
                yield positions[q], outputs[at], taps[i]


@given(data=st.data())
def test_gradients_in_tiles_are_within_their_bounds_of_the_exact_ones(data):
    drawn = data.draw(problems(ops.Conv, whole=True))
    prediction = choose_method(drawn.op, drawn.inputs[0].shape, dtype=np.float64).predictions["winograd"]
    if prediction.refused:
        return
    exact = drawn.exact_backward()
    with using(method="winograd", tolerance=1.0):
        found = drawn.astype(np.float64).backward()
    positions = drawn.dy[:, 0].size
    assert np.max(abs(found["w"] - exact["w"].astype(float)), initial=0) <= prediction.gradient_bound * positions * 16
    assert np.allclose(found["x"], exact["x"].astype(float), rtol=0, atol=1e-9)


@given(data=st.data())
def test_gradients_of_heavy_filters_are_exact_too(data):
    drawn = data.draw(problems(ops.Conv, whole=True))
    exact, machine = drawn.exact_backward(), drawn.astype(np.float64)
    with using(method="gemm"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(adjoint, "LIGHT", 0)  # as if these filters were more than a block repays
        assert (machine.backward()["w"] == exact["w"]).all()
    if drawn.op.groups == 1:
        x, w = machine.inputs[0], machine.parameters["w"]
        dx = adjoint._scattered(drawn.op.windows(x.shape[2:]), machine.dy, w, x.shape[2:])
        assert (dx == exact["x"]).all()


@pytest.mark.parametrize("groups", [1, 2])
def test_few_outputs_below_heavy_filters_give_the_same_gradients_in_groups_or_none(groups):
    op, rng = ops.Conv(4, (2,), groups=groups, bias=False), np.random.default_rng(groups)
    x, dy, w = (rng.integers(-4, 5, shape) * 1.0 for shape in ((1, 2, 3), (1, 4, 2), (4, 2 // groups, 2)))
    expected = numeric.backward(op, dy, x, w=w)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adjoint, "LIGHT", 0)
        found = numeric.backward(op, dy, x, w=w)
    assert all((found[name] == expected[name]).all() for name in ("x", "w"))


def test_an_input_gradient_in_tiles_falls_back_to_the_definition_where_a_number_is_infinite():
    dy, w = np.zeros((1, 1, 6, 6)), np.ones((1, 1, 3, 3))
    dy[0, 0, 0, 0] = np.inf
    with using(method="winograd"):
        dx = input_gradient([Window(3)] * 2, dy, w, (8, 8))
    assert np.isinf(dx[0, 0, :3, :3]).all()
    assert (dx[0, 0, 3:] == 0).all()
    assert (dx[0, 0, :, 3:] == 0).all()


def test_taps_that_no_output_reads_through_have_no_gradient():
    op = ops.Conv(1, (3,), padding=((2, 0),), bias=False)
    x, w = np.array([[[np.nan]]]), np.ones((1, 1, 3))
    found = numeric.backward(op, np.ones((1, 1, 1)), x, w=w)
    assert found["w"].tolist()[0][0][:2] == [0, 0]
    assert np.isnan(found["w"][0, 0, 2])
