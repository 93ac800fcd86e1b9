"""The compact notation: what is written is read back, and what cannot be read is pointed at."""

from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.errors import CnnmathError, NotationError, SettingError, UnknownNameError
from cnnmath.ops.call import Place
from cnnmath.ops.notation import chain, describe, parse
from cnnmath.ops.syntax import LONGEST, read, read_value
from cnnmath.verify.strategies import cases
from tests.support import every_operator, few, simple


@every_operator
@few
@given(data=st.data())
def test_what_is_written_is_read_back(kind, data):
    op = data.draw(cases(kind)).op
    assert parse(describe(op)) == op


@every_operator
def test_parentheses_may_be_left_out_where_there_is_nothing_to_say(kind):
    if describe(simple(kind).op).endswith("()"):
        assert parse(kind.__name__) == parse(f"{kind.__name__.lower()}()") == kind()


@pytest.mark.parametrize(
    ("text", "op"),
    [
        ("conv(64, 7, stride=2, padding=3, bias=False)", ops.Conv(64, 7, stride=2, padding=3, bias=False)),
        ("conv(filters=4, kernel=(3,))", ops.Conv(4, (3,))),
        ("conv(2*4 - 1, 7 // 2, padding=((1, 0), (0, -1 + 1)))", ops.Conv(7, 3, padding=((1, 0), (0, 0)))),
        ("Conv(8, [3, 5], padding='same')", ops.Conv(8, (3, 5), padding="same")),
        ("maxpool(3,\n  stride=None)", ops.MaxPool(3)),
        ("leakyrelu(1/3)", ops.LeakyReLU(Fraction(1, 3))),
        ("elu(alpha=1e-3)", ops.ELU(0.001)),
    ],
)
def test_settings_are_numbers_texts_tuples_and_plain_arithmetic(text, op):
    assert parse(text) == op


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (ops.Conv(64, 7, stride=2, padding=3), "conv(64, 7, stride=2, padding=3)"),
        (ops.Conv(1, (3,), padding=((1, 0),)), "conv(1, (3,), padding=((1, 0),))"),
        (ops.Conv(1, (3, 3, 3), stride=2), "conv(1, (3, 3, 3), stride=2)"),
        (ops.Conv(1, 3, padding=((1, 0), (1, 0))), "conv(1, 3, padding=((1, 0), (1, 0)))"),
        (ops.Conv(1, 3, padding=((1, 1), (2, 0))), "conv(1, 3, padding=(1, (2, 0)))"),
        (ops.MaxPool((3, 2), stride=(3, 2)), "maxpool((3, 2))"),
        (ops.MaxPool(3, stride=1), "maxpool(3, stride=1)"),
        (ops.ELU(Fraction(1, 3)), "elu(alpha=1/3)"),
    ],
)
def test_an_operator_is_written_as_short_as_it_is_read_back(op, text):
    assert describe(op) == text


def test_a_new_operator_is_written_from_its_fields_alone():
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Choose(ops.Operator):
        table: tuple[Any, ...]
        scale: Any = None

        def element(self, _, at, x):
            return x[at]

    op = Choose(table=((0, 1), (1, 1), (Fraction(1, 2),)))
    assert describe(op) == "choose(table=((0, 1), (1, 1), (1/2,)))"
    (call,) = read(describe(op))
    assert call.build(Choose) == op
    assert describe(Choose(table=(3, 3))) == "choose(table=(3, 3))"  # 3 alone would be another operator


def test_a_chain_is_read_in_order_and_repetitions_are_written_out():
    text = "conv(8, 5) > 2 * (conv(16, 3) > relu) > (maxpool(2) > flatten) > 2 * relu > linear(10)"
    assert [type(op).__name__ for op in chain(text)] == [
        *("Conv", "Conv", "ReLU", "Conv", "ReLU", "MaxPool", "Flatten", "ReLU", "ReLU", "Linear")
    ]  # fmt: skip


def test_names_are_sizes_left_open_where_a_caller_takes_them():
    assert parse("conv(F, 3)", lambda name: {"F": 7}[name]) == ops.Conv(7, 3)
    with pytest.raises(NotationError) as caught:
        parse("conv(F, 3)")
    assert str(caught.value) == (
        "the size 'F' is left open.\n"
        "  text    conv(F, 3)\n"
        "               ^\n"
        "  rule    here every size is a number\n"
        "  fix     put a number in"
    )


