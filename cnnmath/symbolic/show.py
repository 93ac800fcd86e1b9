"""Derivations as text, LaTeX, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from cnnmath.symbolic.notations import Latex, Markdown, MathML, Text

if TYPE_CHECKING:
    from cnnmath.symbolic.derivation import Derivation, Step
    from cnnmath.symbolic.remark import Remark


def text(derivation: Derivation, *, full: bool = True) -> str:
    """Plain text: a title, what is assumed, and each step with its rule above its equation."""
    lines = [derivation.title, *(f"  {remark.write(Text())}" for remark in _remarks(derivation))]
    if not full:
        return "\n".join([*lines, f"     {derivation.result.write(Text())}"])
    for i, step in enumerate(derivation.steps, 1):
        lines += ["", f"  {i}. {step.name}: {step.rule.write(Text())}", f"     {step.write(Text())}"]
    return "\n".join(lines)


def latex(derivation: Derivation, *, full: bool = True) -> str:
    r"""Write a fragment for a document with the package amsmath."""
    notation = Latex()
    parts = [rf"\paragraph{{{notation.prose(derivation.title)}}}"]
    parts += [rf"{remark.write(notation)} \\" for remark in _remarks(derivation)]
    if not full:
        return "\n".join([*parts, _displayed([derivation.result])])
    items = (
        f"\\item \\textbf{{{notation.prose(step.name)}.}} {_sentence(step.rule.write(notation))}\n{_displayed([step])}"
        for step in derivation.steps
    )
    return "\n".join([*parts, r"\begin{enumerate}", *items, r"\end{enumerate}"])


def aligned(derivation: Derivation) -> str:
    """All equations as one LaTeX formula, for a notebook."""
    return align([step.write(Latex()) for step in derivation.steps])


def markdown(derivation: Derivation, *, full: bool = True) -> str:
    """Markdown: a heading, what is assumed as a list, and numbered steps."""
    notation = Markdown()
    parts = [f"### {notation.prose(derivation.title)}"]
    remarks = [f"- {remark.write(notation)}" for remark in _remarks(derivation)]
    parts += ["\n".join(remarks)] if remarks else []
    if not full:
        return "\n\n".join([*parts, f"$$\n{derivation.result.write(notation)}\n$$"])
    parts += [
        f"{i}. **{notation.prose(step.name)}.** {_sentence(step.rule.write(notation))}\n\n"
        f"   $$\n   {step.write(notation)}\n   $$"
        for i, step in enumerate(derivation.steps, 1)
    ]
    return "\n\n".join(parts)


def html(derivation: Derivation, *, full: bool = True) -> str:
    """HTML with MathML inside."""
    remarks = "".join(f"<li>{remark.write(MathML())}</li>" for remark in _remarks(derivation))
    head = f"<h4>{escape(derivation.title)}</h4>" + (f"<ul class='where'>{remarks}</ul>" if remarks else "")
    return head + (steps(derivation) if full else display(derivation.result))


def steps(derivation: Derivation) -> str:
    """The steps as a numbered list of HTML."""
    items = (
        f"<li><p><b>{escape(step.name)}.</b> {_sentence(step.rule.write(MathML()))}</p>{display(step)}</li>"
        for step in derivation.steps
    )
    return f"<ol class='steps'>{''.join(items)}</ol>"


def display(step: Step) -> str:
    """One equation as displayed MathML."""
    return f"<math displaystyle='true'>{step.write(MathML())}</math>"


def align(equations: Sequence[str]) -> str:
    """LaTeX equations, aligned at their first relation sign."""
    return f"\\begin{{align*}}\n{_rows(equations)}\n\\end{{align*}}"


def _displayed(equations: Sequence[Step]) -> str:
    return align([step.write(Latex()) for step in equations])


def _rows(equations: Sequence[str]) -> str:
    return " \\\\\n".join(_marked(equation) for equation in equations)


def _marked(equation: str) -> str:
    """Put the mark of alignment before the first relation that stands outside all brackets."""
    depth = 0
    for i, sign in enumerate(equation):
        depth += (sign in "{[") - (sign in "}]")
        if depth == 0 and equation.startswith((" = ", r" \le ", r" \ge ", r" \equiv ", " < "), i):
            return f"{equation[:i]} &{equation[i:].lstrip(' ')}"
    return equation


def _sentence(words: str) -> str:
    """The words with a capital letter, unless they begin with a formula."""
    return words[:1].upper() + words[1:]


def _remarks(derivation: Derivation) -> list[Remark]:
    return [*derivation.assumptions, *derivation.conventions]
