"""Right kernels get certificates; kernels broken on purpose a counterexample that one can work by hand."""

import json
from math import prod

import numpy as np
import pytest

from cnnmath import ops
from cnnmath.errors import DataError, SettingError, ShapeError
from cnnmath.numeric import KERNELS, Kernel
from cnnmath.readers.monomials import monomials
from cnnmath.verify import Certificate, Counterexample, NoPower, climb, search, verify
from cnnmath.verify.subject import all_results
from tests.support import every_operator
from tests.symbolic.instances import small
from tests.verify.kernels import MUTANTS

RELU = KERNELS[ops.ReLU]


@every_operator
def test_every_kernel_of_the_package_has_a_certificate_of_the_highest_rung_that_applies(kind):
    op = small(kind).op
    found = verify(KERNELS[kind], op)
    assert isinstance(found, Certificate), found
    case = found.cases[0]
    known = monomials(case.op, *case.inputs)
    linear = known is not None and all(len(set(m)) == len(m) for m in known)
    assert found.rung == (1 if linear else 2)
    assert set(found.results) == set(all_results(case.op, *case.inputs))
    climbed = {e.rung for e in found.evidence}
    assert climbed >= {found.rung, 2, 4, 5}
    assert 3 in climbed or kind in (ops.CrossEntropy, ops.BinaryCrossEntropy, ops.SquaredError)
    assert all(e.numbers > 0 for e in found.evidence)


@every_operator
def test_every_kernel_agrees_at_settings_that_cover_all_pairs_and_at_drawn_ones(kind):
    found = search(KERNELS[kind], kind, 30)
    assert isinstance(found, Certificate), found
    assert 0 < len(found.cases) <= 30


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_kernel_is_caught_at_a_small_setting(name):
    kind, kernel, most = MUTANTS[name]
    found = search(kernel, kind, 100)
    assert isinstance(found, Counterexample)
    assert sum(map(prod, found.case.inputs)) <= most, found
    assert not climb(kernel, found.case, rungs=[2]).certified
    assert climb(KERNELS[kind], found.case, rungs=[2]).certified


def test_a_difference_names_the_first_number_both_values_and_what_it_is_made_of():
    kernel = Kernel(lambda op, x: RELU.forward(op, x) + np.arange(x.size).reshape(x.shape), RELU.backward)
    found = climb(kernel, verify(RELU, ops.ReLU(), (1, 2, 3), rungs=[2], claim="shapes").cases[0], rungs=[2])
    assert (found.wrt, found.finding.kind, found.finding.at) == ("y", "value", (0, 0, 1))
    wrong, _, right = found.finding.fact.removeprefix("y[0, 0, 1] is ").partition(", but the definition gives ")
    assert int(wrong) == int(right) + 1
    assert dict(found.finding.lines)["how many"] == "5 of 6 numbers are wrong"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("an exception", "raises", "it raises ZeroDivisionError: planted"),
        ("nothing", "nothing", "it gives nothing"),
        ("another shape", "shape", "it has shape (1, 1, 1, 1), not (1, 1, 1)"),
        ("NaN", "nan", "y[0, 0, 0] is nan, but the definition gives "),
        ("infinity", "value", "y[0, 0, 0] is inf, but the definition gives "),
    ],
)
def test_a_failure_says_what_is_wrong(name, kind, words):
    operator, kernel, _ = MUTANTS[name]
    found = verify(kernel, operator(), (1, 2, 3))
    assert found.finding.kind == kind
    assert found.finding.fact.startswith(words)
    assert repr(found).startswith("Counterexample: the package's kernel is not y of relu() on (1, 1, 1)\n  wrong     ")


@pytest.mark.parametrize("seed", [0, 1])
def test_a_kernel_that_writes_into_its_operands_cannot_spoil_the_comparison_and_is_caught_for_it(seed):
    def spoiling(op, x):
        y = RELU.forward(op, x)
        x[:] = 0
        return y

    kernel = Kernel(spoiling, RELU.backward)
    assert verify(kernel, ops.ReLU(), (1, 2, 3), rungs=[2], seed=seed).certified
    assert verify(kernel, ops.ReLU(), (1, 2, 3), seed=seed).finding.kind == "writes"


def test_verdicts_are_the_same_every_time():
    kind, kernel, _ = MUTANTS["dilation-ignored"]
    assert search(kernel, kind, 40) == search(kernel, kind, 40)
    assert search(KERNELS[ops.ELU], ops.ELU, 5) == search(KERNELS[ops.ELU], ops.ELU, 5)


