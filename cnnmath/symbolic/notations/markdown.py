"""LaTeX between dollar signs, in Markdown."""

from __future__ import annotations

import re

from cnnmath.symbolic.notations.latex import Latex

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>$])")


class Markdown(Latex):
    """LaTeX formulas in Markdown prose."""

    def prose(self, text: str) -> str:
        return _SPECIAL.sub(r"\\\1", text)
