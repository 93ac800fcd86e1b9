"""Workers that die and judges that hang: the campaign goes on, and blames the setting that it was."""

import os
import subprocess
import sys
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import active_children, get_context
from pathlib import Path

import pytest

from cnnmath.verify.campaign import run
from tests.verify.campaign import judges

KEYS = [f"K/{number}" for number in range(1, 21)]
DIED = {"certified": False, "fate": "died", "finding": "the process died twice while it judged this (SIGKILL)"}


def test_a_process_killed_in_the_middle_changes_nothing(tmp_path):
    judge = partial(judges.once_killed, str(tmp_path), "K/5")
    campaign = run(judge, KEYS, name="one", workers=2, chunk=5)
    assert campaign.record() == run(judges.plain, KEYS, name="one", workers=0).record()
    assert judges.calls(tmp_path) == sorted([*KEYS, "K/5"])


def test_a_process_killed_from_outside_changes_nothing(tmp_path):
    killed = []

    def show(done, *_):
        if done >= 6 and not killed:
            killed.append(active_children()[0])
            killed[0].kill()

    judge = partial(judges.slow, str(tmp_path))
    campaign = run(judge, KEYS, name="one", workers=1, chunk=3, progress=show)
    assert campaign.record() == run(judges.plain, KEYS, name="one", workers=0).record()
    assert killed
    assert not active_children()


def test_an_interrupt_does_not_wait_for_a_setting_that_hangs(tmp_path):
    def show(done, *_):
        if done == 3:
            raise KeyboardInterrupt

    judge = partial(judges.hanging, str(tmp_path), "K/1")
    campaign = run(judge, KEYS, workers=2, chunk=1, progress=show)
    assert campaign.stopped.startswith("interrupted")
    assert "K/1" not in campaign.records
    assert len(campaign.records) >= 3
    assert not active_children()


def test_what_was_judged_meanwhile_is_kept_at_an_interrupt(tmp_path):
    def show(done, *_):
        if done:
            raise KeyboardInterrupt

    log = tmp_path / "log"
    campaign = run(judges.plain, KEYS, executor=Mending("", 0), workers=2, chunk=1, progress=show, log=log)
    assert list(campaign.records) == KEYS[:4], "two chunks for each worker were out"
    assert log.read_text().count('"certified"') == 4


def test_a_script_without_its_guard_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from cnnmath.verify.campaign import run\n"
        "from tests.verify.campaign import judges\n"
        "run(judges.plain, ['K/1', 'K/2'], workers=1)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    ran = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.endswith(
        "CampaignError: a process ended before it judged anything (exit code 1).\n"
        "  rule    every process imports the module that the judge is from, and the script that began the campaign\n"
        '  fix     guard what the script does with: if __name__ == "__main__"\n'
    )


def test_a_setting_that_always_kills_is_recorded_after_its_second_death(tmp_path):
    log = tmp_path / "log"
    (notes := tmp_path / "notes").mkdir()
    campaign = run(partial(judges.killing, str(notes), "K/5"), KEYS, workers=1, chunk=5, log=log)
    assert campaign.records == run(judges.plain, KEYS, workers=0).records | {"K/5": DIED}
    assert campaign.fates == {"died": 1}
    assert judges.calls(notes) == sorted([*KEYS, "K/5"])
    assert log.read_text().count('"K/5"') == 1


def test_a_setting_that_hangs_is_recorded_and_its_chunk_goes_on(tmp_path):
    campaign = run(partial(judges.hanging, str(tmp_path), "K/5"), KEYS, workers=1, chunk=10, limit=2)
    found = {"certified": False, "fate": "hanging", "finding": "no answer within 2 seconds"}
    assert campaign.records == run(judges.plain, KEYS, workers=0).records | {"K/5": found}
    assert judges.calls(tmp_path) == sorted(KEYS)


def test_an_executor_whose_processes_die_leaves_a_campaign_to_go_on_with(tmp_path):
    log = tmp_path / "log"
    (notes := tmp_path / "notes").mkdir()
    judge = partial(judges.once_killed, str(notes), "K/11")
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        broken = run(judge, KEYS, name="one", executor=executor, workers=1, chunk=2, log=log)
    assert not broken.finished
    assert not broken.certified
    assert broken.stopped.startswith("the executor takes no more work (")
    assert broken.stopped.endswith(f"the same call with the log {log} goes on from here")
    assert set(KEYS[:6]) <= set(broken.records)
    whole = run(judge, KEYS, name="one", workers=0, log=log)
    assert whole.record() == run(judges.plain, KEYS, name="one", workers=0).record()
    assert len(log.read_text().splitlines()) == 1 + len(KEYS)


class Mending:
    """An executor that loses the chunks with the victim, so often, and goes on."""

    def __init__(self, victim, times):
        self.victim, self.times = victim, times

    def submit(self, function, *arguments):
        future = Future()
        if self.victim in arguments[1] and self.times:
            self.times -= 1
            future.set_exception(BrokenExecutor("lost"))
        else:
            future.set_result(function(*arguments))
        return future


@pytest.mark.parametrize("times", [1, 2])
def test_a_chunk_that_an_executor_loses_is_judged_again_setting_by_setting(times):
    campaign = run(judges.plain, KEYS, executor=Mending("K/5", times), chunk=10)
    lost = {"certified": False, "fate": "died"}
    lost |= {"finding": "the process died twice while it judged this (BrokenExecutor)"}
    expected = run(judges.plain, KEYS, workers=0).records
    assert campaign.records == (expected if times == 1 else expected | {"K/5": lost})


def test_an_executor_that_is_shut_down_leaves_an_unfinished_campaign():
    executor = ProcessPoolExecutor(1)
    executor.shutdown()
    campaign = run(judges.plain, KEYS, executor=executor)
    assert campaign.records == {}
    assert "cannot schedule new futures after shutdown" in campaign.stopped
