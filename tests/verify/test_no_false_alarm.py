"""No false alarm: correct kernels of other libraries are certified at every drawn setting.

``make peers`` tries a thousand settings of each library and format.
"""

import pytest
from hypothesis import settings

from cnnmath import ops
from tests.peers.kernels import tried
from tests.peers.kernels.peer import FORMATS, RUNGS

FEW = max(2, settings.default.max_examples // 60)
"""Settings of each function and format: of a library more than a thousand where the profile is ``intense``."""

SLOW = {"jax": (2, 4)}
"""Rungs that are climbed where every shape costs a compilation; others have all."""

DIFFERENTIATED = ("torch", "jax")
NAMED = [(name, peer) for name in tried.installed() for peer in tried.library(name).peers]


@pytest.mark.parametrize(("name", "peer"), NAMED, ids=[f"{name} {peer.name}" for name, peer in NAMED])
def test_a_correct_kernel_is_never_refused(name, peer):
    for dtype in peer.formats:
        found = list(tried.verdicts(tried.library(name), peer, dtype, FEW, SLOW.get(name, RUNGS)))
        assert [verdict for verdict in found if not verdict.certified] == []
        assert len(found) == FEW
        assert all(e.numbers for verdict in found for e in verdict.evidence if e.rung in (2, 4))
        assert all(len(verdict.results) > 1 for verdict in found if name in DIFFERENTIATED)


def test_settings_are_the_same_at_every_run_and_repeat_where_there_are_fewer():
    peer = next(peer for _, peer in NAMED if peer.kind is ops.Linear)
    assert tried.drawn(peer.cases, 12) == tried.drawn(peer.cases, 12)
    assert len(set(tried.drawn(peer.cases, 12))) > 6
    assert len(tried.drawn(peer.cases, 200)) == 200


def test_a_peer_is_asked_in_a_format_that_it_has_and_says_why_a_rung_is_not_asked():
    for _, peer in NAMED:
        assert set(peer.formats) <= set(FORMATS)
        assert all(rung in RUNGS and len(why) > 20 for rung, why in peer.unasked.items())
