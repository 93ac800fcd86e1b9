"""Docstrings made Markdown before the reference is built: formulas become MathML, citations a list."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import griffe
from latex2mathml.converter import convert

_DISPLAYED = re.compile(r"^( *)\.\. math:: *(.*(?:\n\1 +\S.*)*)$", re.MULTILINE)
_INLINE = re.compile(r":math:`([^`]+)`")
_ROLE = re.compile(r":[a-z]+:`~?([^`]+)`")
_LITERAL = re.compile(r"(\w)::$", re.MULTILINE)
_CITATION = re.compile(r"^( *)\.\. \[(\d+)\] (.*(?:\n\1 +\S.*)*)", re.MULTILINE)
_MARKS = str.maketrans({"*": "&#42;", "_": "&#95;", "`": "&#96;", "\\": "&#92;", "[": "&#91;", "]": "&#93;"})


class Mathematics(griffe.Extension):
    """Turn every docstring into Markdown as soon as it is read, and show functions named as their module."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Where a package exports a function of a module of the same name, let the name mean the function."""
        packages = [module for module in _modules(pkg) if module.exports]
        for module in packages:
            for name in map(str, module.exports or ()):
                member = module.members.get(name)
                if isinstance(member, griffe.Alias) and not member.resolved:
                    with suppress(griffe.AliasResolutionError):  # what another package has, or a loop has made
                        member.resolve_target()
        for module in packages:
            for name in map(str, module.exports or ()):
                home = module.members.get(name)
                if isinstance(home, griffe.Module) and module.imports.get(name) == f"{home.path}.{name}":
                    module.members[name] = griffe.Alias(name, home.members[name], parent=module)

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite one object's docstring."""
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)


def markdown(docstring: str) -> str:
    r"""A docstring of numpydoc as the reference reads it.

    Examples
    --------
    >>> markdown("See :func:`analyze`, as in::")
    'See `analyze`, as in:'
    """
    text = _DISPLAYED.sub(_displayed, docstring)
    text = _INLINE.sub(lambda found: mathml(found[1], "inline"), text)
    text = _ROLE.sub(r"`\1`", text)
    text = _CITATION.sub(lambda found: f"{found[1]}{found[2]}. {' '.join(found[3].split())}", text)
    return _LITERAL.sub(r"\1:", text)


def mathml(formula: str, display: str) -> str:
    """LaTeX as MathML, without a sign that Markdown would read."""
    return convert(" ".join(formula.split()), display=display).translate(_MARKS)


def _modules(module: griffe.Module) -> Iterator[griffe.Module]:
    """A module and all below it."""
    yield module
    for below in list(module.modules.values()):
        if isinstance(below, griffe.Module):
            yield from _modules(below)


def _displayed(found: re.Match[str]) -> str:
    """A displayed formula as a block of HTML, as deep as it stood."""
    block = f"<div class='equation'>{mathml(textwrap.dedent(found[2]), 'block')}</div>"
    return f"{found[1]}{block}"
