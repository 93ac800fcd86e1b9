import re

import pytest

from cnnmath import ops
from cnnmath.report.docstring import documented, markdown
from tests.support import every_operator


@every_operator
def test_nothing_of_a_docstring_is_left_in_another_markup(kind):
    said = documented(kind)
    assert {"References", "Examples"} <= set(said.sections)
    told = [said.body, *said.notes.values(), *said.terms("Parameters").values(), *said.terms("Raises").values()]
    assert all(told[1:])
    text = "\n".join([said.summary, *told, *said.references])
    assert not re.search(r":math:|\.\. |={4}|-{4}", text)
    assert not re.search(r"\\(?!\*)", re.sub("``.*?``", "", text)), "no LaTeX is left"
    assert text.count("<math") == text.count("</math>")


def test_formulas_in_a_line_have_no_sign_that_markdown_reads():
    found = markdown(r"the norm is :math:`a_i * \sum |x|` here")
    assert found.startswith("The norm is <math")
    assert not set("*_|") & set(found)


def test_a_table_of_two_columns_is_one_of_markdown():
    assert "| ``max``, ``min`` | <math" in documented(ops.Reduce).body


def test_settings_that_share_their_words_stand_together():
    assert list(documented(ops.Conv).terms("Parameters"))[:3] == ["filters", "kernel", "stride, dilation"]


def test_papers_of_the_arxiv_are_links():
    assert documented(ops.Conv).references[1].endswith("[arXiv:1603.07285](https://arxiv.org/abs/1603.07285).")


@pytest.mark.parametrize(("kind", "begins"), [(ops.GroupNorm, "x and y"), (ops.BatchNorm, "x ")])
def test_a_letter_of_a_formula_stays_small(kind, begins):
    assert documented(kind).notes["Shape"].startswith(begins)
