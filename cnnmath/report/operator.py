"""Operators' pages for the documentation: made of what the package derives, writes out, counts and verifies."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from cnnmath import numeric, ops
from cnnmath.errors import CnnmathError
from cnnmath.numeric.methods.choose import METHODS
from cnnmath.ops import Operator
from cnnmath.ops.notation import describe
from cnnmath.report.docstring import Documented, documented, folded, markdown
from cnnmath.report.examined import FORMAT, GENERAL, Examined, counted, examine, operations, shapes, shown, written
from cnnmath.report.families import FAMILIES
from cnnmath.report.page import assumed, formula
from cnnmath.symbolic import Derivation, WrittenOut, derive, show, targets
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.notations import MathML
from cnnmath.symbolic.typeset import typeset
from cnnmath.verify import Certificate

HEADINGS = {
    "y": "Forward",
    "x": "Gradient of the input",
    "w": "Gradient of the weights",
    "b": "Gradient of the bias",
}
LINES, WIDEST = 64, 200
"""Of formulas that are written out: most lines, and letters of the longest."""

LAYER, INPUT = ops.Conv(64, 3, padding=1), (1, 64, 56, 56)
"""A convolution that every method serves."""


@dataclass(frozen=True, slots=True)
class OperatorPage:
    """A page, and what the overview says of it.

    Attributes
    ----------
    name
        The operator's.
    summary
        What it is, in a sentence.
    derived
        What is derived: y, and operands whose gradients are.
    outcome
        What the verification came to.
    cost
        Kinds of operations that it takes.
    markdown
        The page.
    """

    name: str
    summary: str
    derived: tuple[str, ...]
    outcome: str
    cost: str
    markdown: str

    @property
    def path(self) -> str:
        """The page's file."""
        return page_path(self.name)


def page_path(name: str) -> str:
    """File of an operator's page.

    Examples
    --------
    >>> page_path("MaxPool")
    'operators/maxpool.md'
    """
    return f"operators/{name.lower()}.md"


def operator_page(kind: type[Operator]) -> OperatorPage:
    """The page of an operator: formulas, derivations, cost, kernel, and what its verification came to.

    The formulas are MathML inside, so that the page needs no script.

    Raises
    ------
    VerificationError, DerivationError
        Where the kernel, or a step of a derivation, is wrong; the page and the operator are named.

    Examples
    --------
    >>> from cnnmath.ops import Flatten
    >>> page = operator_page(Flatten)
    >>> page.markdown.splitlines()[0], page.derived, page.cost
    ('# Flatten', ('y', 'x'), 'None')
    """
    try:
        return _page(kind)
    except CnnmathError as error:
        error.where = f"{page_path(kind.__name__)}, {kind.__name__}"
        raise


def _page(kind: type[Operator]) -> OperatorPage:
    said, op, examined = documented(kind), shown(kind), examine(kind)
    derivations = {wrt: derive(op, wrt) for wrt in targets(op)}
    parts = [
        f"# {kind.__name__}",
        said.summary,
        "## Formula",
        said.body or f"<div class='formula'>{show.display(derivations['y'].result)}</div>",
        *_section("Shape", said.notes.get("Shape", "That of the input.")),
        *_costs(kind, said),
        *_section("Conventions", said.notes.get("Conventions", "")),
        *_settings(said),
        *_section("Example", f"```pycon\n{said.sections['Examples']}\n```"),
        *_sentence(kind),
        *_derivations(op, derivations),
        *_written(kind, derivations),
        *_kernel(kind, examined),
        *_verification(examined),
        *_section("References", "\n".join(f"{i}. {text}" for i, text in enumerate(said.references, 1))),
    ]
    cost = re.split(r"[.:;](?=\s|$)", said.notes.get("Cost", _in_words(kind)))[0]
    page = "\n\n".join(filter(None, parts)) + "\n"
    return OperatorPage(kind.__name__, said.summary, tuple(derivations), examined.outcome, cost, page)


