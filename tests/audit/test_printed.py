"""Printed numbers: what they write, how much they leave open, and how they agree with exact ones."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnmath.audit.printed import Printed, agreement
from cnnmath.errors import SettingError

READ = {
    600: (600, 0),
    -3: (-3, 0),
    "600": (600, 0),
    "2,800": (2800, 0),
    "1 000 000": (10**6, 0),
    "4.11e9": (4_110_000_000, 10**7),
    "4.11E+9": (4_110_000_000, 10**7),
    "4.11 x 10^9": (4_110_000_000, 10**7),
    "4.11 \u00d7 10**9": (4_110_000_000, 10**7),
    "3.8G": (3_800_000_000, 10**8),
    "1.5 billion": (1_500_000_000, 10**8),
    "60m": (60_000_000, 10**6),
    "60M": (60_000_000, 10**6),
    "25.6 million": (25_600_000, 10**5),
    "about 60e3": (60_000, 10_000),
    "about 60m": (60_000_000, 10**7),
    "about 600": (600, 100),
    "about 61,706": (61_706, 1),
    "~4.0e9": (4_000_000_000, 10**8),
    "about 0": (0, 1),
    "0.0179": (Fraction(179, 10_000), Fraction(1, 10_000)),
    0.982: (Fraction(982, 1000), Fraction(1, 1000)),
    Decimal("0.10"): (Fraction(1, 10), Fraction(1, 100)),
    ".5": (Fraction(1, 2), Fraction(1, 10)),
    "-1.5": (Fraction(-3, 2), Fraction(1, 10)),
    "\u22121.5e\u22121": (Fraction(-15, 100), Fraction(1, 100)),
    "76.1%": (Fraction(761, 1000), Fraction(1, 1000)),
    1e-05: (Fraction(1, 100_000), Fraction(1, 100_000)),
}


@pytest.mark.parametrize("text", READ)
def test_a_printed_number_has_a_value_and_a_last_place(text):
    printed = Printed.of(text)
    assert (printed.value, printed.unit) == READ[text]


NONE = ("", "abc", "1,23", "12,3456", "1.2.3", "e9", "60q", "- 3", "1e99999", "4.11 10^9", "nan", "inf", "٣", "0x10")


@pytest.mark.parametrize("what", [*NONE, True, None, [1], float("nan"), float("inf"), {"a": 1}, 1j])
def test_what_is_no_number_is_answered(what):
    with pytest.raises(SettingError, match="this is no printed number"):
        Printed.of(what)


def test_the_message_shows_what_was_printed():
    with pytest.raises(SettingError) as raised:
        Printed.of("sixty")
    assert str(raised.value) == (
        "this is no printed number.\n"
        "  here    'sixty'\n"
        "  rule    digits, with a decimal point, an exponent, or a scale such as k, m, million\n"
        "  fix     for example 600, 4.11e9, 'about 60k'"
    )


@pytest.mark.parametrize(
    ("text", "exact", "expected"),
    [
        ("3.8e9", 3_857_973_248, "truncated"),
        ("3.9e9", 3_857_973_248, "rounded"),
        ("4.1e9", 4_089_184_256, "rounded"),
        ("4.0e9", 4_089_184_256, "truncated"),
        ("4.2e9", 4_089_184_256, None),
        ("60m", 60_965_224, "truncated"),
        ("about 60m", 60_965_224, "rounded"),
        ("about 60k", 65_001, "truncated"),
        ("about 60k", 70_000, None),
        (8103, Fraction("8103.08"), None),
        (600, 600, "exact"),
        (0.25, Fraction(1, 4), "exact"),
        ("0.00", Fraction(-7, 1000), "truncated"),
        ("-0.1", Fraction(1, 20), None),
        ("1.5", Fraction(-3, 2), None),
    ],
)
def test_a_figure_agrees_with_the_count_it_comes_from(text, exact, expected):
    assert agreement(Printed.of(text), exact) == expected


def test_an_integer_can_round_only_what_has_no_end():
    assert agreement(Printed.of(8103), Fraction("8103.08"), endless=True) == "rounded"
    assert agreement(Printed.of(8103), Fraction("8103.98"), endless=True) == "truncated"
    assert agreement(Printed.of(4), Fraction(15, 4)) is None


counts = st.integers(1, 10**15)


@given(counts)
def test_an_integer_in_full_agrees_with_itself_alone(n):
    for text in (n, str(n), f"{n:,}", f"{n:_}"):
        assert agreement(Printed.of(text), n) == "exact"
        assert agreement(Printed.of(text), n + 1) is None
        assert agreement(Printed.of(text), n - 1) is None


@given(counts, st.integers(0, 8))
def test_what_python_rounds_is_seen_as_rounded(n, places):
    assert agreement(Printed.of(f"{Decimal(n):.{places}e}"), n) in ("exact", "rounded")


@given(counts, st.integers(1, 9))
def test_digits_cut_off_are_seen_as_cut_off_or_rounded(n, dropped):
    unit = 10**dropped
    assume(n >= unit)
    found = agreement(Printed.of(f"{n // unit}e{dropped}"), n)
    rest = n % unit
    assert found == ("exact" if rest == 0 else "rounded" if 2 * rest <= unit else "truncated")
    assert agreement(Printed.of(f"{n // unit - 1}e{dropped}"), n) is None
    assert agreement(Printed.of(f"{n // unit + 2}e{dropped}"), n) is None


@given(st.fractions(-(10**6), 10**6), st.integers(1, 6))
def test_agreement_is_the_same_on_both_sides_of_zero(exact, places):
    text = f"{abs(float(exact)):.{places}f}"
    assert agreement(Printed.of(f"-{text}"), -exact) == agreement(Printed.of(text), exact)


@given(st.fractions(0, 10**6), st.integers(1, 6))
def test_what_is_rounded_lies_in_the_interval(exact, places):
    printed = Printed.of(f"{Decimal(exact.numerator) / exact.denominator:.{places}f}")
    low, high = printed.interval
    assert (low <= exact <= high) == (agreement(printed, exact) in ("exact", "rounded"))


@given(st.text(max_size=12) | st.from_regex(r"[-+~]?[\d.,e ]{1,12}[kmG%]?", fullmatch=True))
def test_any_text_is_a_number_or_is_answered(text):
    try:
        printed = Printed.of(text)
    except SettingError:
        return
    assert printed.unit >= 0
    assert printed.interval[0] <= printed.value <= printed.interval[1]
