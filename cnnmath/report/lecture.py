"""A chapter of derivations as a page of the documentation, made of what the package derives while it is built."""

from __future__ import annotations

from html import escape

from cnnmath.graph.text import plural
from cnnmath.subjects import Chapter, Subject
from cnnmath.symbolic import Derivation, general, show
from cnnmath.symbolic.notations import MathML


def chapter_page(chapter: Chapter) -> str:
    """Markdown of a chapter: each subject with what it assumes, its result, and its steps folded away.

    The formulas are MathML inside, so that the page needs no script.

    Examples
    --------
    >>> from cnnmath.subjects import CHAPTERS
    >>> chapter_page(CHAPTERS[0]).splitlines()[0]
    '# Signals'
    """
    parts = [f"# {chapter.title}", INTRODUCTION, *(_section(subject) for subject in chapter.subjects)]
    return "\n\n".join(parts) + "\n"


INTRODUCTION = (
    "Every equation on this page was evaluated on both sides, exactly, on small settings, when the page was built; one "
    "that did not hold would have stopped it. Indices start at 0; a bracket [...] is 1 where its conditions hold and 0 "
    "elsewhere; \u2223 is divisibility; L is the loss. What slides over an image is shown along one axis: with "
    "`--rank 2` the same derivation speaks of images."
)


def page_name(chapter: Chapter) -> str:
    """File of a chapter's page."""
    return f"derivations/{'-'.join(chapter.title.lower().replace(',', '').split())}.md"


def _section(subject: Subject) -> str:
    derivation = subject.derive(*([general(subject.takes, 1)] if subject.takes else []))
    return "\n\n".join(
        [f"## {_sentence(subject.summary)}", f"```console\n$ {_command(subject)}\n```", body(derivation)]
    )


def _command(subject: Subject) -> str:
    return f"cnnmath derive {subject.name}{' --rank 1' if subject.takes else ''}"


def body(derivation: Derivation) -> str:
    """What a derivation assumes, its result in full view, and its steps, as HTML without a script."""
    remarks = [remark.write(MathML()) for remark in (*derivation.assumptions, *derivation.conventions)]
    said = f"<p class='where'>{'; '.join(remark.rstrip('.') for remark in remarks)}</p>" if remarks else ""
    result = f"<div class='formula'>{show.display(derivation.result)}</div>"
    title = f"<summary>{escape(derivation.title)}, in {plural(len(derivation.steps), 'step')}</summary>"
    return f"{said}{result}<details open>{title}{show.steps(derivation)}</details>"


def _sentence(words: str) -> str:
    """The words with a capital letter, unless they begin with a formula such as dL/dx."""
    return words if words[1:2].isupper() else words[:1].upper() + words[1:]
