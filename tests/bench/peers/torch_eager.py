"""PyTorch, eager."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from tests.bench.problem import Direction, LayerProblem, NetworkProblem
from tests.bench.timing import Job
from tests.peers import torch_network
from tests.peers.torch_ops import apply

NAME, MOST = "PyTorch", 1024
HOW = (
    "eager, `torch.nn.functional`, contiguous NCHW tensors; forward in `inference_mode`, with rectifiers in place in "
    "whole networks; backward `torch.autograd.grad` by all operands"
)


Layout = Callable[[torch.Tensor], torch.Tensor]


def _as_they_are(a: torch.Tensor) -> torch.Tensor:
    return a


def placed(a: torch.Tensor, moved: Layout) -> torch.Tensor:
    """A tensor of two spatial axes in a layout of memory; others as they are."""
    return moved(a) if a.ndim == 4 else a


def start(threads: int) -> None:
    torch.set_num_threads(threads)


def layer(problem: LayerProblem, direction: Direction, moved: Layout = _as_they_are) -> Job:
    """Backward: the forward pass is done once and its graph is kept."""
    backward = direction == "backward"
    tensors = [placed(torch.from_numpy(a), moved).requires_grad_(backward) for a in problem.arrays.values()]
    if backward:
        y, dy = apply(problem.op, *tensors), placed(torch.from_numpy(problem.dy), moved)
        act = lambda _: torch.autograd.grad(y, tensors, dy, retain_graph=True)  # noqa: E731
    else:
        act = torch.inference_mode()(lambda _: (apply(problem.op, *tensors),))
    names = problem.results(direction)
    return Job(act, lambda found: {name: a.numpy() for name, a in zip(names, found, strict=True)})


def network(problem: NetworkProblem, direction: Direction, moved: Layout = _as_they_are) -> Job:
    """Backward: a forward pass, the cross entropy, and the gradients of all parameters."""
    plan = torch_network.network(problem.net, problem.parameters)
    x = placed(torch.from_numpy(problem.x), moved)
    plan = replace(plan, parameters={name: placed(a, moved) for name, a in plan.parameters.items()})
    if direction == "forward":
        return Job(lambda _: torch_network.forward(plan, x), lambda y: {"y": y.numpy()})
    plan, t = torch_network.trainable(plan), torch.from_numpy(problem.t)
    trained = {key: a for key, a in plan.parameters.items() if a.requires_grad}

    def act(_: Any) -> Any:
        y = torch_network.activations(plan, x)[problem.net.last]
        return torch.autograd.grad(cross_entropy(y, t), list(trained.values()))

    return Job(act, lambda found: {key: a.numpy() for key, a in zip(trained, found, strict=True)})
