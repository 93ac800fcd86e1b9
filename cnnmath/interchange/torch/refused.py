"""Why a call has no operator."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - it is no mistake: the node stays in the network as one that is not known
    """A call of a function that becomes no operator of the package, and why."""
