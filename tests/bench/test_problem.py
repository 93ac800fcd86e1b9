"""What is timed is what stands in the networks, and nothing is timed beside a result that differs."""

from dataclasses import replace

import numpy as np
import pytest

from cnnmath import ops, zoo
from tests.bench import layers
from tests.bench.layers import TOLERANCE, Settings, compare, measure
from tests.bench.peers import MODULES, found
from tests.bench.problem import DIRECTIONS, DisagreementError, LayerProblem, check_agreement, layer_problems
from tests.bench.timing import Job

CONV = LayerProblem("conv", 1, ops.Conv(4, 3, stride=2, padding=1), (1, 3, 9, 9))
POOL = LayerProblem("pool", 1, ops.MaxPool(2), (1, 3, 8, 8))
Y = {"y": np.arange(1.0, 5.0)}


@pytest.mark.parametrize(("name", "distinct", "all_"), [("alexnet", 8, 8), ("vgg16", 14, 18), ("resnet50", 25, 55)])
def test_every_convolution_and_pooling_of_a_network_is_there_once(name, distinct, all_):
    problems = list(layer_problems(zoo.named(name), 8))
    kinds = (ops.Conv, ops.MaxPool, ops.GlobalAveragePool)
    assert sum(isinstance(op, kinds) for _, op in zoo.named(name)) == all_
    assert (len(problems), sum(p.uses for p in problems)) == (distinct, all_)
    assert len({(p.op, p.shape) for p in problems}) == distinct
    assert {p.shape[0] for p in problems} == {8}


def test_results_that_agree_pass():
    check_agreement(Y, {"y": Y["y"] * (1 + TOLERANCE / 2)}, TOLERANCE)


@pytest.mark.parametrize(
    ("theirs", "message"),
    [
        ({"y": Y["y"] * (1 + 2 * TOLERANCE)}, "y differs by 2.0e-04 of its norm"),
        ({"y": Y["y"][::-1]}, "y differs by"),
        ({"y": Y["y"] * np.nan}, "y differs by nan"),
        ({"y": Y["y"][None]}, r"y has the shapes \(4,\) and \(1, 4\)"),
        ({"z": Y["y"]}, r"results \['y'\] and \['z'\]"),
        ({"y": 0 * Y["y"]}, "y differs by"),
    ],
)
def test_results_that_differ_are_refused(theirs, message):
    with pytest.raises(DisagreementError, match=message):
        check_agreement(Y, theirs, TOLERANCE)


def test_nothing_is_timed_where_results_differ(monkeypatch):
    monkeypatch.setattr(layers, "alternate", lambda *_: pytest.fail("it was timed"))
    flipped = replace(CONV, name="flipped")
    flipped.arrays["w"] = flipped.arrays["w"][:, :, ::-1, ::-1]
    for direction in DIRECTIONS:
        with pytest.raises(DisagreementError):
            compare(CONV.ours(direction)[direction], flipped.ours(direction)[direction], 0)


def test_a_peer_that_is_wrong_stops_the_run():
    class Wrong:
        NAME, MOST = "wrong", 8

        @staticmethod
        def layer(problem, direction):
            right = problem.ours(direction)[direction]
            return Job(right.act, lambda found: {k: a + 1 for k, a in right.arrays(found).items()})

    with pytest.raises(DisagreementError):
        next(measure(Settings(("alexnet",), (1,)), {"wrong": Wrong()}, print))


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("problem", [CONV, POOL], ids=lambda problem: problem.name)
@pytest.mark.filterwarnings("ignore")
def test_every_peer_that_is_installed_agrees(name, direction, problem):
    for _, peer in found([name], 1):
        job = peer.layer(problem, direction)
        if job is None:  # who infers alone has no gradients, and not all have poolings
            assert direction == "backward" or problem is POOL
        else:
            for ours in problem.ours(direction).values():
                assert len(compare(ours, job, 0).rounds) == 5
        return
    pytest.skip("it is not installed")


def test_a_peer_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(MODULES, "absent", "tests.bench.peers.absent")
    said = []
    assert list(found(["absent"], 1, said.append)) == []
    (line,) = said
    assert line.startswith("absent is left out: No module named")
