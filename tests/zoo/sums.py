"""Sums over layers that several tests of the zoo compare."""

from math import prod


def macs(layers, kind):
    """Multiply-accumulates of the layers of one kind."""
    return sum(layer.macs for layer in layers if isinstance(layer.op, kind))


def in_bounds(op, x):
    """Multiplications whose tap meets the input: channels times filters times a count for each axis."""
    windows = zip(op.windows(x[2:]), x[2:], strict=True)
    return x[1] * op.filters * prod(sum(len(w.outputs(k, n)) for k in range(w.kernel)) for w, n in windows)


def parameters(net_layers):
    """Trainable parameters by node, of the nodes that have any."""
    return {layer.name: layer.parameters for layer in net_layers if layer.parameters}
