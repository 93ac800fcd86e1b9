"""The verdict of every claim of five lecture notes; no right claim is accused, no slip is missed."""

import json
from fractions import Fraction

import pytest

from cnnmath.audit import Kind, audit, load
from cnnmath.audit.findings import Formula
from cnnmath.audit.formulas import parse
from cnnmath.audit.judges import NotCoveredError, judge
from cnnmath.audit.judges.definitions import PAPER_ALPHA
from tests.audit.notes import CLAIMS, NOTES, with_changes

WRONG = {
    "A05c": ("parameters", 16 * (5 * 5 * 8) + 16, "counted for the 3 channels of the image, not for the 8 that the"),
    "A05e": ("parameters", 5 * 5 * 16 * 120 + 120, "one bias for the whole layer instead of one for each output"),
    "A05f": ("parameters", 120 * 84 + 84, "one bias for the whole layer instead of one for each output"),
    "A05g": ("parameters", 84 * 10 + 10, "one bias for the whole layer instead of one for each output"),
    "B03": ("", 224 * 224 * 3 + 1, "one digit is mistyped: 1 for 5"),
    "U06": ("", "dL/dz_12*f_22 + dL/dz_22*f_12", "a factor is printed twice: f_12 f_12"),
    "U12": ("", "2x12", "one digit is mistyped: 7 for 2"),
    "U16": ("", [[15 / 4, 8 / 4], [15 / 4, 8 / 4]], ""),
    "U22": ("conv", 5, "one digit too many: 1"),
    "E03": ("", (224 - 11) // 4 + 1, "an input of 227 has it, not 224"),
    "E05": ("", 55 * 55 * 96, "one digit is mistyped: 4 for 9"),
    "E06b": ("connections", 27 * 27 * 256 * 5 * 5 * 48, "divided by the 2 groups twice"),
    "E06d": ("units", 13 * 13 * 384, "two neighbouring digits are exchanged: 69 for 96"),
    "E06i": (
        "connections",
        55 * 55 * 96 * 363 + 27 * 27 * 256 * 1200 + 13 * 13 * (384 * 2304 + 384 * 1728 + 256 * 1728),
        "the sum of the connections as printed: L2 is wrong there",
    ),
    "E06k": (
        "connections",
        665_784_864 + 9216 * 4096 + 4096 * 4096 + 4096 * 1000,
        "the sum of the connections as printed: L2 is wrong there",
    ),
}
"""Of each wrong claim: the part that is wrong, what is right, worked out by hand, and how its slip begins."""

NO_FLOOR = "the stride divides, so that no floor is needed"
CONVENTIONS = {
    "A04": {"": NO_FLOOR},
    "A05a": {"parameters": "biases left out"},
    "A08": {"": "an end that is only approached counts: 0"},
    "U01a": {"": "biases left out"},
    "U01b": {"": "biases left out"},
    "U01c": {"": "biases left out"},
    "U04": {"": "indices start at 1"},
    "U05": {"": "indices start at 1"},
    "U07": {"": "indices start at 1"},
    "U17": {"value": "indices start at 1", "dZ/dX": "indices start at 1"},
    "U23": {"softmax": "computed from exponentials rounded to integers"},
    "D03": {"W2": NO_FLOOR},
    "E02": {"": "a stride must divide; no size is rounded down"},
    "E10": {"": PAPER_ALPHA},
    "E11": {"": "at a tie every maximum takes the whole gradient"},
}
NOT_COVERED = {
    "U24": "no judge reads losses; see cnnmath derive softmax-cross-entropy",
    "D09": "no judge reads recurrences; see cnnmath derive recurrent-step",
}
NOTHING = {"B08"}
RIGHT = (
    *("A01", "A02", "A03", "A05b", "A05d", "A06", "A07", "A09", "A10", "A11"),
    *("B01", "B02", "B04", "B05", "B06", "B07", "B09", "B10", "B11", "B12"),
    *("U02", "U03", "U08", "U09", "U10", "U11", "U13", "U14", "U15", "U18", "U19", "U20", "U21", "U25"),
    *("D01", "D02", "D04", "D05", "D06", "D07", "D08"),
    *("E01", "E04", "E06a", "E06c", "E06e", "E06f", "E06g", "E06h", "E06j"),
    *("E07", "E08", "E09", "E12", "E13", "E14", "E15"),
)


@pytest.fixture(scope="module")
def verdicts():
    return {verdict.claim.id: verdict for verdict in audit(load(NOTES)).verdicts}


def parts(verdict, kind):
    return {part.name: part for part in verdict.parts if part.kind is kind}


def test_the_notes_claim_ninety_things():
    assert len(CLAIMS) == 90
    assert sorted([*RIGHT, *CONVENTIONS, *WRONG, *NOT_COVERED, *NOTHING]) == sorted(CLAIMS)


@pytest.mark.parametrize("id_", CLAIMS)
def test_every_claim_has_its_verdict(id_, verdicts):
    kinds = {Kind.RIGHT: RIGHT, Kind.CONVENTION: CONVENTIONS, Kind.WRONG: WRONG, Kind.NOT_COVERED: NOT_COVERED}
    expected = next((kind for kind, ids in kinds.items() if id_ in ids), Kind.NOTHING)
    assert verdicts[id_].kind is expected, verdicts[id_]


@pytest.mark.parametrize("id_", WRONG)
def test_what_is_wrong_comes_with_what_is_right_and_with_its_slip(id_, verdicts):
    name, right, slip = WRONG[id_]
    ((found, part),) = parts(verdicts[id_], Kind.WRONG).items()
    assert (found, part.right) == (name, right)
    assert part.why.startswith(slip)
    assert slip or not part.why


@pytest.mark.parametrize("id_", CONVENTIONS)
def test_a_convention_that_makes_a_claim_right_is_named(id_, verdicts):
    found = parts(verdicts[id_], Kind.CONVENTION)
    assert {name: part.why for name, part in found.items()} == CONVENTIONS[id_]
    assert all(part.right != part.printed or part.under for part in found.values())


@pytest.mark.parametrize("id_", NOT_COVERED)
def test_what_is_not_covered_says_why(id_, verdicts):
    assert {part.why for part in verdicts[id_].parts} == {NOT_COVERED[id_]}


def test_where_nothing_is_claimed_all_is_computed(verdicts):
    computed = {part.name: part.right for part in verdicts["B08"].parts}
    assert computed["total"] == 320 + 18_496 + 36_928 + 36_928 + 650
    assert computed["conv2"] == "11x11x64, 18,496 parameters"
    assert all(part.printed is None for part in verdicts["B08"].parts)


def test_the_value_that_is_right_is_judged_right():
    changes = {}
    for id_, (name, right, _) in WRONG.items():
        claimed = CLAIMS[id_]["claimed"]
        changes[id_] = {"claimed": {**claimed, name: right} if name else right}
    found = {v.claim.id: v for v in audit([c for c in with_changes(changes) if c.id in WRONG]).verdicts}
    kinds = {id_: str(verdict.kind) for id_, verdict in found.items()}
    assert kinds == dict.fromkeys(WRONG, "right") | {"U06": "right under a convention"}


def test_every_formula_that_is_said_to_be_right_can_be_read_and_is_right():
    formulas = 0
    for claim in load(NOTES):
        try:
            findings = judge(claim)
        except NotCoveredError:
            continue
        for finding in findings.values():
            for reading in finding.readings:
                if isinstance(reading.value, Formula):
                    formulas += 1
                    assert reading.value.same(parse(str(reading.value), reading.value.grammar)), (claim.id, reading)
    assert formulas > 30


def test_an_audit_is_one_json_value():
    record = audit(load(NOTES)[:12]).record()
    assert json.loads(json.dumps(record)) == record
    assert record["totals"]["right"] + record["totals"]["right under a convention"] + record["totals"]["wrong"] == 12
    assert record["claims"][5]["id"] == "A05b"


def test_the_softmax_is_what_the_series_gives(verdicts):
    """A second road to e^9, e^5 and their shares: the power series in fractions."""

    def series(x):
        term, total = Fraction(1), Fraction(0)
        for n in range(1, 90):
            total, term = total + term, term * x / n
        return total

    exponentials = [series(Fraction(z)) for z in (9, 5, 0)]
    shares = [float(e / sum(exponentials)) for e in exponentials]
    part = next(part for part in verdicts["U23"].parts if part.name == "softmax")
    assert part.right == [float(f"{share:.6g}") for share in shares]
    assert f"{shares[1]:.4f}" == "0.0180"  # not the 0.0179 that is printed
    assert f"{148 / 8252:.4f}" == "0.0179"
