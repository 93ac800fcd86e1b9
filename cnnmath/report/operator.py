"""An operator's page for the documentation: made of what the package derives, writes out and verifies."""

from __future__ import annotations

import inspect
import textwrap

from cnnmath import numeric
from cnnmath.ops import Conv, ConvTranspose, Operator
from cnnmath.report.page import assumed, formula
from cnnmath.symbolic import WrittenOut, derive, general, targets
from cnnmath.verify import search

EXAMPLES = 50
"""Settings drawn for the verdict on a page."""

HEADINGS = {
    "y": "Forward",
    "x": "Gradient of the input",
    "w": "Gradient of the weights",
    "b": "Gradient of the bias",
}


def operator_page(kind: type[Operator]) -> str:
    """Markdown of an operator with a sliding window: sentence, formulas, a worked size, the kernel's verdict.

    The formulas are MathML inside, so that the page needs no script.

    Examples
    --------
    >>> from cnnmath.ops import AveragePool
    >>> operator_page(AveragePool).splitlines()[0]
    '# AveragePool'
    """
    name, documented = kind.__name__, inspect.getdoc(kind) or ""
    op = general(kind)
    derivations = [derive(op, wrt) for wrt in targets(op)]
    parts = [
        f"# {name}",
        documented.splitlines()[0],
        "## The sentence",
        "One output number, as the package has it. Everything below is read from these lines.",
        f"```python\n{textwrap.dedent(inspect.getsource(kind.element))}```",
        "## Formulas",
        "Kernel K, stride s, dilation d and padding p are symbols, one an axis. A bracket [...] is 1 where its "
        "conditions hold and 0 elsewhere; \u2223 is divisibility. Indices start at 0.",
        f"<p class='where'>{assumed(derivations[0])}</p>",
        *(f"### {HEADINGS[wrt]}\n\n{formula(d)}" for wrt, d in zip(targets(op), derivations, strict=True)),
        "## Written out",
        "The same formulas for a window of 2 on an input of 3 by 3, one channel.",
        *(f"```text\n{WrittenOut(d, *_small(kind))}\n```" for d in derivations),
        "## Does the kernel agree?",
        "The numeric kernel is compared with the sentence, forward and backward, number by number, on data for which "
        "no operation rounds, over settings drawn from the operator's whole space:",
        f"```text\n{search(numeric.KERNELS[kind], kind, EXAMPLES)!r}\n```",
        "## Conventions and references",
        f"```text\n{documented}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _small(kind: type[Operator]) -> tuple[Operator, tuple[tuple[int, ...], ...]]:
    window = kind(1, 2) if kind in (Conv, ConvTranspose) else kind(2, stride=1)  # type: ignore[call-arg]  # Operator says nothing of settings
    return window, ((1, 1, 3, 3),)
