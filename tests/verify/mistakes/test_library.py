"""Every mistake of the library differs from the right kernel exactly at the settings where it says that it shows."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.ops import operands
from cnnmath.verify.mistakes import MISTAKES, mistakes, named
from tests.support import each, records
from tests.verify.mistakes.data import Trial, drawn_cases

EXACT = [m for m in MISTAKES if m.rung == "exact"]
KINDS = tuple(kind for kind in ops.ALL if any(m.kind is kind for m in EXACT))
EXAMPLES = {ops.Conv: 12, ops.ConvTranspose: 12, ops.MaxPool: 14, ops.AveragePool: 14}
SEEDS, FEW = 40, 2


def test_names_are_unique_and_made_of_words():
    assert [name for name, times in Counter(m.name for m in MISTAKES).items() if times > 1] == []
    assert all(set(m.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for m in MISTAKES)
    assert all(named(m.name) is m for m in MISTAKES)


def test_every_operator_has_a_known_mistake_but_two():
    assert set(ops.ALL) - {m.kind for m in MISTAKES} == {ops.LpPool, ops.Subsample}


def test_every_mistake_completes_the_sentence_your_result_behaves_as_if():
    for m in MISTAKES:
        assert m.says[0].islower() or m.says.startswith(("SAME", "NaN")), m
        assert not m.says.endswith("."), m
        assert m.spoils, m


def test_every_entry_of_the_corpus_about_kernels_is_represented():
    known = {entry for m in MISTAKES for entry in m.corpus}
    assert known == {entry for entry in records("kernel_bug_corpus.json", "id") if entry <= "B30"}


@each(KINDS)
def test_a_mistake_shows_exactly_where_it_says_and_spoils_nothing_else(kind):
    """Seeds are drawn until something differs; where nothing should, a few are enough to see that it does."""
    for case in drawn_cases(kind, EXAMPLES.get(kind, 25)):
        trials = [Trial(case, seed) for seed in range(SEEDS)]
        for m in (m for m in EXACT if m.kind is kind):
            shows = m.shows(case.op, case.inputs)
            wrong = next(filter(None, (t.spoilt(m.kernel) for t in trials[: SEEDS if shows else FEW])), set())
            assert bool(wrong) == shows, (m, case)
            assert wrong <= m.spoils, (m, case)


@each([kind for kind in KINDS if kind not in EXAMPLES])
def test_all_that_a_mistake_is_said_to_spoil_is_spoilt_somewhere(kind):
    spoilt = defaultdict(set)
    for case in drawn_cases(kind, 60):
        for m in mistakes(case.op, *case.inputs):
            spoilt[m.name] |= Trial(case, 0).spoilt(m.kernel) if m.rung == "exact" else set(m.spoils)
    for m in (m for m in EXACT if m.kind is kind):
        assert spoilt[m.name] == m.spoils & {"y", *operands(*_largest(m))}, m


def _largest(m):
    """A setting of the mistake's operator with all operands that it has."""
    case = max(drawn_cases(m.kind, 60), key=lambda case: len(operands(case.op, *case.inputs)))
    return case.op, *case.inputs


SETTINGS = {
    "padding-swapped-on-axis-1": (ops.Conv(2, (2, 3), padding=((1, 1), (0, 2))), (1, 1, 4, 5)),
    "stride-clipped-to-the-input": (ops.Conv(1, (1,), stride=3, padding=((2, 2),)), (1, 1, 2)),
    "same-padding-of-the-first-stride": (ops.Conv(1, (3, 3), stride=(1, 2), padding="same"), (1, 1, 4, 4)),
    "dw-of-the-first-eight-channels": (ops.Conv(9, (2,), groups=9), (1, 9, 3)),
    "samples-beyond-chunks-forgotten": (ops.Conv(1, (2,)), (5, 1, 3)),
    "every-overhang-kept": (ops.MaxPool((2,), stride=3, padding=((1, 1),), ceil=True), (1, 1, 4)),
    "dx-additions-lost": (ops.Conv(1, (3,), dilation=2), (1, 1, 8)),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_rare_mistakes_show_at_settings_made_for_them(name):
    op, x = SETTINGS[name]
    m = named(name)
    assert m in mistakes(op, x)
    case = type(drawn_cases(ops.ReLU, 1)[0])(op, (x,))
    assert set().union(*(Trial(case, seed).spoilt(m.kernel) for seed in range(5))) == m.spoils


@pytest.mark.parametrize(
    ("op", "x"),
    [(ops.Conv(1, (3,), padding=((1, 1),)), (1, 1, 5)), (ops.Conv(4, 3, padding=1, groups=1), (1, 2, 5, 5))],
)
def test_no_mistake_of_padding_on_one_side_shows_where_both_sides_are_equal(op, x):
    found = {m.name for m in mistakes(op, x)}
    assert not {name for name in found if name.startswith("padding-swapped")}
    assert "flipped-kernel" in found


def test_a_bias_that_is_left_out_shows_only_where_there_is_one():
    assert named("bias-left-out") in mistakes(ops.Conv(1, 1), (1, 1, 1, 1))
    assert named("bias-left-out") not in mistakes(ops.Conv(1, 1, bias=False), (1, 1, 1, 1))
    assert np.size(mistakes(ops.Add(), (1, 1), (1, 1))) == 1
