"""No false alarm: correct kernels of other libraries are certified at every drawn setting.

``make peers`` tries a thousand settings of each library and format.
"""

import pytest
from hypothesis import settings

from cnnmath import ops
from cnnmath.verify import Case, Certificate, Counterexample, climb
from tests.peers.kernels import tried
from tests.peers.kernels.peer import FORMATS, RUNGS

FEW = max(2, settings.default.max_examples // 60)
"""Settings of each function in its first format: of a library about a thousand where the profile is ``intense``."""

SLOW = ("jax",)
"""Libraries of which every shape costs a compilation: half of the settings, as in every format but the first."""

CLIMBED = RUNGS if settings.default.max_examples > 200 else (2, 4)
"""Numbers alone, but in the profile ``intense``, which has laws and hygiene too."""

DIFFERENTIATED = ("torch", "jax")
NAMED = [(name, peer) for name in tried.installed() for peer in tried.library(name).peers]


@pytest.mark.parametrize(("name", "peer"), NAMED, ids=[f"{name} {peer.name}" for name, peer in NAMED])
def test_a_correct_kernel_is_never_refused(name, peer):
    for dtype in peer.formats:
        few = FEW // 2 if name in SLOW or dtype != peer.formats[0] else FEW
        found = list(tried.verdicts(tried.library(name), peer, dtype, few, (2, 4) if name in SLOW else CLIMBED))
        assert [verdict for verdict in found if not verdict.certified] == []
        assert len(found) == few
        assert all(e.numbers for verdict in found for e in verdict.evidence if e.rung in (2, 4))
        assert all(len(verdict.results) > 1 for verdict in found if name in DIFFERENTIATED)


def shares(x):
    """The mean of 49 numbers, each divided first: 49 times the float next to 1/49 is not 1."""
    return (x * (1 / 49)).sum(axis=(2, 3), keepdims=True)


def test_a_kernel_that_rounds_on_integers_is_not_held_to_laws_exactly():
    found = climb(shares, Case(ops.AveragePool((7, 7)), ((2, 2, 7, 7),)), rungs=[2, 3, 4])
    assert isinstance(found, Certificate)
    assert {w.rung for w in found.withheld} == {2, 3}
    assert {e.rung for e in found.evidence} == {4}


def test_a_kernel_that_is_wrong_by_less_than_half_of_its_digits_still_breaks_a_law():
    def kernel(x):
        return x + (x > 2**20)

    found = climb(kernel, Case(ops.Flatten(), ((2, 3),)), rungs=[3])
    assert isinstance(found, Counterexample)
    assert found.finding.kind == "law"


def test_a_number_without_axes_stays_one_on_its_way_to_a_library():
    pytest.importorskip("torch")
    op = ops.SquaredError("mean")
    found = climb(tried.library("torch").tested(tried.library("torch").peer(type(op)), "float64"), Case(op, ((2, 3),)))
    assert isinstance(found, Certificate)
    assert found.results == ("y", "x")


def test_settings_are_the_same_at_every_run_and_repeat_where_there_are_fewer():
    peer = next(peer for _, peer in NAMED if peer.kind is ops.Linear)
    assert tried.drawn(peer.cases, 12) == tried.drawn(peer.cases, 12)
    assert len(set(tried.drawn(peer.cases, 12))) > 6
    assert len(tried.drawn(peer.cases, 200)) == 200


def test_a_peer_is_asked_in_a_format_that_it_has_and_says_why_a_rung_is_not_asked():
    for _, peer in NAMED:
        assert set(peer.formats) <= set(FORMATS)
        assert all(rung in RUNGS and len(why) > 20 for rung, why in peer.unasked.items())
