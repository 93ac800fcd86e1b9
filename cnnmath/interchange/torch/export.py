"""A module as the graph that PyTorch's export makes of it, for any number of samples where it can be had."""

from __future__ import annotations

import copy
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from cnnmath.errors import DataError, GraphError, missing_extra


def exported(module: Any, inputs: tuple[Any, ...]) -> Any:
    """The exported program of a module in evaluation, or the one that is given.

    Raises
    ------
    MissingExtraError
        Where PyTorch is not installed.
    DataError
        Where something else is given, or no example of the input.
    GraphError
        For a module that PyTorch cannot export, such as one whose course depends on its data, with the reason.
    """
    try:
        import torch
    except ImportError:
        rule = "a module is read by PyTorch's own export"
        raise missing_extra("PyTorch is not installed.", "torch", rule=rule) from None
    if isinstance(module, torch.export.ExportedProgram):
        return module
    if not isinstance(module, torch.nn.Module):
        raise DataError(
            "this is no module.", here=f"{type(module).__name__}", fix="give a torch.nn.Module or an ExportedProgram"
        )
    if not inputs or not isinstance(inputs[0], torch.Tensor) or inputs[0].ndim < 2:
        raise DataError(
            "a module is read along an example of its input.",
            here=f"{_described(inputs[0])}" if inputs else "no example",
            rule="the first input is a tensor (N, C, *spatial)",
            fix="give one, such as torch.zeros(1, 3, 224, 224)",
        )
    module = _in_evaluation(module)
    with _quiet():
        try:
            program = _for_any_batch(module, inputs)
        except Exception:
            program = None
        return program if program and _keeps_samples_apart(program) else _for_this_batch(module, inputs)


def _for_any_batch(module: Any, inputs: tuple[Any, ...]) -> Any:
    """The program with a symbol for the number of samples, for which an example needs two of them at least."""
    import torch

    samples = len(inputs[0])
    sizes = torch.export.ShapesCollection()
    examples = []
    for example in inputs:
        if isinstance(example, torch.Tensor) and example.ndim > 0 and len(example) == samples:
            example = torch.cat([example, example]) if samples == 1 else example
            sizes[example] = {0: torch.export.Dim.AUTO}
        examples.append(example)
    return torch.export.export(module, tuple(examples), dynamic_shapes=sizes.dynamic_shapes(module, tuple(examples)))


def _for_this_batch(module: Any, inputs: tuple[Any, ...]) -> Any:
    import torch

    try:
        return torch.export.export(module, inputs)
    except Exception as error:
        raise GraphError(
            "PyTorch cannot export this module.",
            here=_reason(error),
            rule="a network is a graph that does not depend on the numbers which run through it",
            fix="move what depends on data out of forward, or give a torch.export.ExportedProgram",
        ).at(f"module '{type(module).__name__}'") from error


def _keeps_samples_apart(program: Any) -> bool:
    """Whether every output has the batch as its first axis, so that the module is not made for batches of one size."""
    shapes = {
        node.name: [str(size) for size in node.meta["val"].shape]
        for node in program.graph.nodes
        if hasattr(node.meta.get("val"), "shape")
    }
    first, *_ = (shapes[name] for name in program.graph_signature.user_inputs if name in shapes)
    return all(shapes[name][:1] == first[:1] for name in program.graph_signature.user_outputs if name in shapes)


@contextmanager
def _quiet() -> Iterator[None]:
    """PyTorch says what it cannot export on the way; all that is in the error."""
    logger = logging.getLogger("torch.fx.experimental.symbolic_shapes")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _in_evaluation(module: Any) -> Any:
    """A module in evaluation that shares all tensors with the one given, which stays as it is."""
    tensors = [*module.parameters(), *module.buffers()]
    for part in module.modules():
        tensors += [value for value in vars(part).values() if hasattr(value, "untyped_storage")]
    try:
        return copy.deepcopy(module, {id(tensor): tensor for tensor in tensors}).eval()
    except Exception as error:
        raise GraphError(
            "this module cannot be copied, so that its mode would have to be changed.",
            here=_reason(error),
            fix="give torch.export.export(module.eval(), inputs)",
        ).at(f"module '{type(module).__name__}'") from error


def _described(value: Any) -> str:
    return f"shape {tuple(value.shape)}" if hasattr(value, "shape") else type(value).__name__


def _reason(error: Exception) -> str:
    """First line of an error that says something, as far as it can be printed."""
    line = next(filter(None, map(str.strip, str(error).splitlines())), type(error).__name__)
    return "".join(letter if letter.isprintable() else " " for letter in line)
