"""The page on contributing: what it names is there, and its excerpts are those of the files."""

import re
from pathlib import Path

import pytest
from making.excerpts import lines, source

from cnnmath.ops import LogSigmoid

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)


def test_it_has_ten_steps():
    assert re.findall(r"^### (\d+)\. ", PAGE, re.MULTILINE) == [str(n) for n in range(1, 11)]
    assert len(re.findall(r"^\*Asked for by\*", PAGE, re.MULTILINE)) == 10


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_tests_that_it_names_are_there(file, name):
    assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_what_tests_are_said_to_say_they_say():
    said = re.findall(r'"LogSigmoid((?: has no| is not)\s[^"]*?)\.?"', PAGE)
    tests = "".join((ROOT / file).read_text(encoding="utf-8") for file, _ in NAMED)
    assert len(said) == 5
    assert [text for text in said if "{kind.__name__}" + " ".join(["", *text.split()]) not in tests] == []


def test_an_excerpt_is_what_the_file_has():
    assert "\n".join(source(LogSigmoid).splitlines()[1:-1]) in (ROOT / "cnnmath/ops/activation.py").read_text()


def test_an_excerpt_that_is_gone_is_missed():
    with pytest.raises(ValueError, match=r"no line of mkdocs\.yml has LogSigmoid"):
        lines("mkdocs.yml", "LogSigmoid")
