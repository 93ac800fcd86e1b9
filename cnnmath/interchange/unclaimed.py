"""Why a node of another program has no operator."""

from __future__ import annotations


class UnclaimedError(Exception):
    """A node, a call or a layer that the package has no mathematics for, and why.

    It is no mistake, and reaches no user: the node stays in the network as one that is not known.
    """
