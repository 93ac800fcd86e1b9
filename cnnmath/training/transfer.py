"""A trained network taken over for another task: its trunk stays, and a new head is put on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from cnnmath.errors import SettingError
from cnnmath.graph import Architecture
from cnnmath.graph.arrays import buffers, check_arrays, parameters
from cnnmath.graph.checks import check_network
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.training.initialise import initialise


class Transferred(NamedTuple):
    """A network with a new head.

    Attributes
    ----------
    net
        The trunk, with the head behind it.
    parameters
        Its arrays: those of the trunk as they were, those of the head as training begins with them.
    trunk
        Names of the trunk's nodes: what `fit` is to leave as it is, with ``frozen=trunk``.
    """

    net: Architecture
    parameters: dict[str, Array]
    trunk: tuple[str, ...]


def transfer(
    net: Architecture,
    arrays: Mapping[str, Array],
    node: str,
    head: Mapping[str, Operator],
    *,
    scheme: str = "he",
    seed: int = 0,
    name: str = "",
) -> Transferred:
    """Keep a network up to a node, and put new operators behind it, one after the other.

    Parameters
    ----------
    net, arrays
        The network, and its arrays as they were trained.
    node
        The last node that is kept, with all that it depends on.
    head
        Operators by the names of their nodes, in order.
    scheme, seed
        As `initialise` has them, for the head.
    name
        Of the new network; by default that of the old one.

    Notes
    -----
    A trunk that is frozen computes the same numbers as before: its normalisations keep their statistics, its dropout
    passes all on. What was stored of the trunk is copied by reference, as no function here writes to an array.

    Raises
    ------
    SettingError
        For a head without operators.
    UnknownNameError, GraphError
        For a node that is not there, and for a name of the head that the trunk has already.
    DataError
        For arrays that are not the trunk's.

    References
    ----------
    .. [1] J. Yosinski, J. Clune, Y. Bengio and H. Lipson, "How transferable are features in deep neural networks?",
       NeurIPS 2014, section 2.

    Examples
    --------
    >>> from cnnmath import ops, zoo
    >>> lenet = zoo.lenet5()
    >>> new = transfer(lenet, initialise(lenet), "tanh4", {"parity": ops.Linear(2)})
    >>> new.net.outputs(), new.parameters["parity.w"].shape, len(new.trunk)
    (['parity'], (2, 84), 11)
    """
    if not head:
        raise SettingError("the head has no operators.", fix='give some by name, such as {"head": Linear(2)}')
    joined = check_network(net).up_to(node, name)
    trunk, last = tuple(joined.order()), node
    kept = {own: arrays[own] for own in parameters(joined) | buffers(joined) if own in arrays}
    check_arrays(joined, kept)
    for own, op in head.items():
        last = joined.add(own, op, last)
    dtype: Any = np.result_type(*kept.values()) if kept else np.float32
    return Transferred(joined, {**initialise(joined, scheme, seed=seed, dtype=dtype), **kept}, trunk)
