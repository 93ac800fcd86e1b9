"""Files of claims: what is malformed is answered with its place; whatever a file holds, there is an answer."""

import json
from contextlib import suppress
from copy import deepcopy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cnnmath.audit import SCHEMA, audit, load, read
from cnnmath.audit.judges import ABSENT
from cnnmath.errors import CnnmathError, DataError, NotationError, SettingError
from cnnmath.graph.plain import LARGEST_FILE
from tests.audit.notes import CLAIMS, DOCUMENT, NOTES, judged, stated

KEYS = ("id", "source", "where", "subject", "given", "claimed")
CLAIM = {"id": "a", "source": "notes", "where": "page 1", "subject": "output size", "given": {}, "claimed": 1}
IMAGE = {**CLAIM, "subject": "length of a flattened image", "given": {"image": "2x2x3"}, "claimed": 12}


def without(key):
    return {k: v for k, v in CLAIM.items() if k != key}


MALFORMED = {
    "no object": ([], "the file: this must be a JSON object.\n  here    a list"),
    "no claims": ({"about": "x"}, "the file: the key 'claims' is missing.\n  here    keys about"),
    "claims that are no list": ({"claims": {}}, "claims: this must be a JSON array.\n  here    an object"),
    "a claim that is no object": (
        {"claims": [CLAIM, 7]},
        "claims[1]: this must be a JSON object.\n  here    the number 7",
    ),
    "an id that is a number": ({"claims": [{**CLAIM, "id": 3}]}, "claims[0].id: this must be a JSON string."),
    "an empty id": ({"claims": [{**CLAIM, "id": ""}]}, "claims[0].id: this must not be empty.\n  here    ''"),
    "an id that is taken": ({"claims": [CLAIM, CLAIM]}, "claims[1].id: the id is taken.\n  here    'a'"),
    "givens that are a list": ({"claims": [{**CLAIM, "given": []}]}, "claims[0].given: this must be a JSON object."),
    "another key": (
        {"claims": [{**CLAIM, "page": 3}]},
        "claims[0].page: there is no such key.\n"
        "  rule    known are id, source, where, subject, given, claimed, note",
    ),
    "a reference to nothing": (
        {"claims": [{**CLAIM, "given": {"as": "b"}}]},
        "claims[0].given.as: it refers to a claim that is not there, or that refers to another.\n  here    'b'\n"
        "  fix     name the id of a claim in this file that gives it in full",
    ),
    "a reference to itself": ({"claims": [{**CLAIM, "given": {"as": "a"}}]}, "claims[0].given.as: it refers"),
    "a reference that is no text": ({"claims": [{**CLAIM, "given": {"as": [1]}}]}, "claims[0].given.as: it refers"),
    "a network of no claim": (
        {"claims": [{**CLAIM, "given": {"network": "as Z9"}}]}, "claims[0].given.network: it refers",
    ),
    **{f"no {key}": ({"claims": [without(key)]}, f"claims[0]: the key '{key}' is missing.") for key in KEYS},
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_answered_with_its_place(name):
    document, message = MALFORMED[name]
    with pytest.raises(SettingError) as raised:
        read(document)
    assert str(raised.value).startswith(message)


LACKING = {
    "a kernel": (
        "output size", 5, {"input": "7x7"},
        "claims[0] 'a': the claim does not give what its subject needs.\n"
        "  here    'output size' gives input\n  fix     add given.kernel",
    ),
    "everything": ("softmax", [1], {}, "claims[0] 'a': the claim does not give what its subject needs.\n"
                   "  here    'softmax' gives nothing\n  fix     add given.z"),
    "a size that is none": (
        "output size", 5, {"input": "wide", "kernel": 3},
        "claims[0].given.input: this is no list of sizes.\n  here    'wide'\n"
        "  fix     join them by x, as in 28x28x1",
    ),
    "a kernel of 0": (
        "output size", 5, {"input": 7, "kernel": 0},
        "claims[0].given.kernel: this must be an integer of at least 1.\n  here    0\n  fix     use 1 or more",
    ),
    "a kernel too long": ("output size", 5, {"input": 7, "kernel": 9}, "claims[0].given.kernel: the window does not"),
    "filters of no number": ("parameters of a layer", 5, {"filters": "3x3"}, "claims[0].given.filters: this does not"),
    "rows of unequal length": (
        "3x3 with 2x2", [[1]], {"input": [[1, 2], [3]], "kernel": [[1]]},
        "claims[0].given.input: this is no matrix of numbers.",
    ),
    "a kernel larger than the image": (
        "3x3 with 2x2", [[1]], {"input": [[1]], "kernel": [[1, 2]]}, "claims[0] 'a': the kernel does not fit the",
    ),
    "a network that does not fit": (
        "total parameters", 5, {"network": "4x4x1; conv 2 9x9"}, "claims[0] 'a', conv 'conv1': the kernel does not fit",
    ),
    "a number that is none": (
        "length of a flattened image", "many", {"image": "2x2x3"},
        "claims[0].claimed: this is no printed number.\n  here    'many'",
    ),
    "a part that is no size": (
        "layer conv 1", {"shape": "wide"}, {"network": "4x4x1; conv 2 3x3", "layer": "conv 1"},
        "claims[0].claimed.shape: these are no sizes.\n  here    'wide'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LACKING)
def test_what_a_claim_lacks_is_answered_with_its_key(name):
    subject, claimed, given, message = LACKING[name]
    with pytest.raises(CnnmathError) as raised:
        judged(subject, claimed, **given)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("subject", ["the meaning of life", "", "cross-entropy loss", "recurrent network", "layers"])
def test_an_unknown_subject_is_not_covered(subject):
    (part,) = judged(subject, 42).parts
    assert (str(part.kind), part.right) == ("not covered", None)
    assert part.why in ("the subject is not known", *ABSENT.values())


def test_an_unknown_part_is_not_covered_beside_parts_that_are():
    verdict = judged("overlapping windows, stride 1", {"weights": 16, "colour": "red"}, image="8x8", window="4x4")
    assert [str(part.kind) for part in verdict.parts] == ["right", "not covered"]
    assert str(verdict.kind) == "not covered"


def test_a_formula_that_cannot_be_read_is_not_covered():
    (part,) = judged("output size rule", "n minus f?", n="n", f="f", s="s").parts
    assert (str(part.kind), part.why) == (
        "not covered", "this is no formula that can be read: read 'n minus f', then '?'",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "given", "why"),
    [
        ("dL/dx_ij", {"input": "3x3", "filter": "2x2"}, "with letters, the gradient of a filter alone"),
        ("dL/df_ij", {"input": "3x3", "filter": "2x2"}, "with letters, the gradient of a filter alone"),
        ("dL/dx_44", {"input": "3x3", "filter": "2x2"}, "there is no entry 44, whether indices start at 0 or at 1"),
        ("dL/dx_11", {"input": "3x3", "filter": "4x4"}, "a gradient is written out for a filter that fits"),
        ("dL/dx_11", {"input": "99x99", "filter": "2x2"}, "a gradient is written out for a filter that fits"),
        ("gradient of Z_77", {"input": [[1]], "window": "1x1 of a max pooling"}, "there is no output Z_77"),
        ("gradient of Z_11", {"input": [[1]], "window": "1x1"}, "which pooling is meant is not understood"),
        ("6x6 with 3x3", {"input": [[1]], "kernel": [[1]], "padding": 10**6}, "the example is too large"),
    ],
)
def test_what_a_judge_does_not_compute_is_not_covered(subject, given, why):
    where = {"where": "max pooling"} if "window" in given and "max" in str(given["window"]) else {}
    claim = {**CLAIM, "subject": subject, "given": given, "claimed": "1", **where}
    (part,) = audit(read({"claims": [claim]})).verdicts[0].parts
    assert (str(part.kind), part.why[: len(why)]) == ("not covered", why)


UNREAD = "this is no JSON that can be read.\n  here    "
BROKEN = {
    "{": "line 1, column 2: this is no JSON.\n",
    "": "line 1, column 1: this is no JSON.\n",
    '{"claims": [], "claims": []}': (
        "the key 'claims' is given twice.\n  fix     give every key of an object once\n  file    {path}"
    ),
    '{"claims": [{"id": NaN}]}': "this is no number.\n  here    NaN\n  fix     give a finite number\n  file    {path}",
    "[" * 100_000: f"{UNREAD}it is nested too deep\n  file    {{path}}",
    f'{{"claims": {"9" * 5000}}}': f"{UNREAD}Exceeds the limit",
    f'{{"claims": 1e{"9" * 20}}}': f"{UNREAD}an exponent is too large\n  file    {{path}}",
}


@pytest.mark.parametrize("content", BROKEN, ids=lambda content: content[:20] or "empty")
def test_a_file_that_is_no_json_is_answered(content, tmp_path):
    path = tmp_path / "claims.json"
    path.write_text(content)
    with pytest.raises(NotationError) as raised:
        load(path)
    assert str(raised.value).startswith(BROKEN[content].format(path=path))
    assert raised.value.lines["file"] == str(path)


def test_a_file_of_another_form_is_named(tmp_path):
    path = tmp_path / "claims.json"
    path.write_text('{"claims": 0.5}')
    with pytest.raises(SettingError) as raised:
        load(path)
    assert str(raised.value) == f"claims: this must be a JSON array.\n  here    a fraction\n  file    {path}"


def test_a_file_that_cannot_be_read_is_named_with_a_fix(tmp_path):
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "large.json").write_text(" " * (LARGEST_FILE + 1))
    for name, reason in (
        ("nothing.json", "No such file or directory"),
        ("bytes.json", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        ("large.json", "it has more than 16,000,000 bytes"),
        ("", "it is no file"),
    ):
        with pytest.raises(DataError) as raised:
            load(tmp_path / name)
        assert str(raised.value) == (
            f"'{tmp_path / name}': the file cannot be read.\n  here    {reason}\n  fix     name another file"
        )


def test_the_schema_is_what_the_notes_follow():
    assert len(load(NOTES)) == 90
    properties = SCHEMA["properties"]["claims"]["items"]["properties"]
    assert set(properties) == {key for claim in DOCUMENT["claims"] for key in claim}
    json.dumps(SCHEMA)


def test_references_are_put_in_and_decimals_keep_their_digits(tmp_path):
    path = tmp_path / "claims.json"
    claims = [
        {**IMAGE, "given": {"image": "2x2x3", "network": "n1"}},
        {**IMAGE, "id": "b", "given": {"as": "a", "image": "4x4x1"}},
        {**IMAGE, "id": "c", "given": {"network": "as a"}, "claimed": None},
    ]
    path.write_text(json.dumps({"claims": claims}).replace('"claimed": 12', '"claimed": 0.10'))
    a, b, c = load(path)
    assert (b.given, c.given) == ({"image": "4x4x1", "network": "n1"}, {"network": "n1"})
    assert str(a.claimed) == "0.10"
    assert set(a.beside) == {IMAGE["subject"]}


FRAGMENTS = (
    *("4x4x1; conv 2 3x3; fc 3", ";", "; ;", "5; fc 2", "4x4; flatten; flatten", "9 - 0 - 1", "AlexNet 0 input"),
    *("LeNet-5, 1x1x1", "two groups in L2", "-", "0x0", "1 of 0x0x0", "a if b else c", "[a, b]", "sum_ij x_ij", "1/0"),
    *("2x2 stride 0", "16 inputs, 0 outputs", "0 channels", "kernel 0", "z >= 0", "relu(z)", "constant image", "K"),
    *("1,0", "1(x > 0) y", "[1(x > y), y]", "x^y^z", "log(0)", "f(f(x))", "sum_a f(a)", "G[i] = sum_u h[u] F[u]"),
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.sampled_from(["3x3", "2 of 2x2x3", "7x7", "as A05", "x", *FRAGMENTS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
SLOW = {"U04", "U05", "U06", "U07"}
SUBJECTS = sorted({claim["subject"] for claim in CLAIMS.values() if claim["id"] not in SLOW})


def answer(claims):
    """The audit as JSON, or the error."""
    try:
        return json.dumps(audit(claims()).record()), None
    except CnnmathError as error:
        return "", error


@given(st.sampled_from(SUBJECTS), st.data())
def test_whatever_a_claim_gives_and_prints_there_is_an_answer(subject, data):
    """A verdict, or an error that says where; never a traceback from within."""
    given = {}
    for claim in CLAIMS.values():
        if claim["subject"] == subject:
            for key, value in claim["given"].items():
                if data.draw(st.integers(0, 3)):
                    given[key] = data.draw(junk) if data.draw(st.booleans()) else value
    claimed = data.draw(junk | st.sampled_from([c["claimed"] for c in CLAIMS.values()]))
    record, error = answer(lambda: stated(subject, claimed, **given))
    assert record or error.where.startswith("claims[0]"), error


@given(st.recursive(junk, lambda inner: st.fixed_dictionaries({"claims": st.lists(inner, max_size=3)})))
def test_whatever_a_document_holds_there_is_an_answer(document):
    with suppress(CnnmathError):
        audit(read(document))


@given(st.sampled_from(sorted(CLAIMS)), st.sampled_from([*KEYS, "note"]), junk)
@example("A08", "given", {"": 0})
@example("U19", "claimed", "a if b else c")
@example("A05a", "given", {"network": ";"})
def test_whatever_stands_in_one_place_there_is_an_answer(id_, key, value):
    claims = [deepcopy(CLAIMS[id_])]
    if "as" in claims[0]["given"] or id_ in SLOW:
        return
    claims[0][key] = value
    record, error = answer(lambda: read({"claims": claims}))
    assert record or error.where.startswith("claims[0]"), error
