"""A network of the package run by PyTorch, node by node, with its own gradients."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from cnnmath import ops
from cnnmath.graph import INPUT, Architecture
from tests.peers.drawn import Node, nodes
from tests.peers.torch_ops import apply

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor
FRESH = (ops.Conv, ops.Linear, ops.BatchNorm, ops.Add)
"""Operators whose output is a tensor of its own, which a rectifier may overwrite."""


@dataclass(frozen=True)
class TorchNetwork:
    """A plan: nodes in order, parameters as tensors, and how often each node is read."""

    name: str
    nodes: tuple[Node, ...]
    parameters: dict[str, Tensor]
    readers: Counter[str]


@dataclass(frozen=True)
class Gradients:
    """The loss, the output of every node and the input, the gradients that arrive there, those of the parameters."""

    loss: float
    activations: dict[str, Array]
    at: dict[str, Array]
    parameters: dict[str, Array]


def network(net: Architecture, parameters: dict[str, Array]) -> TorchNetwork:
    """Plan a network; tensors share the memory of the arrays."""
    plan = tuple(nodes(net))
    readers = Counter(read for node in plan for read in node.reads)
    return TorchNetwork(net.name, plan, {key: torch.from_numpy(a) for key, a in parameters.items()}, readers)


def forward(net: TorchNetwork, x: Tensor) -> Tensor:
    """Output of the last node, for inference: what is read no more is let go, and rectifiers overwrite it."""
    values, left = {INPUT: x}, net.readers.copy()
    kinds = {node.name: type(node.op) for node in net.nodes}
    with torch.inference_mode():
        for node in net.nodes:
            read = node.reads[0]
            if isinstance(node.op, ops.ReLU) and left[read] == 1 and kinds.get(read) in FRESH:
                values[node.name] = torch.relu_(values[read])
            else:
                values[node.name] = _output(node, values, net.parameters)
            for read in node.reads:
                left[read] -= 1
                if not left[read]:
                    del values[read]
    return values[net.nodes[-1].name]


def activations(net: TorchNetwork, x: Tensor) -> dict[str, Tensor]:
    """Output of every node, the input included."""
    values = {INPUT: x}
    for node in net.nodes:
        values[node.name] = _output(node, values, net.parameters)
    return values


def gradients(net: TorchNetwork, x: Array, t: Array) -> Gradients:
    """Gradients of the mean cross entropy of the last node's output and these labels, by autograd."""
    net = trainable(net)
    values = activations(net, torch.from_numpy(x).requires_grad_())
    loss = cross_entropy(values[net.nodes[-1].name], torch.from_numpy(t))
    wanted = values | {key: tensor for key, tensor in net.parameters.items() if tensor.requires_grad}
    found = torch.autograd.grad(loss, list(wanted.values()), materialize_grads=True)
    by_name = {name: a.numpy() for name, a in zip(wanted, found, strict=True)}
    return Gradients(
        loss.item(),
        {name: a.detach().numpy() for name, a in values.items()},
        {name: by_name[name] for name in values},
        {key: a for key, a in by_name.items() if key not in values},
    )


def trainable(net: TorchNetwork) -> TorchNetwork:
    """The same network, its parameters followed by autograd; buffers are not."""
    keys = {key for node in net.nodes for key in node.trained.values()}
    return replace(net, parameters={k: a.detach().requires_grad_(k in keys) for k, a in net.parameters.items()})


def _output(node: Node, values: dict[str, Tensor], parameters: dict[str, Tensor]) -> Tensor:
    return apply(node.op, *(values[read] for read in node.reads), *(parameters[key] for key in node.keys.values()))
