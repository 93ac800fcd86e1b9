"""What a report says of a network's settings."""

from cnnmath.graph import parse
from cnnmath.report.build import build


def test_depthwise_convolutions_of_many_channels_are_one_section_of_few():
    net = parse("conv(960, 3, padding=1, groups=960) > relu > conv(960, 3, padding=1, groups=960)", (960, 7, 7))
    first, second = build(net).sections
    assert (first.title, first.setting.nodes) == ("conv(4*Fg, 3, padding=1, groups=4)", ("conv1", "conv2"))
    assert second.title == "relu()"
