"""What is read from another program: a network, its arrays, and what is to be said of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cnnmath.graph import Architecture
from cnnmath.numeric.windows import Array


@dataclass(frozen=True, slots=True)
class Model:
    """A network with its parameters.

    Attributes
    ----------
    network
        The architecture.
    parameters
        All its arrays, trained or not, by node and operand: ``"conv1.w"``, ``"bn1.mean"``.
    outputs
        Nodes whose values the other program returns, in its order.
    notes
        What did not come over as it was, a sentence each.
    """

    network: Architecture
    parameters: Mapping[str, Array]
    outputs: tuple[str, ...]
    notes: tuple[str, ...] = ()
