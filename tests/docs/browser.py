"""Pages of the site in a real browser: what each of them is, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
HERE = Path(__file__).parent
LOOK, WIDE, TEXT, BARE = ((HERE / f"{name}.js").read_text() for name in ("look", "wide", "text", "bare"))
OUTSIDE = re.compile(r"^(?!file:|data:|blob:|about:)")
"""Addresses that lie outside the site."""

GRAVE = ("serious", "critical")
PLAIN = {"resultTypes": ["violations"], "preload": False}
NO_CONTRAST = {"color-contrast": {"enabled": False}}


@dataclass(frozen=True)
class Visit:
    """What was seen on a page."""

    path: Path
    facts: Mapping[str, Any]
    left: tuple[str, ...]
    errors: tuple[str, ...]
    wide: Mapping[int, list[str]]
    grave: tuple[str, ...]


def context(browser: Browser, **settings: Any) -> BrowserContext:
    """A context whose requests do not leave the machine."""
    settings = {"viewport": DESKTOP, "reduced_motion": "reduce", "offline": True, **settings}
    return browser.new_context(**settings)


class Reader:
    """A tab in which one page after the other is opened, looked at, and held to the rules of accessibility."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.left: list[str] = []
        self.errors: list[str] = []
        self.looks: list[str] = []
        self.page.on("request", lambda request: OUTSIDE.match(request.url) and self.left.append(request.url))
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def visit(self, path: Path, *, whole: bool = False) -> Visit:
        """What is seen on a page, on a desktop and on a phone; with ``whole``, the theme is held to the rules too."""
        page = self.page
        self.left.clear()
        self.errors.clear()
        page.set_viewport_size(PHONE)
        page.goto(path.as_uri(), wait_until="load")
        wide = {PHONE["width"]: page.evaluate(WIDE)}
        page.set_viewport_size(DESKTOP)
        wide[DESKTOP["width"]] = page.evaluate(WIDE)
        facts = page.evaluate(LOOK)
        page.evaluate(AXE_SCRIPT)
        grave = self._contrast()
        page.evaluate(BARE)
        grave += self._violations({"include": ["html" if whole else "article"]}, {"rules": NO_CONTRAST})
        return Visit(path, facts, tuple(self.left), tuple(self.errors), wide, tuple(grave))

    def _contrast(self) -> list[str]:
        met, self.looks = len(self.looks), self.page.evaluate(TEXT, self.looks)
        if len(self.looks) == met:
            return []
        return self._violations({"include": ["[data-contrast]"]}, {"runOnly": ["color-contrast"]})

    def _violations(self, where: Any, how: Any) -> list[str]:
        found = self.page.evaluate("([where, how]) => axe.run(where, how)", [where, {**PLAIN, **how}])
        return [
            f"{rule['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
            for rule in found["violations"]
            if rule["impact"] in GRAVE
            for node in rule["nodes"][:3]
        ]


def misordered(seen: Visit) -> Iterator[str]:
    """Headings that are not in order, and a page without one title."""
    levels = [level for level, _ in seen.facts["headings"]]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"its titles are {[text for level, text in seen.facts['headings'] if level == 1]}"
    for (above, _), (level, text) in pairwise(seen.facts["headings"]):
        if level > above + 1:
            yield f"'{text}' is of level {level}, below one of level {above}"


def broken(seen: Visit, visits: Mapping[Path, Visit]) -> Iterator[str]:
    """Links and sources that lead to no file, and to no place in a page."""
    for address in {*seen.facts["links"], *seen.facts["sources"]}:
        whole, fragment = urldefrag(address)
        if urlsplit(whole).scheme != "file":
            continue
        path = Path(unquote(urlsplit(whole).path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            yield f"{address} does not exist"
        elif "=" in fragment:  # a setting of the explorer
            continue
        elif fragment and path in visits and unquote(fragment) not in visits[path].facts["anchors"]:
            yield f"{address} has no such place"
