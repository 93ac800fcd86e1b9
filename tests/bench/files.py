"""A file of 500 nodes, analysed from the shell: how long that takes, and what of its arrays is in memory.

Residual blocks with two branches that are joined, as in Inception-ResNet. The arrays stand in a file beside the model,
which has holes in place of numbers: it takes no room on the disk, and what reads it would still hold it in memory.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

from onnx import TensorProto, helper

from tests.bench.pairs import Pair, measure
from tests.bench.table import Table

BLOCKS = 35
FILES = {
    "209 MB of arrays": (384, 1),
    "50 kB of arrays": (4, 1),
    "209 MB of arrays, batch left open": (384, "N"),
}
"""Filters of a block, and the number of samples."""

RUNS = 9
COMMAND = ("-m", "cnnmath", "analyze")
HELD = """import sys
from cnnmath.cli import app
from tests.bench import machine
app(["analyze", sys.argv[1]], standalone_mode=False)
print(machine.resident(key="VmHWM"), file=sys.stderr)"""
"""The same command, which ends with the bytes that it held at most; what its parent held is not in them."""

BESIDE = "import numpy, networkx, onnx"
COLUMNS = ("what", "peak, MB", "least and most")


class Writing:
    """The nodes and arrays of a model so far; the file of arrays grows without a number in it."""

    def __init__(self, data: str) -> None:
        self.data, self.nodes, self.arrays, self.size = data, [], [], 0

    def add(self, kind: str, *inputs: str, arrays: tuple[tuple[int, ...], ...] = (), **attributes: Any) -> str:
        """A node that reads these values and arrays of these shapes; its output."""
        output = f"{kind.lower()}{len(self.nodes)}"
        names = [self._array(f"{output}.{i}", shape) for i, shape in enumerate(arrays)]
        self.nodes.append(helper.make_node(kind, [*inputs, *names], [output], output, **attributes))
        return output

    def conv(self, x: str, channels: int, filters: int, kernel: int, *, rectified: bool = True, stride: int = 1) -> str:
        """Convolution and batch normalisation, and a rectifier."""
        shape, pads = (filters, channels, kernel, kernel), [kernel // 2] * 4
        x = self.add("Conv", x, arrays=(shape,), kernel_shape=[kernel] * 2, pads=pads, strides=[stride] * 2)
        x = self.add("BatchNormalization", x, arrays=((filters,),) * 4)
        return self.add("Relu", x) if rectified else x

    def _array(self, name: str, shape: tuple[int, ...]) -> str:
        length = 4 * prod(shape)
        array = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", self.data), ("offset", self.size), ("length", length)):
            array.external_data.add(key=key, value=str(value))
        self.arrays.append(array)
        self.size += length
        return name


def write(folder: Path, filters: int, batch: int | str) -> Path:
    """A file of 500 nodes, with the file of its arrays beside it."""
    path = folder / f"blocks{filters}x{batch}.onnx"
    model = Writing(f"{path.name}.data")
    x = model.conv("image", 3, filters, 7, stride=2)
    for i in range(BLOCKS):
        first = model.conv(x, filters, filters // 2, 1)
        branches = [model.conv(first, filters // 2, filters // 2, kernel) for kernel in (3, 5)]
        joined = model.add("Concat", *branches, axis=1)
        x = model.add("Relu", model.add("Add", x, model.conv(joined, filters, filters, 1, rectified=False)))
        if i % 11 == 10:
            x = model.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    x = model.add("Flatten", model.add("GlobalAveragePool", x))
    x = model.add("Softmax", model.add("Gemm", x, arrays=((1000, filters), (1000,)), transB=1))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, (batch, 3, 224, 224))
    output = helper.make_tensor_value_info(x, TensorProto.FLOAT, (batch, 1000))
    graph = helper.make_graph(model.nodes, "blocks", [image], [output], model.arrays)
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)]).SerializeToString())
    with (folder / model.data).open("wb") as file:
        file.truncate(model.size)
    return path


def tables(say: Callable[[str], None]) -> list[Table]:
    """Time, processor time and memory of the command."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: write(Path(folder), *settings) for name, settings in FILES.items()}
        made = []
        for title, clock in (("time", time.perf_counter), ("processor time", spent)):
            say(f"a file from the shell, {title}")
            pairs = (
                Pair(
                    f"analyze 500 nodes, {name} / {BESIDE}",
                    partial(run, *COMMAND, path),
                    partial(run, "-c", BESIDE),
                    runs=RUNS,
                )
                for name, path in files.items()
            )
            made.append(measure(f"A file from the shell, {title}", pairs, clock))
        say("a file from the shell, memory")
        runs = [[int(run("-c", HELD, path)) / 1e6 for path in files.values()] for _ in range(RUNS)]
    rows = (
        (f"analyze 500 nodes, {name}", f"{statistics.median(peaks):.1f}", f"{min(peaks):.1f} to {max(peaks):.1f}")
        for name, peaks in zip(files, zip(*runs, strict=True), strict=True)
    )
    return [*made, Table("A file from the shell, peak memory", COLUMNS, tuple(rows))]


def run(*arguments: str | Path) -> str:
    """Run Python, whose modules are compiled already; what it says on standard error."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stderr


def spent() -> float:
    """Seconds of processors that processes have used which have ended."""
    times = os.times()
    return times.children_user + times.children_system
