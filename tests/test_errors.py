"""Errors: one order of lines, the innermost place, near names."""

import inspect

import pytest

from cnnmath import errors
from cnnmath.errors import CnnmathError, SettingError, ShapeError, unknown

KINDS = [v for v in vars(errors).values() if inspect.isclass(v) and issubclass(v, CnnmathError)]


def test_a_message_is_the_place_the_fact_and_the_labelled_lines():
    error = ShapeError("it does not fit.", input="a", rule="b", here="c", fix="d").at("conv 'stem'")
    assert str(error) == "conv 'stem': it does not fit.\n  input   a\n  rule    b\n  here    c\n  fix     d"


def test_without_a_place_the_message_starts_with_the_fact():
    assert str(ShapeError("it does not fit.")) == "it does not fit."


def test_the_innermost_place_stays():
    assert str(SettingError("no.").at("node 'a'").at("network 'b'")) == "node 'a': no."


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_is_caught_as_one_and_says_when_it_is_raised(kind):
    with pytest.raises(CnnmathError, match="fact"):
        raise kind("fact")
    assert kind.__doc__


def test_bad_values_are_value_errors_and_bad_names_lookup_errors():
    bases = {kind.__name__: kind.__mro__[2] for kind in KINDS if kind is not CnnmathError}
    assert bases == {
        "SettingError": ValueError,
        "ShapeError": ValueError,
        "DataError": ValueError,
        "OutOfMemoryError": MemoryError,
        "NotationError": ValueError,
        "GraphError": ValueError,
        "UnknownNameError": LookupError,
        "DerivationError": AssertionError,
        "VerificationError": AssertionError,
        "TrainingError": ArithmeticError,
        "CampaignError": RuntimeError,
        "MissingExtraError": ImportError,
    }


def test_an_unknown_name_lists_near_and_known_names():
    assert str(unknown("operator", "Cnov", ["pool", "conv"])) == (
        "there is no operator 'Cnov'.\n  near    conv\n  known   conv, pool"
    )


def test_an_unknown_name_is_shown_no_longer_than_a_message_may_be():
    assert str(unknown("operator", "z" * 99, ["conv"])).splitlines()[0] == f"there is no operator '{'z' * 59}…'."


def test_where_nothing_is_near_only_known_names_are_listed():
    assert str(unknown("operator", "zzz", ["pool", "conv"])) == "there is no operator 'zzz'.\n  known   conv, pool"


@pytest.mark.parametrize(
    ("name", "near"),
    [("convolution", "conv"), ("bn", "batchnorm"), ("BN", "batchnorm"), ("maxpol", "maxpool"), ("xy", None)],
)
def test_a_name_is_near_one_that_it_begins_with_is_spelt_like_or_abbreviates(name, near):
    lines = unknown("operator", name, ["conv", "batchnorm", "maxpool", "relu"]).lines
    assert lines.get("near") == near


def test_of_many_names_the_message_says_what_lists_them():
    names = [f"net{i:02d}" for i in range(60)]
    assert unknown("network", "x", names, "cnnmath zoo").lines["known"] == (
        "60 names, net00 to net59; listed by `cnnmath zoo`"
    )
    assert unknown("network", "x", names[:2], "cnnmath zoo").lines["known"] == "net00, net01"
