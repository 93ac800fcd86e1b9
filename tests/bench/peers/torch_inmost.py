"""PyTorch, eager, with the channels of all tensors innermost in memory."""

from __future__ import annotations

from functools import partial

import torch

from tests.bench.peers import torch_eager
from tests.bench.problem import Direction, LayerProblem, NetworkProblem
from tests.bench.timing import Job

NAME, MOST = "PyTorch, channels last", 1024
HOW = "the same, input and filters in `torch.channels_last`"
start = torch_eager.start
_moved = partial(torch.Tensor.contiguous, memory_format=torch.channels_last)


def layer(problem: LayerProblem, direction: Direction) -> Job:
    """As in the usual layout."""
    return torch_eager.layer(problem, direction, _moved)


def network(problem: NetworkProblem, direction: Direction) -> Job | None:
    """Forward alone."""
    return torch_eager.network(problem, direction, _moved) if direction == "forward" else None
