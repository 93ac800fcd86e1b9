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
        """Rewrite the docstrings; let a name that a function and its module share mean the function."""
        for found in _objects(pkg):
            if found.docstring:
                found.docstring.value = markdown(found.docstring.value)
        packages = [found for found in _objects(pkg) if isinstance(found, griffe.Module) and found.exports]
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


def _objects(found: griffe.Object) -> Iterator[griffe.Object]:
    """An object and all that are defined in it."""
    yield found
    for below in list(found.members.values()):
        if isinstance(below, griffe.Object):
            yield from _objects(below)


def _displayed(found: re.Match[str]) -> str:
    """A displayed formula as a block of HTML, as deep as it stood."""
    block = f"<div class='equation'>{mathml(textwrap.dedent(found[2]), 'block')}</div>"
    return f"{found[1]}{block}"
