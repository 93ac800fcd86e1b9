"""Kernels at many settings: readable keys, the same report whoever judges, and whatever a kernel does is a verdict."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cnnmath import ops
from cnnmath.cli import app
from cnnmath.errors import CampaignError, SettingError
from cnnmath.verify.kernels_campaign import Judge, campaign
from cnnmath.verify.kernels_report import KernelCampaign
from cnnmath.verify.keys import case_of, key_of, keys
from cnnmath.verify.strategies import cases, covering

PROJECT = Path(__file__).parents[3]
KINDS = [ops.ReLU, ops.Linear]
RIGHT = """
import os
import re
import numpy as np

def my_relu(x):
    return np.where(x > 0, x, 0)

def relu_of_small_batches(x):
    if x.shape[0] == 2:
        {at_two}
    return np.where(x > 0, x, 0)
"""


def source(tmp_path, at_two="return x"):
    path = tmp_path / "kernels_of_mine.py"
    path.write_text(RIGHT.format(at_two=at_two))
    return path


def report(found):
    return json.dumps(found.record()), repr(found)


@given(st.sampled_from(ops.ALL).flatmap(cases))
def test_a_key_says_the_setting(case):
    key = key_of(case)
    assert case_of(key) == case
    assert key.startswith(f"{type(case.op).__name__}/")


@pytest.mark.parametrize("kind", ops.ALL)
def test_keys_begin_with_the_covering_settings_and_read_back(kind):
    chosen = keys([kind], 30)
    assert chosen[:30] == [key_of(case) for case in dict.fromkeys(covering(kind))][:30] + chosen[len(covering(kind)) :]
    assert [key_of(case_of(key)) for key in chosen] == chosen
    assert len(set(chosen)) == len(chosen)
    assert len(chosen) == 30 or kind is ops.LSTMCell, "whose space is small"


def test_what_a_small_space_has_not_the_others_share():
    alone = keys([ops.LSTMCell], 1000)
    assert len(alone) < 100, "the space is exhausted"
    both = keys([ops.LSTMCell, ops.ReLU], 2 * len(alone) + 20)
    assert len(both) == 2 * len(alone) + 20
    assert [key for key in both if key.startswith("LSTMCell/")] == alone


def test_keys_do_not_depend_on_what_is_loaded():
    code = "from cnnmath import ops; from cnnmath.verify.keys import keys; print(*keys([ops.Conv], 60), sep='\\n')"
    ran = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == keys([ops.Conv], 60)


def test_processes_give_the_report_of_one():
    expected = report(campaign(None, KINDS, 24, workers=0))
    assert report(campaign(None, KINDS, 24, workers=1)) == expected
    assert report(campaign(None, KINDS, 24, workers=2)) == expected
    assert expected[1].splitlines()[1:] == ["  ReLU    12 of 12  exact 12", "  Linear  12 of 12  exact 12"]
    assert json.loads(expected[0])["groups"]["ReLU"] == {"judged": 12, "certified": 12, "rungs": {"2": 12}}


def test_a_wrong_kernel_has_its_counterexamples_in_the_report(tmp_path):
    found = campaign(f"{source(tmp_path)}:relu_of_small_batches", ops.ReLU, 30, workers=0)
    wrong = [key for key in keys([ops.ReLU], 30) if case_of(key).inputs[0][0] == 2]
    assert set(found.counterexamples) <= set(wrong), "a positive input hides it"
    assert found.counterexamples
    record = next(iter(found.counterexamples.values()))
    assert (record["verdict"], record["rung"]) == ("counterexample", 2)
    assert record["report"].startswith("Counterexample: relu_of_small_batches is not y of relu() on ")
    assert f"    {record['report'].splitlines()[0]}" in repr(found).splitlines()
    assert f", the first 3 of {len(found.counterexamples)}:" in repr(found)


@pytest.mark.parametrize(
    ("at_two", "fate", "says"),
    [
        ("os.abort()", "died", "the process died twice while it judged this (SIGABRT)"),
        ('re.match("(a+)+$", "a" * 99 + "b")', "hanging", "no answer within 4 seconds"),
    ],
)
def test_a_kernel_that_takes_its_process_along_is_refused_there_alone(tmp_path, at_two, fate, says):
    kernel = f"{source(tmp_path, at_two)}:relu_of_small_batches"
    chosen = keys([ops.ReLU], 30)
    number = next(i for i, key in enumerate(chosen) if case_of(key).inputs[0][0] == 2) + 1
    found = campaign(kernel, ops.ReLU, number, workers=1, limit=4)
    assert [(found.fates, r["finding"]) for r in found.counterexamples.values()] == [({fate: 1}, says)]
    assert list(found.counterexamples) == [chosen[number - 1]]


def test_a_log_of_an_edited_kernel_is_not_gone_on_with(tmp_path):
    kernel = f"{source(tmp_path)}:my_relu"
    log = tmp_path / "log"
    assert campaign(kernel, settings=5, workers=0, log=log).certified
    source(tmp_path, "return -x")
    with pytest.raises(CampaignError, match="the log is of another campaign"):
        campaign(kernel, settings=5, workers=0, log=log)


def test_what_verdicts_depend_on_is_in_the_name():
    plain = Judge(None)
    others = [Judge(None, rungs=(2, 5)), Judge(None, dtype="float32"), Judge(None, wrt=("x",)), Judge(None, seed=1)]
    assert len({judge.name for judge in [plain, *others]}) == 5


def test_no_operator_is_refused():
    with pytest.raises(SettingError, match="no operator is given"):
        campaign(None, [], 5)


def test_a_campaign_over_one_setting_is_refused():
    ran = CliRunner().invoke(app, ["verify", "--op", "conv(2, 3)", "--settings", "5"])
    assert "a campaign goes over all settings of an operator" in str(ran.exception)


def test_the_shell_has_status_1_for_a_wrong_kernel(tmp_path):
    kernel = f"{source(tmp_path)}:relu_of_small_batches"
    ran = CliRunner().invoke(app, ["verify", kernel, "--settings", "12", "--workers", "1", "--json"])
    assert ran.exit_code == 1
    found = json.loads(ran.stdout)
    assert (found["judged"], found["finished"], found["certified"]) == (12, True, False)
    assert any(record.get("verdict") == "counterexample" for record in found["records"])


def test_a_campaign_has_no_power_where_nothing_is_wrong_and_of_some_settings_nothing_can_be_said():
    right, silent = {"certified": True, "verdict": "certificate"}, {"certified": False, "verdict": "no power"}
    wrong, dead = {"certified": False, "verdict": "counterexample"}, {"certified": False, "fate": "died"}
    assert KernelCampaign("mine", 2, {"a": right, "b": silent}).powerless
    for others in ([right], [right, wrong], [silent, wrong], [silent, dead]):
        assert not KernelCampaign("mine", len(others), dict(enumerate(others))).powerless
    assert not KernelCampaign("mine", 2, {"a": silent}).powerless, "one is not judged"


def test_an_interrupt_before_the_first_setting_has_status_130(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("cnnmath.verify.kernels_campaign.keys", interrupted)
    ran = CliRunner().invoke(app, ["verify", "relu", "--settings", "5"])
    assert (ran.exit_code, ran.stderr) == (130, "interrupted: no setting judged\n")


def test_the_same_command_goes_on_after_an_interrupt(tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, "-m", "cnnmath", "verify", f"{slow(tmp_path)}:slow_relu", "--settings", "60"]
    command += ["--workers", "2", "--log", str(log)]
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": PROJECT}
    with subprocess.Popen(command, start_new_session=True, **how) as process:
        while not log.exists() or log.read_bytes().count(b"\n") < 4:
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.endswith(" of 60 settings judged; the same command goes on from here\n")
    assert 3 <= log.read_bytes().count(b"\n") - 1 < 60
    again = CliRunner().invoke(app, command[3:])
    whole = campaign(f"{slow(tmp_path)}:slow_relu", settings=60, workers=0)
    assert (again.exit_code, again.stdout) == (0, f"{whole}\n")


def slow(tmp_path):
    """A file with a kernel that takes its time."""
    path = tmp_path / "slow.py"
    path.write_text("import time\n\ndef slow_relu(x):\n    time.sleep(0.01)\n    return x * (x > 0)\n")
    return path
