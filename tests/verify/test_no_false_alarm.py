"""No false alarm: correct kernels of other libraries are certified at every drawn setting.

``make peers`` tries a thousand settings of each library and format.
"""

import os

import pytest

from cnnmath import ops
from tests.peers.kernels import tried
from tests.peers.kernels.peer import FORMATS, RUNGS

FEW = int(os.environ.get("PEER_SETTINGS", "3"))
"""Settings of each function and format."""

SLOW = {"jax": (2, 4)}
"""Rungs that are climbed where each call costs a compilation."""

DIFFERENTIATED = ("torch", "jax")

NAMED = [(name, peer) for name in tried.installed() for peer in tried.library(name).peers]
each_peer = pytest.mark.parametrize(("name", "peer"), NAMED, ids=[f"{name} {peer.name}" for name, peer in NAMED])


@each_peer
def test_a_correct_kernel_is_never_refused(name, peer):
    for dtype in peer.formats:
        found = list(tried.verdicts(tried.library(name), peer, dtype, FEW, SLOW.get(name, RUNGS)))
        assert [verdict for verdict in found if not verdict.certified] == []
        assert len(found) == FEW


@each_peer
def test_its_certificates_stand_on_numbers_that_were_compared(name, peer):
    (verdict,) = tried.verdicts(tried.library(name), peer, "float32", 1, (2, 4))
    assert 4 in {e.rung for e in verdict.evidence}
    assert sum(e.numbers for e in verdict.evidence) > 0
    assert len(verdict.results) > 1 or name not in DIFFERENTIATED


def test_settings_are_the_same_at_every_run_and_repeat_where_there_are_fewer():
    peer = next(peer for _, peer in NAMED if peer.kind is ops.Linear)
    assert tried.drawn(peer.cases, 12) == tried.drawn(peer.cases, 12)
    assert len(set(tried.drawn(peer.cases, 12))) > 6
    assert len(tried.drawn(peer.cases, 200)) == 200


def test_a_peer_is_asked_in_a_format_that_it_has_and_says_why_a_rung_is_not_asked():
    for _, peer in NAMED:
        assert set(peer.formats) <= set(FORMATS)
        assert all(rung in RUNGS and len(why) > 20 for rung, why in peer.unasked.items())
