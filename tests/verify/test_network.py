"""A network's operators as few settings, each verified once."""

import pytest

from cnnmath import numeric, ops
from cnnmath.graph import Architecture, analyze, parse
from cnnmath.ops.notation import describe
from cnnmath.verify.network import RUNGS, in_words, settings, standing_for, verified
from cnnmath.verify.strategies import covering
from cnnmath.verify.verdict import Certificate, NoPower


def named(text, shape):
    return [(describe(s.op), s.cases[0].inputs[0][1], s.nodes) for s in settings(analyze(parse(text, shape)))]


def test_operators_that_differ_in_widths_alone_are_one_setting():
    text = "conv(4, 3) > relu > conv(9, 3) > relu > conv(9, 3, bias=False)"
    assert named(text, (3, 9, 9)) == [
        ("conv(2, 3)", 3, ("conv1", "conv2")),
        ("relu()", 3, ("relu1", "relu2")),
        ("conv(2, 3, bias=False)", 3, ("conv3",)),
    ]


def test_convolutions_of_many_groups_are_few_settings_by_what_a_group_has():
    text = "conv(32, 3, groups=32) > conv(64, 3, groups=16) > conv(32, 1, groups=32) > conv(64, 3, groups=32)"
    assert named(text, (32, 9, 9)) == [
        ("conv(4, 3, groups=4)", 4, ("conv1",)),
        ("conv(8, 3, groups=4)", 12, ("conv2",)),
        ("conv(4, 1, groups=4)", 12, ("conv3",)),
        ("conv(8, 3, groups=4)", 4, ("conv4",)),
    ]


def test_an_activation_is_one_setting_whatever_the_rank():
    assert [nodes for *_, nodes in named("relu > flatten > relu", (3, 4, 4))] == [("relu1", "relu2"), ("flatten1",)]


def test_a_setting_names_the_operators_of_more_groups_that_it_stands_for():
    net = parse("conv(16, 3, groups=16) > conv(16, 3, groups=16) > conv(16, 3)", (16, 9, 9))
    first, second = settings(analyze(net))
    assert (first.meant, first.rank) == ((ops.Conv(16, 3, groups=16),), 2)
    assert second.meant == ()


@pytest.mark.parametrize("kind", ops.ALL, ids=lambda kind: kind.__name__)
def test_what_stands_for_an_operator_fits_its_inputs(kind):
    for case in covering(kind)[:12]:
        if all(all(shape) for shape in case.inputs):
            for small in standing_for(case.op, *case.inputs):
                assert type(small.op) is kind
                assert all(small.op.shape(*small.inputs))


def test_settings_are_verified_one_after_the_other_and_progress_is_told():
    distinct, seen = settings(analyze(parse("relu > softplus", (3, 4, 4)))), []
    found = verified(distinct, lambda *step: seen.append(step))
    setting, verdict = next(found)
    assert (setting.nodes, in_words(verdict)) == (("relu1",), "agrees exactly")
    assert seen == [(0, 2, "relu()")]
    assert [in_words(verdict) for _, verdict in found] == ["agrees to 40 digits"]
    assert seen[1:] == [(1, 2, "softplus()"), (2, 2, "")]


def test_rungs_are_two_unless_others_are_asked_for():
    distinct = settings(analyze(parse("flatten", (3, 4, 4))))
    for found, rungs in ((verified(distinct), RUNGS), (verified(distinct, rungs=(5,)), (5,))):
        ((_, verdict),) = found
        assert isinstance(verdict, Certificate)
        assert {e.rung for e in verdict.evidence} == set(rungs)


def test_a_kernel_that_is_wrong_in_groups_alone_is_found(monkeypatch):
    """As if the groups were interleaved: right for one group, wrong for many."""
    own = numeric.kernel(ops.Conv(4, 3))

    def forward(op, x, w, b=None):
        mixed = x.reshape(len(x), -1, op.groups, *x.shape[2:]).swapaxes(1, 2).reshape(x.shape)
        return own.forward(op, mixed, w, b)

    monkeypatch.setattr(numeric, "kernel", lambda op: numeric.Kernel(forward, own.backward))  # noqa: ARG005
    net = Architecture("net", (16, 6, 6))
    net.add("whole", ops.Conv(4, 3))
    net.add("parted", ops.Conv(64, 1, groups=2))
    words = {s.nodes[0]: in_words(verdict) for s, verdict in verified(settings(analyze(net)))}
    assert words == {"whole": "proved", "parted": "DIFFERS"}


def test_nothing_to_say_is_no_disagreement():
    assert in_words(NoPower("kernel", (), ("there is no number",))) == "no power to tell"
