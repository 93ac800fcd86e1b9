"""The diagnosis names the mistake that a kernel makes, or its equal at the setting, and blames no right one."""

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.numeric import KERNELS, Kernel
from cnnmath.verify import Case
from cnnmath.verify.mistakes import explain, mistakes, named
from cnnmath.verify.mistakes.diagnose import same
from tests.support import every_operator, simple
from tests.verify.mistakes.data import Trial


def asked(case, wrt, kernel, seeds=range(3)):
    """What is told of a kernel's results at a setting."""
    trials = []
    for seed in seeds:
        trial = Trial(case, seed)
        arrays, dy = trial.drawn
        trials.append((arrays, None if wrt == "y" else dy, trial.results(kernel)[wrt]))
    return explain(case.op, case.inputs, wrt, trials)


TELLING = [
    Case(ops.Conv(4, (2, 3), stride=(2, 1), dilation=(1, 2), padding=((1, 0), (2, 1)), groups=2), ((2, 4, 6, 8),)),
    Case(ops.ConvTranspose(2, (2, 3), stride=(2, 3), padding=((0, 1), (2, 1)), output_padding=1), ((2, 2, 3, 3),)),
    Case(ops.MaxPool((2, 3), stride=(1, 2), padding=((1, 0), (1, 2)), ceil=True), ((1, 2, 5, 6),)),
    Case(ops.AveragePool((2, 3), stride=(1, 2), padding=((1, 0), (1, 2)), ceil=True), ((1, 2, 5, 6),)),
    Case(ops.Linear(3), ((4, 3),)),
    Case(ops.AdaptiveAveragePool((3,)), ((2, 2, 8),)),
    Case(ops.GroupNorm(2), ((2, 4, 3),)),
    Case(ops.LSTMCell(2), ((2, 3), (2, 2), (2, 2))),
    Case(ops.Pad((1, 2), channels=(1, 0), value=3), ((1, 2, 3, 4),)),
]


@pytest.mark.parametrize("case", TELLING, ids=lambda case: type(case.op).__name__ + str(case.inputs[0]))
def test_a_mistake_is_explained_by_itself_or_by_one_that_gives_the_same_results(case):
    for m in mistakes(case.op, *case.inputs):
        for wrt in sorted(m.spoils & set(Trial(case, 0).right)):
            found = asked(case, wrt, m.kernel, [0])
            wrong = wrt in Trial(case, 0).spoilt(m.kernel)
            assert m.rung != "exact" or (m in found) == wrong, (m, wrt)


@every_operator
def test_a_right_kernel_is_explained_by_nothing(kind):
    case = simple(kind)
    for wrt in Trial(case, 0).right:
        assert asked(case, wrt, KERNELS[kind]) == []


def test_what_nobody_knows_is_explained_by_nothing():
    case = Case(ops.ReLU(), ((2, 3, 4),))
    strange = Kernel(lambda _, x: x**3 - 7 * x + np.arange(x.size).reshape(x.shape), KERNELS[ops.ReLU].backward)
    assert asked(case, "y", strange) == []
    assert explain(case.op, case.inputs, "y", []) == []


def test_padding_swapped_on_one_axis_is_told_from_padding_swapped_on_all():
    op = ops.Conv(1, (3, 3), padding=((0, 2), (0, 2)), bias=False)
    case = Case(op, ((1, 1, 4, 5),))
    one, every = named("padding-swapped-on-axis-1"), named("padding-swapped")
    assert asked(case, "x", one.kernel) == [one]
    assert every in asked(case, "x", every.kernel)
    assert one not in asked(case, "x", every.kernel)
    assert one.says == "padding were swapped before and after on axis 1"


def test_of_explanations_that_agree_all_are_told_the_one_of_one_axis_first():
    case = Case(ops.Conv(1, (2, 3), dilation=(1, 2), bias=False), ((1, 1, 4, 8),))
    found = [m.name for m in asked(case, "x", named("dilation-ignored").kernel)]
    assert found[:2] == ["dilation-ignored-on-axis-1", "dilation-ignored"]
    assert "dilation-ignored-in-dx-alone" in found


CHANGES = {
    "it were all zeros": lambda a: a * 0,
    "it were negated": lambda a: -a,
    "it were multiplied by 2": lambda a: 2 * a,
    "it were multiplied by 1/3": lambda a: a / 3,
    "5 were added to every number": lambda a: a + 5,
    "it were right, but in the shape (2, 12)": lambda a: a.reshape(2, 12),
    "it were reversed along its axis 1": lambda a: a[:, ::-1],
    "it were shifted by 1 along its axis 2": lambda a: np.pad(a, [(0, 0), (0, 0), (1, 0)])[..., :-1],
    "it were shifted by -1 along its axis 0": lambda a: np.concatenate([a[1:], 0 * a[:1]]),
    "it were rolled by 1 along its axis 2": lambda a: np.roll(a, 1, 2),
    "its axes 1 and 2 were exchanged": lambda a: a.swapaxes(1, 2),
    "its axes 1 and 2 were exchanged, its shape kept": lambda a: a.swapaxes(1, 2).reshape(a.shape),
    "its axes came in the order (1, 2, 0)": lambda a: a.transpose(1, 2, 0),
}


@pytest.mark.parametrize("says", CHANGES)
@pytest.mark.parametrize("wrt", ["y", "x"])
def test_what_is_simply_done_to_a_right_result_needs_no_library(says, wrt):
    case, right = Case(ops.Softplus(), ((2, 3, 4),)), KERNELS[ops.Softplus]
    change = CHANGES[says]
    wrong = Kernel(lambda *a: change(right.forward(*a)), lambda *a: {"x": change(right.backward(*a)["x"])})
    (found,) = asked(case, wrt, wrong)
    assert (found.says, found.spoils, found.kind) == (says, {wrt}, ops.Softplus)
    assert "result" not in found.says
    assert same(Trial(case, 9).results(found.kernel)[wrt], Trial(case, 9).results(wrong)[wrt])


def test_a_kernel_that_raises_or_gives_other_things_explains_nothing():
    case = Case(ops.Conv(1, (2,)), ((1, 1, 3),))
    arrays, _ = Trial(case, 0).drawn
    assert explain(case.op, case.inputs, "y", [(arrays, None, np.full((1, 1, 2), np.nan))]) == []
    assert explain(case.op, case.inputs, "y", [(arrays, None, np.zeros((3, 3)))]) == []


def test_results_of_inexact_operators_may_differ_by_roundings_and_no_more():
    case = Case(ops.Tanh(), ((2, 3, 4),))
    wrong = named("tanh-derivative-not-squared")
    for error, found in ((2.0**-50, [wrong]), (2.0**-30, [])):
        near = Kernel(wrong.kernel.forward, lambda *a, e=error: {"x": wrong.kernel.backward(*a)["x"] * (1 + e)})
        assert asked(case, "x", near) == found


def test_mistakes_of_memory_are_not_asked_for():
    case = Case(ops.Tanh(), ((2, 3, 4),))
    arrays, _ = Trial(case, 0).drawn
    laid_out = {name: np.asfortranarray(a) for name, a in arrays.items()}
    m = named("order-of-memory")
    found = explain(case.op, case.inputs, "y", [(laid_out, None, m.kernel.forward(case.op, laid_out["x"]))])
    assert m not in found
