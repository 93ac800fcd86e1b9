"""Local response normalisation, which PyTorch writes as a mean over neighbouring channels and a power."""

from __future__ import annotations

from cnnmath.interchange.torch.build import Builder, Node, Value
from cnnmath.ops import Affine, AveragePool, LocalResponseNorm, Multiply, Operator, Pad, Power, Reshape


def response(b: Builder, x: object, y: object) -> Value | None:
    """The normalisation, where a quotient is one: the second operand a power of a mean of the first one's squares."""
    if not isinstance(x, Value) or not isinstance(y, Value):
        return None
    found = _chain(b, y.node)
    kinds = [type(node.op) for node in found]
    if kinds != [Power, Affine, Affine, AveragePool, Pad, Multiply] or set(found[-1].reads) != {b.plain(x).node}:
        return None
    power, shift, scale, mean, pad, _ = (node.op for node in found)
    size = _size(mean, pad)
    if size is None or not isinstance(power, Power) or not isinstance(shift, Affine) or not isinstance(scale, Affine):
        return None
    if shift.scale != 1 or scale.shift != 0:
        return None
    return b.apply(LocalResponseNorm(size, alpha=scale.scale, beta=power.exponent, k=shift.shift), x)


def _chain(b: Builder, number: int) -> list[Node]:
    """Nodes below one, each reading the next, with reshapings left out, down to one that reads several."""
    found: list[Node] = []
    while (node := b.nodes[number]) is not None:
        if not isinstance(node.op, Reshape):
            found.append(node)
        if len(node.reads) != 1:
            break
        (number,) = node.reads
    return found


def _size(mean: Operator, pad: Operator) -> int | None:
    """Number of neighbouring channels, which are the first spatial axis, where the padding is as it should be."""
    if not isinstance(mean, AveragePool) or not isinstance(pad, Pad):
        return None
    size, *others = mean.kernel
    expected = ((size // 2, (size - 1) // 2), *((0, 0) for _ in others))
    plain = set(mean.stride) == {1} and set(others) <= {1} and pad.channels == (0, 0) and pad.value == 0
    return size if plain and pad.padding == expected else None
