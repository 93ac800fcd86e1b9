"""Commands end with the statuses of one table, and with no other."""

import re
import sys
from pathlib import Path

import pytest

from cnnmath import cli
from cnnmath.cli.status import STATUSES

LINES = {
    0: ("--version", "verify relu --examples 3", "diff lenet5 lenet5", "explain lenet5 --parameters 61706"),
    1: ("diff vgg11 vgg13", "explain lenet5 --parameters 61707"),
    2: ("analyze lenet6", "analyze", "run lenet5"),
    3: (
        "verify conv --op conv(4,3) --input 1x1x5x5 --rungs 2",
        "verify relu --rungs 1 --examples 3",
        "verify relu --rungs 1 --settings 3 --workers 1",
    ),
    130: ("analyze lenet5", "verify relu --settings 3"),
}


@pytest.fixture
def status(monkeypatch, capfd):
    """Run a command line as its entry point does, for its status."""

    def of(line):
        monkeypatch.setattr(sys, "argv", ["cnnmath", *line.split()])
        with pytest.raises(SystemExit) as end:
            cli.main()
        capfd.readouterr()
        return end.value.code or 0

    return of


@pytest.mark.parametrize(("code", "line"), [(code, line) for code, lines in LINES.items() for line in lines])
def test_a_command_ends_with_the_status_that_says_so(code, line, status, monkeypatch):
    if code == 130:
        monkeypatch.setattr("cnnmath.graph.analyze", _interrupted)
        monkeypatch.setattr("cnnmath.verify.kernels_campaign.keys", _interrupted)
    assert status(line) == code


def test_every_status_of_the_table_has_a_command_that_ends_with_it():
    assert tuple(STATUSES) == tuple(LINES)


def test_no_command_ends_with_a_number_of_its_own():
    sources = [path.read_text() for path in Path(cli.__file__).parent.glob("*.py")]
    given = {word for source in sources for word in re.findall(r"(?:Exit|exit)\((.*)\)", source)}
    assert {word for word in given if re.search(r"\d", word)} == set()
    assert len(given) > 4


def _interrupted(*_, **__):
    raise KeyboardInterrupt