@pytest.mark.parametrize("name", ["padding-dropped", "NaN", "an exception"])
def test_a_record_of_a_counterexample_is_json_and_says_what_it_says(name):
    kind, kernel, _ = MUTANTS[name]
    found = search(kernel, kind, 30)
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert (record["verdict"], record["certified"], record["setting"]) == ("counterexample", False, str(found.case))
    assert (record["fact"], record["explanations"]) == (found.finding.fact, list(found.explanations))


def test_a_record_of_a_certificate_is_json_and_names_rung_settings_and_assumptions():
    found = search(KERNELS[ops.Conv], ops.Conv, 5)
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert (record["verdict"], record["certified"], record["rung"]) == ("certificate", True, 2)
    assert record["settings"] == list(map(str, found.cases))
    assert record["assumes"] == list(found.assumes) != []


def test_irrational_numbers_are_compared_to_forty_digits_and_others_exactly():
    assert not verify(KERNELS[ops.Tanh], ops.Tanh(), rungs=[2]).exact
    assert verify(KERNELS[ops.BatchNorm], ops.BatchNorm(), rungs=[2]).exact
    assert verify(KERNELS[ops.Conv], ops.Conv(1, 2), rungs=[2]).exact
    right = KERNELS[ops.Tanh]
    for error, agrees in ((10**30, False), (10**45, True)):
        off = Kernel(lambda op, x, e=error: right.forward(op, x) * (1 + ops.algebra.rational(1) / e), right.backward)
        assert verify(off, ops.Tanh(), (1, 2, 3), rungs=[2]).certified is agrees


def test_an_input_that_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match="the kernel does not fit the input"):
        verify(KERNELS[ops.Conv], ops.Conv(1, 3), (1, 1, 2, 5))


def test_what_is_no_kernel_no_result_and_no_claim_is_refused():
    with pytest.raises(SettingError, match="this is no kernel"):
        verify(7, ops.ReLU())
    with pytest.raises(SettingError, match="there is no result by 'w'"):
        verify(RELU, ops.ReLU(), wrt="w")
    with pytest.raises(SettingError, match="there is no such claim"):
        verify(RELU, ops.ReLU(), claim="all")


class TestPower:
    """Where nothing could have been seen, nothing is certified."""

    op = ops.Conv(2, (3, 2), stride=(2, 1))

    def test_equal_axes_and_one_sample_cannot_certify_a_kernel_but_these_shapes(self):
        op = ops.Conv(2, 3, padding=1)
        found = verify(KERNELS[ops.Conv], op, (1, 2, 6, 6), rungs=[2])
        assert isinstance(found, NoPower)
        assert any("first sample" in why for why in found.why)
        certificate = verify(KERNELS[ops.Conv], op, (1, 2, 6, 6), rungs=[2], claim="shapes")
        assert isinstance(certificate, Certificate)
        assert any("first sample" in text for text in certificate.blind)

    def test_sizes_that_the_stride_divides_cannot_certify(self):
        op = ops.Conv(2, 2, stride=2)
        found = verify(KERNELS[ops.Conv], op, (2, 2, 4, 6), rungs=[2])
        assert isinstance(found, NoPower)
        assert "rest" in repr(found.why) or "unread" in repr(found.why) or "end" in repr(found.why), found

    def test_sizes_of_zero_cannot_certify(self):
        found = verify(RELU, ops.ReLU(), (0, 2, 3), rungs=[2], claim="shapes")
        assert isinstance(found, NoPower)
        assert found.why == ("there is no number to compare",)
        assert not found.certified

    def data(self, seed=0):
        rng = np.random.default_rng(seed)
        return {"x": rng.normal(size=(2, 3, 6, 7)), "w": rng.normal(size=(2, 3, 3, 2)), "b": rng.normal(size=2)}

    def test_data_of_zeros_and_of_ones_cannot_certify_and_random_data_can(self):
        kernel, data = KERNELS[ops.Conv], self.data()
        assert isinstance(verify(kernel, self.op, data=data), Certificate)
        for x in (np.zeros((2, 3, 6, 7)), np.ones((2, 3, 6, 7))):
            found = verify(kernel, self.op, data=data | {"x": x}, wrt="y")
            assert isinstance(found, NoPower)
            assert "on these data it could behave as if the kernel were flipped" in found.why

    def test_a_wrong_kernel_is_wrong_on_data_that_tell(self):
        _, kernel, _ = MUTANTS["flipped-kernel"]
        found = verify(kernel, self.op, data=self.data())
        assert isinstance(found, Counterexample)
        assert (found.wrt, found.finding.kind) == ("y", "bound")

    def test_a_kernel_that_is_right_for_squares_alone_is_not_certified_by_squares(self):
        def for_squares(x):
            return np.maximum(x, 0) * (x.shape[2] == x.shape[3])

        assert isinstance(verify(for_squares, ops.ReLU(), (2, 3, 4, 4), rungs=[2]), NoPower)
        assert isinstance(verify(for_squares, ops.ReLU(), (2, 3, 4, 4), rungs=[2], claim="shapes"), Certificate)
        assert isinstance(verify(for_squares, ops.ReLU(), rungs=[2]), Counterexample)

    def test_data_that_are_not_finite_are_refused(self):
        with pytest.raises(DataError, match="'b' is not finite"):
            verify(KERNELS[ops.Conv], self.op, data=self.data() | {"b": np.full(2, np.nan)})


