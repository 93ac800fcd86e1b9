"""A run that is stopped writes what it has."""

import pytest

from tests.bench import __main__ as bench
from tests.bench import machine
from tests.bench.test_results import RESULTS


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Where the page goes; threads are left as they are."""
    monkeypatch.setattr(machine, "limit", lambda _: None)
    path = tmp_path / "page.md"
    monkeypatch.setattr("sys.argv", ["bench", "layers", "--peer", "scipy", "--write", str(path)])
    return path


def stopped_by(error):
    def measure(*_):
        yield RESULTS[0]
        raise error

    return measure


def test_what_was_measured_is_printed_and_written(page, monkeypatch, capsys):
    monkeypatch.setattr(bench.layers, "measure", stopped_by(KeyboardInterrupt))
    bench.main()
    assert "Layers of net, batch 1, forward" in capsys.readouterr().out
    assert "some rows are missing" in page.read_text()
    assert "| a | conv(1, 1) | 1x1x1x1 | 2.00 | 0.50 (0.50 to 0.50) |" in page.read_text()


def test_an_error_is_raised_and_what_was_measured_is_written(page, monkeypatch):
    monkeypatch.setattr(bench.layers, "measure", stopped_by(ValueError("it broke")))
    with pytest.raises(ValueError, match="it broke"):
        bench.main()
    assert "some rows are missing" in page.read_text()
