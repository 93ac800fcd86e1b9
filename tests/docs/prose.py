"""Numbers in the prose of a page that nothing on the page computed."""

from __future__ import annotations

import re
from html.parser import HTMLParser

NUMBER = re.compile(r"(?<![\w^])(?<!\d\.)(?<![A-Za-z]-)\d[\d,]*(?:\.\d+)*(?:e[+-]?\d+)?%?")
FENCED = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)
UNSAID = re.compile(r"`[^`]*`|\]\([^)]*\)|<[^>]*>")
"""What is no prose: code within a line, addresses, tags."""

SETTING, YEAR = re.compile(r"\d{1,2}"), re.compile(r"(19|20)\d\d")
"""Numbers that are no results: those of one or two digits, and years."""


class Shown(HTMLParser):
    """The text of what a page shows: outputs, tables, figures and formulas."""

    KINDS = ("pre", "table", "figure", "svg", "math")

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.texts = 0, list[str]()

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.depth += tag in self.KINDS

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag in self.KINDS

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.texts.append(data)


def numbers(text: str) -> list[str]:
    """All numbers of a text, as they are written."""
    return [found.rstrip(",.") for found in NUMBER.findall(text)]


def typed(markdown: str, html: str) -> list[str]:
    """Results that the prose says, and that stand in nothing that the page shows."""
    shown = Shown()
    shown.feed(html)
    said = numbers(UNSAID.sub("", FENCED.sub("", markdown)))
    results = [number for number in said if not (SETTING.fullmatch(number) or YEAR.fullmatch(number))]
    computed = {_bare(number) for number in numbers(" ".join(shown.texts))}
    return [number for number in results if _bare(number) not in computed]


def _bare(number: str) -> str:
    return number.replace(",", "").rstrip("%")