@pytest.mark.parametrize("word", ["same", "same_lower", "valid"])
def test_the_names_of_paddings_need_no_quotes(word):
    assert (
        parse(f"conv(4, 3, padding={word})") == parse(f"conv(4, 3, padding='{word}')") == ops.Conv(4, 3, padding=word)
    )
    assert parse(f"conv(F, 3, padding={word})", lambda name: {"F": 4}[name]) == ops.Conv(4, 3, padding=word)
    assert chain(f"relu > maxpool(2, padding={word})")[1].padding == parse(f"maxpool(2, padding='{word}')").padding


MESSAGES = {
    "conv(8, 5) > flaten": (
        UnknownNameError,
        "there is no operator 'flaten'.\n"
        "  text    conv(8, 5) > flaten\n"
        "                       ^\n"
        "  near    flatten, layernorm\n"
        f"  known   {len(ops.ALL)} names, abs to wrappad; listed by `cnnmath derive`",
    ),
    "conv(8, 3, strid=2)": (
        UnknownNameError,
        "conv: there is no setting 'strid'.\n"
        "  text    conv(8, 3, strid=2)\n"
        "                     ^\n"
        "  near    stride\n"
        "  known   bias, dilation, filters, groups, kernel, padding, stride",
    ),
    "conv(64 7)": (
        NotationError,
        "this cannot be read.\n"
        "  text    conv(64 7)\n"
        "               ^\n"
        "  rule    operators joined by >, each a name with its settings in parentheses\n"
        "  here    invalid syntax. Perhaps you forgot a comma?\n"
        "  fix     for example conv(8, 5) > relu > maxpool(2)",
    ),
    "conv(8)": (
        SettingError,
        "conv: the settings do not fit.\n"
        "  text    conv(8)\n"
        "          ^\n"
        "  rule    conv(filters, kernel, *, stride=1, dilation=1, padding=0, groups=1, bias=True)\n"
        "  here    missing a required argument: 'kernel'\n"
        "  fix     give what has no default, each once",
    ),
    "relu > conv(8, 3, stride=0)": (
        SettingError,
        "conv: the stride must be at least 1.\n"
        "  text    relu > conv(8, 3, stride=0)\n"
        "                 ^\n"
        "  rule    stride >= 1\n"
        "  here    0 < 1\n"
        "  fix     use 1 or more",
    ),
    "relu(3)": (
        SettingError,
        "relu: the settings do not fit.\n"
        "  text    relu(3)\n"
        "          ^\n"
        "  rule    relu()\n"
        "  here    too many positional arguments\n"
        "  fix     write relu alone",
    ),
    "conv(8, 5) > ": (
        NotationError,
        "an operator was expected here.\n"
        "  text    conv(8, 5) >\n"
        "                      ^\n"
        "  rule    operators joined by >, each a name with its settings in parentheses\n"
        "  fix     for example conv(8, 5) > relu > maxpool(2)",
    ),
}


@pytest.mark.parametrize("text", MESSAGES)
def test_the_likeliest_mistakes_are_answered_with_the_place(text):
    kind, message = MESSAGES[text]
    with pytest.raises(kind) as caught:
        chain(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "fact", "at"),
    [
        ("relu < tanh", "operators are joined by >.", 5),
        ("relu > (tanh) >= elu", "operators are joined by >.", 14),
        ("conv(8, 3) + conv(8, 3)", "operators are joined by >.", 11),
        ("relu > (conv(8, 3) ) | tanh", "operators are joined by >.", 21),
        ("relu * 3", "operators are joined by >.", 5),
        ("", "an operator was expected here.", 0),
        ("relu > 3", "an operator was expected here.", 7),
        ("relu.x", "an operator was expected here.", 0),
        ("relu > é.x", "an operator was expected here.", 7),
        ("conv('é', 3, x=y())", "this is no setting.", 15),
        ("conv(8, 2**3)", "this is no setting.", 8),
        ("conv(8, *k)", "this is no setting.", 8),
        ("conv(8, **k)", "this is no setting.", 8),
        ("conv(8, lambda: 3)", "this is no setting.", 8),
        ("conv(8, 3j)", "this is no setting.", 8),
        ("conv(8, 1 + 'a')", "a number was expected here.", 12),
        ("conv(8, -(1, 2))", "a number was expected here.", 9),
        ("conv(8, True*3)", "a number was expected here.", 8),
        ("conv(8, 3 // (1 - 1))", "this divides by 0.", 8),
        ("conv(8, 3, stride=1, stride=2)", "'stride' is given twice.", 21),
        ("conv(1e999, 3)", "this number is too large.", 5),
        ("conv(10**1, 3)", "this is no setting.", 5),
        ("conv(999999999*999999999*9, 3)", "this number is too large.", 5),
        ("0 * relu", "this is no number of repetitions.", 0),
        ("relu > 99*(99*(99*relu))", "this is no number of repetitions.", 7),
        ("relu # what follows", "there are no comments.", 5),
        ("relu > relu\x00", "this cannot be read.", 0),
        ("relu > \ud800", "this cannot be read.", 0),
    ],
)
def test_every_other_mistake_is_pointed_at(text, fact, at):
    with pytest.raises(NotationError) as caught:
        chain(text)
    assert caught.value.fact == fact
    assert caught.value.lines["text"].splitlines()[1] == " " * (10 + at) + "^"


