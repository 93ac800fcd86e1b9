"""A whole network as one sentence, so that the gradient reader differentiates it without any chain rule of ours."""

from dataclasses import dataclass, field
from typing import Any

from cnnmath import ops, readers
from cnnmath.graph import INPUT
from cnnmath.ops.algebra import position
from cnnmath.readers import Tensor
from tests.support import fractions, fractions_of


@dataclass
class Output:
    """A node's output as the sentences behind it read it: a number is computed when it is asked for, once."""

    op: Any
    m: Any
    reads: list
    shape: tuple
    known: dict = field(default_factory=dict)

    def __getitem__(self, at):
        at = position(at)
        if at not in self.known:
            self.known[at] = self.m.sum(lambda: self.op.element(self.m, at, *self.reads))  # a plain 0 is a number, too
        return self.known[at]


def sentence(net, shape, loss, training=False):
    """The loss of a network on a batch of this shape, as a function of verbs and of all arrays by name."""

    def whole(m, **arrays):
        outputs = {INPUT: arrays["x"]}
        for name, op in net:
            op = ops.training(op) if training else op
            reads, owner = [outputs[read] for read in net.inputs(name)], net.shares(name) or name
            shapes = [read.shape for read in reads] or [shape[:1]]
            own = {**op.parameters(*shapes), **op.buffers(*shapes)}
            operands = [*reads, *(arrays[f"{owner}.{operand}"] for operand in own)]
            outputs[name] = Output(op, m, operands, op.shape(*shapes))
        assert outputs[INPUT].shape == shape
        return loss.element(m, (), outputs[net.last], arrays["t"])

    return whole


def exact_gradients(net, x, t, arrays, loss, training=False):
    """Gradients by every array of a network, exactly, as object arrays."""
    tensors = {name: Tensor.of(fractions(a)) for name, a in {**arrays, "x": x, "t": t}.items()}
    found = readers.gradients(sentence(net, x.shape, loss, training), tensors)
    return {name: fractions_of(tensor) for name, tensor in found.items() if name not in ("x", "t")}


def exact_output(net, x, arrays):
    """What a network computes, an operator after the other, by the exact reader."""
    outputs = {INPUT: fractions(x)}
    for name, op in net:
        inputs, owner = [outputs[read] for read in net.inputs(name)], net.shares(name) or name
        shapes = [a.shape for a in inputs]
        own = [fractions(arrays[f"{owner}.{operand}"]) for operand in {**op.parameters(*shapes), **op.buffers(*shapes)}]
        found = readers.forward(op, op.shape(*shapes), *map(Tensor.of, [*inputs, *own]))
        outputs[name] = fractions_of(found)
    return outputs
