"""External data: inside the model's folder, as long as said, and nowhere else."""

import os

import numpy as np
import pytest

from cnnmath.errors import DataError
from cnnmath.interchange.onnx import load, read
from tests.interchange.onnx.models import conv, external

W = np.arange(216, dtype=np.float32).reshape(8, 3, 3, 3)


def test_external_data_is_loaded_from_its_offset(tmp_path):
    w = read(external(tmp_path)).initializers["w"]
    assert (load(w) == W).all()


def test_without_a_length_all_that_follows_is_meant(tmp_path):
    w = read(external(tmp_path, length=None, checksum="0", basepath="x")).initializers["w"]
    assert (load(w) == W).all()
    with (tmp_path / "w.bin").open("ab") as file:
        file.write(b"more")
    with pytest.raises(DataError, match=r"needs 864 bytes\n  here    868 bytes"):
        load(w)


def test_a_model_is_read_without_its_external_data(tmp_path):
    path = external(tmp_path)
    (tmp_path / "w.bin").unlink()
    w = read(path).initializers["w"]
    assert w.size == 216
    with pytest.raises(DataError) as refusal:
        load(w)
    assert (
        str(refusal.value)
        == """\
tensor 'w': the file 'w.bin' cannot be read.
  here    No such file or directory
  fix     name another file"""
    )


def test_a_folder_may_be_said(tmp_path):
    data = external(tmp_path).read_bytes()
    assert (load(read(data, tmp_path).initializers["w"]) == W).all()
    with pytest.raises(DataError) as refusal:
        read(data)
    assert (
        str(refusal.value)
        == """\
the bytes: tensor 'w': external data of a model that has no folder.
  here    location 'w.bin'
  fix     give the folder, or the model's path"""
    )


def test_a_relative_path_is_that_of_the_time_of_reading(tmp_path, monkeypatch):
    external(tmp_path)
    monkeypatch.chdir(tmp_path)
    w = read("model.onnx").initializers["w"]
    monkeypatch.chdir("/")
    assert (load(w) == W).all()


@pytest.mark.parametrize(
    "location",
    [
        "/etc/passwd",
        "../w.bin",
        "sub/../../w.bin",
        "sub/../w.bin",
        "..",
        "C:\\w.bin",
        "C:w.bin",
        "\\w.bin",
        "\\\\server\\share\\w.bin",
        "sub\\..\\..\\w.bin",
        "w.bin\0",
        "w\n.bin",
    ],
)
def test_a_location_outside_the_folder_is_refused_when_the_model_is_read(tmp_path, location):
    with pytest.raises(DataError) as refusal:
        read(external(tmp_path, location=location))
    assert refusal.value.fact == "external data is outside the model's folder."
    assert refusal.value.lines["rule"] == "a path below the folder, without '..' and without links that lead out"


@pytest.mark.parametrize("location", ["", None])
def test_a_missing_location_is_refused(tmp_path, location):
    with pytest.raises(DataError, match="tensor 'w': external data has no location"):
        read(external(tmp_path, location=location))


@pytest.mark.parametrize("text", ["-1", "1e3", "", " 4", "4.0", "9" * 19, "٤"])
@pytest.mark.parametrize("key", ["offset", "length"])
def test_what_is_no_count_of_bytes_is_refused(tmp_path, key, text):
    with pytest.raises(DataError, match=f"the {key} of external data is no count of bytes"):
        read(external(tmp_path, **{key: text}))


def test_a_length_that_the_shape_does_not_need_is_refused_when_the_model_is_read(tmp_path):
    with pytest.raises(DataError, match=r"shape \(8, 3, 3, 3\) of float32 needs 864 bytes\n  here    865 bytes"):
        read(external(tmp_path, length="865"))


@pytest.mark.parametrize("offset", ["5", "868", str(1 << 50)])
def test_bytes_beyond_the_file_are_refused(tmp_path, offset):
    w = read(external(tmp_path, offset=offset)).initializers["w"]
    with pytest.raises(
        DataError, match=r"tensor 'w': its bytes are not all in the file.\n  rule    offset \+ length <= "
    ):
        load(w)


def test_an_offset_beyond_the_file_leaves_no_bytes(tmp_path):
    w = read(external(tmp_path, offset="900", length=None)).initializers["w"]
    with pytest.raises(DataError, match=r"needs 864 bytes\n  here    0 bytes"):
        load(w)


def test_links_may_stay_in_the_folder_and_not_lead_out(tmp_path):
    home = tmp_path / "home"
    (home / "sub").mkdir(parents=True)
    w = read(external(home)).initializers["w"]
    (home / "w.bin").rename(home / "sub" / "real.bin")
    (home / "w.bin").symlink_to("sub/real.bin")
    assert (load(w) == W).all()
    (home / "sub" / "real.bin").rename(tmp_path / "real.bin")
    (home / "w.bin").unlink()
    (home / "w.bin").symlink_to("../real.bin")
    with pytest.raises(DataError) as refusal:
        load(w)
    assert refusal.value.fact == "external data is outside the model's folder."
    assert refusal.value.lines["here"].startswith("location 'w.bin': it is a link to '")
    (home / "sub").rmdir()
    (home / "sub").symlink_to(tmp_path)
    with pytest.raises(DataError, match="external data is outside the model's folder"):
        load(read(external(home, location="sub/real.bin")).initializers["w"])


def test_a_folder_that_is_a_link_is_a_folder(tmp_path):
    (tmp_path / "real").mkdir()
    external(tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    assert (load(read(tmp_path / "link" / "model.onnx").initializers["w"]) == W).all()


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_what_is_no_file_is_refused(tmp_path, kind):
    w = read(external(tmp_path)).initializers["w"]
    (tmp_path / "w.bin").unlink()
    if kind == "folder":
        (tmp_path / "w.bin").mkdir()
    elif kind == "pipe":
        os.mkfifo(tmp_path / "w.bin")
    else:
        (tmp_path / "w.bin").symlink_to("w.bin")
    with pytest.raises(DataError, match=r"tensor 'w': the file 'w.bin' cannot be read"):
        load(w)


def test_a_message_needs_no_folder_for_what_is_in_it():
    assert (load(read(conv()).initializers["w"]) == W).all()
