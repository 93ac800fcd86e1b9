"""The chain rule through a network, in its own names."""

from __future__ import annotations
