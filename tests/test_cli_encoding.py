"""Output whose encoding has not all letters: every command goes on, and what it prints can be read."""

import io
import subprocess
import sys

import pytest

from cnnmath.cli.encoding import POLICY, use_stand_ins, with_references


def printed(*arguments, encoding="ascii"):
    command = [sys.executable, "-m", "cnnmath", *arguments]
    done = subprocess.run(command, capture_output=True, env={"PYTHONIOENCODING": encoding, "PATH": ""}, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode(encoding)


def test_a_page_of_html_has_references_for_letters_that_are_not_in_the_encoding():
    page = printed("derive", "conv", "--kernel", "2", "--rank", "1", "--wrt", "y", "--format", "html")
    assert "&#8721;" in page


def test_a_table_whose_names_are_cut_short_is_printed_in_ascii():
    network = "conv(64, 7, stride=2, padding=3, bias=False) > relu > maxpool(3, stride=2, padding=1) > flatten"
    assert printed("analyze", network, "--input", "3x32x32").isascii()


@pytest.mark.parametrize(
    ("letters", "instead"),
    [("a … b", "a ... b"), ("3 ≤ 4 → 5", "3 <= 4 -> 5"), ("größer", "gro\\xdfer"), ("∑", "\\u2211"), ("é", "e")],
)
def test_stand_ins_say_the_same_where_there_are_any(letters, instead, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    use_stand_ins()
    assert stream.errors == POLICY
    stream.write(letters)
    stream.flush()
    assert stream.buffer.getvalue().decode() == instead


def test_an_encoding_that_has_all_letters_prints_them(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)
    use_stand_ins()
    assert with_references("<mo>∑</mo>") == "<mo>∑</mo>"
    stream.write("a … b")
    stream.flush()
    assert stream.buffer.getvalue().decode() == "a … b"
