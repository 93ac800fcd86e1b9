"""Slips: each is found where it was made, and none where the difference is arbitrary."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnmath.audit import audit, read
from cnnmath.audit.findings import Sizes, exactly
from cnnmath.audit.slips import digits, find_slip
from tests.audit.notes import judged

SLIPS = {
    "a digit": (240400, 290400, "one digit is mistyped: 4 for 9"),
    "neighbours": (64869, 64896, "two neighbouring digits are exchanged: 69 for 96"),
    "one too many": (15, 5, "one digit too many: 1"),
    "one missing": (2904, 29040, "one digit is missing: 0"),
    "half": (111974400, 223948800, "half of the right value"),
    "a third": (100, 300, "one digit is mistyped: 1 for 3"),
    "a third of a long one": (123456, 370368, "a third of the right value"),
    "twice": (8178368512, 4089184256, "twice the right value"),
    "one more": (1000, 999, "off by one"),
    "one less": (999, 1000, "off by one"),
    "a whole number": (4, Fraction(15, 4), "rounded to a whole number: 4 for 3.75"),
    "in a list": ([1, 2, 13], [1, 2, 31], "two neighbouring digits are exchanged: 13 for 31"),
    "in sizes": ("7x12", Sizes((2, 12)), "one digit is mistyped: 7 for 2"),
    "nothing simple": (123, 987, ""),
    "not of a fraction": (9, Fraction(15, 4), ""),
    "not of a list of another length": ([1, 2], [1, 2, 3], ""),
    "not of sizes of another rank": ("2x2", Sizes((2, 2, 4)), ""),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_of_the_pen_is_found(name):
    printed, right, slip = SLIPS[name]
    assert find_slip(printed, exactly(right)) == slip


def test_a_slip_of_the_subject_comes_first():
    finding = exactly(3216, slips=[(1216, "counted for the image")])
    assert find_slip(1216, finding) == "counted for the image"
    assert find_slip(3217, finding) == "one digit is mistyped: 7 for 6"


def test_a_slip_is_sought_from_every_convention():
    assert find_slip(601, exactly(608, (600, "biases left out"))) == "one digit is mistyped: 1 for 8"
    assert find_slip(1200, exactly(608, (600, "biases left out"))) == "twice the right value"


numbers = st.integers(1000, 10**9)


@given(numbers, st.data())
def test_exchanged_digits_are_found(n, data):
    text = str(n)
    i = data.draw(st.integers(0, len(text) - 2))
    assume(text[i] != text[i + 1] and text[i + 1] != "0")
    printed = text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    assert f"two neighbouring digits are exchanged: {printed[i : i + 2]} for {text[i : i + 2]}" in digits(printed, text)


@given(numbers, st.data())
def test_a_slip_that_is_named_undoes_itself(n, data):
    """What is said to be one digit differs in one digit, and so on: no explanation is made up."""
    printed = data.draw(st.integers(max(n - 10**4, 1), n + 10**4))
    assume(printed != n)
    for slip in digits(str(printed), str(n)):
        if "mistyped" in slip:
            assert sum(p != r for p, r in zip(str(printed), str(n), strict=True)) == 1
        elif "exchanged" in slip:
            assert sorted(str(printed)) == sorted(str(n))
        else:
            assert abs(len(str(printed)) - len(str(n))) == 1


def test_a_layer_counted_for_the_image_is_seen_with_and_without_biases():
    given = {"network": "16x16x3; conv 8 5x5; conv 4 3x3", "layer": "conv 2"}
    right = 8 * 9 * 4 + 4
    assert judged("layer conv 2", {"parameters": right}, **given).parts[0].why == ""
    for printed in (3 * 9 * 4 + 4, 3 * 9 * 4):
        (part,) = judged("layer conv 2", {"parameters": printed}, **given).parts
        assert (part.right, part.why[:34]) == (right, "counted for the 3 channels of the ")


def test_groups_forgotten_and_divided_out_twice_are_seen():
    given = {"network": "8x8x4; conv 6 3x3 groups 2"}
    weights = 6 * 2 * 9
    for printed, slip in ((weights // 2, "divided by the 2 groups twice"), (weights * 2, "the groups are forgotten")):
        (part,) = judged("L1 (Conv)", {"weights": printed}, **given).parts
        assert (part.right, part.why) == (weights, slip)


@pytest.mark.parametrize("image", [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]])
def test_an_output_of_another_input_is_found_and_computed(image):
    given = {"input": image, "kernel": [[1, 0], [0, 2]]}
    right = [[1 + 2 * 5, 2 + 2 * 6], [4 + 2 * 8, 5 + 2 * 9]]
    assert judged("3x3 with 2x2", right, **given).parts[0].why == ""
    (part,) = judged("3x3 with 2x2", [[13, 14], [20, 23]], **given).parts
    assert (part.right, part.why) == (right, "the output of another input, for example with 3 for 1 in row 1, column 1")


GRID = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
TWO_BY_TWO = {"input": GRID, "kernel": [[1, 0], [0, 2]]}


def another(claimed, subject="3x3 with 2x2", **given):
    return judged(subject, claimed, **(given or TWO_BY_TWO)).parts[0].why


def test_one_changed_entry_has_to_explain_every_wrong_output():
    """With 6 for 5 in the middle, the first output is 13 and the last 24; each alone, or by other amounts, is not."""
    middle = "the output of another input, for example with 6 for 5 in row 2, column 2"
    assert another([[13, 14], [20, 24]]) == middle
    assert "another input" not in another([[13, 14], [20, 25]])
    assert "another input" not in another([[13, 14], [26, 23]])
    assert "another input" not in another([[13, 15], [20, 24]])


def test_a_changed_entry_must_not_change_an_output_that_is_right():
    """What the second output reads, the first or the third reads, too; the last entry is read by the third alone."""
    assert "another input" not in another(
        [[5], [10], [11]], "4x1 with 2x1", input=[[1], [4], [3], [8]], kernel=[[1], [1]]
    )
    assert another([[5], [7], [13]], "4x1 with 2x1", input=[[1], [4], [3], [8]], kernel=[[1], [1]]).endswith(
        "with 10 for 8 in row 4, column 1"
    )


@pytest.mark.parametrize(
    ("claimed", "change"),
    [
        ([[7, 7]], "7 for 9 in row 1, column 2"),
        ([[12, 12]], "12 for 9 in row 1, column 2"),
        ([[7, 8]], None),
        ([[7, 9]], None),
        ([[3, 3]], None),
    ],
)
def test_the_largest_input_of_a_pooling_is_changed_where_every_output_follows(claimed, change):
    """Both windows hold the 9: their outputs change together, and not below the 4 and the 5 beside it."""
    claim = {"id": "a", "source": "notes", "where": "Max pooling", "subject": "2x2 stride 1"}
    claim |= {"given": {"input": [[1, 9, 2], [3, 4, 5]]}, "claimed": claimed}
    (verdict,) = audit(read({"claims": [claim]})).verdicts
    why = verdict.parts[0].why
    assert why == f"the output of another input, for example with {change}" if change else "another input" not in why


def test_a_total_inherits_what_is_wrong_above_it_and_only_that():
    network = "8x8x4; conv 6 3x3; conv 2 3x3; fc 5"
    weights = [6 * 4 * 9, 2 * 6 * 9, 5 * 2 * 16]
    common = {"source": "notes", "where": "table", "given": {"network": network}}

    def total(first, claimed):
        rows = [("L1", first), ("L2", weights[1]), ("L3", weights[2]), ("Total", claimed)]
        claims = [{"id": s, "subject": s, "claimed": {"weights": w}, **common} for s, w in rows]
        return audit(read({"claims": claims})).verdicts[-1].parts[0]

    assert total(weights[0], sum(weights)).why == ""
    assert total(961, 961 + weights[1] + weights[2]).why == "the sum of the weights as printed: L1 is wrong there"
    assert "as printed" not in total(961, 961 + weights[1] + weights[2] + 1).why
