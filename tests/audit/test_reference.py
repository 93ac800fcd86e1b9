"""The reference page lists what judges know; the guide's examples print what they say."""

import doctest
import inspect
import json
import re
from pathlib import Path

import pytest

import cnnmath
from cnnmath import ops
from cnnmath.audit import SCHEMA
from cnnmath.audit.judges import ABSENT, SUBJECTS
from cnnmath.audit.reference import reference_page, schema
from tests.audit.notes import CLAIMS

GUIDE = Path(cnnmath.__file__).parents[1] / "docs" / "audit.md"


def test_every_subject_has_a_row_and_every_judge_says_what_it_computes():
    rows = [line for line in reference_page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(SUBJECTS)
    for subject in SUBJECTS:
        assert (inspect.getdoc(subject.judge) or "").endswith(".")
        assert subject.gives


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.pattern)
def test_every_subject_is_one_of_the_notes_and_none_hides_another(subject):
    """What a pattern matches, no pattern before it does: the first one decides."""
    matched = [c["subject"] for c in CLAIMS.values() if re.fullmatch(subject.pattern, c["subject"].lower())]
    before = SUBJECTS[: SUBJECTS.index(subject)]
    assert matched
    assert not any(re.fullmatch(other.pattern, text.lower()) for other in before for text in matched)


def test_what_is_said_to_be_absent_is_absent():
    names = [kind.__name__.lower() for kind in ops.ALL]
    for pattern in ABSENT:
        assert not any(re.search(pattern, name) for name in names), f"{pattern} is an operator: judge it"


def test_the_schema_is_published_as_it_is():
    assert json.loads(schema()) == SCHEMA
    assert schema() in reference_page()


def test_the_guides_examples_print_what_they_say():
    failed, tried = doctest.testfile(str(GUIDE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (failed, tried) == (0, 6)
