"""onnxruntime on its CPU provider."""

from __future__ import annotations

from typing import Any

import onnxruntime

from cnnmath.errors import SettingError
from cnnmath.interchange import export_onnx
from tests.bench.problem import Direction, LayerProblem, NetworkProblem
from tests.bench.timing import Job

NAME, MOST = "onnxruntime", 1024
HOW = "`InferenceSession.run` on the CPU provider, all optimisations of the graph, made before"
THREADS = [1]


def start(threads: int) -> None:
    THREADS[0] = threads


def layer(problem: LayerProblem, direction: Direction) -> Job | None:
    """A model of one operator."""
    parameters = {f"one.{name}": a for name, a in problem.parameters.items()}
    return _job(problem.alone, parameters, problem.arrays["x"], direction)


def network(problem: NetworkProblem, direction: Direction) -> Job | None:
    """The whole network as one model."""
    return _job(problem.net, problem.parameters, problem.x, direction)


def _job(net: Any, parameters: dict[str, Any], x: Any, direction: Direction) -> Job | None:
    if direction == "backward":
        return None
    try:
        written = export_onnx(net, parameters, batch=len(x))
    except SettingError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS[0], 1
    session = onnxruntime.InferenceSession(written.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return Job(lambda _: session.run(None, {"input": x}), lambda found: {"y": found[0]})
