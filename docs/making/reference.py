"""Tables of the reference: what is public, where it is kept, and what it is in a sentence."""

from __future__ import annotations

from inspect import getdoc, ismodule
from typing import Any

import cnnmath
from cnnmath import ops
from cnnmath.report.operator import page_path
from making.show import table


def names() -> str:
    """Functions and classes of the public page, with links to their own descriptions."""
    found = {name: getattr(cnnmath, name) for name in cnnmath.__all__}
    return table(
        ["name", "home", "what"],
        [[_link(name, v), _home(v), sentence(v)] for name, v in found.items() if not ismodule(v)],
    ).replace("---:", ":---")


def modules() -> str:
    """Modules of the public page."""
    found = {name: getattr(cnnmath, name) for name in cnnmath.__all__}
    rows = [
        [f"[`cnnmath.{name}`][cnnmath.{name}]", sentence(value)] for name, value in found.items() if ismodule(value)
    ]
    return table(["module", "what"], rows).replace("---:", ":---")


def operators() -> str:
    """Every operator, with a link to its page."""
    rows = [
        [f"[`{kind.__name__}`](../{page_path(kind.__name__).removesuffix('.md')}.html)", sentence(kind)]
        for kind in ops.ALL
    ]
    return table(["operator", "what"], rows).replace("---:", ":---")


def networks() -> str:
    """Every network of the zoo."""
    rows = [[f"`{name}`", entry.what, entry.source] for name, entry in cnnmath.zoo.ALL.items()]
    return table(["network", "what", "source"], rows).replace("---:", ":---")


def sentence(value: Any) -> str:
    """What something is: the first paragraph of its docstring.

    Examples
    --------
    >>> sentence(ops.named)
    'Operator of this name, in any case and with or without hyphens.'
    """
    return " ".join((getdoc(value) or "").partition("\n\n")[0].split())


def _home(value: Any) -> str:
    return f"`{'.'.join(value.__module__.split('.')[:2])}`"


def _link(name: str, value: Any) -> str:
    home = value.__module__ if value.__module__ in ("cnnmath.errors", "cnnmath.window") else _home(value).strip("`")
    return f"[`{name}`][{home}.{name}]"
