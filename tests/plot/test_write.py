"""Files: always the same bytes, all or none, and figures that leave the user's matplotlib alone."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import sympy
from matplotlib.image import imsave

import cnnmath
from cnnmath import plot, zoo
from cnnmath.errors import DataError, MissingExtraError, ShapeError, UnknownNameError
from cnnmath.graph import analyze
from cnnmath.plot import write_figures
from cnnmath.plot.style import STYLE

FIGURES = ("network", "fields", "costs", "heat")
DRAWN = [plot.draw, plot.fields, plot.costs, plot.heat]
HOME = Path(cnnmath.__file__).parent.parent
STARTS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.mark.parametrize("form", STARTS)
def test_four_files_are_written_and_are_what_they_are_called(form, tmp_path):
    paths = write_figures(zoo.lenet5(), tmp_path / "new" / "dir", form)
    assert [path.name for path in paths] == [f"lenet5-{name}.{form}" for name in FIGURES]
    assert all(path.read_bytes().startswith(STARTS[form]) for path in paths)


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_the_same_network_gives_the_same_bytes_in_another_process_which_loads_no_pyplot(form, tmp_path):
    here = write_figures(zoo.lenet5(), tmp_path / "a", form)
    code = (
        f"import sys; from cnnmath.plot import write_figures; from cnnmath.zoo import lenet5; "
        f"write_figures(lenet5(), {str(tmp_path / 'b')!r}, {form!r}); print('matplotlib.pyplot' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=HOME, check=True, capture_output=True, text=True)
    assert ran.stdout == "False\n"
    assert all(path.read_bytes() == (tmp_path / "b" / path.name).read_bytes() for path in here)


def test_without_the_salt_the_bytes_would_differ(tmp_path, monkeypatch):
    monkeypatch.setattr("cnnmath.plot.style.STYLE", {**STYLE, "svg.hashsalt": None})
    one, other = (write_figures(zoo.lenet5(), tmp_path / name) for name in "ab")
    assert any(a.read_bytes() != b.read_bytes() for a, b in zip(one, other, strict=True))


def test_another_network_gives_other_bytes(tmp_path):
    one = write_figures(zoo.lenet5(), tmp_path / "a")
    other = write_figures(zoo.lenet5((1, 36, 36)), tmp_path / "b")
    assert all(a.read_bytes() != b.read_bytes() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("draw", DRAWN)
def test_the_users_settings_neither_change_a_figure_nor_are_changed(draw):
    summary = analyze(zoo.lenet5())
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "figure.facecolor": "black"}):
        before = dict(mpl.rcParams)
        figure = draw(summary)
        assert dict(mpl.rcParams) == before
    assert mpl.colors.to_hex(figure.get_facecolor()) == "#ffffff"
    assert {mpl.colors.to_hex(axes.get_facecolor()) for axes in figure.axes} == {"#ffffff"}


def test_matplotlib_is_loaded_only_where_a_figure_is_drawn():
    code = "import sys; from cnnmath import plot; print('matplotlib' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=HOME, check=True, capture_output=True, text=True)
    assert ran.stdout == "False\n"


@pytest.mark.parametrize("draw", DRAWN)
def test_without_matplotlib_the_extra_is_named(draw, monkeypatch):
    summary = analyze(zoo.lenet5())
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError) as error:
        draw(summary)
    assert str(error.value).splitlines() == [
        "figures need matplotlib.",
        '  fix     in a clone of cnnmath: pip install ".[plot]"; from a package index that has it: "cnnmath[plot]"',
    ]


@pytest.mark.parametrize("draw", DRAWN)
def test_symbols_are_refused_and_numbers_asked_for(draw):
    n = sympy.Symbol("n", integer=True, positive=True)
    with pytest.raises(ShapeError) as error:
        draw(analyze(zoo.vgg16((3, 32 * n, 32 * n))))
    assert str(error.value) == (
        "network 'vgg16': the figure needs sizes that are numbers.\n"
        "  input   (3, 32*n, 32*n)\n"
        "  fix     give the network an input of numbers, with with_input"
    )


def test_nothing_is_written_where_one_figure_cannot_be_drawn(tmp_path):
    with pytest.raises(UnknownNameError, match="there is no node 'pool9'"):
        write_figures(zoo.lenet5(), tmp_path / "out", node="pool9")
    with pytest.raises(UnknownNameError, match=r"there is no format 'gif'"):
        write_figures(zoo.lenet5(), tmp_path / "out", "gif")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError) as error:
        write_figures(zoo.lenet5(), tmp_path / "file" / "out")
    assert str(error.value) == (
        f"the figures cannot be written to '{tmp_path}/file/out'.\n"
        f"  here    {tmp_path}/file/out: Not a directory\n  fix     name another directory"
    )


def test_an_image_is_read_from_its_file(tmp_path):
    imsave(tmp_path / "image.png", np.random.default_rng(0).random((32, 32, 3)))
    plain = write_figures(zoo.lenet5(), tmp_path / "a")[-1]
    over = write_figures(zoo.lenet5(), tmp_path / "b", image=tmp_path / "image.png")[-1]
    assert over.read_bytes() != plain.read_bytes()


def test_a_file_without_an_image_is_refused(tmp_path):
    (tmp_path / "text.png").write_text("no image")
    for name, here in (("text.png", "it is no image that matplotlib reads"), ("none.png", "No such file or directory")):
        with pytest.raises(DataError) as error:
            write_figures(zoo.lenet5(), tmp_path / "out", image=tmp_path / name)
        assert str(error.value) == (
            f"there is no image in '{tmp_path / name}'.\n  here    {here}\n  fix     name a PNG file"
        )
