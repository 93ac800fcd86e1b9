"""Networks with several inputs, and with arrays that no input decides."""

from fractions import Fraction

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.errors import DataError, GraphError, SettingError, ShapeError
from cnnmath.graph import (
    INPUT,
    Architecture,
    Constant,
    Given,
    Prepared,
    accepted_inputs,
    analyze,
    buffers,
    forward,
    from_json,
    loss_and_gradients,
    parameters,
    propagate,
    shapes,
    to_json,
)
from cnnmath.graph.flow import flow
from cnnmath.graph.support import support
from tests.graph.whole import exact_gradients
from tests.support import fractions

BATCH = 2


def two_inputs():
    """The mean over all positions of conv(x) + further + shift."""
    net = Architecture("two", (2, 6, 7))
    net.add("conv", ops.Conv(3, 3, padding=1))
    net.add("further", Given((3, 6, 7)))
    net.add("shift", Constant((1, 3, 1, 7), trained=True))
    net.add("add", ops.Add(), "conv", "further", "shift")
    net.add("pool", ops.GlobalAveragePool())
    net.add("flatten", ops.Flatten())
    return net


def still():
    """x + relu(shift)."""
    net = Architecture("still", (2, 6))
    net.add("shift", Constant((1, 2, 6)))
    net.add("relu", ops.ReLU(), "shift")
    net.add("add", ops.Add(), INPUT, "relu")
    return net


def drawn(shape, rng):
    return fractions(rng.integers(-3, 4, shape))


def problem(seed=0):
    net, rng = two_inputs(), np.random.default_rng(seed)
    stored = {name: drawn(shape, rng) for name, shape in (parameters(net) | buffers(net)).items()}
    return net, {INPUT: drawn((BATCH, 2, 6, 7), rng), "further": drawn((BATCH, 3, 6, 7), rng)}, stored


def test_a_source_reads_nothing_and_the_rest_flows_past_it():
    layers = {layer.name: layer for layer in propagate(two_inputs())}
    assert layers["further"].output_shape == (1, 3, 6, 7)
    assert (layers["shift"].parameters, layers["further"].parameters) == (3 * 7, 0)
    assert layers["further"].fields.nothing
    assert layers["add"].field == layers["conv"].field
    assert analyze(two_inputs()).parameters == 3 * 2 * 9 + 3 + 21


def test_what_only_constants_decide_sees_nothing_of_the_input():
    _, relu, add = propagate(still())
    assert relu.fields.nothing
    assert not add.fields.nothing
    assert support(still(), "add", (3,)).hull == ((3, 3),)
    assert flow(still())["relu"].paths.total == 1


def test_a_scale_of_each_channel_changes_nothing_of_what_is_seen():
    net = Architecture("scaled", (2, 9))
    net.add("conv", ops.Conv(4, (3,), padding=1))
    net.add("scale", Constant((1, 4, 1), trained=True))
    net.add("multiply", ops.Multiply(), "conv", "scale")
    assert propagate(net)[-1].field == propagate(net)[0].field
    assert support(net, "multiply", (4,)).counts.tolist() == [1, 1, 1]


def test_an_input_that_a_stored_array_is_added_to_has_the_length_of_that_array():
    with pytest.raises(SettingError) as caught:
        still().with_input((2, 7))
    assert str(caught.value).splitlines()[0] == "node 'shift': a stored array or a further input has one size."
    with pytest.raises(SettingError, match="node 'further': a stored array or a further input has one size"):
        accepted_inputs(two_inputs())


def test_an_array_of_one_number_a_channel_leaves_the_sizes_open():
    net = Architecture("scaled", (2, 6))
    net.add("shift", Constant((1, 2, 1)))
    assert net.with_input((2, 9)).op("shift") == Constant((1, 2, 1))


