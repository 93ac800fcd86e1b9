"""The page of conventions and references: all operators' conventions, all works that are cited."""

import re

from making import conventions

from cnnmath import ops
from cnnmath.report.docstring import documented


def test_every_operator_with_conventions_has_a_row():
    rows = conventions.of_operators().splitlines()[2:]
    assert len(rows) == sum("Conventions" in documented(kind).notes for kind in ops.ALL)
    assert rows[0].startswith("| [Conv](operators/conv.html) | The kernel is not flipped;")


def test_every_citation_is_among_the_works_or_the_programs():
    cited = {text for text, _ in conventions.citations()}
    places = [line for line in conventions.works().splitlines() if line.startswith("    - ")]
    programs = conventions.software().splitlines()[2:]
    assert len(places) + len(programs) <= len(cited)  # equal places of one work, by authors written out or not, are one
    assert len(places) > 100
    assert all("cnnmath." in line or "](operators/" in line for line in [*places, *programs])


def test_one_work_has_one_line_and_its_authors_in_full():
    title = "**Deep residual learning for image recognition**"
    lines = [line for line in conventions.works().splitlines() if title in line]
    assert lines == [f"- K. He, X. Zhang, S. Ren and J. Sun, {title}"]


def test_works_are_in_the_order_of_their_first_authors():
    authors = [line.partition(", **")[0] for line in conventions.works().splitlines() if line.startswith("- ")]
    names = [re.split(", | and | et ", by)[0].split()[-1] for by in authors]
    assert names[0] == "Abramowitz"
    assert names.index("LeCun") < names.index("Long") < names.index("Zeiler")
