"""Modules of PyTorch, read through its own export."""

from __future__ import annotations

from typing import Any

from cnnmath.interchange.model import Model


def import_torch(module: Any, *example_inputs: Any) -> Model:
    """Read a module of PyTorch into an architecture with its parameters.

    Parameters
    ----------
    module
        A `torch.nn.Module`, which is read as it behaves in evaluation and stays as it is, or an exported program.
    example_inputs
        What ``forward`` is called with. The first is a batch of samples, (N, C, \\*spatial): any number of them may
        come later, but all other sizes are those of the example. A program needs none.

    Returns
    -------
    The network, arrays that share the memory of the module's tensors, and notes on what did not come over as it was.

    Notes
    -----
    Nodes are called as modules are: ``layer1.0.conv1``. What a module does by calling a function has the function's
    name behind its own: ``layer1.0.relu``. Nodes that use the same tensors share parameters, which are counted once.

    Where the mathematics of a function is not known, its node is an `cnnmath.graph.Opaque`, and a note says why.

    Raises
    ------
    MissingExtraError
        Where PyTorch is not installed.
    DataError
        For something that is no module, and examples that are no batch of samples.
    GraphError
        For a module that PyTorch cannot export, such as one whose course depends on its data, with the reason.

    References
    ----------
    .. [1] PyTorch, ``torch.export``: a module as a graph of ATen's functions.
    """
    from cnnmath.interchange.torch.assemble import assembled
    from cnnmath.interchange.torch.export import exported
    from cnnmath.interchange.torch.memory import without_aliased_writes
    from cnnmath.interchange.torch.read import read

    program = exported(module, example_inputs)
    name = "program" if program is module else type(module).__name__
    return assembled(name, read(without_aliased_writes(program)))
