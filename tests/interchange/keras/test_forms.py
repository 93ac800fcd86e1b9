"""What a model is read from: texts, files, both versions' forms; and what is refused."""

import json
import zipfile

import pytest

from cnnmath.errors import DataError, GraphError
from cnnmath.graph import analyze
from cnnmath.interchange import import_keras
from tests.interchange.keras.configs import called, chain, entrance, functional, layer, sequential, tensor

CONFIG = sequential(entrance(6), layer("Dense", "dense", units=2))


def test_a_text_a_dict_and_files_are_the_same_network(tmp_path):
    text = json.dumps(CONFIG)
    plain, archive = tmp_path / "model.json", tmp_path / "model.keras"
    plain.write_text(text)
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("config.json", text)
    networks = [import_keras(given).network for given in (CONFIG, text, str(plain), plain, archive)]
    assert all(net == networks[0] for net in networks)


def test_a_configuration_has_no_numbers_and_says_so():
    model = import_keras(CONFIG)
    assert not model.parameters
    assert model.notes == ("its numbers are not read: a configuration has none, and those of a file need h5py",)


def entry(kind, name, reads, **settings):
    """A layer of a Functional model as Keras 2 writes it: a list of places for each call."""
    nodes = [[[*place, {}] for place in reads]] if reads else []
    return {"class_name": kind, "config": {"name": name, **settings}, "name": name, "inbound_nodes": nodes}


def test_keras_2_writes_its_graph_in_lists():
    conv = {"kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "dilation_rate": [1, 1], "use_bias": True}
    model = import_keras(
        {
            "class_name": "Functional",
            "keras_version": "2.15.0",
            "backend": "tensorflow",
            "config": {
                "name": "model",
                "layers": [
                    entry("InputLayer", "input_1", [], batch_input_shape=[None, 8, 6, 4]),
                    entry("Conv2D", "conv", [("input_1", 0, 0)], filters=4, activation="relu", groups=1, **conv),
                    entry("BatchNormalization", "bn", [("conv", 0, 0)], axis=[3], momentum=0.99, epsilon=0.001),
                    entry("Add", "add", [("bn", 0, 0), ("input_1", 0, 0)]),
                    entry("GlobalAveragePooling2D", "mean", [("add", 0, 0)], data_format="channels_last"),
                    entry("Dense", "dense", [("mean", 0, 0)], units=3, activation="softmax", use_bias=True),
                ],
                "input_layers": [["input_1", 0, 0]],
                "output_layers": [["dense", 0, 0]],
            },
        }
    )
    assert model.network.input_shape == (4, 8, 6)
    names = ["conv", "conv/relu", "bn", "add", "mean", "mean/flatten", "dense", "dense/softmax"]
    assert [name for name, _ in model.network] == names
    assert model.network.inputs("add") == ("bn", "input")
    assert analyze(model.network).parameters == 4 * 36 + 4 + 8 + 15


def test_keras_2_may_write_the_shape_of_the_input_in_the_first_layer():
    first = {
        "class_name": "Dense",
        "config": {"name": "d", "units": 2, "use_bias": True, "batch_input_shape": [None, 6]},
    }
    assert import_keras({"class_name": "Sequential", "config": [first]}).network.input_shape == (6,)


def test_a_model_that_was_built_says_for_which_shape():
    built = sequential(layer("Dense", "dense", units=2))
    built["config"]["build_input_shape"] = [None, 6]
    assert import_keras(built).network.input_shape == (6,)


def test_layers_need_not_stand_in_the_order_in_which_they_are_called():
    late = called(layer("Dense", "late", units=2), [tensor("early")])
    early = called(layer("Dense", "early", units=3), [tensor("image")])
    model = import_keras(functional(called(entrance(6)), late, early, outputs=("late",)))
    assert [name for name, _ in model.network] == ["early", "late"]


def test_functions_of_a_model_are_operators():
    x = tensor("image")
    double = called(layer("Multiply", "double", module="keras.src.ops.numpy"), [x, 2.0])
    less = called(layer("Subtract", "less", module="keras.src.ops.numpy"), [1.0, tensor("double")])
    mean = called(layer("Mean", "mean", module="keras.src.ops.numpy", axis=[1, 2]), [tensor("less")])
    model = import_keras(functional(called(entrance(4, 5, 3)), double, less, mean, outputs=("mean",)))
    assert [repr(op) for _, op in model.network] == [
        "Affine(scale=2.0, shift=0)",
        "Affine(scale=-1, shift=1.0)",
        "GlobalAveragePool()",
        "Flatten()",
    ]


def test_several_outputs_have_names_of_their_own():
    dense = called(layer("Dense", "dense", units=8), [tensor("image")], [tensor("dense")])
    model = import_keras(functional(called(entrance(8)), dense, outputs=("dense", ("dense", 1, 0))))
    assert model.outputs == {"dense": "dense", "dense_1": "dense_1"}


def test_sizes_that_are_open_are_those_that_are_given():
    open_sizes = sequential(entrance(None, None, 3), layer("Conv2D", "conv", filters=2, kernel_size=3))
    assert import_keras(open_sizes, input_shape=(8, 9, 3)).network.input_shape == (3, 8, 9)
    with pytest.raises(GraphError) as refused:
        import_keras(open_sizes, input_shape=(8, 9, 4))
    assert str(refused.value) == (
        "layer 'image': the input has another shape.\n"
        "  here    input_shape (8, 9, 4)\n"
        "  rule    (None, None, 3), None being open"
    )
    with pytest.raises(GraphError) as refused:
        import_keras(open_sizes)
    assert str(refused.value) == (
        "layer 'image': the size of the input is not fixed.\n"
        "  here    shape (None, None, None, 3)\n"
        "  rule    all sizes but that of the batch are numbers\n"
        "  fix     give input_shape, such as (224, 224, 3), in the order of the model"
    )


def test_a_model_with_its_channels_ahead_keeps_its_axes():
    pool = layer("MaxPooling2D", "pool", pool_size=2, data_format="channels_first")
    model = chain((3, 8, 6), pool, layer("Flatten", "row", data_format="channels_first"))
    assert model.network.input_shape == (3, 8, 6)
    assert [name for name, _ in model.network] == ["pool", "row/transpose", "row"]  # Keras has channels fastest always


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (3, DataError, "this is no model of Keras."),
        ("{", DataError, "the text is no JSON."),
        ("nowhere.json", DataError, "there is no such file."),
        (b"[1]", DataError, "the text is no configuration."),
        ({"class_name": "Mine", "config": {}}, GraphError, "this is no model whose layers are written down."),
        ({"class_name": "Sequential", "config": {"name": "s"}}, GraphError, "the configuration is not one"),
        (functional(called(entrance(3)), outputs=("image",), inputs=()), GraphError, "it has no input."),
        (
            functional(called(entrance(3)), called(layer("Add", "add"), [tensor("gone")]), outputs=("add",)),
            GraphError,
            "a layer reads what no layer yields.",
        ),
        (
            functional(called(entrance(3)), outputs=(("image", 0, 1),)),
            GraphError,
            "an output reads what no layer yields.",
        ),
        (functional(called(entrance(3)), outputs=("gone",)), GraphError, "KeyError: 'gone'"),
    ],
)
def test_what_is_no_model_is_refused(given, error, message):
    with pytest.raises(error) as refused:
        import_keras(given)
    assert message in str(refused.value)


def test_an_archive_without_a_configuration_is_refused(tmp_path):
    path = tmp_path / "other.keras"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "nothing")
    with pytest.raises(DataError, match=r"'other\.keras' has no config\.json"):
        import_keras(path)
