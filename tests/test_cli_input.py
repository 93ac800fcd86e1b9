"""One notation of shapes: batch, channels and spatial sizes joined by x, wherever a command asks for one."""

import pytest
from typer.testing import CliRunner

from cnnmath.cli import app
from cnnmath.errors import SettingError


def printed(line):
    ran = CliRunner().invoke(app, line.split())
    if ran.exception and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return ran.stdout


@pytest.mark.parametrize(
    "line",
    [
        "analyze lenet5 --input {} --json",
        "count lenet5 --input {} --json",
        "field lenet5 --input {} --json",
        "sizes lenet5 --input {} --json",
        "flow lenet5 --input {} --json",
        "explain lenet5 --input {} --parameters 61706 --json",
        "derive lenet5 --input {} --node pool1",
        "diff lenet5 lenet5_rgb --input {}",
    ],
)
def test_networks_take_a_sample_with_and_without_a_batch_of_one(line):
    bare, batched = printed(line.format("1x32x32")), printed(line.format("1x1x32x32"))
    assert bare == batched
    assert bare


def test_a_batch_of_two_is_refused_where_one_sample_is_looked_at():
    with pytest.raises(SettingError) as caught:
        printed("analyze lenet5 --input 2x1x32x32")
    assert str(caught.value) == (
        "the input has another rank than the network.\n  here    --input 2x1x32x32\n"
        "  rule    lenet5 takes CxHxW, as in 1x32x32\n"
        "  fix     channels first, without a batch or behind a batch of 1"
    )


@pytest.mark.parametrize("how", ["--kernel 2x2", "--kernel 2 --rank 2"])
def test_an_operator_takes_its_whole_input_where_its_rank_is_told(how):
    line = f"derive conv {how} --wrt y --input"
    assert printed(f"{line} 3x2x3") == printed(f"{line} 1x3x2x3") == printed(f"{line} 2x3 --channels 3")


def test_channels_that_are_given_twice_are_refused():
    with pytest.raises(SettingError) as caught:
        printed("derive conv --kernel 2x2 --input 3x4x4 --channels 2")
    assert str(caught.value) == (
        "the channels are given twice.\n  here    --input 3x4x4 --channels 2\n  fix     leave --channels out"
    )
