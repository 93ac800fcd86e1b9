r"""Docstrings as Markdown: numpydoc's sections apart, and what is LaTeX in them as MathML.

A page of Markdown can carry MathML if no sign in it means something to Markdown too: these are written as entities.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import import_module

from cnnmath.errors import missing_extra

_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
_DISPLAYED = re.compile(r"^\.\. math::(.*(?:\n[ ]+.*)*)", re.MULTILINE)
_INLINE = re.compile(r":math:`([^`]*)`")
_NOTE = re.compile(r"\*(\w+)\*: ")
_REFERENCE = re.compile(r"^\.\. \[\d+\] (.*(?:\n[ ]+.*)*)", re.MULTILINE)
_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
_TABLE = re.compile(r"^(=+ +=+)\n(.*)\n\1\n((?:.*\n)+?)\1$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Documented:
    """A docstring, taken apart.

    Attributes
    ----------
    summary
        Its first sentence.
    body
        What stands between that and the sections, as Markdown.
    sections
        The text of each section, by its title.
    """

    summary: str
    body: str
    sections: Mapping[str, str]

    @property
    def notes(self) -> dict[str, str]:
        """What the notes say, as Markdown: *Shape*, *Cost* and *Conventions*, each as far as it is there.

        Examples
        --------
        >>> from cnnmath.ops import HardSwish
        >>> documented(HardSwish).notes["Cost"]
        'Two multiplications, one addition and\\ntwo comparisons.'
        """
        _, *parts = _NOTE.split(self.sections.get("Notes", ""))
        return {title: markdown(text) for title, text in zip(parts[::2], parts[1::2], strict=True)}

    def terms(self, title: str) -> dict[str, str]:
        """The names of a section with what is said of each, as Markdown.

        Examples
        --------
        >>> from cnnmath.ops import Linear
        >>> documented(Linear).terms("Parameters")
        {'units': 'Number of outputs F.', 'bias': 'Whether a bias is added.'}
        """
        _, *parts = re.split(r"^(\S.*)\n", self.sections.get(title, "") + "\n", flags=re.MULTILINE)
        return {name: markdown(inspect.cleandoc(text)) for name, text in zip(parts[::2], parts[1::2], strict=True)}

    @property
    def references(self) -> list[str]:
        """The references, as Markdown, papers of the arXiv as links."""
        found = _REFERENCE.findall(self.sections.get("References", ""))
        return [_ARXIV.sub(r"[arXiv:\1](https://arxiv.org/abs/\1)", " ".join(text.split())) for text in found]


def documented(what: object) -> Documented:
    """Take the docstring of something apart.

    Examples
    --------
    >>> from cnnmath.ops import Linear
    >>> found = documented(Linear)
    >>> found.summary, list(found.sections)
    ('Every output is a weighted sum of every input.', ['Parameters', 'Notes', 'References', 'Examples'])
    """
    head, *rest = _SECTION.split(inspect.getdoc(what) or "")
    summary, _, body = head.partition("\n\n")
    sections = {title: text.strip("\n") for title, text in zip(rest[::2], rest[1::2], strict=True)}
    return Documented(" ".join(summary.split()), markdown(body), sections)


def markdown(text: str) -> str:
    """Prose of a docstring as Markdown; it begins with a capital letter, unless it begins with a letter of a formula.

    Examples
    --------
    >>> markdown("scales by ``s``, over all axes (N, \\\\*spatial).")
    'Scales by ``s``, over all axes (N, \\\\*spatial).'
    """
    text = _DISPLAYED.sub(lambda found: f"\n\n{displayed(found[1])}\n\n", text)
    text = _INLINE.sub(lambda found: _plain(_mathml(found[1], "inline")), text)
    text = re.sub(r"\n{3,}", "\n\n", _TABLE.sub(_table, text)).strip()
    return text[:1].upper() + text[1:] if re.match("[a-z][a-z]|a ", text) else text


def displayed(latex: str) -> str:
    """A displayed formula, in a box that scrolls where it is wider than the page."""
    return f"<div class='formula'><div class='equation'>{_mathml(' '.join(latex.split()), 'block')}</div></div>"


def _table(found: re.Match[str]) -> str:
    """A table of two columns."""
    width = found[1].index(" ")
    rows = [(line[:width].strip(), line[width:].strip()) for line in [found[2], *found[3].splitlines()]]
    head, *body = (f"| {first} | {second} |" for first, second in rows)
    return "\n".join([head, "| :--- | :--- |", *body])


def _mathml(latex: str, display: str) -> str:
    return _converter()(latex, display=display)


@cache
def _converter() -> Callable[..., str]:
    try:
        return import_module("latex2mathml.converter").convert
    except ImportError:
        rule = "it writes the formulas of docstrings as MathML"
        raise missing_extra("latex2mathml is not installed.", "docs", rule=rule) from None


def _plain(html: str) -> str:
    """HTML with entities for the signs that Markdown reads."""
    return re.sub(r"[*_|\\`]", lambda sign: f"&#{ord(sign[0])};", html)


def folded(summary: str, html: str) -> str:
    """Something that is folded away until it is asked for."""
    return f"<details><summary>{escape(summary)}</summary>{html}</details>"
