"""Small networks that several tests of graphs build, and the toy graphs of a golden table."""

from cnnmath import ops
from cnnmath.graph import INPUT, Architecture
from tests.support import records

TOYS = records("google_rf_toy_graphs.json", "name")


def residual(shape=(8, 16, 16)):
    """A block whose body sees further than its shortcut: 3x3 twice beside 1x1."""
    net = Architecture("residual", shape)
    stem = net.add("stem", ops.Conv(8, 3, stride=2, padding=1), INPUT)
    net.add("body1", ops.Conv(8, 3, padding=1))
    net.add("relu", ops.ReLU())
    body = net.add("body2", ops.Conv(8, 5, padding=2))
    shortcut = net.add("shortcut", ops.Conv(8, 1), stem)
    net.add("add", ops.Add(), body, shortcut)
    return net


def chain(*operators, shape=(1, 16, 16)):
    """A network without branches; nodes are named by their operators and numbered."""
    net = Architecture("chain", shape)
    for i, op in enumerate(operators):
        net.add(f"{type(op).__name__.lower()}{i}", op)
    return net


def toy(name, shape=(1, 24, 24)):
    """A golden toy graph: each branch a chain of windows, a pad taken into the window that follows it."""
    net = Architecture(name, shape)
    branches = TOYS[name].get("branches") or [TOYS[name]["path"]]
    ends = [_branch(net, f"branch{i}", INPUT, steps) for i, steps in enumerate(branches)]
    if len(ends) > 1:
        net.add("add", ops.Add(), *ends)
    return net


def padded_toy(name, shape=(1, 24, 24)):
    """The same with a node of its own for each pad, and padding by name where the table has it."""
    net = Architecture(name, shape)
    branches = TOYS[name].get("branches") or [TOYS[name]["path"]]
    ends = [_padded_branch(net, f"branch{i}", INPUT, steps) for i, steps in enumerate(branches)]
    if len(ends) > 1:
        net.add("add", ops.Add(), *ends)
    return net


def two_adds(first=toy):
    """The toy graph that the table describes in words: aligned_1, a ReLU, and the same pattern with strides of 2."""
    branch = _branch if first is toy else _padded_branch
    net = first("aligned_1")
    relu = net.add("relu", ops.ReLU())
    a = branch(net, "second0", relu, [{"k": 1, "s": 2}])
    b = branch(net, "second1", relu, [{"pad": [1, 0]}, {"k": 3, "s": 2}])
    net.add("add2", ops.Add(), a, b)
    return net


def _padded_branch(net, name, node, steps):
    for i, step in enumerate(steps):
        node = net.add(f"{name}.{i}", _step(step), node)
    return node


def _step(step):
    if "pad" in step:
        return ops.Pad((tuple(step["pad"]),) * 2)
    kernel = tuple(step["k"]) if isinstance(step["k"], list) else step["k"]
    settings = {"stride": step["s"], "padding": "same" if step.get("p") == "SAME" else 0}
    return ops.MaxPool(kernel, **settings) if step.get("op") == "max_pool" else ops.Conv(1, kernel, **settings)


def _branch(net, name, node, steps):
    padding = (0, 0)
    for i, step in enumerate(steps):
        if "pad" in step:
            padding = tuple(step["pad"])
            continue
        kernel = tuple(step["k"]) if isinstance(step["k"], list) else step["k"]
        pooling = step.get("op") == "max_pool"
        settings = {"stride": step["s"], "padding": (padding, padding)}
        op = ops.MaxPool(kernel, **settings) if pooling else ops.Conv(1, kernel, **settings)
        node, padding = net.add(f"{name}.{i}", op, node), (0, 0)
    return node
