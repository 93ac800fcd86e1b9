"""Zeros around an array, ahead of the operator whose own padding says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from cnnmath.graph import Architecture
from cnnmath.interchange.model import Model
from cnnmath.ops import AveragePool, Conv, Operator, Pad
from cnnmath.window import Size


def absorbed(model: Model) -> Model:
    """The model without its paddings by zeros whose readers can all pad as much themselves.

    Outputs, parameters, operations and receptive fields stay; the padded array is never made. A padding that is an
    output stays, and so does one ahead of parameters that are shared.
    """
    net = model.network
    wider, readers = dict(_wider(net)), net.readers()
    gone = {
        name
        for name, op in net
        if isinstance(op, Pad)
        and name not in model.outputs.values()
        and readers[name]
        and all(reader in wider for reader in readers[name])
    }
    return replace(model, network=_without(net, gone, wider)) if gone else model


def with_padding(op: Operator, pad: Pad) -> Operator | None:
    """The operator that does to an array what another one does to it padded; None where there is none.

    Parameters
    ----------
    op
        A convolution; or a mean of windows, which counts what is padded among its inputs, so that its own padding must
        count, too, and none of which may reach past the end.
    pad
        Zeros around the positions.

    Examples
    --------
    >>> with_padding(Conv(64, 7, stride=2, bias=False), Pad(3)) == Conv(64, 7, stride=2, padding=3, bias=False)
    True
    >>> with_padding(Conv(64, 3, padding="same"), Pad(1)) is None
    True
    """
    if pad.value != 0 or pad.channels != (0, 0) or not isinstance(op, Conv | AveragePool):
        return None
    own = ((0, 0),) * len(op.kernel) if op.padding == "valid" else op.padding
    if isinstance(own, str) or len(own) != len(pad.padding):
        return None
    pairs = tuple((a + c, b + d) for (a, b), (c, d) in zip(own, pad.padding, strict=True))
    if isinstance(op, Conv):
        return replace(op, padding=pairs)
    counted = op.count_padding or not any(n for pair in own for n in pair)
    sighted = all(_less(n, k) for pair, k in zip(pairs, op.kernel, strict=True) for n in pair)
    if op.ceil or not counted or not sighted or any(d != 1 for d in op.dilation):
        return None
    return replace(op, padding=pairs, count_padding=True)


def _wider(net: Architecture) -> Iterator[tuple[str, Operator]]:
    """Nodes that can pad as much themselves as the one does that they read, and their operators then.

    Those that share parameters are left: their operators must stay equal.
    """
    shared = {node.shares for node in net.nodes.values()}
    for name, op in net:
        pads = [net.nodes[read].op for read in net.inputs(name)]
        alone = name not in shared and net.shares(name) is None
        if alone and len(pads) == 1 and isinstance(pads[0], Pad) and (found := with_padding(op, pads[0])):
            yield name, found


def _without(net: Architecture, gone: set[str], wider: Mapping[str, Operator]) -> Architecture:
    """The network without these paddings."""
    nodes = {}
    for name, node in net.nodes.items():
        if gone.intersection(node.inputs):
            node = node._replace(op=wider[name], inputs=net.inputs(node.inputs[0]))
        if name not in gone:
            nodes[name] = node
    return Architecture.from_nodes(nodes, net.input_shape, net.name)


def _less(n: Size, k: Size) -> bool:
    return isinstance(n, int) and isinstance(k, int) and n < k
