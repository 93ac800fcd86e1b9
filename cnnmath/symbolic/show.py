"""Derivations as text, LaTeX, Markdown and HTML: one reading, four layouts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sympy as sp

from cnnmath.symbolic.lines import broken
from cnnmath.symbolic.notations import Latex, Markdown, MathML, Notation, Text
from cnnmath.symbolic.rows import rows
from cnnmath.symbolic.typeset import equation
from cnnmath.symbolic.worked import arrays_read, chain, worked

if TYPE_CHECKING:
    from cnnmath.symbolic.derivation import Derivation, Step
    from cnnmath.symbolic.remark import Remark
    from cnnmath.symbolic.terms import Expr


@dataclass(frozen=True, slots=True)
class Item:
    """A numbered equation under its name, all written; the rule may be empty."""

    name: str
    rule: str
    equation: str


@dataclass(frozen=True, slots=True)
class Section:
    """A title, sentences and equations, all written in one notation."""

    title: str
    remarks: tuple[str, ...]
    items: tuple[Item, ...]


def section(derivation: Derivation, notation: Notation, *, full: bool = True) -> Section:
    """A derivation in a notation: all steps, or the result and what the names in it are."""
    remarks = [remark.write(notation) for remark in (*derivation.assumptions, *derivation.conventions)]
    items = [
        Item(notation.prose(step.name), step.rule.write(notation), step.write(notation))
        for step in (derivation.steps if full else derivation.brief)
    ]
    return Section(notation.prose(derivation.title), tuple(remarks), tuple(items))


def example(derivation: Derivation, notation: Notation, *, full: bool = True) -> Section:
    """One entry of every step (or of the result alone) with numbers, on the smallest instance of the derivation."""
    instance, chains = worked(derivation)
    sizes = [equation(symbol, value, notation) for symbol, value in instance.values.items() if symbol is not sp.oo]
    chains = chains if full else chains[-1:]
    arrays = [equation(*pair, notation) for pair in arrays_read([chain.step for chain in chains], instance)]
    remarks = [", ".join(map(notation.inline, sizes))] if sizes else []
    items = [Item(notation.prose(chain.step.name), "", chain.write(notation)) for chain in chains]
    left_out = notation.prose("Terms that are zero are left out.")
    return Section(notation.prose("With numbers"), (*remarks, *map(notation.inline, arrays), left_out), tuple(items))


def write(
    derivation: Derivation, form: str, *, full: bool = True, numbers: bool = False, width: int | None = None
) -> str:
    """A derivation in one of the forms, all of its steps or the result alone, and a worked example after it.

    Lines of text are no longer than the width, where there is one.
    """
    layout = FORMS[form]
    sections = [
        section(derivation, layout.notation, full=full),
        *([example(derivation, layout.notation, full=full)] if numbers else []),
    ]
    own = {"width": width} if form == "text" else {}
    return layout.between.join(layout.write(part, full=full, **own) for part in sections)


@dataclass(frozen=True, slots=True)
class Layout:
    """How sections look in a form, and what stands between two of them."""

    notation: Notation
    write: Callable[..., str]
    between: str = "\n\n"


def _text(part: Section, *, full: bool, width: int | None = None) -> str:
    lines = [
        *_folded(part.title, "", width),
        *(line for remark in part.remarks for line in _folded(remark, "  ", width)),
    ]
    for i, item in enumerate(part.items, 1):
        lines += ["", *_folded(f"{i}. {item.name}: {item.rule}".rstrip(": "), "  ", width)] if full else []
        lines += [f"     {line}" for line in (broken(item.equation, width - 5) if width else [item.equation])]
    return "\n".join(lines)


def _folded(words: str, indent: str, width: int | None) -> list[str]:
    """Lines of a sentence at an indent, those that go on further in, behind its number; equations in it stay whole."""
    if width is None or len(indent + words) <= width:
        return [indent + words]
    whole = words.replace(" = ", EQUALS)
    number = NUMBER.match(words)
    further = " " * (len(indent) + (len(number[0]) if number else 2))
    lines = wrap(whole, width, initial_indent=indent, subsequent_indent=further, break_long_words=False)
    return [line.replace(EQUALS, " = ") for line in lines]


EQUALS = "\u00a0=\u00a0"
"""What no line is broken at."""

NUMBER = re.compile(r"\d+\. ")
"""What the heading of a step begins with."""


def _latex(part: Section, *, full: bool) -> str:
    remarks = " \\\\\n".join(part.remarks)
    parts = [rf"{{\raggedright\paragraph{{{part.title}}}", *([remarks] if remarks else []), r"\par}"]
    if not full:
        return "\n".join([*parts, align([item.equation for item in part.items])])
    items = (f"\\item \\textbf{{{i.name}.}} {_sentence(i.rule)}\n{align([i.equation])}" for i in part.items)
    return "\n".join([*parts, r"\begin{enumerate}", *items, r"\end{enumerate}"])


def _markdown(part: Section, *, full: bool) -> str:
    parts = [f"### {part.title}", "\n".join(f"- {remark}" for remark in part.remarks)]
    if not full:
        return "\n\n".join([*filter(None, parts), *(f"$$\n{item.equation}\n$$" for item in part.items)])
    parts += [
        f"{i}. **{item.name}.** {_sentence(item.rule)}".rstrip() + f"\n\n   $$\n   {item.equation}\n   $$"
        for i, item in enumerate(part.items, 1)
    ]
    return "\n\n".join(filter(None, parts))


def _html(part: Section, *, full: bool) -> str:
    remarks = "".join(f"<li>{remark}</li>" for remark in part.remarks)
    head = f"<h4>{part.title}</h4>" + (f"<ul class='where'>{remarks}</ul>" if remarks else "")
    return head + (_listed(part) if full else "".join(_displayed(item.equation) for item in part.items))


FORMS: Mapping[str, Layout] = MappingProxyType(
    {
        "text": Layout(Text(), _text),
        "latex": Layout(Latex(), _latex),
        "markdown": Layout(Markdown(), _markdown),
        "html": Layout(MathML(), _html, "\n"),
    }
)
"""The forms in which a derivation can be had."""


def steps(derivation: Derivation) -> str:
    """The steps as a numbered list of HTML."""
    return _listed(section(derivation, MathML()))


def item(step: Step) -> str:
    """One step: its name, why it holds, and its equation."""
    return _item(Item(escape(step.name), step.rule.write(MathML()), step.write(MathML())))


def display(step: Step) -> str:
    """One equation as displayed MathML."""
    return _displayed(step.write(MathML()))


def _listed(part: Section) -> str:
    return f"<ol class='steps'>{''.join(f'<li>{_item(i)}</li>' for i in part.items)}</ol>"


def _item(item: Item) -> str:
    return f"<p><b>{item.name}.</b> {_sentence(item.rule)}</p>{_displayed(item.equation)}"


def _displayed(mathml: str) -> str:
    return f"<div class='equation'><math displaystyle='true'>{mathml}</math></div>"


def document(body: str, title: str) -> str:
    """A page of HTML around a fragment, to be opened as it is."""
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n</body>\n</html>"
    )


STYLE = (
    "body{max-width:60rem;margin:2rem auto;padding:0 1rem;font:1rem/1.55 system-ui,sans-serif;color-scheme:light dark}"
    "h4{font-size:1.15rem;margin:2rem 0 .5rem}ul.where{list-style:none;padding:0;opacity:.8}ul.where li{margin:.3rem 0}"
    "ol.steps>li{margin:0 0 1.2rem}ol.steps p{margin:0 0 .4rem}"
    'math{font-size:1.08em;font-family:"STIX Two Math","Latin Modern Math","Cambria Math",math}'
    ".equation{overflow-x:auto;padding:.4rem 0}"
)
"""What a page needs to be read in comfort."""


def align(equations: Sequence[str]) -> str:
    """LaTeX equations, aligned at their first relation sign, each on as many rows as it needs."""
    lines = " \\\\\n".join(row for equation in equations for row in rows(equation))
    return f"\\begin{{align*}}\n{lines}\n\\end{{align*}}"


def aligned(steps: Iterable[Step]) -> str:
    """Steps as one LaTeX formula, for a notebook."""
    return align([step.write(Latex()) for step in steps])


def listed(
    title: str,
    remarks: Iterable[Remark],
    equations: Iterable[tuple[Expr, Expr, Any]],
    form: str,
    numbers: Mapping[Expr, Expr],
) -> str:
    """Equations under a title, in one of the forms; those that have a value, with numbers for their entries put in."""
    notation = FORMS[form].notation
    said = [remark.write(notation) for remark in remarks]
    rows = [chain(left, right, value, numbers, notation) for left, right, value in equations]
    match form:
        case "text":
            return "\n".join([title, *(f"  {line}" for line in [*said, *rows])])
        case "html":
            items = "".join(f"<li>{line}</li>" for line in said)
            return f"<h4>{escape(title)}</h4><ul class='where'>{items}</ul>{''.join(map(_displayed, rows))}"
    head = f"### {notation.prose(title)}" if form == "markdown" else rf"\paragraph{{{notation.prose(title)}}}"
    formula = align(rows) if form == "latex" else f"$$\n{align(rows)}\n$$"
    return "\n\n".join([head, *said, formula])


def _sentence(words: str) -> str:
    """The words with a capital letter, unless they begin with a formula."""
    return words[:1].upper() + words[1:]
