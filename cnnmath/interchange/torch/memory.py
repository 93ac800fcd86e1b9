"""Which calls write into memory that goes by another name, too."""

from __future__ import annotations

import warnings
from typing import Any

SAME = ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "lift_fresh", "detach_")
"""Functions that may hand on their input itself, although their schema does not say so."""


def without_aliased_writes(program: Any) -> Any:
    """The program, rewritten by PyTorch without writing in place where a write is read through another name.

    A rectifier that overwrites its input, which nobody reads again, is the rule; the rewriting takes seconds.
    """
    if not _aliased(program.graph):
        return program
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return program.run_decompositions({})


def _aliased(graph: Any) -> bool:
    """Whether what a call overwrites is read after it, by any name but its own."""
    order = {node: i for i, node in enumerate(graph.nodes)}
    memory: dict[Any, Any] = {}
    sharing: dict[Any, list[Any]] = {}
    for node in graph.nodes:
        memory[node] = memory.get(_handed_on(node), node)
        sharing.setdefault(memory[node], []).append(node)
    for node in graph.nodes:
        if not getattr(getattr(node.target, "_schema", None), "is_mutable", False):
            continue
        written = node.args[0]
        others = (name for name in sharing[memory[node]] if name not in (written, node) and order[name] < order[node])
        if any(order[user] > order[node] for name in others for user in name.users):
            return True
    return False


def _handed_on(node: Any) -> Any:
    """The argument whose memory the output of a call shares, or the call itself."""
    schema = getattr(node.target, "_schema", None)
    if node.op != "call_function" or not node.args:
        return node
    if schema is None:
        return node.args[0]  # one of several outputs
    shares = any(result.alias_info for result in schema.returns) or schema.name.split("::")[1] in SAME
    return node.args[0] if shares else node
