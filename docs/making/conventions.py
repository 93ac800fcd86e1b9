"""What each operator settles where books and libraries differ, and every work that is cited, with its places."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cnnmath
from cnnmath import ops
from cnnmath.report.docstring import documented
from cnnmath.report.operator import page_path
from making.show import table

PACKAGE = Path(cnnmath.__file__).parent
OPERATORS = {kind.__name__ for kind in ops.ALL}
_REFERENCE = re.compile(r"^ *\.\. \[\d+\] (.*(?:\n +\S.*)*)", re.MULTILINE)
_WORK = re.compile(r'^([^"]+), "([^"]+?),?"[,.]? ?(.*)$')
_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
_DOI = re.compile(r"https://doi\.org/(\S+?)(?=[,.]?(?:\s|$))")


def of_operators() -> str:
    """Conventions by operator."""
    said = {kind.__name__: documented(kind).notes.get("Conventions") for kind in ops.ALL}
    rows = [[link(name), " ".join(text.split())] for name, text in said.items() if text]
    return table(["operator", "convention"], rows).replace("---:", ":---")


def link(name: str) -> str:
    """An operator with a link to its page, as the site has it."""
    return f"[{name}]({page_path(name).removesuffix('.md')}.html)"


@cache
def citations() -> tuple[tuple[str, str], ...]:
    """Every reference of every docstring, and who cites it: an operator, or a module."""
    return tuple(_citations())


def _citations() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ["cnnmath", *path.relative_to(PACKAGE).with_suffix("").parts]
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                name = getattr(node, "name", "")
                for text in _REFERENCE.findall(ast.get_docstring(node) or ""):
                    yield " ".join(text.split()).rstrip("."), name if name in OPERATORS else module


def works() -> str:
    """Works by title, each with its places and who cites them."""
    authors: dict[str, str] = {}
    places: dict[str, dict[str, list[str]]] = {}
    for text, who in citations():
        if found := _WORK.match(text):
            by, title, place = found.groups()
            authors[title] = max(authors.get(title, ""), by, key=len)
            places.setdefault(title, {}).setdefault(place, []).append(who)
    ordered = sorted(places, key=lambda title: (_surname(authors[title]), title))
    return "\n".join(line for title in ordered for line in _lines(authors[title], title, places[title]))


def _lines(by: str, title: str, cited: dict[str, list[str]]) -> Iterator[str]:
    """A work, and one line below it for each of its places."""
    yield f"- {by}, **{title}**"
    for place, names in sorted(cited.items()):
        who = ", ".join(link(name) if name in OPERATORS else f"`{name}`" for name in dict.fromkeys(names))
        yield f"    - {_linked(place)}: {who}" if place else f"    - {who}"


def _linked(place: str) -> str:
    return _DOI.sub(r"[doi:\1](https://doi.org/\1)", _ARXIV.sub(r"[arXiv:\1](https://arxiv.org/abs/\1)", place))


def _surname(by: str) -> str:
    first = re.split(r", | and | et al", by)[0]
    return first.split()[-1]


def software() -> str:
    """What other programs say, each with who follows it."""
    found: dict[str, list[str]] = {}
    for text, who in citations():
        if not _WORK.match(text):
            found.setdefault(text, []).append(who)
    rows = [
        [text.replace("``", "`"), ", ".join(link(n) if n in OPERATORS else f"`{n}`" for n in dict.fromkeys(names))]
        for text, names in sorted(found.items())
    ]
    return table(["source", "followed by"], rows).replace("---:", ":---")
