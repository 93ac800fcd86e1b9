"""Planted mistakes: a right claim whose number is changed is called wrong, every part of it."""

import json

import numpy as np
import pytest

from cnnmath.audit import Kind
from cnnmath.errors import DerivationError
from tests.audit.notes import CLAIMS, judged, verdict_of
from tests.audit.test_notes import CONVENTIONS, RIGHT

FORMULAS = {
    "A04": ["(L - K + P)/S + 1", "(L - K + 2P)/S", "(L + K + 2P)/S + 1", "floor((L - K + 2P)/S + 1/2) + 1"],
    "A08": [[0, 0.5], [0.1, 0.25], "[0, 1/4]", "(0, 1/4)"],
    "A09": ["sigma(z)(1 + sigma(z))", "sigma(z)", "sigma(z)(1 - sigma(z))^2", "1 - sigma(z)"],
    "A10": ["z if z > 0 else 0.1 z", "z if z < 0 else 0.01 z", "0.01 z"],
    "A11": ["0", "-z", "2 z", "a z"],
    "B09": [{"convolution": "(f*g)(t) = sum_a f(a) g(t+a)"},
            {"cross-correlation": "(f star g)(t) = sum_a f(a) g(t-a)"}],
    "B10": [1, "c"],
    "B11": ["2 c", 0, "-c"],
    "B12": ["size grows by K", "every pixel visited the same number of times; size grows by 2 (K - 1)"],
    "U04": ["sum_ij dL/dz_ij x_(i+r+1)(j+s-1)", "sum_ij dL/dz_ij x_(i+s-1)(j+r-1)", "dL/dz_11 x_11"],
    "U05": ["dL/dz_12 f_22 + dL/dz_22 f_21", "dL/dz_12 f_22", "dL/dz_12 f_22 - dL/dz_22 f_12"],
    "U07": ["f_11 dL/dz_11 + f_12 dL/dz_12 + f_21 dL/dz_21 + f_22 dL/dz_22", "f_22 dL/dz_11"],
    "U09": ["floor((n + p - f)/s + 1)", "floor((n + 2p - f)/s)", "ceil((n + 2p - f)/s + 1)"],
    "U10": ["f*f*a", "f*f*a*b + b", "f*a*b"],
    "U19": ["floor((n - f)/s)", "floor((n + f)/s + 1)", "floor(n/s)"],
    "D03": [{"W2": "(W1 - F + P)/S + 1"}, {"D2": "D1"}, {"weights": "F*D1*K"}, {"biases": "1"}],
    "E09": ["1 if x > 0 else f(x)", "1 if x > 0 else f(x) - alpha", "0 if x > 0 else f(x) + alpha", "f(x) + alpha"],
    "E10": ["y_ijk = x_ijk (kappa + alpha sum_(q in G(k)) x_ijq^2)^beta",
            "y_ijk = x_ijk (kappa + alpha sum_(q in G(k)) x_ijq)^(-beta)",
            "y_ijk = x_ijk (kappa + 2 alpha sum_(q in G(k)) x_ijq^2)^(-beta)"],
    "E11": ["[1(x > y), 1(y > x)]", "[1(x < y), 1(y < x)]", "[1(x >= y), 2 1(y >= x)]", "1(x >= y)"],
    "E15": [{"convolution": "G[i,j] = sum_uv h[u,v] F[i+u,j-v]"},
            {"cross-correlation": "G[i,j] = sum_uv h[u,v] F[i+u,j+u]"}],
}  # fmt: skip
"""Wrong formulas and statements in place of right ones."""

NUMBERS = [id_ for id_ in (*RIGHT, *CONVENTIONS) if id_ not in FORMULAS and id_ != "E02"]


