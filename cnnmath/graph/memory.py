"""Memory of activations: what must be held at once, for inference and for training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from cnnmath.graph.architecture import INPUT
from cnnmath.graph.checks import check_numbers
from cnnmath.graph.propagate import Layer
from cnnmath.ops import Dropout, Flatten

VIEWS = (Flatten, Dropout)
"""Operators that copy nothing at inference: their output is their input under another shape."""

UNITS = (("MiB", 2**20), ("KiB", 2**10), ("B", 1))
"""What memory is printed in: the first unit of which the least number that is not 0 shows at least a hundredth."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Numbers that a network holds, for the batch that was analysed; times the bytes of a number it is memory.

    Attributes
    ----------
    parameters, buffers
        Trained numbers, and those that are not.
    inference
        The most activations alive at once, where each is freed after its last reader.
    peak
        Layer at which they are.
    training
        All activations, kept until the backward pass has used them, the input among them.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import analyze
    >>> analyze(zoo.vgg16()).memory()
    memory of float32 numbers, in MiB
      parameters  527.79
      inference    24.50 of activations, at features.1
      training    109.96 of activations
    """

    parameters: int
    buffers: int
    inference: int
    peak: str
    training: int

    def __repr__(self) -> str:
        held = [4 * n for n in (self.parameters + self.buffers, self.inference, self.training)]
        least = min(filter(None, held), default=0)
        unit, one = next((row for row in UNITS if 100 * least >= row[1]), UNITS[-1])
        size = [f"{n / one:7,.2f}" if one > 1 else f"{n:7,}" for n in held]
        size = [written.rjust(max(map(len, size))) for written in size]
        return (
            f"memory of float32 numbers, in {unit}\n  parameters {size[0]}\n"
            f"  inference  {size[1]} of activations, at {self.peak}\n  training   {size[2]} of activations"
        )


def memory(layers: Sequence[Layer]) -> Memory:
    """Memory of a network's layers, run in their order; nothing is computed in place, nothing is recomputed.

    Raises
    ------
    ShapeError
        For sizes that are no numbers.

    Examples
    --------
    >>> from cnnmath import zoo
    >>> from cnnmath.graph import propagate
    >>> found = memory(propagate(zoo.lenet5()))
    >>> found.parameters, found.inference, found.peak
    (61706, 9408, 'tanh1')
    """
    for layer in layers:
        check_numbers(layer.output_shape, "memory")
    holder = {INPUT: INPUT}
    for layer in layers:
        holder[layer.name] = holder[layer.inputs[0]] if isinstance(layer.op, VIEWS) else layer.name
    reading = (zip(layer.inputs, layer.input_shapes, strict=False) for layer in layers)
    size = {INPUT: next((prod(shape) for pairs in reading for read, shape in pairs if read == INPUT), 0)}
    size |= {layer.name: prod(layer.output_shape) for layer in layers if holder[layer.name] == layer.name}
    inference, peak = _most_alive(layers, holder, size)
    return Memory(
        parameters=sum(layer.parameters for layer in layers),
        buffers=sum(layer.buffers for layer in layers),
        inference=inference,
        peak=peak,
        training=size[INPUT] + sum(prod(layer.output_shape) for layer in layers if not isinstance(layer.op, Flatten)),
    )


def _most_alive(layers: Sequence[Layer], holder: Mapping[str, str], size: Mapping[str, int]) -> tuple[int, str]:
    """Most numbers alive at once, and the layer that is computed then; outputs of the network stay alive."""
    last = {holder[read]: layer.name for layer in layers for read in layer.inputs}
    read = {read for layer in layers for read in layer.inputs}
    kept = {holder[layer.name] for layer in layers if layer.name not in read}
    freed: dict[str, int] = {}
    for name, reader in last.items():
        freed[reader] = freed.get(reader, 0) + (0 if name in kept else size[name])
    alive, most, peak = size[INPUT], size[INPUT], INPUT
    for layer in layers:
        alive += size.get(layer.name, 0)
        if alive > most:
            most, peak = alive, layer.name
        alive -= freed.get(layer.name, 0)
    return most, peak
