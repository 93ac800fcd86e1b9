"""ONNX's cases of the error function and of gates, every one."""

import pytest

pytest.importorskip("onnx")
from tests.interchange.onnx.conformance import claimed, kind_of, outcome

GATES = ("Erf", "Gelu", "HardSigmoid", "HardSwish", "Mish", "Swish")
CASES = [case for case in claimed() if kind_of(case) in GATES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_of_a_gate_passes(case):
    assert outcome(case).outcome == "passed"


def test_every_gate_has_a_case():
    assert {kind_of(case) for case in CASES} == set(GATES)
