"""A prepared network gives what the network gives, in fewer tasks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import ops, zoo
from cnnmath.errors import CnnmathError, DataError, ShapeError
from cnnmath.graph import INPUT, Architecture, Prepared, buffers, forward, parameters, shapes
from cnnmath.numeric import using


def drawn_arrays(net, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    arrays = {name: rng.normal(0, 0.5, shape) for name, shape in (parameters(net) | buffers(net)).items()}
    return {name: (abs(a) + 0.5 if name.endswith(".var") else a).astype(dtype) for name, a in arrays.items()}


def samples(net, number=2, dtype=np.float64):
    return np.random.default_rng(9).normal(size=(number, *net.input_shape)).astype(dtype)


def close(found, expected, tolerance=1e-10):
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(close(found[k], expected[k], tolerance) for k in expected)
    return np.max(abs(found - expected), initial=0) <= tolerance * max(1, np.max(abs(expected), initial=0))


@st.composite
def residual_graphs(draw):
    """Convolutions, normalisations, sums and rectifiers in any order, over branches, some of them sharing arrays."""
    net = Architecture("drawn", (2, draw(st.integers(3, 6)), draw(st.integers(3, 6))))
    nodes, convolutions = [INPUT], []
    for i in range(draw(st.integers(1, 9))):
        read = nodes[-1] if draw(st.booleans()) else draw(st.sampled_from(nodes))
        kind = draw(st.sampled_from(["conv", "conv", "bn", "relu", "add", "shared", "pool"]))
        known = shapes(net)
        alike = [node for node in nodes if known[node] == known[read]]
        if kind == "add":
            nodes.append(net.add(f"n{i}", ops.Add(), read, draw(st.sampled_from(alike))))
        elif kind == "shared" and convolutions:
            nodes.append(net.add(f"n{i}", net.op(convolutions[0]), read, shares=convolutions[0]))
        elif kind in ("conv", "shared"):
            bias, groups = draw(st.booleans()), draw(st.sampled_from([1, 2]))
            nodes.append(net.add(f"n{i}", ops.Conv(2, 3, padding=1, bias=bias, groups=groups), read))
            convolutions.append(nodes[-1])
        else:
            op = {"bn": ops.BatchNorm(), "relu": ops.ReLU(), "pool": ops.MaxPool(1)}[kind]
            nodes.append(net.add(f"n{i}", op, read))
    return net


@settings(max_examples=60)
@given(residual_graphs(), st.sampled_from(["auto", "direct", "gemm", "winograd"]))
def test_drawn_networks_give_what_forward_gives(net, method):
    arrays, x = drawn_arrays(net), samples(net)
    prepared = Prepared(net, arrays)
    with using(method=method, tolerance=1e-6):
        expected = forward(net, x, arrays)
        found = prepared.forward(x)
        again = prepared.forward(x)
    assert close(found, expected)
    assert prepared.outputs == net.outputs()
    as_dict = found if isinstance(found, dict) else {"": found}
    same = again if isinstance(again, dict) else {"": again}
    assert all(np.array_equal(as_dict[name], same[name]) for name in as_dict)


@pytest.mark.parametrize("net", [zoo.lenet5(), zoo.resnet_cifar(8)], ids=lambda net: net.name)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-10), (np.float32, 1e-3)])
def test_networks_of_the_zoo_give_what_forward_gives(net, dtype, tolerance):
    arrays, x = drawn_arrays(net, dtype=dtype), samples(net, dtype=dtype)
    found = Prepared(net, arrays).forward(x)
    assert found.dtype == dtype
    assert close(found, forward(net, x, arrays), tolerance)


def block(*after, second=None):
    """A convolution and what follows it; where a sum follows, it adds the input."""
    net = Architecture("block", (2, 4, 4))
    node = net.add("conv", ops.Conv(2, 3, padding=1), INPUT)
    for i, op in enumerate(after):
        reads = (node, second or INPUT) if isinstance(op, ops.Add) else (node,)
        node = net.add(f"after{i}", op, *reads)
    return net


CHAINS = [
    ((ops.BatchNorm(), ops.Add(), ops.ReLU()), 1),
    ((ops.BatchNorm(), ops.ReLU()), 1),
    ((ops.Add(), ops.ReLU()), 1),
    ((ops.ReLU(), ops.BatchNorm()), 2),
    ((ops.ReLU(), ops.Add()), 2),
    ((ops.Add(), ops.BatchNorm()), 2),
    ((ops.BatchNorm(), ops.BatchNorm(), ops.ReLU()), 3),
    ((ops.LeakyReLU(),), 2),
]


@pytest.mark.parametrize(("after", "tasks"), CHAINS)
def test_a_convolution_takes_in_what_follows_it_in_this_order_alone(after, tasks):
    net = block(*after)
    arrays, x = drawn_arrays(net), samples(net)
    prepared = Prepared(net, arrays)
    assert len(prepared.tasks) == tasks
    assert close(prepared.forward(x), forward(net, x, arrays))


def test_what_others_read_as_well_is_not_taken_in():
    net = block(ops.BatchNorm())
    net.add("one", ops.ReLU(), "after0")
    net.add("other", ops.Conv(2, 1), "after0")
    arrays, x = drawn_arrays(net), samples(net)
    prepared = Prepared(net, arrays)
    assert [task.name for task in prepared.tasks] == ["after0", "one", "other"]
    assert close(prepared.forward(x), forward(net, x, arrays))


def test_a_sum_of_a_convolution_with_itself_and_of_one_yet_to_come():
    net = block()
    net.add("twice", ops.Add(), "conv", "conv")
    net.add("later", ops.Conv(2, 1), INPUT)
    net.add("sum", ops.Add(), "twice", "later")
    arrays, x = drawn_arrays(net), samples(net)
    prepared = Prepared(net, arrays)
    assert [task.name for task in prepared.tasks] == ["conv", "twice", "sum"]
    assert close(prepared.forward(x), forward(net, x, arrays))


@pytest.mark.parametrize(("net", "tasks"), [(zoo.resnet50(), 57), (zoo.vgg16(), 27)], ids=["resnet50", "vgg16"])
def test_large_networks_have_as_many_tasks(net, tasks):
    nothing = {name: np.broadcast_to(np.float32(0), shape) for name, shape in (parameters(net) | buffers(net)).items()}
    assert tasks == len(Prepared(net, nothing).tasks)


def test_arrays_that_change_afterwards_change_nothing():
    net = block(ops.BatchNorm(), ops.ReLU())
    arrays, x = drawn_arrays(net), samples(net)
    prepared = Prepared(net, arrays)
    before = prepared.forward(x)
    for array in arrays.values():
        array += 1
    assert np.array_equal(prepared.forward(x), before)


def test_batches_and_kinds_of_numbers_may_change_from_call_to_call():
    net = block(ops.BatchNorm(), ops.ReLU())
    arrays = drawn_arrays(net, dtype=np.float32)
    prepared = Prepared(net, arrays)
    for method in ("winograd", "fft", "gemm", "direct"):
        for number, dtype in ((1, np.float64), (3, np.float32), (0, np.float32), (2, np.float64), (2, np.int64)):
            x = samples(net, number).astype(dtype)
            with using(method=method, tolerance=1e-3):
                found, expected = prepared.forward(x), forward(net, x, arrays)
            assert found.dtype == expected.dtype
            assert close(found, expected, 1e-5)


def test_what_cannot_be_prepared_or_run_is_refused():
    net = block(ops.ReLU())
    arrays = drawn_arrays(net)
    with pytest.raises(DataError, match="a network is prepared for floats"):
        Prepared(net, arrays | {"conv.b": np.array([1, 2])})
    with pytest.raises(CnnmathError, match="missing"):
        Prepared(net, {})
    with pytest.raises(ShapeError):
        Prepared(net, arrays).forward(np.ones((2, 2, 5, 4)))
    with pytest.raises(DataError, match="a prepared network takes floats and integers"):
        Prepared(net, arrays).forward(np.ones((1, 2, 4, 4), object))
