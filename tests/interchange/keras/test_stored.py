"""Numbers in files of Keras, and files that refer to others."""

import io
import json
import zipfile

import numpy as np
import pytest

from cnnmath.errors import DataError
from cnnmath.interchange import import_keras
from tests.interchange.keras.configs import entrance, layer, sequential
from tests.interchange.keras.test_forms import CONFIG

h5py = pytest.importorskip("h5py")


def packed(path, fill, config=CONFIG):
    """A file of Keras whose numbers a function writes."""
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        fill(file)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", data.getvalue())
    return path


def variables(file, group, name, *arrays):
    own = file.create_group(f"layers/{group}/vars")
    own.attrs["name"] = name
    for i, array in enumerate(arrays):
        own[str(i)] = array


def test_arrays_are_those_of_the_layer_of_their_name(tmp_path):
    config = sequential(entrance(2), layer("Dense", "a", units=3), layer("Dense", "b", units=1, use_bias=False))

    def fill(file):
        variables(file, "dense", "b", np.array([[1.0], [2.0], [3.0]]))
        variables(file, "dense_1", "a", np.eye(2, 3), np.arange(3.0))

    model = import_keras(packed(tmp_path / "m.keras", fill, config))
    assert {name: array.tolist() for name, array in model.parameters.items()} == {
        "a.w": [[1, 0], [0, 1], [0, 0]],
        "a.b": [0, 1, 2],
        "b.w": [[1, 2, 3]],
    }


def test_numbers_whose_layers_are_not_named_are_not_read(tmp_path):
    model = import_keras(packed(tmp_path / "m.keras", lambda file: file.create_group("layers/dense/vars")))
    assert not model.parameters


def test_a_file_that_refers_to_another_is_refused(tmp_path):
    def linked(file):
        file["layers"] = h5py.ExternalLink("other.h5", "/layers")

    with pytest.raises(DataError, match="the file refers to another place"):
        import_keras(packed(tmp_path / "m.keras", linked))

    def outside(file):
        own = file.create_group("layers/dense/vars")
        own.create_dataset("0", (4,), "f4", external=[(str(tmp_path / "secret"), 0, 16)])

    with pytest.raises(DataError, match="the file has its numbers in another file"):
        import_keras(packed(tmp_path / "m.keras", outside))


def test_what_is_no_file_of_numbers_is_refused(tmp_path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(CONFIG))
        archive.writestr("model.weights.h5", b"nothing")
    with pytest.raises(DataError, match=r"model\.weights\.h5: the numbers of the model cannot be read"):
        import_keras(path)
