"""Why a layer has no operator."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - it is no mistake: the node stays in the network as one that is not known
    """A layer that becomes no operator of the package, and why."""
