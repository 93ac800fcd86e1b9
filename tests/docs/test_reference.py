"""What the pages of the reference are made of: docstrings as Markdown, tables, commands, errors."""

import xml.etree.ElementTree as ET

import pytest
from making import catalogue, commands, docstrings, reference

import cnnmath
from cnnmath import ops
from cnnmath.cli import PANELS

DOCSTRING = r"""Sum what a window reads.

.. math:: y_o = \sum_{k} w_k\, x_{s o + k}, \quad
   o < O

where :math:`O = \lfloor (n - k)/s \rfloor + 1`, see :func:`~cnnmath.analyze`; it is called so::

    y = f(x)

.. [1] A. Author, "A paper",
   Journal 2020.
"""


def test_formulas_of_a_docstring_become_mathml_and_no_role_is_left():
    page = docstrings.markdown(DOCSTRING)
    assert page.count("<math") == page.count("</math>") == 2
    assert ".. " not in page
    assert ":math:" not in page
    assert ":func:" not in page
    assert "`cnnmath.analyze`; it is called so:\n\n    y = f(x)" in page
    assert '1. A. Author, "A paper", Journal 2020.' in page


def test_markdown_finds_nothing_to_read_in_a_formula():
    formula = docstrings.mathml(r"x_{a*b} [y] \text{a_b}", "inline")
    assert not set("*_`[]\\") & set(formula)
    assert ET.fromstring(formula).tag.endswith("math")


def test_every_public_name_is_in_one_of_the_tables():
    page = reference.names() + reference.modules()
    assert [name for name in cnnmath.__all__ if f"[`{name}`]" not in page and f"[`cnnmath.{name}`]" not in page] == []
    assert all(f"| [`{kind.__name__}`](../operators/" in reference.operators() for kind in ops.ALL)


def test_every_command_has_an_example():
    assert set(commands.EXAMPLES) == {command.__name__ for panel in PANELS.values() for command in panel}


def test_a_commands_section_has_what_it_takes_and_what_it_prints():
    section = commands.section("count")
    assert "cnnmath count WHAT [OPTIONS]" in section
    assert "| `--by` `NAME` |  | One convention; all where none is named. |" in section
    assert "$ cnnmath count lenet5 --by macs --json\n" in section
    assert '"total": 416520' in section
    assert "`table|markdown|csv|json|html` | `table` |" in commands.section("analyze")


def test_an_example_that_fails_ends_the_making():
    with pytest.raises(RuntimeError, match=r"analyze no-such-network\nfailed: there is no network"):
        commands.run("analyze no-such-network")


@pytest.mark.parametrize("name", catalogue.kinds())
def test_every_kind_of_error_has_messages_of_its_own(name):
    section = catalogue.section(name)
    assert 1 <= section.count(f"```text\n{name}: ") <= 2
    assert "It is a `" in section


def test_a_call_that_raises_nothing_or_something_else_is_refused():
    with pytest.raises(RuntimeError, match="no ShapeError"):
        catalogue.message("ShapeError", "1 + 1")
    with pytest.raises(RuntimeError, match="not ShapeError, but UnknownNameError"):
        catalogue.message("ShapeError", "from cnnmath import zoo; zoo.named('x')")
