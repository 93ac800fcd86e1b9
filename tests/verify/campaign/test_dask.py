"""A cluster judges: the executor of a dask client, whose workers are processes."""

from functools import partial

import pytest

from cnnmath.verify.campaign import run
from tests.verify.campaign import judges

distributed = pytest.importorskip("distributed")

KEYS = [f"K/{number}" for number in range(1, 21)]


@pytest.fixture(scope="module")
def client():
    import dask

    settings = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.worker.preload": [],
        "distributed.comm.timeouts.connect": "10s",
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=100, memory_limit=0
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_a_cluster_judges_as_one_process_does(client):
    campaign = run(judges.plain, KEYS, executor=client.get_executor(), workers=2)
    assert campaign.record() == run(judges.plain, KEYS, workers=0).record()


def test_a_worker_killed_in_the_middle_changes_nothing(client, tmp_path):
    judge = partial(judges.once_killed, str(tmp_path), "K/5")
    campaign = run(judge, KEYS, name="one", executor=client.get_executor(), workers=2, chunk=5)
    assert campaign.record() == run(judges.plain, KEYS, name="one", workers=0).record()
    assert judges.calls(tmp_path).count("K/5") == 2


def test_a_setting_that_always_kills_is_recorded(client, tmp_path):
    judge = partial(judges.killing, str(tmp_path), "K/5")
    campaign = run(judge, KEYS, executor=client.get_executor(), workers=2, chunk=5)
    finding = "the process died twice while it judged this (KilledWorker)"
    lost = {"certified": False, "fate": "died", "finding": finding}
    assert campaign.records == run(judges.plain, KEYS, workers=0).records | {"K/5": lost}
