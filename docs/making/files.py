"""The files that the examples of the site speak of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from cnnmath import export_onnx, zoo
from cnnmath.graph import Architecture, parse, save
from cnnmath.ops import Add, Conv, Flatten, Linear, MaxPool, ReLU
from cnnmath.training import initialise

KERNELS = '''"""Kernels of one's own: right, but for what they make of dilation."""

import numpy as np


def my_conv(x, w, b, stride, padding):
    x = np.pad(x, [(0, 0), (0, 0), *padding])
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    return np.einsum("nchwkl,fckl->nfhw", windows, w) + b[:, None, None]


def my_conv_nhwc(x, w, b, stride, padding):
    return my_conv(x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1), b, stride, padding).transpose(0, 2, 3, 1)


def my_conv_dx(dy, w, x_shape, stride):
    dx = np.zeros(x_shape)
    for i, j in np.ndindex(w.shape[2:]):
        rows, columns = i + stride[0] * np.arange(dy.shape[2]), j + stride[1] * np.arange(dy.shape[3])
        dx[:, :, rows[:, None], columns] += np.einsum("nfhw,fc->nchw", dy, w[:, :, i, j])
    return dx
'''

CLAIMS = """{
  "SOURCE": "a printed table",
  "claims": [
    {"id": "1", "source": "table 1", "where": "first row", "subject": "parameters of one MLP neuron",
     "given": {"image": "28x28x1"}, "claimed": 785}
  ]
}
"""


PRINTED = Path(__file__).parents[2] / "tests" / "golden" / "lecture_claims.json"
"""What lecture notes print; two of their tables are audited on the site."""

TABLES = {"lenet.json": "A05", "alexnet.json": "E06"}
"""Files of these tables, and how the names of their claims begin."""


def write_files(folder: Path) -> None:
    """Write networks, models, arrays, kernels and claims into a folder."""
    save(parse("conv(8, 5) > relu > maxpool(2) > flatten > linear(10)", (1, 12, 12), "mine"), folder / "mine.json")
    net = block()
    export_onnx(net, initialise(net), folder / "model.onnx")
    np.savez(folder / "lenet5.npz", allow_pickle=False, **initialise(zoo.lenet5()))
    for name, shape in {"x": (1, 3, 32, 32), "digit": (1, 1, 32, 32)}.items():
        np.save(folder / f"{name}.npy", np.random.default_rng(0).standard_normal(shape).astype(np.float32))
    (folder / "my_module.py").write_text(KERNELS, encoding="utf-8")
    (folder / "claims.json").write_text(CLAIMS, encoding="utf-8")
    for name, first in TABLES.items():
        (folder / name).write_text(json.dumps(table(first)), encoding="utf-8")


def table(first: str) -> dict[str, Any]:
    """The claims of one table of the lecture notes."""
    claims = json.loads(PRINTED.read_text(encoding="utf-8"))["claims"]
    return {"claims": [claim | {"source": "lecture notes"} for claim in claims if claim["id"].startswith(first)]}


def block() -> Architecture:
    """A small residual network, whose nodes have the names that an exporter gives."""
    net = Architecture("model", (3, 32, 32))
    stem = net.add("/conv1/Conv", Conv(8, 3, stride=2, padding=1))
    body = net.add("/layer1/conv1/Conv", Conv(8, 3, padding=1), stem)
    body = net.add("/layer1/relu/Relu", ReLU(), body)
    body = net.add("/layer1/Add", Add(), body, stem)
    body = net.add("/maxpool/MaxPool", MaxPool(2), body)
    net.add("/fc/Gemm", Linear(10), net.add("/Flatten", Flatten(), body))
    return net
