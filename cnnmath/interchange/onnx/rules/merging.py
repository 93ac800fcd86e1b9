"""Operators of several inputs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cnnmath.interchange.onnx.rules.rule import Rule, merged
from cnnmath.ops import Add

RULES: Mapping[str, Rule] = MappingProxyType({"Add": merged(Add())})
"""The rules of this chapter."""
