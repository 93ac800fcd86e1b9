"""The reference evaluator of ONNX: NumPy, written to be read."""

from __future__ import annotations

from onnx.reference import ReferenceEvaluator

from cnnmath.interchange import export_onnx
from tests.bench.problem import Direction, LayerProblem, NetworkProblem
from tests.bench.timing import Job

NAME, MOST = "ONNX reference", 1
HOW = "`onnx.reference.ReferenceEvaluator.run`, made before"


def start(threads: int) -> None:
    """It uses NumPy's threads."""


def layer(problem: LayerProblem, direction: Direction) -> Job | None:
    """A model of one operator."""
    if direction == "backward":
        return None
    parameters, x = {f"one.{k}": a for k, a in problem.parameters.items()}, problem.arrays["x"]
    evaluator = ReferenceEvaluator(export_onnx(problem.alone, parameters, batch=len(x)))
    return Job(lambda _: evaluator.run(None, {"input": x}), lambda found: {"y": found[0]})


def network(problem: NetworkProblem, direction: Direction) -> Job | None:
    """Layers are enough."""
