"""What holds of every subject: it can be derived as it stands, every step of it is checked, and it can be set."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
import sympy as sp

from cnnmath import ops
from cnnmath.errors import DerivationError, SettingError
from cnnmath.subjects import CHAPTERS, named
from cnnmath.symbolic import from_record, general, record
from tests.symbolic.test_notations import misshapen
from tests.symbolic.typesetting import set_all

SUBJECTS = [subject for chapter in CHAPTERS for subject in chapter.subjects]
every_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
derived = {}


def derivation(subject):
    """The subject with its own choice of settings, derived once in a run of the tests."""
    if subject.name not in derived:
        derived[subject.name] = subject.derive(*([general(subject.takes, 1)] if subject.takes else []))
    return derived[subject.name]


def equations(whole):
    """How many equations a derivation shows with its worked example, which leaves out identities of polynomials."""
    return len(whole.steps) + sum(step.relation != "identical" for step in whole.steps)


def spoilt(step):
    """The step with a side that is wrong everywhere: one more where equality is claimed, beyond it where a bound is."""
    right = step.right
    if isinstance(right, sp.MatrixExpr):
        return replace(step, right=sp.ImmutableMatrix(10**9 * sp.ones(*right.shape)))
    if step.relation in ("=", "identical"):
        return replace(step, right=right + 1)
    return replace(step, left=step.right, right=step.left - 1 if step.relation != ">=" else step.left + 1)


@every_subject
def test_every_step_of_a_subject_is_refused_once_it_is_wrong(subject):
    whole = derivation(subject)
    for i, step in enumerate(whole.steps):
        with pytest.raises(DerivationError, match="does not hold") as caught:
            replace(whole, steps=(spoilt(step), *whole.steps[:i], *whole.steps[i + 1 :]))
        assert f"the step '{step.name.lower()}'" in str(caught.value)


@every_subject
def test_a_subject_says_what_it_is_and_where_it_is_from(subject):
    whole = derivation(subject)
    assert subject.build.__doc__, "a derivation says its formula in its docstring"
    assert len(whole.steps) >= 2
    assert all(step.rule.text.endswith((".", ":")) for step in whole.steps)
    assert all(remark.text for remark in whole.assumptions)
    names = [step.name for step in whole.steps]
    assert len(set(names)) == len(names), "a message that names a step must be clear"


@every_subject
def test_katex_sets_all_that_a_subject_says(subject):
    whole = derivation(subject)
    assert set_all(whole.latex(numbers=True)) >= equations(whole)
    assert set_all(whole.markdown(full=False)) >= 1
    assert set_all(whole._repr_latex_()) == 1


@every_subject
def test_a_subject_is_well_formed_in_html_and_text(subject):
    whole = derivation(subject)
    page = ET.fromstring(f"<div>{whole.html(numbers=True)}</div>")
    assert len(page.findall(".//li/div/math")) == equations(whole)
    assert misshapen(whole.html(numbers=True)) == []
    text = whole.text(numbers=True)
    assert all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))


@every_subject
def test_a_subject_can_be_written_down_and_read_again(subject):
    whole = derivation(subject)
    assert from_record(json.loads(json.dumps(record(whole)))) == whole


@every_subject
def test_a_subject_has_no_setting_that_it_does_not_name(subject):
    with pytest.raises(SettingError, match="no such setting") as caught:
        subject.derive(*([general(subject.takes, 1)] if subject.takes else []), colour=3)
    assert all(name in str(caught.value) for name in subject.settings)


def test_the_names_of_subjects_are_their_own():
    names = [subject.name for subject in SUBJECTS]
    assert len(set(names)) == len(names)
    assert not set(names) & {kind.__name__.lower() for kind in ops.ALL}
    assert all(named(name).name == name for name in names)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names)
