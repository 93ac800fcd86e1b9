"""Pages of derivations: every subject of every chapter, with mathematics that parses and nothing to fetch."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from cnnmath.report import lecture
from cnnmath.report.lecture import chapter_page, page_name
from cnnmath.subjects import CHAPTERS
from cnnmath.symbolic import show

NAVIGATION = (Path(__file__).parents[2] / "mkdocs.yml").read_text()
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.title)


@each_chapter
def test_a_chapters_page_has_a_section_and_a_command_for_each_subject(chapter):
    page = chapter_page(chapter)
    assert page.count("\n## ") == len(chapter.subjects)
    assert all(f"$ cnnmath derive {subject.name}" in page for subject in chapter.subjects)
    formulas = re.findall(r"<math\b.*?</math>", page, re.DOTALL)
    assert len(formulas) >= 3 * len(chapter.subjects)
    assert all(len(ET.fromstring(formula)) > 0 for formula in formulas)
    assert "<script" not in page
    assert "http" not in page


@each_chapter
def test_a_chapter_stands_in_the_navigation_of_the_site(chapter):
    assert f"{chapter.title}: {page_name(chapter)}" in NAVIGATION


def test_headings_begin_with_a_capital_unless_with_a_formula():
    headings = [line[3:] for chapter in CHAPTERS for line in chapter_page(chapter).splitlines() if line[:3] == "## "]
    assert all(heading[0].isupper() or heading.startswith("dL/") for heading in headings)
    assert any(heading.startswith("dL/dx") for heading in headings)


def test_a_page_is_made_of_what_derivations_show(monkeypatch):
    monkeypatch.setattr(lecture.show, "steps", lambda derivation: f"<!-- {derivation.title} -->")
    page = chapter_page(CHAPTERS[0])
    assert page.count("<!-- ") == len(CHAPTERS[0].subjects)
    assert lecture.show is show
