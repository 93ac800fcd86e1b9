"""Parameters in files: what is read is what was written, an interrupt loses nothing, and foreign files are refused."""

import os
import pickle
import sys
import zipfile

import numpy as np
import pytest

from cnnmath import ops, zoo
from cnnmath.errors import DataError, MissingExtraError, UnknownNameError
from cnnmath.training import initialise, load, save
from tests.graph.nets import chain
from tests.support import fractions

ENDINGS = [".npz", ".safetensors"]


def small():
    return chain(ops.Conv(2, 3), ops.BatchNorm(), shape=(1, 4, 4))


@pytest.fixture
def write(tmp_path):
    """Write some bytes to a file of this ending."""

    def written(content, ending):
        path = tmp_path / f"foreign{ending}"
        path.write_bytes(content)
        return path

    return written


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_read_is_what_was_written(tmp_path, ending, dtype):
    pytest.importorskip("safetensors")
    net = zoo.lenet5()
    arrays = initialise(net, dtype=dtype) | {"linear3.w": initialise(net, dtype=dtype)["linear3.w"].T.copy().T}
    path = save(tmp_path / f"net{ending}", arrays)
    again = load(path, net)
    assert list(tmp_path.iterdir()) == [path]
    assert set(again) == set(arrays)
    assert all(again[name].dtype == dtype and (again[name] == arrays[name]).all() for name in arrays)


def test_numpy_and_safetensors_read_the_files_too(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    arrays = initialise(small())
    with np.load(save(tmp_path / "net.npz", arrays)) as archive:
        assert all((archive[name] == arrays[name]).all() for name in arrays)
    found = safetensors.load_file(save(tmp_path / "net.safetensors", arrays))
    assert all((found[name] == arrays[name]).all() for name in arrays)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_a_write_that_stops_halfway_leaves_the_older_file_and_nothing_else(tmp_path, monkeypatch, ending, stop):
    pytest.importorskip("safetensors")
    arrays = initialise(small())
    path = save(tmp_path / f"net{ending}", arrays)

    def stopped(_):
        raise stop

    monkeypatch.setattr(os, "fsync", stopped)
    with pytest.raises((KeyboardInterrupt, DataError)):
        save(path, {name: a + 1 for name, a in arrays.items()})
    assert list(tmp_path.iterdir()) == [path]
    assert all((a == arrays[name]).all() for name, a in load(path).items())


class Harmful:
    """What a pickle would run."""

    def __reduce__(self):
        return (pytest.fail, ("it was unpickled",))


def object_archive():
    array = np.empty(1, object)
    array[0] = Harmful()
    return array


def zipped(name, content):
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def npy(array, *, pickled=False):
    import io

    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=pickled)
    return buffer.getvalue()


FOREIGN = {
    "a text": (b"no arrays here", ".npz"),
    "nothing": (b"", ".npz"),
    "a pickle": (pickle.dumps(Harmful()), ".npz"),
    "pickled objects in an archive": (lambda: zipped("a.w.npy", npy(object_archive(), pickled=True)), ".npz"),
    "one array": (lambda: npy(np.zeros(3)), ".npz"),
    "a zip file of texts": (lambda: zipped("word/document.xml", "<xml/>"), ".npz"),
    "an archive cut short": (lambda: zipped("a.w.npy", npy(np.zeros(100)))[:300], ".npz"),
    "a text for safetensors": (b"no arrays here", ".safetensors"),
    "nothing for safetensors": (b"", ".safetensors"),
}


@pytest.mark.parametrize("foreign", FOREIGN)
def test_foreign_files_are_refused_and_never_unpickled(write, foreign):
    pytest.importorskip("safetensors")
    content, ending = FOREIGN[foreign]
    path = write(content() if callable(content) else content, ending)
    with pytest.raises(DataError) as caught:
        load(path)
    assert str(caught.value).startswith(f"'{path}' is no {ending} file of arrays.\n  here    ")
    assert "fix     write it with training.save" in str(caught.value)


def test_arrays_of_another_network_are_refused_naming_node_and_file(tmp_path):
    path = save(tmp_path / "net.npz", initialise(small()))
    other = chain(ops.Conv(2, 2), ops.BatchNorm(), shape=(1, 4, 4))
    with pytest.raises(DataError) as caught:
        load(path, other)
    assert str(caught.value) == (
        "conv 'conv0': 'conv0.w' has another shape than declared.\n"
        "  input   w (2, 1, 3, 3)\n"
        "  rule    w (2, 1, 2, 2)\n"
        "  fix     transpose or reshape it, or build the network that it belongs to\n"
        f"  file    {path}"
    )
    with pytest.raises(DataError, match=r"missing conv1.b, conv1.w, conv2.b, conv2.w, linear3.b, linear3.w and 4 more"):
        load(path, zoo.lenet5())


def test_another_ending_is_refused(tmp_path):
    for ask in (lambda path: save(path, {}), load):
        with pytest.raises(UnknownNameError) as caught:
            ask(tmp_path / "net.pt")
        assert str(caught.value).startswith("there is no format of parameters '.pt'.")
        assert str(caught.value).endswith("  known   .npz, .safetensors")


def test_a_file_that_is_not_there_and_a_place_that_is_none(tmp_path):
    with pytest.raises(DataError) as caught:
        load(tmp_path / "net.npz")
    assert str(caught.value).startswith(f"'{tmp_path / 'net.npz'}' cannot be read.\n  here    No such file")
    with pytest.raises(DataError) as caught:
        save(tmp_path / "nowhere" / "net.npz", initialise(small()))
    assert "cannot be written to" in str(caught.value)


def test_exact_numbers_are_not_stored(tmp_path):
    with pytest.raises(DataError) as caught:
        save(tmp_path / "net.npz", {"a.w": fractions(np.zeros(2))})
    assert str(caught.value) == (
        "'a.w' has a dtype that is not stored.\n"
        "  input   a.w object\n"
        "  rule    floats and integers of the machine\n"
        "  fix     convert exact numbers with astype(float)"
    )
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_the_message_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(MissingExtraError) as caught:
        save(tmp_path / "net.safetensors", initialise(small()))
    assert 'pip install ".[safetensors]"' in str(caught.value)
