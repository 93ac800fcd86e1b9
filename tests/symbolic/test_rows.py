"""Formulas on rows of a page: no row runs into the margin, and nothing is lost."""

import re
import shutil
import subprocess

import pytest

from cnnmath import ops
from cnnmath.symbolic import general, targets
from cnnmath.symbolic.notations import Latex
from cnnmath.symbolic.rows import rows, width
from tests.support import every_operator
from tests.symbolic.instances import derivations, derived, small
from tests.symbolic.typesetting import set_all

COMMON = [general(kind) for kind in (ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.AveragePool, ops.GroupNorm)]
COMMON += [ops.Linear(2), ops.Softmax(), ops.LSTMCell(2), ops.BatchNorm(training=True), ops.CrossEntropy()]
ADDED = re.compile(r"\\quad|&|\{\} \\times|\s|\\left|\\right|\\Big[lr]|\\[,;](?=\\times)")


def bare(formula):
    """A formula without spaces, marks, signs of products and sizes of brackets."""
    return re.sub(r"\\[,;]", "", ADDED.sub("", formula))


@every_operator
def test_nothing_is_lost_where_a_formula_is_broken(kind):
    for derivation in derivations(small(kind)):
        for step in derivation.steps:
            formula = step.write(Latex())
            written = "".join(rows(formula))
            assert r"\frac{1}" in written or bare(written) == bare(formula)


def test_a_formula_that_fits_stays_on_its_row():
    assert rows(r"y_{n} = a_{n} + b_{n}") == [r"y_{n} &= a_{n} + b_{n}"]


def test_terms_get_rows_of_their_own_and_a_coefficient_leaves_its_sum_whole():
    formula = r"y = \frac{a + b + c}{M}\,\sum_{i=0}^{M - 1} x_{i}\,w_{i} + b"
    assert rows(formula, 100) == [
        r"y &= \frac{a + b + c}{M}",
        r"&\quad \quad {} \times \sum_{i=0}^{M - 1} x_{i}\,w_{i}",
        r"&\quad + b",
    ]


def test_halves_of_a_bracket_on_two_rows_have_one_size():
    first, *_, last = rows(r"y = \left(a_{n, c, j} + b_{n, c, j} + d_{n, c, j}\right)", 90)
    assert r"\Bigl(" in first
    assert last.endswith(r"\Bigr)")
    assert set_all("\\begin{align*}\n" + " \\\\\n".join([first, last]) + "\n\\end{align*}") == 1


def test_signs_in_an_index_take_less_room_than_signs_in_a_line():
    assert width("x_{a + b}") < width("x") + width("a + b")
    assert width(r"\begin{cases} a & b \\ c & d \end{cases}") < width("abcd") + 40


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX to set it with")
def test_no_line_of_common_operators_is_overfull_in_an_article(tmp_path):
    body = "\n\n".join(derived(op, wrt).latex() for op in COMMON for wrt in targets(op))
    source = f"\\documentclass{{article}}\n\\usepackage{{amsmath}}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    (tmp_path / "all.tex").write_text(source)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert re.findall(r"Overfull \\hbox.*", done.stdout) == []
