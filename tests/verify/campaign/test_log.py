"""A campaign that is interrupted goes on from its log, and nothing else does."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from cnnmath.errors import CampaignError
from cnnmath.verify.campaign import run
from tests.verify.campaign import judges

KEYS = [f"K/{number}" for number in range(1, 61)]
PROJECT = Path(__file__).parents[3]

SCRIPT = """
import sys
from functools import partial
from cnnmath.verify.campaign import run
from tests.verify.campaign import judges

if __name__ == "__main__":
    notes, log = sys.argv[1:]
    keys = [f"K/{number}" for number in range(1, 61)]
    tell = lambda done, *_: print(done, flush=True)
    print(run(partial(judges.slow, notes), keys, name="one", workers=2, log=log, progress=tell).stopped)
"""


@pytest.fixture
def places(tmp_path):
    (tmp_path / "notes").mkdir()
    return tmp_path / "notes", tmp_path / "log"


def keys_in(log):
    return [json.loads(line)["key"] for line in log.read_text().splitlines()[1:]]


def expected(keys=KEYS):
    return run(judges.plain, keys, name="one", workers=0).record()


def test_a_log_has_a_header_and_a_line_for_each_setting(tmp_path):
    log = tmp_path / "log"
    campaign = run(judges.plain, ["K/1", "K/7"], log=log, workers=0)
    header, *lines = map(json.loads, log.read_text().splitlines())
    assert list(header) == ["campaign", "settings", "digest", "cnnmath", "format"]
    assert header["campaign"] == "tests.verify.campaign.judges.plain"
    assert [(line["key"], line["record"]) for line in lines] == list(campaign.records.items())
    assert all(line["seconds"] >= 0 for line in lines)


def test_a_finished_campaign_judges_nothing_again(places):
    notes, log = places
    judge = partial(judges.noted, str(notes))
    first = run(judge, KEYS, name="one", log=log, workers=0)
    whole = log.read_bytes()
    again = run(judge, KEYS, name="one", log=log, workers=2)
    assert first.record() == again.record() == expected()
    assert log.read_bytes() == whole
    assert judges.calls(notes) == sorted(KEYS)


def test_an_interrupt_while_judging_here_is_gone_on_from(places):
    notes, log = places
    judge = partial(judges.stopping, str(notes))
    first = run(judge, KEYS, name="one", log=log, workers=0)
    assert not first.finished
    assert not first.certified
    assert first.stopped == f"interrupted; the same call with the log {log} goes on from here"
    assert repr(first).startswith("one: 5 of 60 settings certified, 55 not judged\n")
    assert list(first.records) == KEYS[:5] == keys_in(log)
    assert run(judge, KEYS, name="one", log=log, workers=0).record() == expected()
    assert keys_in(log) == KEYS
    assert judges.calls(notes) == sorted([*KEYS, "K/stop"])


def test_an_interrupt_in_a_thread_is_one_of_the_campaign(places):
    notes, log = places
    judge = partial(judges.stopping, str(notes))
    with ThreadPoolExecutor(1) as executor:
        first = run(judge, KEYS, name="one", log=log, executor=executor, workers=1, chunk=1)
    assert first.stopped.startswith("interrupted")
    assert list(first.records)[:5] == KEYS[:5]
    assert KEYS[5] not in first.records
    assert list(first.records) == keys_in(log)
    assert run(judge, KEYS, name="one", log=log, workers=0).record() == expected()
    assert sorted(keys_in(log)) == sorted(KEYS)


def test_without_a_log_an_interrupted_campaign_says_that_nothing_was_logged(tmp_path):
    campaign = run(partial(judges.stopping, str(tmp_path)), KEYS, workers=0)
    assert campaign.stopped.startswith("interrupted; what is judged was not logged")


@pytest.mark.parametrize(("stop", "after"), [(signal.SIGINT, 0), (signal.SIGINT, 6), (signal.SIGKILL, 6)])
def test_a_signal_in_the_middle_ends_all_processes_and_the_same_call_goes_on(places, stop, after):
    notes, log = places
    with begun(notes, log) as process:
        while int(process.stdout.readline()) < after:
            pass
        if stop == signal.SIGINT:
            os.killpg(process.pid, stop)
        else:
            process.kill()
        out, err = process.communicate(timeout=20)  # which waits for all processes that could still write
    assert (process.returncode, err) == (0 if stop == signal.SIGINT else -stop, "")
    said = f"interrupted; the same call with the log {log} goes on from here"
    assert out.splitlines()[-1:] == [said] or stop == signal.SIGKILL
    done, before = keys_in(log), judges.calls(notes)
    assert after <= len(done) < len(KEYS)
    assert set(done) <= set(before)
    assert run(partial(judges.noted, str(notes)), KEYS, name="one", workers=0, log=log).record() == expected()
    assert sorted(keys_in(log)) == sorted(KEYS)
    assert judges.calls(notes) == sorted([*KEYS, *(set(before) - set(done))])


def begun(notes, log):
    """A process that runs a campaign with two workers, in a session of its own, as a terminal has it."""
    script = log.with_name("script.py")
    script.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(script), str(notes), str(log)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_last_line_without_its_end_is_judged_again(places, cut):
    notes, log = places
    run(judges.plain, KEYS, name="one", log=log, workers=0)
    log.write_bytes(log.read_bytes()[:-cut])
    assert run(partial(judges.noted, str(notes)), KEYS, name="one", log=log, workers=0).record() == expected()
    assert judges.calls(notes) == ["K/60"]
    assert keys_in(log) == KEYS


def test_nothing_stays_of_a_long_line_without_its_end(places):
    _, log = places
    run(judges.plain, KEYS, name="one", log=log, workers=0)
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-1]) + b'{"key": "K/60", "record": {"certified": true, "finding": "' + b"a" * 1000)
    assert run(judges.plain, KEYS, name="one", log=log, workers=0).record() == expected()
    assert keys_in(log) == KEYS


@pytest.mark.parametrize("left", [0, 1, 20])
def test_a_log_that_ends_within_its_header_begins_anew(places, left):
    _, log = places
    run(judges.plain, KEYS, name="one", log=log, workers=0)
    log.write_bytes(log.read_bytes()[:left])
    assert run(judges.plain, KEYS, name="one", log=log, workers=0).record() == expected()
    assert keys_in(log) == KEYS


def test_the_log_of_another_campaign_is_refused_and_left_alone(places):
    _, log = places
    run(judges.plain, KEYS, name="one", log=log, workers=0)
    whole = log.read_bytes()
    with pytest.raises(CampaignError) as caught:
        run(judges.plain, KEYS[:-1], name="two", log=log, workers=0)
    assert str(caught.value).splitlines()[:2] == ["the log is of another campaign.", f"  input   {log}"]
    assert "  here    campaign one in the log, two now; settings 60 in the log, 59 now; digest " in str(caught.value)
    assert log.read_bytes() == whole


def test_the_same_settings_in_another_order_are_another_campaign(places):
    _, log = places
    run(judges.plain, KEYS, name="one", log=log, workers=0)
    with pytest.raises(CampaignError, match="here    digest"):
        run(judges.plain, KEYS[::-1], name="one", log=log, workers=0)


@pytest.mark.parametrize("content", ["my notes", "my notes\n", "{}\n", "[1]\n", '{"key": 1}\n', "\n"])
def test_a_file_that_is_no_log_is_refused_and_left_alone(places, content):
    _, log = places
    log.write_text(content)
    with pytest.raises(CampaignError, match="the file is no log of this campaign"):
        run(judges.plain, KEYS, log=log, workers=0)
    assert log.read_text() == content


@pytest.mark.parametrize("planted", ["{", '{"key": "K/99", "record": {"certified": true}}', '{"key": "K/1"}', "null"])
def test_a_line_in_the_middle_that_no_campaign_wrote_is_refused(places, planted):
    _, log = places
    run(judges.plain, KEYS, name="one", log=log, workers=0)
    lines = log.read_text().splitlines()
    lines[3] = planted
    log.write_text("\n".join(lines) + "\n")
    with pytest.raises(CampaignError, match="line 4 is not what a campaign has written"):
        run(judges.plain, KEYS, name="one", log=log, workers=0)


def test_two_verdicts_of_one_setting_are_refused(places):
    _, log = places
    run(judges.plain, KEYS, name="one", log=log, workers=0)
    with log.open("a") as file:
        file.write('{"key": "K/1", "record": {"certified": false}}\n')
    with pytest.raises(CampaignError, match="two verdicts of one setting"):
        run(judges.plain, KEYS, name="one", log=log, workers=0)
