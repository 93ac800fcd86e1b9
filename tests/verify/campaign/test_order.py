"""The same campaign, whoever judges: records in the order of the keys, bit for bit."""

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest

from cnnmath.errors import CampaignError, SettingError
from cnnmath.verify.campaign import run
from cnnmath.verify.campaign.handing import deliveries
from cnnmath.verify.campaign.judging import judge_all
from tests.verify.campaign import judges

KEYS = [f"{group}/{number}" for number in range(15) for group in ("Pool", "Conv")]


def report(campaign):
    return json.dumps(campaign.record()), repr(campaign)


@pytest.fixture(scope="module")
def expected():
    return report(run(judges.unequal, KEYS, workers=0))


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_processes_judge_as_one_does(expected, workers):
    assert report(run(judges.unequal, KEYS, workers=workers)) == expected


@pytest.mark.parametrize("chunk", [None, 1, 4, 100])
def test_threads_judge_as_one_does(expected, chunk):
    with ThreadPoolExecutor(3) as executor:
        assert report(run(judges.unequal, KEYS, executor=executor, workers=3, chunk=chunk)) == expected
        assert executor.submit(int).result() == 0, "the executor was shut down"


def test_records_come_in_the_order_of_the_keys_whatever_their_names():
    keys = [f"K/{number}" for number in (9, 10, 2, 33, 1)]
    with ThreadPoolExecutor(2) as executor:
        assert list(run(judges.unequal, keys, executor=executor, chunk=1).records) == keys


def test_a_campaign_says_what_it_has_found():
    campaign = run(judges.plain, KEYS, name="plain", workers=0)
    assert (campaign.finished, campaign.certified) == (True, False)
    assert list(campaign.counterexamples) == ["Pool/0", "Conv/0", "Pool/7", "Conv/7", "Pool/14", "Conv/14"]
    assert list(campaign.groups) == ["Pool", "Conv"]
    assert (campaign.groups["Conv"].judged, campaign.groups["Conv"].certified) == (15, 12)
    assert repr(campaign) == (
        "plain: 24 of 30 settings certified, 6 not\n  Pool  12 of 15\n  Conv  12 of 15\n"
        "not certified, the first 5:\n  Pool/0\n  Conv/0\n  Pool/7\n  Conv/7\n  Pool/14"
    )
    assert run(judges.plain, ["K/1", "K/2"], workers=0).certified


def test_what_a_judge_raises_is_the_record_of_its_setting():
    keys = ["raise", "exit", "nothing", "unsaid", "set", "nan", "tuple", "good"]
    campaign = run(judges.raising, keys, workers=0)
    found = {key: record.get("finding", "") for key, record in campaign.records.items()}
    assert found["raise"] == "the judge raised ValueError: no such window at 0x..."
    assert found["exit"] == "the judge raised SystemExit: 3"
    assert "a record is a dict of JSON values in which certified is True or False" in found["nothing"]
    assert "{'certified': 1}" in found["unsaid"]
    assert "not JSON serializable" in found["set"]
    assert "not JSON compliant" in found["nan"]
    assert campaign.records["tuple"] == {"certified": True, "shape": [2, 3]}
    assert campaign.fates == {"raised": 6}
    assert "2 of 8 settings certified, 6 not (6 raised)" in repr(campaign)
    assert report(run(judges.raising, keys, workers=1)) == report(campaign)


def test_a_process_has_one_thread():
    record = run(judges.threads, ["one"], workers=1).records["one"]
    assert (record["own"], record["openmp"], set(record["blas"])) == (1, "1", {1})


def test_never_more_chunks_are_out_than_asked_for():
    out, most = {}, 0
    with ThreadPoolExecutor(2) as executor:

        def submit(chunk, attempt):
            nonlocal most
            most = max(most, len(out) + 1)
            return executor.submit(judge_all, judges.plain, chunk, attempt)

        found = [one.key for some in deliveries(submit, [(key,) for key in KEYS], 4, out) for one in some]
    assert most == 4
    assert sorted(found) == sorted(KEYS)


def test_progress_counts_the_settings_and_the_refuted():
    told = []
    run(judges.plain, ["K/1", "K/7", "K/8"], workers=0, progress=lambda *now: told.append(now))
    assert told == [
        (0, 3, "all certified"),
        (1, 3, "all certified"),
        (2, 3, "1 not certified"),
        (3, 3, "1 not certified"),
    ]


@pytest.mark.parametrize(
    ("keys", "settings", "message"),
    [
        ([], {}, "there are no settings to judge"),
        (["a", "b", "a"], {}, "'a' is there twice"),
        ([1.5], {}, "the key of a setting is a text or an integer"),
        ([True], {}, "the key of a setting is a text or an integer"),
        (["a"], {"workers": -1}, "number of workers must be at least 0"),
        (["a"], {"chunk": 0}, "chunk must be at least 1"),
        (["a"], {"limit": 0}, "limit must be a positive number"),
        (["a"], {"limit": 1, "workers": 0}, "workers=0 judges in this process"),
        (["a"], {"limit": 1, "executor": ThreadPoolExecutor(1)}, "an executor is given"),
        (["a"], {"workers": 0, "executor": ThreadPoolExecutor(1)}, "number of workers must be at least 1"),
    ],
)
def test_what_cannot_be_run_is_refused(keys, settings, message):
    with pytest.raises(SettingError, match=message):
        run(judges.plain, keys, **settings)


def test_a_judge_that_cannot_be_sent_is_refused():
    with pytest.raises(CampaignError, match="the judge cannot be sent to another process"):
        run(lambda _: {"certified": True}, ["a"], workers=1)


def test_a_judge_that_no_worker_of_an_executor_receives_is_refused():
    with ProcessPoolExecutor(1, get_context("spawn")) as executor, pytest.raises(CampaignError) as caught:
        run(lambda _: {"certified": True}, ["a"], executor=executor)
    assert caught.value.fact == "the executor does not carry the work."
    assert "pickle" in caught.value.lines["here"]


def test_a_judge_that_a_process_cannot_load_is_refused():
    with pytest.raises(CampaignError, match="a process cannot load the judge"):
        run(partial(judges.plain, Unloadable()), ["a", "b", "c"], workers=1)


class Unloadable:
    """What can be pickled, and not unpickled."""

    def __reduce__(self):
        return int, ("no number",)