def test_it_runs_on_a_dict_of_its_inputs():
    net, x, stored = problem()
    body = forward(net.up_to("conv"), x[INPUT], {k: stored[k] for k in ("conv.w", "conv.b")})
    mean = (body + x["further"] + stored["shift.value"]).sum((2, 3)) / Fraction(42)
    assert (forward(net, x, stored) == mean).all()
    floats = {name: a.astype(float) for name, a in stored.items()}
    again = Prepared(net, floats).forward({name: a.astype(float) for name, a in x.items()})
    assert np.array_equal(again, forward(net, {name: a.astype(float) for name, a in x.items()}, floats))


def test_the_gradient_of_a_stored_array_is_that_of_its_output():
    net, x, stored = problem()
    floats = {name: a.astype(float) for name, a in stored.items()}
    given = {name: a.astype(float) for name, a in x.items()}
    found = loss_and_gradients(net, given, np.array([1, 2]), floats, training=False)
    p = np.exp(y := forward(net, given, floats)) / np.exp(y).sum(1, keepdims=True)
    dy = (p - np.eye(3)[[1, 2]]).sum(0) / 7 / BATCH
    assert np.allclose(found.gradients["shift.value"], np.broadcast_to(dy[:, None, None], (1, 3, 1, 7)), rtol=1e-12)
    assert set(found.gradients) == {"conv.w", "conv.b", "shift.value"}


def with_token():
    """A token ahead of the rows of every sample, all shifted."""
    net = Architecture("token", (2, 3))
    net.add("token", Constant((1, 1, 3), trained=True, repeated=True))
    net.add("concat", ops.Concat(), "token", INPUT)
    net.add("shift", Constant((1, 3, 3)))
    net.add("add", ops.Add(), "concat", "shift")
    net.add("flatten", ops.Flatten())
    return net


def test_every_sample_has_an_array_that_is_repeated():
    net, rng = with_token(), np.random.default_rng(1)
    assert shapes(net)["concat"] == (1, 3, 3)
    assert analyze(net).parameters == 3
    stored = {name: rng.integers(-3, 4, shape) for name, shape in (parameters(net) | buffers(net)).items()}
    x = rng.integers(-3, 4, (BATCH, 2, 3))
    whole = np.concatenate([np.repeat(stored["token.value"], BATCH, axis=0), x], axis=1) + stored["shift.value"]
    assert np.array_equal(forward(net, x, stored), whole.reshape(BATCH, 9))
    floats = {name: a.astype(float) for name, a in stored.items()}
    assert np.array_equal(Prepared(net, floats).forward(x), whole.reshape(BATCH, 9))
    exact = {name: fractions(a) for name, a in stored.items()}
    loss, t = ops.SquaredError(), fractions(rng.integers(-3, 4, (BATCH, 9)))
    found = loss_and_gradients(net, fractions(x), t, exact, loss=loss).gradients
    assert (found["token.value"] == exact_gradients(net, x, t, stored, loss)["token.value"]).all()


def test_what_every_sample_has_is_one_sample():
    with pytest.raises(ShapeError, match="what every sample has is one sample"):
        Constant((2, 1, 3), repeated=True)


@pytest.mark.parametrize("given", [{}, {INPUT: 0}, {"further": 0}, {INPUT: 0, "further": 0, "third": 0}])
def test_inputs_that_are_missing_or_unknown_are_named(given):
    with pytest.raises(DataError) as caught:
        forward(two_inputs(), given, {})
    assert caught.value.lines["rule"] == "it takes further, input"


def test_a_further_input_of_another_shape_is_refused_by_name():
    net, x, stored = problem()
    with pytest.raises(ShapeError) as caught:
        forward(net, x | {"further": x["further"][:, :, 1:]}, stored)
    assert str(caught.value) == (
        "node 'further': a further input has another shape than declared.\n"
        "  input   (2, 3, 5, 7)\n"
        "  rule    (2, 3, 6, 7), the first size that of the batch"
    )


def test_a_source_with_inputs_is_refused():
    with pytest.raises(GraphError, match="it reads nothing"):
        two_inputs().add("bad", Constant((1,)), "conv")


@pytest.mark.parametrize("net", [two_inputs(), still(), with_token()], ids=lambda net: net.name)
def test_it_is_written_and_read_back(net):
    assert from_json(to_json(net)) == net