def spoiled(value):
    """The same thing with one number changed, one way for each number in it."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from ({key: other} for other in spoiled(entry))
    elif isinstance(value, list):
        for i, entry in enumerate(value):
            yield from ([*value[:i], other, *value[i + 1 :]] for other in spoiled(entry))
    elif isinstance(value, str) and "about" in value:
        yield value.replace("60", "90")
    elif isinstance(value, str):
        first, *rest = value.split("x")
        yield "x".join([str(int(first) + 1), *rest])
        yield "x".join([first, *rest[:-1], str(int(rest[-1]) + 1)] if rest else [str(int(first) + 2)])
    elif isinstance(value, int):
        yield from (value + 7, 10 * value + 3)
    else:
        yield from (value + 0.3, value * 3)


PLANTED = [
    *((id_, wrong) for id_ in NUMBERS for wrong in spoiled(CLAIMS[id_]["claimed"])),
    *((id_, wrong) for id_, several in FORMULAS.items() for wrong in several),
]


@pytest.mark.parametrize(("id_", "wrong"), PLANTED, ids=lambda v: v if isinstance(v, str) else json.dumps(v)[:40])
def test_a_planted_mistake_is_seen(id_, wrong):
    assert verdict_of(id_, claimed=wrong).kind is Kind.WRONG


def test_every_claim_that_is_right_has_mistakes_planted():
    assert {id_ for id_, _ in PLANTED} == {*RIGHT, *CONVENTIONS} - {"E02"}
    assert len(PLANTED) > 250


def test_a_statement_about_a_stride_depends_on_the_stride():
    given = CLAIMS["E02"]["given"]
    assert verdict_of("E02", given={**given, "S": 7}).kind is Kind.WRONG
    assert verdict_of("E02", given={**given, "S": 7}, claimed="an integer").kind is Kind.RIGHT
    assert verdict_of("E02", claimed="an integer").kind is Kind.WRONG


def test_numbers_are_all_rounded_or_all_cut_off():
    """The shares are 0.98189, 0.01798 and 0.00012."""
    z = [9, 5, 0]
    assert judged("softmax", ["0.982", "0.0180", "0.0001"], z=z).kind is Kind.RIGHT
    assert judged("softmax", ["0.981", "0.0179", "0.0001"], z=z).parts[0].why == "cut off after the last digit"
    assert judged("softmax", ["0.981", "0.0180", "0.0001"], z=z).kind is Kind.WRONG
    assert judged("softmax", ["0.982", "0.0179", "0.0001"], z=[1, 2, 3]).kind is Kind.WRONG


def test_parts_of_a_claim_follow_one_convention():
    """Z_11 is 9 where indices start at 1; the gradient of the other Z_11 does not go with it."""
    given = {"input": [[1, 3, 2, 4], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]], "window": "2x2 stride 2"}
    claim = {"where": "max pooling", "given": given}
    assert verdict_of("U17", claimed={"value": 3, "dZ/dX": [[0, 1], [0, 0]]}, **claim).kind is Kind.RIGHT
    mixed = verdict_of("U17", claimed={"value": 9, "dZ/dX": [[0, 1], [0, 0]]}, **claim)
    assert [part.kind for part in mixed.parts] == [Kind.CONVENTION, Kind.WRONG]
    assert mixed.parts[1].right == [[0, 0], [0, 1]]


TIED = {"input": [[2, 2], [1, 0]], "window": "2x2 stride 2"}


@pytest.mark.parametrize(
    ("gradient", "why"),
    [
        ([[1, 0], [0, 0]], ""),
        ([[1, 1], [0, 0]], "at a tie every maximum takes the whole gradient"),
        ([[0.5, 0.5], [0, 0]], "at a tie the maxima share the gradient"),
    ],
)
def test_a_tie_has_three_conventions(gradient, why):
    verdict = verdict_of("U17", subject="gradient of Z_00", given=TIED, claimed={"dZ/dX": gradient})
    assert verdict.parts[0].why == why
    assert verdict_of("U17", subject="gradient of Z_00", given=TIED, claimed=[[0, 1], [0, 0]]).kind is Kind.WRONG


def test_a_kernel_that_disagrees_with_the_definition_stops_the_audit(monkeypatch):
    """The worked examples are computed twice; a value of which only one is sure is not used as a judge."""
    monkeypatch.setattr("cnnmath.audit.judges.kernels.numeric.forward", lambda *_, **__: np.full((1, 1, 1, 1), 7))
    with pytest.raises(DerivationError) as raised:
        judged("filter response", 6, patch=[[2]], filter=[[3]])
    assert str(raised.value).startswith("claims[0] 'a': the kernel does not agree with the definition.")
