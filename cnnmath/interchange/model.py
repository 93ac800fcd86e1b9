"""What is read from another program: a network, its arrays, and what is to be said of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from cnnmath.errors import DataError
from cnnmath.graph import INPUT, Architecture, forward
from cnnmath.graph.arrays import listed
from cnnmath.numeric.windows import Array


@dataclass(frozen=True, slots=True)
class Model:
    """A network with its arrays, as another program wrote it.

    Attributes
    ----------
    network
        The architecture.
    parameters
        All its arrays, trained or not, by node and operand: ``"conv1.w"``, ``"bn1.mean"``. They may be loaded when they
        are first asked for.
    inputs
        Nodes of the network's inputs, by the names that the other program gives them.
    outputs
        Nodes whose values it returns, by its names, in its order.
    stored
        Outputs that no input decides, by name.
    notes
        What did not come over as it was, a sentence each.
    """

    network: Architecture
    parameters: Mapping[str, Array]
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({"x": INPUT}))
    outputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    stored: Mapping[str, Array] = field(default_factory=lambda: MappingProxyType({}))
    notes: tuple[str, ...] = ()

    def run(self, **inputs: Any) -> dict[str, Array]:
        """Outputs, by their names, of inputs by theirs; sizes that are left open are those of the inputs.

        Raises
        ------
        DataError, ShapeError, SettingError
            For inputs that are missing or do not fit, and an operator whose mathematics is not known, naming the node.
        """
        return self.compute(inputs)

    def compute(
        self, inputs: Mapping[str, Any], told: Callable[[int, int, str], None] = lambda *_: None
    ) -> dict[str, Array]:
        """The same for inputs in a dict; ``told`` is called before each node: how many are done, of how many, which."""
        if set(inputs) != set(self.inputs):
            raise DataError(
                "these are not the inputs of the model.",
                input=listed(inputs) or "none",
                rule=f"it takes {listed(self.inputs)}",
                fix="give each of them once",
            ).at(f"model '{self.network.name}'")
        given = {self.inputs[name]: x for name, x in inputs.items()}
        wanted = dict.fromkeys(node for node in self.outputs.values() if node not in given)
        net = _closed(self.network, given.get(INPUT))
        found = forward(net, given, self.parameters, nodes=list(wanted), told=told) if wanted else {}
        found = {**given, **found}
        return {name: found[node] for name, node in self.outputs.items()} | dict(self.stored)

    def __repr__(self) -> str:
        lines = [repr(self.network), *(f"  {note}" for note in self.notes)]
        return "\n".join(lines)


def _closed(net: Architecture, x: Any) -> Architecture:
    """The network for an input where its own has sizes left open, and the others agree."""
    shape = np.shape(x)[1:]
    opened = [hasattr(n, "free_symbols") for n in net.input_shape]
    if not any(opened) or len(shape) != len(opened):
        return net
    fits = all(free or n == m for free, n, m in zip(opened, net.input_shape, shape, strict=True))
    return net.with_input(shape) if fits else net
