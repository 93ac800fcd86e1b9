"""What is timed: a layer or a network, with the numbers that it is given; and whether two results agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from cnnmath import numeric, ops, zoo
from cnnmath.graph import Architecture
from cnnmath.graph.execute import forward, loss_and_gradients
from cnnmath.graph.prepared import Prepared
from cnnmath.numeric.fused import Fused
from cnnmath.ops import Operator
from cnnmath.ops.algebra import Shape, operands
from tests.bench.timing import Job
from tests.peers import drawn

Direction = Literal["forward", "backward"]
DIRECTIONS: tuple[Direction, ...] = ("forward", "backward")
LAYERS = (ops.Conv, ops.MaxPool, ops.AveragePool, ops.AdaptiveAveragePool, ops.GlobalAveragePool)


class DisagreementError(Exception):
    """Two libraries give different results, so that their times say nothing."""


@dataclass(frozen=True)
class LayerProblem:
    """A convolution or a pooling as it stands in a network: how often it stands there, and the first node's name."""

    name: str
    uses: int
    op: Operator
    shape: Shape

    @cached_property
    def arrays(self) -> dict[str, Any]:
        """Operands by name, in float32."""
        net = self.alone
        return {"x": drawn.normal(self.shape, 1)} | {
            key.partition(".")[2]: a for key, a in drawn.parameters(net).items()
        }

    @cached_property
    def dy(self) -> Any:
        """A gradient of the output."""
        return drawn.normal(self.op.shape(self.shape), 2)

    @property
    def alone(self) -> Architecture:
        """The layer as a network of one node, ``one``."""
        net = Architecture("one", self.shape[1:])
        net.add("one", self.op)
        return net

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters by name."""
        return {name: a for name, a in self.arrays.items() if name != "x"}

    def ours(self, direction: Direction) -> dict[str, Job]:
        """The package's kernel, its checks included; of a convolution forward, also with its filters prepared."""
        x, dy, parameters = inmost(self.arrays["x"]), inmost(self.dy), self.parameters
        if direction == "backward":
            return {direction: Job(lambda _: numeric.backward(self.op, dy, x, **parameters), dict)}
        jobs = {direction: Job(lambda _: numeric.forward(self.op, x, **parameters), lambda y: {"y": y})}
        if isinstance(self.op, ops.Conv):
            prepared = Fused(self.op, **parameters)
            jobs["forward, filters prepared"] = Job(lambda _: prepared.forward(x), lambda y: {"y": y})
        return jobs

    def results(self, direction: Direction) -> tuple[str, ...]:
        """Names of what either direction gives, in order."""
        return ("y",) if direction == "forward" else tuple(operands(self.op, self.shape))


def inmost(a: Any) -> Any:
    """An array (N, C, ...) whose channels lie innermost in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(a, 1, -1)), -1, 1)


def layer_problems(net: Architecture, batch: int) -> Iterator[LayerProblem]:
    """Every distinct convolution and pooling of a network; bins of one number each, which change nothing, left out."""
    first: dict[tuple[Operator, Shape], list[str]] = {}
    for node in drawn.nodes(net, batch):
        if isinstance(node.op, LAYERS) and not (
            isinstance(node.op, ops.AdaptiveAveragePool) and node.op.outputs == node.shapes[0][2:]
        ):
            first.setdefault((node.op, node.shapes[0]), []).append(node.name)
    for (op, shape), names in first.items():
        yield LayerProblem(names[0], len(names), op, shape)


@dataclass(frozen=True)
class NetworkProblem:
    """A network of the zoo with random parameters, on a batch."""

    name: str
    batch: int

    @cached_property
    def net(self) -> Architecture:
        """The network."""
        return zoo.named(self.name)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """All its arrays, in float32."""
        return drawn.parameters(self.net)

    @cached_property
    def x(self) -> Any:
        """A batch."""
        return drawn.normal((self.batch, *self.net.input_shape), 1)

    @cached_property
    def t(self) -> Any:
        """Labels."""
        return np.arange(self.batch)

    def ours(self, direction: Direction) -> dict[str, Job]:
        """The package's executor, its checks included; forward also as prepared for inference."""
        net, x = self.net, self.x
        if direction == "forward":
            return {
                "forward, prepared": Job(lambda _: self.prepared.forward(x), lambda y: {"y": y}),
                "forward": Job(lambda _: forward(net, x, self.parameters), lambda y: {"y": y}),
            }
        step = Job(
            lambda _: loss_and_gradients(net, x, self.t, self.parameters, training=False),
            lambda found: found.gradients,
        )
        return {"step": step}

    @cached_property
    def prepared(self) -> Prepared:
        """The network with its arrays fixed."""
        return Prepared(self.net, self.parameters)


def check_agreement(ours: dict[str, Any], theirs: dict[str, Any], tolerance: float) -> None:
    """Raise where results have other names or shapes, or where their difference is not small beside them."""
    if set(ours) != set(theirs):
        raise DisagreementError(f"results {sorted(ours)} and {sorted(theirs)}")
    for name, a in ours.items():
        b = theirs[name]
        if a.shape != b.shape:
            raise DisagreementError(f"{name} has the shapes {a.shape} and {b.shape}")
        apart, size = (float(np.linalg.norm(v.astype(float).ravel())) for v in (a - b, b))
        if not apart <= tolerance * size:
            raise DisagreementError(f"{name} differs by {apart / size if size else apart:.1e} of its norm")
