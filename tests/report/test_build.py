"""Which settings of a network a report is about."""

from cnnmath.graph import analyze, parse
from cnnmath.ops.notation import describe
from cnnmath.report.build import settings


def test_depthwise_convolutions_of_many_channels_are_one_setting_of_few():
    net = parse("conv(960, 3, padding=1, groups=960) > relu > conv(1920, 3, padding=1, groups=960)", (960, 7, 7))
    assert [describe(s.op) for s in settings(analyze(net))] == ["conv(18, 3, padding=1, groups=9)", "relu()"]
    assert settings(analyze(net))[0].nodes == ("conv1", "conv2")
