"""The reference evaluator of ONNX: NumPy, written to be read."""

from __future__ import annotations

from onnx.reference import ReferenceEvaluator

from tests.bench.problem import Direction, LayerProblem, NetworkProblem
from tests.bench.timing import Job
from tests.peers.onnx_model import model

NAME, MOST = "ONNX reference", 1
HOW = "`onnx.reference.ReferenceEvaluator.run`, made before"


def start(threads: int) -> None:
    """It uses NumPy's threads."""


def layer(problem: LayerProblem, direction: Direction) -> Job | None:
    """A model of one node."""
    if direction == "backward":
        return None
    evaluator = ReferenceEvaluator(model(problem.alone, {f"one.{k}": a for k, a in problem.parameters.items()}))
    return Job(lambda _: evaluator.run(None, {"x": problem.arrays["x"]}), lambda found: {"y": found[0]})


def network(problem: NetworkProblem, direction: Direction) -> Job | None:
    """Layers are enough."""
