"""Sources that are no model are told apart, with what was found."""

import gzip
import io
import os
import pickle
import sys
import zipfile

import pytest

from cnnmath.errors import CnnmathError, DataError, MissingExtraError
from cnnmath.interchange.onnx import read
from tests.interchange.onnx.models import conv, field, model, node, saved, value


def zipped():
    """A zip archive, as torch.save writes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    return file.getvalue()


FOREIGN = {
    "a script": (b"import torch\nprint(torch)\n", "it is text, 'import torch'"),
    "a page": (b"<!DOCTYPE html>\n<html>", "it is text, in XML or HTML"),
    "JSON": (b'{"graph": {}}', "it is text, in JSON"),
    "a pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
        "it is a pointer of Git LFS, which stands for the file",
    ),
    "a zip archive": (zipped(), "it is a zip archive, as PyTorch and Keras write"),
    "a pickle": (pickle.dumps([1], 2), "it is a pickle, as PyTorch wrote"),
    "a gzip archive": (gzip.compress(b"a"), "it is a gzip archive"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "it is an HDF5 file, as Keras wrote"),
    "TFLite": (b"\x1c\0\0\0TFL3" + bytes(20), "it is a model of TFLite"),
    "a message": (field(1, 0, b"\x08") + field(2, 2, b"me"), "it is a message without a graph"),
    "a tensor": (field(1, 0, b"\x03") + field(2, 0, b"\x01"), None),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_file_of_another_kind_is_named(tmp_path, what):
    data, here = FOREIGN[what]
    path = saved(tmp_path, data)
    with pytest.raises(DataError) as refusal:
        read(path)
    assert refusal.value.where == f"'{path}'"
    if here is not None:
        assert refusal.value.fact == "the file is no ONNX model."
        assert refusal.value.lines["here"] == here
        assert refusal.value.lines["fix"] == "give a file that onnx.save or torch.onnx.export wrote"


def test_a_file_that_is_cut_off_is_refused_with_the_byte(tmp_path):
    path = saved(tmp_path, conv(200).SerializeToString()[:3000])
    with pytest.raises(DataError) as refusal:
        read(path)
    assert (
        str(refusal.value)
        == f"""\
'{path}': a field does not end inside its message.
  rule    22,586 bytes <= the 2,994 that are left
  here    byte 2, in a ModelProto
  fix     fetch or write the file again"""
    )


def test_a_text_says_where_it_is_no_message(tmp_path):
    with pytest.raises(DataError) as refusal:
        read(saved(tmp_path, b"import torch\n"))
    assert refusal.value.lines["rule"] == "a model is a message of protobuf, broken at byte 9, in a ModelProto"


def test_an_empty_file_is_refused(tmp_path):
    path = saved(tmp_path, b"")
    with pytest.raises(DataError) as refusal:
        read(path)
    assert (
        str(refusal.value)
        == f"""\
'{path}': the file cannot be a model: there is nothing in it.
  fix     fetch or write it again"""
    )


def test_empty_bytes_are_refused():
    with pytest.raises(DataError, match="the bytes cannot be a model: there is nothing in it"):
        read(b"")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(DataError) as refusal:
        read("missing.onnx")
    assert (
        str(refusal.value)
        == """\
'missing.onnx': the file cannot be read.
  here    No such file or directory
  fix     name another file"""
    )
    with pytest.raises(DataError) as refusal:
        read(tmp_path)
    assert refusal.value.lines["here"] == "it is a folder"


def test_pipes_and_devices_are_refused_and_do_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(DataError, match=r"the file cannot be read.\n  here    it is no file"):
            read(path)


@pytest.mark.parametrize("source", ["a\0b", "x" * 5000])
def test_a_path_that_is_none_is_refused(source):
    with pytest.raises(DataError, match="the file cannot be read"):
        read(source)


@pytest.mark.parametrize("source", [None, 7, [b""]])
def test_what_is_no_source_is_refused(source):
    with pytest.raises(DataError) as refusal:
        read(source)
    assert (
        str(refusal.value)
        == f"""\
a model is not read from a {type(source).__name__}.
  fix     give a path, bytes, or an onnx.ModelProto"""
    )


def test_a_message_without_a_graph_is_refused():
    proto = conv()
    proto.ClearField("graph")
    with pytest.raises(DataError, match=r"the model: the model has no graph"):
        read(proto)


def test_a_name_that_is_no_text_is_refused_in_a_message_too():
    proto = model([node("Relu", "x", "y")], [value("x", 1)], [value("y", 1)])
    data = proto.SerializeToString().replace(b"small", b"sm\xffll")
    with pytest.raises(DataError, match=r"the name of the graph is no text.\n  rule    text is in UTF-8"):
        read(type(proto).FromString(data))


def test_all_sources_say_the_same(tmp_path):
    proto = conv(200)
    path = saved(tmp_path, proto)
    data = proto.SerializeToString()
    graph = read(path)
    for source in (str(path), proto, data, bytearray(data), memoryview(data)):
        assert read(source) == graph


def test_without_onnx_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError) as refusal:
        read("model.onnx")
    assert (
        str(refusal.value)
        == """\
ONNX models need the package onnx.
  fix     in a clone of cnnmath: pip install ".[onnx]"; from a package index that has it: "cnnmath[onnx]\""""
    )
    assert isinstance(refusal.value, CnnmathError)
