"""Files of models, with their arrays inside or beside."""

import numpy as np
import onnx
import pytest

from cnnmath import ops
from cnnmath.errors import DataError
from cnnmath.graph import Architecture
from cnnmath.interchange import export_onnx, import_onnx
from cnnmath.interchange.onnx.export import save


def dense():
    net = Architecture("dense", (300,))
    net.add("one", ops.Linear(4))
    net.add("gate", ops.Dropout())
    return net, {"one.w": np.arange(1200, dtype=np.float32).reshape(4, 300), "one.b": np.ones(4, np.float32)}


@pytest.mark.parametrize("external", [False, True])
def test_a_file_is_read_back(tmp_path, external):
    net, arrays = dense()
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    export_onnx(net, arrays, path, external=external)
    onnx.checker.check_model(str(path), full_check=True)
    back = import_onnx(path)
    assert back.network == net
    assert all((back.parameters[key] == a).all() for key, a in arrays.items())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.onnx", "model.onnx.data"][: 1 + external]


def test_what_stands_beside_is_named_relative_to_the_file(tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    net, arrays = dense()
    path = tmp_path / "model.onnx"
    export_onnx(net, arrays, path, external=True)
    (w, b) = onnx.load(path, load_external_data=False).graph.initializer
    assert {entry.key: entry.value for entry in w.external_data} == {
        "location": "model.onnx.data",
        "offset": "0",
        "length": "4800",
    }
    assert not b.external_data
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (y,) = session.run(None, {"input": np.ones((1, 300), np.float32)})
    assert (y == arrays["one.w"].sum(axis=1) + 1).all()


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    net, arrays = dense()
    with pytest.raises(DataError, match="cannot be written"):
        export_onnx(net, arrays, tmp_path / "nowhere" / "model.onnx")
    monkeypatch.setattr(save, "MOST", 4000)
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    with pytest.raises(DataError) as error:
        export_onnx(net, arrays, path)
    assert str(error.value) == (
        "the model is too large for one file.\n"
        "  rule    bytes of a file <= 4,000\n"
        "  here    4,816 bytes of arrays\n"
        "  fix     give external=True, and the arrays are written beside it"
    )
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]
