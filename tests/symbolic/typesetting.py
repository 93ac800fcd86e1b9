"""KaTeX, to try LaTeX with: every piece of mathematics in a fragment of LaTeX or Markdown."""

import re
from functools import cache

import pykatex

DISPLAYED = re.compile(r"\$\$(.*?)\$\$|(\\begin\{align\*\}.*?\\end\{align\*\})", re.DOTALL)
INLINE = re.compile(r"(?<![\\$])\$([^$]+)\$(?!\$)")


def formulas(fragment):
    """The mathematics of a fragment, as (formula, whether it stands on a line of its own)."""
    shown = ["".join(pair) for pair in DISPLAYED.findall(fragment)]
    rest = DISPLAYED.sub("", fragment)
    return [*((formula, True) for formula in shown), *((formula, False) for formula in INLINE.findall(rest))]


def set_all(fragment):
    """Set every formula of a fragment strictly, and say how many there are; a `pykatex.ParseError` where one fails."""
    return sum(map(_set, formulas(fragment)))


@cache
def _set(found):
    formula, displayed = found
    return bool(pykatex.renderToString(formula, displayMode=displayed, strict=pykatex.STRICT_ERROR))
