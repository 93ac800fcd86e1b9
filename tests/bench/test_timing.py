"""The statistics of alternating runs, with a clock that tells what it is told."""

import pytest

from tests.bench.timing import PATIENCE, QUICK, Job, Timing, alternate, geometric_mean


class Clock:
    """Time passes only where a job says so."""

    def __init__(self):
        self.now, self.done = 0.0, []

    def __call__(self):
        return self.now

    def rest(self):
        self.done.append(".")

    def job(self, name, *seconds, ready=0.0):
        """A job that takes these times in turn, the last of them from then on."""
        left = list(seconds)

        def act(_):
            self.done.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        def prepare():
            self.now += ready

        return Job(act, ready=prepare)


def test_medians_and_quartiles_are_those_of_the_rounds():
    timing = Timing(((1.0, 1.0), (1.0, 2.0), (1.0, 3.0), (1.0, 4.0), (1.0, 10.0)))
    assert (timing.ours, timing.theirs, timing.quartiles, timing.ratio) == (1.0, 3.0, (2.0, 3.0, 4.0), 3.0)


def test_the_ratio_is_the_median_of_ratios_and_not_the_ratio_of_medians():
    timing = Timing(((2.0, 1.0), (1.0, 3.0), (4.0, 4.0)))
    assert (timing.theirs / timing.ours, timing.ratio) == (1.5, 1.0)


def test_one_round_has_no_spread():
    assert Timing(((1.0, 4.0),)).quartiles == (4.0,) * 3


def test_both_run_in_turn_and_who_begins_changes():
    clock = Clock()
    alternate(clock.job("a", 1), clock.job("b", 1), 0, 3, clock, clock.rest)
    assert "".join(clock.done) == ".a.b.b.a.a.b"


def test_quick_runs_follow_one_that_is_not_timed():
    clock = Clock()
    timing = alternate(clock.job("a", QUICK / 4), clock.job("b", QUICK / 4), 0, 3, clock, clock.rest)
    assert "".join(clock.done) == ".a.b.bb.aa.aa.bb"
    assert len(timing.rounds) == 3


def test_times_stay_with_whom_they_belong_to():
    clock = Clock()
    assert set(alternate(clock.job("a", 2), clock.job("b", 5), 0, 4, clock, clock.rest).rounds) == {(2, 5)}


def test_rounds_go_on_until_the_budget_is_used():
    clock = Clock()
    assert len(alternate(clock.job("a", 1), clock.job("b", 1), 20, 3, clock, clock.rest).rounds) == 10


def test_a_round_that_takes_too_long_is_the_last():
    clock = Clock()
    long = alternate(clock.job("a", 1), clock.job("b", PATIENCE), 1, 3, clock, clock.rest)
    assert len(long.rounds) == 1
    assert len(alternate(clock.job("a", 1), clock.job("b", PATIENCE - 1), 1, 3, clock, clock.rest).rounds) == 3


def test_what_is_made_ready_is_not_timed():
    clock = Clock()
    assert alternate(clock.job("a", 1, ready=7), clock.job("b", 1, ready=9), 0, 1, clock, clock.rest).rounds == (
        (1, 1),
    )


def test_what_is_made_ready_is_handed_on():
    assert Job(lambda y: {"y": y + 1}, ready=lambda: 1).run() == {"y": 2}


def test_the_geometric_mean_of_the_inverse_ratios_is_the_inverse():
    ratios = [0.5, 3.0, 8.0]
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4.0)
    assert geometric_mean([1 / r for r in ratios]) == pytest.approx(1 / geometric_mean(ratios))
