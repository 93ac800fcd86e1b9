"""The tutorial runs from end to end, comes to the accuracies that its page prints, and leaves its files."""

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
PRINTED = {"digits": 0.9806, "trained": 0.9667, "untrained": 0.8333}
"""Accuracies that the page prints, for digits and for parity."""


def tutorial():
    spec = importlib.util.spec_from_file_location("lenet5_digits", HOME / "lenet5_digits.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def deviation(accuracy):
    """Of an accuracy that is measured on the held-out digits."""
    return (accuracy * (1 - accuracy) / HELD_OUT) ** 0.5


def test_the_tutorial_comes_to_the_accuracies_of_its_page(tmp_path, capsys):
    found = tutorial().main(epochs=12, output=tmp_path)
    assert set(found) == set(PRINTED)
    for name, accuracy in PRINTED.items():  # other machines round otherwise, and descend to another place
        assert abs(found[name] - accuracy) < 4 * deviation(accuracy), name
    assert found["trained"] > found["untrained"] + 4 * deviation(found["untrained"])
    printed = capsys.readouterr().out
    assert printed.count("epoch   1  loss") == printed.count("epoch   3  loss") == 3
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
    assert f"digits: {PRINTED['digits']:.2%} of {HELD_OUT} held-out ones are read" in page
    assert f"parity on the trained trunk: {PRINTED['trained']:.2%} are told apart" in page
    assert f"parity on the untrained trunk: {PRINTED['untrained']:.2%} are told apart" in page
    assert PRINTED["digits"] > 0.97
    assert (HOME / "lenet5_digits.svg").exists()
    assert "](lenet5_digits.svg)" in page