def _section(title: str, text: str) -> list[str]:
    """A section, if there is anything in it."""
    return [f"## {title}", text] if text else []


def _costs(kind: type[Operator], said: Documented) -> Iterator[str]:
    case, census = counted(kind)
    rows = [(name, f"<math>{typeset(n, MathML())}</math>") for name, n in operations(census).items()]
    yield "## Cost"
    yield said.notes.get("Cost", "" if rows else "No arithmetic: numbers are read from where they stand.")
    if not rows:
        return
    padding = ", taps in the padding included" if issubclass(kind, GENERAL) else ""
    yield f"For the whole output of `{describe(case.op)}` on {shapes(case.inputs)}{padding}:"
    yield _table(("operations", "how many"), rows)


def _in_words(kind: type[Operator]) -> str:
    _, census = counted(kind)
    return markdown(", ".join(operations(census)) or "none")


def _settings(said: Documented) -> Iterator[str]:
    terms = said.terms("Parameters")
    if terms:
        yield "## Settings"
        yield "\n".join(f"- `{name}`: {_hanging(text)}" for name, text in terms.items())
    for name, text in said.terms("Raises").items():
        yield f"`{name}` {text[:1].lower() + text[1:]}"


def _hanging(text: str) -> str:
    return textwrap.indent(text, "  ").lstrip()


def _sentence(kind: type[Operator]) -> Iterator[str]:
    yield "## The sentence"
    yield "One output number, as the package has it. Formulas, gradients, costs and the oracle are read from this."
    yield f"```python\n{textwrap.dedent(inspect.getsource(kind.element))}```"


def _derivations(op: Operator, derivations: Mapping[str, Derivation]) -> Iterator[str]:
    yield "## Derivations"
    yield (
        f"Of `{describe(op)}`. A bracket [...] is 1 where its conditions hold and 0 elsewhere; \u2223 is divisibility; "
        "L is the loss; indices start at 0. Both sides of every step were evaluated on small settings, in exact "
        "arithmetic, when this page was made."
    )
    yield f"<p class='where'>{assumed(derivations['y'])}</p>"
    for wrt, derivation in derivations.items():
        yield f"### {HEADINGS.get(wrt, f'Gradient of {wrt}')}"
        yield f"<div data-search-exclude>{formula(derivation)}</div>"


def _written(kind: type[Operator], derivations: Mapping[str, Derivation]) -> Iterator[str]:
    """The formulas entry by entry, where they are not too long to be read."""
    case, count = written(kind), len(Letters.of(shown(kind)).inputs)
    try:
        texts = [repr(WrittenOut(d, case.op, case.inputs[:count])) for d in derivations.values()]
    except CnnmathError:  # too long to write out
        return
    lines = [line for text in texts for line in text.splitlines()]
    if len(lines) > LINES or max(map(len, lines)) > WIDEST:
        return
    yield "## Written out"
    yield f"The same formulas, entry by entry, for `{describe(case.op)}` on {shapes(case.inputs)}."
    yield from (f"```text\n{text}\n```" for text in texts)


def _kernel(kind: type[Operator], examined: Examined) -> Iterator[str]:
    kernel = numeric.KERNELS[kind]
    yield "## The kernel"
    halves = (("Forward", kernel.forward), ("Backward", kernel.backward))
    yield "\n".join(f"- *{name}*: {_hanging(markdown(documented(function).summary))}" for name, function in halves)
    if kind is ops.Conv:
        yield from _methods()
    yield (
        f"What {FORMAT.name} makes of random numbers, for `{describe(examined.rounded.op)}` on "
        f"{shapes(examined.rounded.inputs)}. The bound of a number is derived from the sentence before the kernel "
        "runs, and holds for sums in any order; the error is how far the kernel was from the exact number. Both are "
        f"relative to the largest number of the result. The unit u is that of one rounding, {FORMAT.unit:.3g}."
    )
    rows = [(escape(r.result), f"{r.numbers:,}", f"{r.bound:.2f} u", f"{r.error:.2f} u") for r in examined.rows]
    yield _table(("result", "numbers", "largest bound", "largest error"), rows)


