"""Notations for formulas: text for a terminal, LaTeX for paper and in Markdown, MathML for a page.

Each says how a part of a formula is written once its own parts are; `cnnmath.symbolic.typeset` reads the formula.
"""

from cnnmath.symbolic.notations.latex import Latex
from cnnmath.symbolic.notations.markdown import Markdown
from cnnmath.symbolic.notations.mathml import MathML
from cnnmath.symbolic.notations.notation import Notation
from cnnmath.symbolic.notations.text import Text

__all__ = ["Latex", "Markdown", "MathML", "Notation", "Text"]
