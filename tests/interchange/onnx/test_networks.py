"""AlexNet, VGG-16 and ResNet-50, written as PyTorch modules and exported to ONNX, come in as they are in the zoo."""

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import pytest

from cnnmath import ops, zoo
from cnnmath.graph import INPUT, analyze, forward
from cnnmath.interchange import import_onnx
from cnnmath.interchange.onnx.read import read
from cnnmath.numeric import choose_method
from tests import rounding
from tests.interchange.onnx.models import field
from tests.peers import drawn
from tests.support import INTENSE

onnx = pytest.importorskip("onnx")
pytest.importorskip("torch")

from tests.interchange.onnx import torch_modules as modules  # noqa: E402 - behind the check that it is there
from tests.interchange.onnx.torch_modules import NEW, OLD  # noqa: E402

FOLDED, KEPT = True, False
NAMES = ("alexnet", "resnet50", "vgg16")
ALL = [(name, exporter, folded) for name in NAMES for exporter in (OLD, NEW) for folded in (FOLDED, KEPT)]
RARE = {
    ("alexnet", OLD, KEPT),
    ("alexnet", NEW, FOLDED),
    ("resnet50", OLD, KEPT),
    ("vgg16", OLD, KEPT),
    ("vgg16", NEW, FOLDED),
}
"""Files that are written in the profile ``intense`` alone, for they take long; each network is there in both ways."""

EQUAL = {("alexnet", NEW, KEPT), ("resnet50", NEW, FOLDED), ("vgg16", OLD, FOLDED)}
"""Files whose nodes are those of another one, and which are run in that profile alone."""

FILES = [file for file in ALL if INTENSE or file not in RARE]
RUN = [file for file in FILES if INTENSE or file not in EQUAL]

GONE = {("resnet50", FOLDED): 26_560}
"""Parameters less, where scale and shift of a channel become one bias."""


@dataclass(frozen=True)
class File:
    """A file of a network."""

    name: str
    folded: bool
    path: Any


@pytest.fixture(scope="module")
def built():
    """Gives a module by its name; the last one is kept."""
    return lru_cache(maxsize=1)(lambda name: modules.filled(getattr(modules, name)))


@pytest.fixture(scope="module")
def file(request, built, tmp_path_factory):
    name, exporter, folded = request.param
    if exporter == NEW:
        pytest.importorskip("onnxscript")
    folder = tmp_path_factory.mktemp("model")
    yield File(name, folded, modules.exported(built(name), folder / "model.onnx", exporter, folded=folded))
    for path in folder.iterdir():
        path.unlink()


def each(files):
    """The test for each of these files."""
    names = [f"{name} {exporter} {'folded' if folded else 'kept'}" for name, exporter, folded in files]
    return pytest.mark.parametrize("file", files, indirect=True, ids=names, scope="module")


def layers(net):
    """Settings, cost, sizes and field of each convolution, pooling and dense layer, in no order."""
    kinds = (ops.Conv, ops.MaxPool, ops.GlobalAveragePool, ops.Linear)
    return sorted(
        str((_unbiased(layer.op), layer.macs, layer.output_shape, layer.field))
        for layer in analyze(net).layers
        if isinstance(layer.op, kinds)
    )


def _unbiased(op):
    return ops.Conv(op.filters, op.kernel, stride=op.stride, padding=op.padding) if isinstance(op, ops.Conv) else op


@each(FILES)
def test_an_exported_network_has_the_parameters_costs_shapes_and_fields_of_the_zoo(file):
    found, net = import_onnx(file.path), zoo.named(file.name)
    expected, summary = analyze(net), analyze(found.network)
    assert found.notes == ()
    assert summary.parameters == expected.parameters - GONE.get((file.name, file.folded), 0)
    assert summary.macs == expected.macs
    assert layers(found.network) == layers(net)


@dataclass(frozen=True)
class Node:
    """A node run by us and by onnxruntime: how far apart beyond the bound, on equal inputs and within the network.

    Beside each the largest bound, as a share of the largest number.
    """

    name: str
    alone: float
    alone_bound: float
    whole: float
    whole_bound: float


@pytest.fixture(scope="module")
def nodes(file):
    runtime = pytest.importorskip("onnxruntime")
    model, x = import_onnx(file.path), np.random.default_rng(0).uniform(0.5, 1.5, (1, 3, 224, 224)).astype(np.float32)
    values = {node.name: node.outputs[0] for node in read(file.path).nodes}
    values = {node: values[node] for node, _ in model.network}
    arrays = dict(model.parameters)
    ours = forward(model.network, x, arrays, nodes=list(values))
    _give(file.path, set(values.values()) - set(model.outputs))
    found = _run(runtime, file.path, x)
    theirs = {node: found[name] for node, name in values.items()}
    ours[INPUT] = theirs[INPUT] = x
    return list(_compared(model.network, arrays, ours, theirs))


def _give(path, values):
    """Make values outputs of a file: a message that stands behind another adds to it."""
    infos = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in sorted(values)]
    with path.open("ab") as file:
        file.write(field(7, 2, onnx.GraphProto(output=infos).SerializeToString()))


def _run(runtime, path, x):
    """Outputs of onnxruntime, which computes the nodes as they are written, and copies no array into another order."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_prepacking", "1")
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(names, {"x": x}), strict=True))


def _compared(net, arrays, ours, theirs):
    """Every node; what its inputs may differ by is passed on by it, and its own roundings are added."""
    between = {INPUT: np.zeros(theirs[INPUT].shape)}
    for node in drawn.nodes(net):
        own = [arrays[key] for key in node.keys.values()]
        reads, distances = [theirs[name] for name in node.reads], [between[name] for name in node.reads]
        y, bound = theirs[node.name], rounding.forward_bound(node.op, *reads, *own)
        alone = bound + (_method_bound(node.op, reads[0], *own) or bound)
        added = bound + (_method_bound(node.op, reads[0] + distances[0], *own) or bound)
        whole = between[node.name] = added + rounding.passed_on(node.op, distances, *own)
        apart, far, size = abs(rounding.forward(node.op, *reads, *own) - y), abs(ours[node.name] - y), abs(y).max()
        yield Node(node.name, (apart - alone).max(), alone.max() / size, (far - whole).max(), whole.max() / size)


def _method_bound(op, x, *arrays):
    """Largest error of a kernel that works on transformed tiles; 0 for any other."""
    choice = choose_method(op, x.shape) if isinstance(op, ops.Conv) else None
    if choice is None or choice.method != "winograd":
        return 0.0
    return choice.prediction.bound * prod(arrays[0].shape[1:]) * abs(arrays[0]).max() * abs(x).max()


@each(RUN)
def test_onnxruntime_computes_every_node_within_the_bounds_of_its_roundings_and_ours(nodes):
    assert {node.name: node.alone for node in nodes if node.alone > 0} == {}
    assert max(node.alone_bound for node in nodes) < 1 / 50


@each(RUN)
def test_onnxruntime_computes_the_network_within_the_bounds_of_all_nodes(nodes):
    assert {node.name: node.whole for node in nodes if node.whole > 0} == {}
    assert nodes[-1].whole_bound < 1 / 8