def _methods() -> Iterator[str]:
    """The four methods of a convolution, and what each would take for one layer."""
    choice = numeric.choose_method(LAYER, INPUT)
    yield (
        f"A convolution has {len(METHODS)} [methods](../engine.md); the cheapest is taken of those with a small bound. "
        f"For `{describe(LAYER)}` on {INPUT} in float32 that is {choice.method}. A bound holds for any input; "
        "it is relative to the largest that a sum can be."
    )
    rows = []
    for name, p in choice.predictions.items():
        does = documented(inspect.getmodule(METHODS[name].forward)).summary
        rows.append((name, escape(does), f"{p.multiplications:,}", f"{p.bound:.2g}", f"{p.gradient_bound:.2g}"))
    yield _table(("method", "what it does", "products", "bound of y", "bound of dw"), rows)


def _verification(examined: Examined) -> Iterator[str]:
    yield "## Verification"
    yield (
        "When this page was made, the kernel was compared with the sentence, forward and backward. A kernel that is "
        "wrong anywhere below would have ended the making of the documentation. What the rungs mean is said in "
        "[Is my kernel right?](../verification.md). The first certificate is of the example's setting, at its smallest "
        "telling sizes; the second is of settings of the whole space of the operator, those first in which every two "
        "classes of settings meet."
    )
    yield from _certificate(examined.own)
    yield from _certificate(examined.space)
    yield folded(
        "The settings", f"<ul>{''.join(f'<li>{escape(str(case))}</li>' for case in examined.space.cases)}</ul>"
    )


def _certificate(certificate: Certificate) -> Iterator[str]:
    """What it is of, in a sentence, and below it what each rung has shown and what is assumed."""
    yield f"**{repr(certificate).splitlines()[0].strip()}**"
    shown = [(f"rung {line[:12].strip()}", escape(line[12:])) for line in certificate.lines()]
    said = [*(("assumed", text) for text in certificate.assumes), *(("cannot see", text) for text in certificate.blind)]
    yield _table(("rung", "what was shown"), [*shown, *((label, escape(text)) for label, text in said)])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of HTML in a box that scrolls, as its cells may hold formulas."""
    titles = "".join(f"<th scope='col'>{title}</th>" for title in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div class='formula'><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"


def overview(pages: Iterable[OperatorPage]) -> str:
    """Markdown of the list of all operators, by family.

    Examples
    --------
    >>> print(overview([]).splitlines()[0])
    # Operators
    """
    known = {page.name: page for page in pages}
    parts = ["# Operators", INTRODUCTION]
    for family, kinds in FAMILIES.items():
        rows = [_row(known[kind.__name__]) for kind in kinds if kind.__name__ in known]
        parts += [f"## {family}", "\n".join([*HEAD, *rows])] if rows else []
    return "\n\n".join(parts) + "\n"


INTRODUCTION = (
    "Every operator of the package has a page: what one output number is, its cost, its gradients derived step by "
    "step, its kernel with the bounds of its roundings, and what the verification of that kernel came to. The pages "
    "are made when the documentation is, and a kernel that is wrong ends the making. *Proved* means: at one setting, "
    "for all numbers. *Exact* means equal to the definition on random integers; where there are exponentials or roots, "
    "equal *to 40 digits*."
)
HEAD = ("| operator | what it is | derived | cost | verified |", "| :--- | :--- | :--- | :--- | :--- |")


def _row(page: OperatorPage) -> str:
    derived = ", ".join("y" if wrt == "y" else f"dL/d{wrt}" for wrt in page.derived)
    cells = (f"[{page.name}]({page.name.lower()}.md)", page.summary, derived, page.cost, page.outcome)
    return f"| {' | '.join(' '.join(cell.split()) for cell in cells)} |"
