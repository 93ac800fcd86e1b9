"""The package's kernels agree everywhere; kernels broken on purpose are caught, at a setting one can work by hand."""

import json
from math import prod

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.errors import ShapeError
from cnnmath.numeric import KERNELS, Kernel
from cnnmath.ops import operands
from cnnmath.verify import search, verify
from tests.support import every_operator
from tests.symbolic.instances import small
from tests.verify.kernels import MUTANTS


@every_operator
def test_every_kernel_agrees_at_its_reduced_form(kind):
    found = verify(small(kind).op)
    assert found.agrees, found
    trained = set(operands(small(kind).op, *found.case.inputs)) - set(small(kind).op.buffers(*found.case.inputs))
    assert {check.array for check in found.checks} == {"y"} | trained
    assert all(check.numbers > 0 for check in found.checks)


@every_operator
def test_every_kernel_agrees_at_drawn_settings(kind):
    found = search(kind, 30)
    assert found.agrees, found
    assert 0 < found.settings <= 30
    assert repr(found) == f"{kind.__name__}: {found.settings} drawn settings, all agree"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_kernel_is_caught_at_a_small_setting(name):
    kind, kernel, most = MUTANTS[name]
    found = search(kind, 100, kernel=kernel)
    assert not found.agrees
    assert sum(map(prod, found.counterexample.case.inputs)) <= most, found
    assert not verify(found.counterexample.case.op, *found.counterexample.case.inputs, kernel=kernel).agrees
    assert verify(found.counterexample.case.op, *found.counterexample.case.inputs).agrees
    assert repr(found).startswith(f"{kind.__name__}: a smallest setting that fails is\n{found.counterexample.case}")


def test_a_difference_names_the_first_number_and_both_values():
    kernel = Kernel(
        lambda op, x: KERNELS[ops.ReLU].forward(op, x) + np.arange(6).reshape(x.shape), KERNELS[ops.ReLU].backward
    )
    y, dx = verify(ops.ReLU(), (1, 2, 3), kernel=kernel).checks
    assert dx.agrees
    assert y.difference.startswith("[0, 0, 1] is ")
    wrong, _, right = y.difference.removeprefix("[0, 0, 1] is ").partition(", but the definition gives ")
    assert int(wrong) == int(right) + 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("an exception", "the kernel raises ZeroDivisionError: planted"),
        ("nothing", "the kernel gives nothing"),
        ("another shape", "has shape (1, 1, 2, 3), not (1, 2, 3)"),
        ("NaN", "[0, 0, 0] is nan, but the definition gives "),
    ],
)
def test_a_failure_says_what_is_wrong(name, words):
    kind, kernel, _ = MUTANTS[name]
    found = verify(kind(), (1, 2, 3), kernel=kernel)
    assert found.checks[0].difference.startswith(words)
    assert "DOES NOT AGREE" in repr(found)
    assert words in repr(found)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_kernel_that_writes_into_its_operands_cannot_spoil_the_comparison(seed):
    def spoiling(op, x):
        y = KERNELS[ops.ReLU].forward(op, x)
        x[:] = 0
        return y

    assert verify(ops.ReLU(), (1, 2, 3), kernel=Kernel(spoiling, KERNELS[ops.ReLU].backward), seed=seed).agrees


def test_verdicts_are_the_same_every_time():
    kind, kernel, _ = MUTANTS["dilation-ignored"]
    first, second = (search(kind, 40, kernel=kernel) for _ in range(2))
    assert first == second
    assert search(ops.ELU, 5) == search(ops.ELU, 5)


@pytest.mark.parametrize("name", ["padding-dropped", "NaN", "an exception"])
def test_a_record_is_json_and_says_what_the_verdict_says(name):
    kind, kernel, _ = MUTANTS[name]
    found = search(kind, 30, kernel=kernel)
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert (record["operator"], record["agrees"], record["settings"]) == (kind.__name__, False, found.settings)
    checks = record["counterexample"]["checks"]
    assert record["counterexample"]["setting"] == str(found.counterexample.case)
    assert [c["agrees"] for c in checks] == [not c["difference"] for c in checks]
    assert not all(c["agrees"] for c in checks)


def test_a_record_of_agreement_has_no_counterexample():
    assert search(ops.ReLU, 5).record() == {"operator": "ReLU", "settings": 5, "agrees": True, "counterexample": None}


def test_irrational_numbers_are_compared_to_forty_digits_and_others_exactly():
    assert {check.mode for check in verify(ops.Tanh()).checks} == {"digits"}
    assert {check.mode for check in verify(ops.BatchNorm()).checks} == {"rationals"}
    assert {check.mode for check in verify(ops.Conv(1, 2)).checks} == {"integers"}
    right = KERNELS[ops.Tanh]
    for error, agrees in ((10**30, False), (10**45, True)):
        off = Kernel(lambda op, x, e=error: right.forward(op, x) * (1 + ops.algebra.rational(1) / e), right.backward)
        assert verify(ops.Tanh(), (1, 2, 3), kernel=off).agrees is agrees


def test_an_input_that_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match="the kernel does not fit the input"):
        verify(ops.Conv(1, 3), (1, 1, 2, 5))
