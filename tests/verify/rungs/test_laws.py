"""Laws hold for the package's kernels wherever they claim to; each catches a mistake that others do not see."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.numeric import KERNELS, Kernel
from cnnmath.verify.adapter import Adapter
from cnnmath.verify.guard import Guard
from cnnmath.verify.ladder import climb
from cnnmath.verify.mistakes import named
from cnnmath.verify.rungs.asked import RefutedError, asked
from cnnmath.verify.rungs.laws import LAWS, averaging
from cnnmath.verify.strategies import Case, cases
from cnnmath.verify.subject import under_test
from cnnmath.verify.telling import telling
from cnnmath.verify.verdict import Certificate, Counterexample
from tests.support import every_operator
from tests.symbolic.instances import small
from tests.verify.kernels import MUTANTS

CONV, TRANSPOSE, MAX, AVERAGE = (KERNELS[k] for k in (ops.Conv, ops.ConvTranspose, ops.MaxPool, ops.AveragePool))

WINDOWED = Case(ops.Conv(4, (2, 3), stride=(2, 1), padding=1, groups=2), ((2, 4, 5, 6),))
DILATED = Case(ops.Conv(2, 2, dilation=2), ((2, 2, 5, 6),))
POOLED = Case(ops.AveragePool(2, padding=1, count_padding=False), ((2, 3, 4, 6),))


def flipped(w):
    return np.flip(w, tuple(range(2, w.ndim)))


def laws_of(case, kernel, wrt):
    """Names of the laws that refute a kernel, each tried by itself."""
    refuting = set()
    with closing(Guard(under_test(kernel))) as guard:
        subject = asked(guard, case, (wrt,), np.random.default_rng(3))
        for law in LAWS:
            try:
                list(law(subject, wrt))
            except RefutedError as refuted:
                refuting.add(law.__name__ if refuted.finding.kind == "law" else refuted.finding.kind)
    return refuting


def of_the_output(right, change):
    return Kernel(lambda op, *arrays: change(op, right.forward(op, *arrays)), right.backward)


def of_the_input(right, change):
    return Kernel(lambda op, x, *rest: right.forward(op, change(op, x), *rest), right.backward)


def of_the_filters(right, where):
    """Filters turned round, at some settings."""
    return Kernel(
        lambda op, x, w, *b: right.forward(op, x, flipped(w) if where(op) else w, *b),
        lambda op, dy, x, w, *b: right.backward(op, dy, x, flipped(w) if where(op) else w, *b),
    )


PLANTED = {
    "an output that is rectified": (WINDOWED, of_the_output(CONV, lambda _, y: np.maximum(y, 0)), "y", {"linear"}),
    "a square in place of a number": (WINDOWED, of_the_input(CONV, lambda _, x: x * x), "y", {"linear"}),
    "a gradient that is not turned round": (
        DILATED,
        Kernel(CONV.forward, lambda op, dy, x, w, b: CONV.backward(op, dy, x, flipped(w), b)),
        "x",
        {"adjoint"},
    ),
    "ties counted twice": (
        Case(ops.MaxPool(2, stride=1), ((2, 2, 5, 5),)),
        named("ties-counted-twice").kernel,
        "x",
        {"mass"},
    ),
    "a divisor that counts padding": (
        POOLED,
        named("divisor-counts-padding").kernel,
        "y",
        {"constants"},
    ),
    "a bias that is met twice": (
        DILATED,
        Kernel(CONV.forward, lambda *a: {"b": 2 * CONV.backward(*a)["b"]}),
        "b",
        {"adjoint", "bias"},
    ),
    "samples that are mixed": (DILATED, of_the_input(CONV, lambda _, x: x + x[:1]), "y", {"apart"}),
    "channels that are mixed": (
        POOLED,
        of_the_input(AVERAGE, lambda _, x: x + x[:, :1] - x[:, 1:2]),
        "y",
        {"apart"},
    ),
    "columns that count the more the later": (
        DILATED,
        of_the_output(CONV, lambda _, y: y * np.arange(1, y.shape[-1] + 1)),
        "y",
        {"translation"},
    ),
    "rows that start one later": (
        Case(ops.Upsample((2, 3)), ((2, 2, 3, 3),)),
        of_the_output(KERNELS[ops.Upsample], lambda _, y: y[:, :, np.abs(np.arange(y.shape[2]) - 1)]),
        "y",
        {"translation"},
    ),
    "filters turned round in groups": (WINDOWED, of_the_filters(CONV, lambda op: op.groups > 1), "y", {"groups"}),
    "filters turned round where they are dilated": (
        DILATED,
        of_the_filters(CONV, lambda op: op.dilation != (1, 1)),
        "y",
        {"stuffed"},
    ),
    "a transpose turned round where it is dilated": (
        Case(ops.ConvTranspose(2, 2, stride=2, dilation=2, padding=1), ((2, 2, 3, 4),)),
        of_the_filters(TRANSPOSE, lambda op: op.dilation != (1, 1)),
        "y",
        {"stuffed"},
    ),
}
"""By name: the setting, the kernel, the result, and the laws that see it."""


@every_operator
@settings(max_examples=4)
@given(st.data())
def test_every_kernel_keeps_the_laws_at_drawn_settings(kind, data):
    case, seed = data.draw(cases(kind)), data.draw(st.integers(0, 99))
    found = climb(KERNELS[kind], case, rungs=[3], seed=seed)
    assert isinstance(found, Certificate), found
    assert {e.wrt for e in found.evidence} | {w.wrt for w in found.withheld} >= set(found.results)


@pytest.mark.parametrize("name", PLANTED)
def test_a_mistake_breaks_its_laws_and_no_others(name):
    case, kernel, wrt, laws = PLANTED[name]
    assert laws_of(case, kernel, wrt) == laws
    found = climb(kernel, case, wrt=wrt, rungs=[3])
    assert isinstance(found, Counterexample)
    assert (found.finding.kind, found.finding.rung, found.finding.wrt) == ("law", 3, wrt)
    assert "by the law '" in found.finding.fact
    assert found.finding.lines[0][0] == "law"


def test_all_laws_are_planted():
    assert set().union(*(laws for *_, laws in PLANTED.values())) == {law.__name__ for law in LAWS}


def test_a_certificate_names_the_laws():
    found = climb(KERNELS[ops.Conv], Case(ops.Conv(4, 3, dilation=2, groups=2), ((2, 2, 7, 8),)), rungs=[3])
    assert [e.fact for e in found.evidence] == [
        "affine in x, w and b; samples apart; groups apart; translation; groups as blocks; "
        "dilation as zeros between taps",
        "linear in dy and w; adjoint of its own output; samples apart; groups apart",
        "linear in dy and x; adjoint of its own output; samples apart; groups apart",
        "linear in dy; adjoint of its own output; a bias gathers dy; samples apart; groups apart",
    ]


def test_a_counterexample_names_the_law_and_the_numbers():
    def halves(x):
        return np.maximum(x[..., ::2, ::2], x[..., 1::2, 1::2]) + (x[:1, :, :2, :2] > 0)

    found = climb(halves, Case(ops.MaxPool(2), ((2, 1, 4, 4),)), rungs=[3])
    assert isinstance(found, Counterexample)
    assert found.finding.fact.startswith("y[0, 0, 0, 0] is ")
    assert ", but by the law 'constants' it is 3" in found.finding.fact
    assert found.finding.lines == (("law", "where all numbers are equal, so are means"),)


def test_a_gradient_alone_is_the_adjoint_of_the_definition():
    def dx(dy, w):
        return KERNELS[ops.Linear].backward(ops.Linear(3, bias=False), dy, np.zeros((2, 4)), w)["x"]

    case = Case(ops.Linear(3, bias=False), ((2, 4),))
    found = climb(dx, case, wrt="x", rungs=[3])
    assert found.evidence[0].fact == "linear in dy and w; adjoint of the definition's output; samples apart"
    assert laws_of(case, lambda dy, w: dx(dy, w[::-1]), "x") == {"adjoint"}


def test_a_function_that_is_tied_to_a_setting_is_not_asked_about_others():
    case = Case(ops.Conv(2, 2, dilation=2, groups=2), ((2, 2, 5, 6),))

    def tied(x, w, b):
        assert w.shape == (2, 1, 2, 2)
        return CONV.forward(case.op, x, w, b)

    def told(x, w, b, groups):
        return CONV.forward(replace(case.op, groups=groups, filters=len(w)), x, w, b)

    def of_any(op, x, w, b):
        return CONV.forward(op, x, w, b)

    facts = [climb(f, case, rungs=[3]).evidence[0].fact for f in (tied, told, of_any)]
    assert ["groups as blocks" in fact for fact in facts] == [False, True, True]
    assert ["zeros between taps" in fact for fact in facts] == [False, False, True]
    assert all("groups apart" in fact for fact in facts)


def test_settings_that_a_kernel_is_told():
    op = ops.Conv(2, 2)

    def told(x, w, b, stride, pads):
        return CONV.forward(ops.Conv(len(w), w.shape[2:], stride=stride, padding=pads), x, w, b)

    assert Adapter(told, names={"padding": "pads"}).takes(op) == {"stride", "padding"}
    assert (
        Adapter(CONV.forward).takes(op)
        == Adapter(lambda o: o, names={"op": "o"}).takes(op)
        == under_test(CONV).takes(op)
    )
    assert Adapter(np.add).takes(ops.Add()) == frozenset()


@pytest.mark.parametrize("name", MUTANTS)
def test_no_broken_kernel_breaks_the_verifier(name):
    kind, kernel, _ = MUTANTS[name]
    found = climb(kernel, telling(small(kind).op)[0], rungs=[3])
    assert isinstance(found, (Certificate, Counterexample))


def test_a_number_that_is_none_is_no_side_of_an_equation():
    found = climb(lambda x: x + np.inf, Case(ops.ReLU(), ((2, 2),)), rungs=[3])
    assert (found.finding.kind, found.finding.fact) == ("nan", "y[0, 0] is inf, and all that went in is finite")


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int32"])
def test_laws_hold_in_other_formats(dtype):
    found = climb(under_test(KERNELS[ops.Conv], dtype), Case(ops.Conv(2, 2), ((2, 1, 3, 3),)), wrt="y", rungs=[3])
    assert found.evidence[0].fact == "affine in x, w and b; samples apart; translation"


def test_the_largest_integers_of_a_format_are_among_those_that_are_drawn():
    for dtype in ("int64", "int32", "int16"):
        assert climb(Adapter(np.copy, dtype=dtype), Case(ops.Dropout(), ((2, 3),)), rungs=[2, 3, 5]).certified


def test_where_there_is_no_law_the_rung_is_withheld():
    found = climb(KERNELS[ops.SquaredError], Case(ops.SquaredError(), ((2, 3),)), rungs=[3])
    assert [(w.wrt, w.why) for w in found.withheld] == [("y", "no law is known for it")]
    assert [e.fact for e in found.evidence] == ["linear in dy, within 2^-27 of the largest number"]


def test_averages_are_those_whose_divisors_count_what_is_inside():
    def of(op):
        return averaging(op, Case(op, ((1, 1, 5, 5),)))

    assert [of(ops.AveragePool(2)), of(ops.AveragePool(2, ceil=True))] == [True, True]
    assert [of(ops.AveragePool(2, padding=p)) for p in (1, "same", "valid")] == [False, False, True]
    assert of(ops.AveragePool(2, padding=1, count_padding=False))
    assert not of(ops.ReLU())
