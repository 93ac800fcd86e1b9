"""Every mistake of the bug corpus, planted in a kernel, is caught; and the package's kernels pass where it shows.

The corpus lists mistakes of other projects, each with its issue or pull request and the property that detects it.
"""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings

from cnnmath import numeric, ops
from cnnmath.numeric import KERNELS
from cnnmath.verify import cases, climb, verify
from cnnmath.verify.mistakes import MISTAKES, named
from tests.numeric.test_dtypes import filled
from tests.support import MANY, each, every_operator, records

CORPUS = records("kernel_bug_corpus.json", "id")
PLANTED = {f"{entry} {m.name}": m for m in MISTAKES for entry in m.corpus if m.rung == "exact"}
ELSEWHERE = {
    "B31": "tests.graph.test_counting_backward.test_groups_change_nothing_of_the_rule",
    "B32": "tests.readers.test_cost.test_a_transposed_convolution_costs_what_its_adjoint_costs",
    "B33": "tests.graph.test_counting_inside.test_a_transposed_convolution_costs_what_its_adjoint_costs",
    "B34": "tests.graph.test_support.test_a_support_is_where_the_gradient_of_positive_weights_is_not_zero",
    "B35": "tests.symbolic.test_strides.test_stride_two_and_dilation_two_leave_odd_positions_exactly_zero",
}
"""Mistakes in counts, receptive fields and formulas: the test that sees each. B24 is planted below: it needs NaN."""
ci = settings(settings.get_profile("ci"), max_examples=MANY, phases=[Phase.generate])


def test_no_entry_of_the_corpus_is_left_out():
    assert {*(entry for m in MISTAKES for entry in m.corpus), *ELSEWHERE} == set(CORPUS)


@pytest.mark.parametrize("name", PLANTED)
def test_a_mistake_of_the_corpus_is_caught_where_it_shows_and_our_kernel_passes_there(name):
    mistake = PLANTED[name]

    def fails(case):
        return not climb(mistake.kernel, case, rungs=[2]).certified

    case = find(cases(mistake.kind), fails, settings=settings(ci, max_examples=300))
    assert mistake.shows(case.op, case.inputs), case
    assert climb(KERNELS[mistake.kind], case, rungs=[2]).certified


@each(tuple(dict.fromkeys(mistake.kind for mistake in PLANTED.values())))
def test_the_settings_that_are_drawn_include_every_class_of_mistakes(kind):
    """In the profile of continuous integration, whose draws are the same every time."""
    mistakes = {name: mistake for name, mistake in PLANTED.items() if mistake.kind is kind}
    seen = set()

    @ci
    @given(cases(kind))
    def draw(case):
        seen.update(name for name, mistake in mistakes.items() if mistake.shows(case.op, case.inputs))

    draw()
    assert seen == set(mistakes)


@pytest.mark.parametrize("entry", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_other_mistakes_have_a_test_of_their_own(entry):
    module, name = entry.rsplit(".", 1)
    assert callable(getattr(import_module(module), name))


def passes_nan_on(kernel):
    """B24: a NaN at any position of any window makes its output NaN, and no other."""
    op = ops.MaxPool(2, stride=1)
    for at in np.ndindex(1, 2, 3, 9):
        x = np.arange(54.0).reshape(1, 2, 3, 9)
        x[at] = np.nan
        y = kernel.forward(op, x)
        sees = np.array(
            [[at[1] == o[1] and 0 <= at[2] - o[2] < 2 and 0 <= at[3] - o[3] < 2] for o in np.ndindex(y.shape)]
        )
        if not np.array_equal(np.isnan(y).ravel(), sees.ravel()):
            return False
    return True


def test_a_nan_that_is_dropped_is_seen():
    assert passes_nan_on(KERNELS[ops.MaxPool])
    for mistake in MISTAKES:
        assert "B24" not in mistake.corpus or not passes_nan_on(mistake.kernel), mistake


def test_a_mistake_that_ones_would_hide_is_seen_by_the_data_that_are_drawn():
    """B30: arrays of ones cannot tell a flipped kernel from the right one."""
    op, x, w = ops.Conv(1, (3,), bias=False), np.ones((1, 1, 4)), np.ones((1, 1, 3))
    assert (numeric.forward(op, x, w=w) == numeric.forward(op, x, w=w[..., ::-1])).all()
    assert not verify(named("flipped-kernel").kernel, op, (1, 1, 4), rungs=[2]).certified


@every_operator
def test_two_runs_give_the_same_bits(kind):
    """B27: sums whose order depends on who comes first would differ."""
    problem, rng = filled(kind, float, float), np.random.default_rng(0)
    few_levels = problem.op.levels(*problem.case.inputs)
    moved = problem.mapped(lambda a: np.asarray(a + rng.random(a.shape)))
    problem = replace(moved, arrays=moved.arrays | {name: problem.arrays[name] for name in few_levels})
    first, second = ([problem.forward(), *problem.backward().values()] for _ in range(2))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))