def test_one_operator_is_not_two():
    with pytest.raises(NotationError, match="more than one operator"):
        parse("relu > tanh")


def test_a_long_text_is_shown_around_the_place():
    shown = Place("a" * 100 + "!" + "b" * 100, 100).shown().splitlines()
    assert shown[0] == "…" + "a" * 40 + "!" + "b" * 35 + "…"
    assert shown[0][shown[1].index("^") - 10] == "!"


HUGE = {
    "too long": "relu > " * 2_000_000 + "relu",
    "parentheses": "(" * 300 + "relu" + ")" * 300,
    "shallow parentheses": "conv(8, " + "(" * 150 + "3" + ",)" * 150 + ")",
    "signs": "conv(" + "-" * 10_000 + "1, 3)",
    "a sum": "conv(" + "+".join("1" * 9_000) + ", 3)",
    "digits": "conv(" + "9" * 15_000 + ", 3)",
    "a name": "relu > " + "a" * 15_000,
    "a product": "conv(" + "*".join(["9" * 17] * 30) + ", 3)",
    "attributes": "relu" + ".a" * 9_000,
    "calls": "relu" + "()" * 9_000,
    "repetitions": "9*(" * 60 + "relu" + ")" * 60,
    "powers": "conv(9**9**9**9**9, 3)",
    "comparisons": "relu > " * 2_000 + "nothing",
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_texts_are_refused(name):
    with pytest.raises(CnnmathError) as caught:
        chain(HUGE[name])
    assert len(str(caught.value)) < 2_000


def test_the_longest_text_is_read():
    text = " > ".join(["relu"] * (LONGEST // 7))
    assert len(chain(text)) == LONGEST // 7


@pytest.mark.parametrize("text", [3, None, b"relu", ["relu"]])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(NotationError, match="this is no text"):
        parse(text)


NAMES = {kind.__name__.lower() for kind in ops.ALL} | {f.name for kind in ops.ALL for f in fields(kind)}
SIGNS = (*"()[],=>*+-/<#'\"\\:.@F01", "23", "1e9", "é", "3*", "True", "None", "lambda", "same", "**", "//")
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["same", "", "3", Fraction(1, 3)])
)  # fmt: skip


def outcome(text):
    """The operators of a text, or the message."""
    try:
        return chain(text, len)
    except CnnmathError as error:
        return str(error)


@given(st.one_of(st.text(), st.lists(st.sampled_from([*sorted(NAMES), *SIGNS, "\n", " > "])).map("".join)))
def test_any_text_is_read_or_refused_with_a_message(text):
    assert outcome(text)


@every_operator
@few
@given(data=st.data())
def test_any_settings_are_taken_or_refused_with_a_message(kind, data):
    nested = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)
    names = [f.name for f in fields(kind)]
    settings = data.draw(st.dictionaries(st.sampled_from(names), nested)) if names else {}
    text = ", ".join(f"{name}={value!r}".replace("Fraction(1, 3)", "1/3") for name, value in settings.items())
    assert outcome(f"{kind.__name__}({text})")


def test_a_value_is_read_alone():
    assert read_value("(3, 2*4)") == (3, 8)
    assert read_value("floor(7/2)") == 3
    with pytest.raises(NotationError, match="this is no setting"):
        read_value("relu()")