def my_conv(x, w, b, stride):
    """A convolution as one writes it: two axes, strides, and nothing else."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))[:, :, :: stride[0], :: stride[1]]
    return np.einsum("nchwij,fcij->nfhw", windows, w) + b[:, None, None]


def test_settings_that_a_kernel_is_not_told_do_not_vary():
    found = search(my_conv, ops.Conv, 40, rank=2)
    assert isinstance(found, Certificate)
    assert {case.op.dilation for case in found.cases} == {(1, 1)}
    assert all(case.op.bias and case.op.groups == 1 for case in found.cases)
    assert len({case.op.stride for case in found.cases}) > 2
    wrong = search(lambda x, w, b, stride: my_conv(x, w, b, stride[:1] * 2), ops.Conv, 40, rank=2)
    assert isinstance(wrong, Counterexample)
    assert "the stride of the first axis were used for all axes" in wrong.explanations


def test_an_order_of_summation_that_changes_is_seen_in_the_last_bits():
    rng = np.random.default_rng(0)

    def kernel(x, w, b, stride):
        parts = [my_conv(x[:, c : c + 1], w[:, c : c + 1], 0 * b, stride) for c in rng.permutation(x.shape[1])]
        return sum(parts) + b[:, None, None]

    found = verify(kernel, ops.Conv(4, (3, 2), stride=(2, 1)), rungs=[2, 5])
    assert found.finding.kind == "unstable"


def test_unknown_dtypes_and_rungs_are_refused():
    with pytest.raises(SettingError, match="kernels are not judged in this dtype"):
        verify(RELU, ops.ReLU(), dtype="flaot32")
    for rungs in ([], [1, 7]):
        with pytest.raises(SettingError, match="there is no such rung"):
            verify(RELU, ops.ReLU(), rungs=rungs)


def test_a_kernel_that_interrupts_itself_is_wrong_like_any_other():
    def kernel(x):
        raise KeyboardInterrupt(x.size)

    assert verify(kernel, ops.ReLU(), (1, 2, 3)).finding.kind == "raises"


def test_a_verdict_is_true_where_it_is_a_certificate_and_only_there():
    def wrong(dy, x):
        return dy * (x >= 0)

    counterexample = verify(wrong, ops.ReLU(), wrt="x", rungs=[2])
    no_power = verify(RELU, ops.ReLU(), (1, 2, 4, 4), rungs=[2])
    assert isinstance(counterexample, Counterexample)
    assert isinstance(no_power, NoPower)
    assert verify(RELU, ops.ReLU(), (1, 2, 3), rungs=[2])
    assert not counterexample
    assert not no_power


@pytest.mark.parametrize(("wrt", "source"), [("x", "dy"), ("y", "x")])
def test_of_a_number_that_nothing_enters_it_says_so(wrt, source):
    if wrt == "x":
        found = verify(lambda dy, x: dy * (x >= 0), ops.ReLU(), wrt="x", rungs=[2])
    else:
        op = ops.Conv(1, (1,), padding=1, bias=False)
        found = verify(lambda x, w: np.pad(x, [(0, 0), (0, 0), (1, 1)]) * w[0] + 1, op, (1, 1, 2), rungs=[2])
    assert ("made of", f"no {source}: by the definition none enters here") in found.finding.lines


def test_of_many_settings_a_few_are_shown():
    lines = repr(search(RELU, ops.ReLU, 20)).splitlines()
    assert lines[1].endswith("; and 14 more")
