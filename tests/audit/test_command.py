"""The command ``cnnmath audit``: its report, its exit status, its answers to what cannot be judged."""

import json
import sys

import pytest

from cnnmath import cli
from tests.audit.notes import CLAIMS, NOTES

TOTAL = "90 claims: 57 right, 15 right under a convention, 15 wrong, 2 not covered, 1 nothing claimed"
QUICK = ("A04", "A05b", "B03", "B08", "U24", "D01")
SHOWN = """\
000_6f7432c0e4157775.txt
  convention  A04   output length rule: (L - K + 2P)/S + 1
                     the stride divides, so that no floor is needed (otherwise floor((-K + L + 2*P)/S) + 1)
  right       A05b  layer pool 1: shape 14x14x8, activations 1,568, parameters 0

001_cf3af711df390d32.txt
  WRONG       B03   parameters of one MLP neuron: 150,129
                     150,129 is wrong, 150,529 is right
                     or 150,528 (biases left out)
                     slip: one digit is mistyped: 1 for 5
  no claim    B08   network given as Keras code, no total printed
                     conv1 26x26x32, 320 parameters
                     conv1.relu 26x26x32, 0 parameters
                     maxpool1 13x13x32, 0 parameters
                     conv2 11x11x64, 18,496 parameters
                     conv2.relu 11x11x64, 0 parameters
                     maxpool2 5x5x64, 0 parameters
                     conv3 3x3x64, 36,928 parameters
                     conv3.relu 3x3x64, 0 parameters
                     flatten 576, 0 parameters
                     dense1 64, 36,928 parameters
                     dense1.relu 64, 0 parameters
                     dense2 10, 650 parameters
                     dense2.softmax 10, 0 parameters
                     total 93,322

002_b9cf554f513482e5.txt
  not covered U24   cross entropy: -sum_j y_j log(yhat_j)
                     no judge reads losses; see cnnmath derive softmax-cross-entropy

003_365e50bd6046641a.txt
  right       D01   first two outputs: [2, 6]

6 claims: 2 right, 1 right under a convention, 1 wrong, 1 not covered, 1 nothing claimed
"""


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command as its entry point does: status, standard output, standard error."""

    def ran(*arguments):
        monkeypatch.setattr(sys, "argv", ["cnnmath", "audit", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        try:
            cli.main()
        except SystemExit as end:
            return end.code or 0, *capfd.readouterr()
        return 0, *capfd.readouterr()

    return ran


@pytest.fixture
def file(tmp_path):
    """A file of some claims of the notes."""

    def written(*ids):
        path = tmp_path / "claims.json"
        path.write_text(json.dumps({"claims": [CLAIMS[id_] for id_ in ids]}))
        return path

    return written


def test_the_notes_are_judged(run):
    status, out, _ = run(NOTES)
    assert status == 1
    assert out.splitlines()[-1] == TOTAL
    assert out.count("WRONG") == 15
    assert all(f" {id_} " in out for id_ in CLAIMS)


def test_the_report_is_grouped_by_source(run, file):
    status, out, err = run(file(*QUICK))
    assert (status, out) == (1, SHOWN)
    assert "Traceback" not in err


def test_what_is_wrong_can_be_shown_alone(run, file):
    status, out, _ = run(file(*QUICK), "--wrong")
    head, *_, total = SHOWN.split("\n\n")
    assert status == 1
    assert out == "\n\n".join(["\n".join(SHOWN.split("\n\n")[1].splitlines()[:5]), total])
    assert head not in out


def test_json_holds_every_part_and_the_totals(run, file):
    status, out, _ = run(file(*QUICK), "--json")
    record = json.loads(out)
    assert status == 1
    assert [claim["id"] for claim in record["claims"]] == list(QUICK)
    assert record["totals"] == {
        "right": 2, "right under a convention": 1, "wrong": 1, "not covered": 1, "nothing claimed": 1,
    }  # fmt: skip
    assert record["claims"][2] == {
        "id": "B03",
        "source": "001_cf3af711df390d32.txt",
        "where": "ImageNet",
        "subject": "parameters of one MLP neuron",
        "kind": "wrong",
        "parts": [
            {
                "name": "",
                "printed": 150129,
                "right": 150529,
                "kind": "wrong",
                "why": "one digit is mistyped: 1 for 5",
                "under": "",
                "otherwise": {"biases left out": 150528},
            }
        ],
    }
    alone = json.loads(run(file(*QUICK), "--json", "--wrong")[1])
    assert [claim["id"] for claim in alone["claims"]] == ["B03"]
    assert alone["totals"] == record["totals"]


def test_the_status_is_0_where_nothing_is_wrong(run, file):
    status, out, _ = run(file("A05b", "U01a", "U24", "B08"))
    assert status == 0
    assert "WRONG" not in out
    status, out, _ = run(file("A05b"), "--wrong")
    assert (status, out) == (
        0, "1 claim: 1 right, 0 right under a convention, 0 wrong, 0 not covered, 0 nothing claimed\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "NotationError: line 1, column 2: this is no JSON.\n"),
        ("[]", "SettingError: the file: this must be a JSON object.\n"),
        ('{"claims": [{"id": "a"}]}', "SettingError: claims[0]: the key 'source' is missing.\n"),
    ],
)
def test_a_malformed_file_has_status_2(content, message, run, tmp_path):
    path = tmp_path / "claims.json"
    path.write_text(content)
    status, out, err = run(path)
    assert (status, out) == (2, "")
    assert err.startswith(message)
    assert err.endswith(f"  file    {path}\n")


def test_a_claim_that_lacks_something_has_status_2(run, tmp_path):
    path = tmp_path / "claims.json"
    claim = {**CLAIMS["B06"], "given": {"input": "7x7"}}
    path.write_text(json.dumps({"claims": [CLAIMS["A07"], claim]}))
    status, out, err = run(path)
    assert (status, out) == (2, "")
    assert err.lstrip() == (
        "SettingError: claims[1] 'B06': the claim does not give what its subject needs.\n"
        "  here    'output size' gives input\n"
        "  fix     add given.kernel\n"
    )


def test_a_file_that_is_not_there_has_status_2(run, tmp_path):
    path = tmp_path / "nothing.json"
    status, out, err = run(path)
    assert (status, out) == (2, "")
    assert err == (
        f"DataError: '{path}': the file cannot be read.\n"
        "  here    No such file or directory\n"
        "  fix     name another file\n"
    )
