"""What a page's own code prints: formulas, derivations, tables and figures, in Markdown and HTML without scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from cnnmath.ops import Operator
from cnnmath.plot.style import FAINT, GREY, INK
from cnnmath.readers import Tensor, exact, gradient
from cnnmath.report import lecture
from cnnmath.symbolic import Derivation, WrittenOut, derive, show
from cnnmath.symbolic.notations import MathML
from cnnmath.symbolic.terms import array
from cnnmath.symbolic.worked import chain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {INK: "var(--md-default-fg-color)", GREY: "var(--md-default-fg-color--light)", FAINT: "var(--faint)"}
"""Colours of figures that turn with the page's scheme, light or dark."""


def result(derivation: Derivation) -> str:
    """What was derived, as one displayed formula."""
    return f"<div class='formula'>{show.display(derivation.result)}</div>"


def steps(derivation: Derivation) -> str:
    """What a derivation assumes, its result, and every step with its reason."""
    return lecture.body(derivation)


def entries(op: Operator, wrt: str, arrays: Mapping[str, Any]) -> str:
    """Every entry of an output or a gradient on its own line, with letters, with numbers, and its value.

    The letters come from the derivation, the values from the exact readers, and the letters must give the values.

    Parameters
    ----------
    op
        An operator of one channel and one filter, without a bias.
    wrt
        ``"y"``, or the operand of the gradient.
    arrays
        The numbers of x and w, without batch and channel axes, and of dL/dy, called dy.

    Raises
    ------
    ValueError
        Where a formula does not give the value.
    """
    named = {"dL/dy" if name == "dy" else name: np.array(numbers) for name, numbers in arrays.items()}
    numbers = {array(name)[at]: sp.Integer(int(v)) for name, a in named.items() for at, v in np.ndenumerate(a)}
    x, w = (Tensor.of(named[name][None, None]) for name in ("x", "w"))
    shape = op.shape(x.shape)
    if wrt == "y":
        values = exact.forward(op, shape, x, w).values
    else:
        values = gradient.backward(op, Tensor.of(named["dL/dy"][None, None]), {"x": x, "w": w})[wrt].values
    found = WrittenOut(derive(op, wrt), op, (x.shape,)).equations()
    for (left, right), value in zip(found, values, strict=True):
        if right.xreplace(numbers) != value:
            raise ValueError(f"{left} = {right} is not {value}")
    lines = (chain(*pair, int(v), numbers, MathML()) for pair, v in zip(found, values, strict=True))
    return "".join(f"<div class='equation'><math displaystyle='true'>{line}</math></div>" for line in lines)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table: the first column holds names, the others numbers, which stand to the right.

    Examples
    --------
    >>> print(table(["layer", "parameters"], [["conv1", 9408]]))
    | layer | parameters |
    | :--- | ---: |
    | conv1 | 9,408 |
    """
    lines = [head, [":---", *["---:"] * (len(head) - 1)], *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figure(drawn: Figure | str, alt: str, caption: str = "") -> str:
    """A figure inside the page, with its alternative text; its ink is that of the page, light or dark.

    Parameters
    ----------
    drawn
        A figure of matplotlib, or the text of an SVG.
    alt
        What it shows, for those who do not see it.
    caption
        What stands below it.
    """
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    svg = drawn if isinstance(drawn, str) else _svg(drawn)
    svg = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1)
    return f'<figure class="drawn">{svg}{said}</figure>\n'


def _svg(drawn: Figure) -> str:
    import matplotlib as mpl

    out = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cnnmath"}):
        drawn.savefig(out, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    text = out.getvalue()
    for colour, variable in COLOURS.items():
        text = text.replace(colour.lower(), variable)
    return text


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")
