"""The tutorial runs as it is printed: an epoch of it, whose accuracies lie far above chance, and all its files."""

import importlib.util
import re
from pathlib import Path

import pytest

from cnnmath import zoo
from cnnmath.training import load

pytest.importorskip("sklearn")
pytest.importorskip("safetensors")
HOME = Path(__file__).parents[2] / "docs" / "tutorials"
HELD_OUT = 360
FIRST = 0.93
"""Accuracy after the first epoch of the run that the page prints."""


def tutorial():
    spec = importlib.util.spec_from_file_location("lenet5_digits", HOME / "lenet5_digits.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_epoch_of_the_tutorial_reads_most_digits_and_its_trunk_helps_the_other_task(tmp_path, capsys):
    found = tutorial().main(epochs=1, output=tmp_path)
    deviation = (0.25 / HELD_OUT) ** 0.5  # at most, of an accuracy: that of a coin
    assert found["digits"] > FIRST - 5 * deviation
    assert found["trained"] > 0.5 + 5 * deviation
    assert found["trained"] > found["untrained"] + 2 * deviation
    printed = capsys.readouterr().out
    assert printed.count("epoch   1  loss") == 3
    assert re.search(rf"digits: {found['digits']:.2%} of {HELD_OUT} held-out ones are read, after \d+ s", printed)
    assert (tmp_path / "lenet5_digits.svg").read_text().startswith("<?xml")
    assert set(load(tmp_path / "lenet5_digits.safetensors", zoo.lenet5())) >= {"conv1.w", "linear5.b"}


def test_the_digits_are_blocks_of_pixels_and_no_held_out_one_is_trained_on():
    (x, _), (held_x, held_t) = tutorial().digits()
    assert (x.shape, held_x.shape) == ((1437, 1, 32, 32), (HELD_OUT, 1, 32, 32))
    assert (x[:, :, ::4, ::4].repeat(4, 2).repeat(4, 3) == x).all()
    assert (x.min(), x.max()) == (0, 1)
    assert [int((held_t == digit).sum()) for digit in range(10)] == pytest.approx([36] * 10, abs=1)
    assert len({image.tobytes() for image in x} & {image.tobytes() for image in held_x}) == 0


def test_the_page_shows_the_script_and_what_a_whole_run_of_it_printed():
    page = (HOME / "lenet5_digits.md").read_text()
    assert '--8<-- "docs/tutorials/lenet5_digits.py"' in page
    printed = re.search(r"digits: (\d+\.\d+)% of 360 held-out ones are read, after (\d+) s", page)
    assert float(printed[1]) > 97
    assert (HOME / "lenet5_digits.svg").exists()
    assert "](lenet5_digits.svg)" in page
