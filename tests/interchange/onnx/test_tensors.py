"""Arrays of a model: loaded as ONNX reads them, and not before they are asked for."""

import resource
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from cnnmath.errors import DataError, OutOfMemoryError, UnknownNameError
from cnnmath.interchange.onnx import import_onnx, load, read
from cnnmath.interchange.onnx.formats import FORMATS, UNREADABLE, WIDENED
from cnnmath.interchange.onnx.stored import Origin, stored
from cnnmath.numeric import memory
from tests.interchange.onnx.models import array, conv, field, model, node, saved, value, varint

READABLE = [number for number, entry in FORMATS.items() if entry.name not in UNREADABLE]
NOWHERE = Origin()


def as_onnx(tensor):
    """The array as ONNX's own helper makes it."""
    found = numpy_helper.to_array(tensor)
    return found.astype(np.float32) if FORMATS[tensor.data_type].name in WIDENED else found


def same(a, b):
    """Whether arrays have the same type, shape and bits."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def of_bits(number, count):
    """A raw tensor of numbers that have many different bits."""
    size = FORMATS[number].bits // 8
    raw = np.arange(count * size) * 37 % (2 if number == TensorProto.BOOL else 251)
    return TensorProto(data_type=number, dims=[count], raw_data=raw.astype(np.uint8).tobytes())


def from_file(tensor, folder):
    """The same tensor, read from a file."""
    named = TensorProto.FromString(tensor.SerializeToString())
    named.name = "w"
    path = saved(folder, model([node("Relu", "x", "y")], [value("x", 1)], [value("y", 1)], [named]))
    return read(path).initializers["w"]


def test_the_table_of_data_types_is_that_of_onnx():
    names = {number: name for name, number in TensorProto.DataType.items() if number}
    assert set(names) == set(FORMATS)
    for number, entry in FORMATS.items():
        assert entry.field == helper.tensor_dtype_to_field(number)
        assert entry.name in (names[number].lower(), helper.tensor_dtype_to_np_dtype(number).name)


@pytest.mark.parametrize("count", [0, 5, 3000])
@pytest.mark.parametrize("number", READABLE)
def test_raw_numbers_are_those_of_onnx(number, count, tmp_path):
    tensor = of_bits(number, count)
    for found in (stored(tensor, "w", NOWHERE), from_file(tensor, tmp_path)):
        assert (found.dtype, found.size, found.bytes) == (FORMATS[number].name, count, len(tensor.raw_data))
        assert same(load(found), as_onnx(tensor))
        assert load(found).flags.writeable


@pytest.mark.parametrize("count", [0, 6, 3000])
@pytest.mark.parametrize("number", READABLE)
def test_numbers_in_fields_are_those_of_onnx(number, count, tmp_path):
    numbers = [i % 2 if number == TensorProto.BOOL else i % 100 for i in range(count)]
    tensor = helper.make_tensor("w", number, (count // 3, 3), numbers)
    for found in (stored(tensor, "w", NOWHERE), from_file(tensor, tmp_path)):
        assert same(load(found), as_onnx(tensor))


@pytest.mark.parametrize("number", [TensorProto.INT8, TensorProto.INT16, TensorProto.INT32, TensorProto.INT64])
def test_negative_integers_of_ten_bytes_are_read(number, tmp_path):
    tensor = helper.make_tensor("w", number, (600,), [-i % 128 - 128 for i in range(600)])
    assert same(load(from_file(tensor, tmp_path)), as_onnx(tensor))


@given(st.lists(st.floats(width=32, allow_nan=False), max_size=8), st.booleans())
def test_any_floats_are_read_bit_by_bit(numbers, raw):
    w = np.array(numbers, np.float32)
    tensor = helper.make_tensor("w", 1, w.shape, w.tobytes() if raw else w, raw=raw)
    assert same(load(stored(tensor, "w", NOWHERE)), w)


def test_a_scalar_has_no_axes():
    tensor = numpy_helper.from_array(np.array(2.5), "c")
    assert stored(tensor, "c", NOWHERE).shape == ()
    assert load(stored(tensor, "c", NOWHERE)) == 2.5


def changed(**fields):
    """A tensor of six floats, with some fields given anew."""
    tensor = array("w", 2, 3)
    for name, entry in fields.items():
        tensor.ClearField(name)
        if isinstance(entry, list):
            getattr(tensor, name).extend(entry)
        else:
            setattr(tensor, name, entry)
    return tensor


REFUSED = {
    "a shape that is too large": (
        changed(dims=[2, 4]),
        """\
tensor 'w': it does not have the numbers that its shape declares.
  rule    shape (2, 4) of float32 needs 32 bytes
  here    24 bytes
  fix     write the model again""",
    ),
    "a shape of 2^40": (
        changed(dims=[1 << 40]),
        """\
tensor 'w': it does not have the numbers that its shape declares.
  rule    shape (1099511627776,) of float32 needs 4,398,046,511,104 bytes
  here    24 bytes
  fix     write the model again""",
    ),
    "sizes whose product is 6 modulo 2^64": (
        changed(dims=[6, (1 << 62) + 1, 4]),
        """\
tensor 'w': it does not have the numbers that its shape declares.
  rule    shape (6, 4611686018427387905, 4) of float32 needs 442,721,857,769,029,238,880 bytes
  here    24 bytes
  fix     write the model again""",
    ),
    "a negative size": (
        changed(dims=[-2, -3]),
        """\
tensor 'w': it has a negative size.
  here    shape (-2, -3)
  fix     write the model again""",
    ),
    "too many axes": (
        changed(dims=[1] * 65),
        """\
tensor 'w': it has too many axes.
  rule    at most 64
  here    65 axes""",
    ),
    "another type": (
        changed(data_type=11),
        """\
tensor 'w': it does not have the numbers that its shape declares.
  rule    shape (2, 3) of float64 needs 48 bytes
  here    24 bytes
  fix     write the model again""",
    ),
    "no type": (
        changed(data_type=0),
        """\
tensor 'w': its data type is not known.
  rule    a number from 1 to 28
  here    0
  fix     write the model again""",
    ),
    "two arrays": (
        changed(float_data=[1.0] * 6),
        """\
tensor 'w': it has two arrays.
  here    raw_data and float_data
  fix     write the model again""",
    ),
    "the wrong field": (
        changed(raw_data=b"", int64_data=[1] * 6),
        """\
tensor 'w': its numbers stand in the wrong field.
  rule    float32 in raw_data or float_data
  here    int64_data
  fix     write the model again""",
    ),
    "too few entries": (
        changed(raw_data=b"", float_data=[1.0] * 5),
        """\
tensor 'w': it does not have the numbers that its shape declares.
  rule    shape (2, 3) of float32 needs 6 entries
  here    5 entries
  fix     write the model again""",
    ),
    "no numbers": (
        changed(raw_data=b""),
        """\
tensor 'w': it does not have the numbers that its shape declares.
  rule    shape (2, 3) of float32 needs 24 bytes
  here    0 bytes
  fix     write the model again""",
    ),
    "external data of a message": (
        changed(raw_data=b"", data_location=1),
        """\
tensor 'w': external data has no location.
  fix     write the model again""",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_tensor_that_lies_is_refused_before_it_is_loaded(what):
    tensor, message = REFUSED[what]
    with pytest.raises(DataError) as refusal:
        stored(tensor, "w", NOWHERE)
    assert str(refusal.value) == message


def test_a_tensor_in_segments_is_refused():
    tensor = array("w", 2, 3)
    tensor.segment.begin = 0
    with pytest.raises(DataError, match="tensor 'w': it comes in segments"):
        stored(tensor, "w", NOWHERE)


@pytest.mark.parametrize(
    ("number", "entries", "message"),
    [
        (
            TensorProto.UINT8,
            [0, 256],
            "it holds what is no uint8.\n  rule    0 <= entry <= 255\n  here    entries from 0 to 256",
        ),
        (TensorProto.INT16, [-32769], "it holds what is no int16.\n  rule    -32768 <= entry <= 32767"),
        (TensorProto.BOOL, [2], "it holds what is no bool.\n  rule    0 <= entry <= 1"),
        (TensorProto.FLOAT16, [-1], "it holds what is no float16.\n  rule    0 <= entry <= 65535"),
        (TensorProto.FLOAT8E5M2, [256], "it holds what is no float8e5m2.\n  rule    0 <= entry <= 255"),
    ],
)
def test_entries_that_are_no_numbers_of_the_type_are_refused(number, entries, message):
    tensor = TensorProto(data_type=number, dims=[len(entries)], int32_data=entries)
    with pytest.raises(DataError, match=f"tensor 'w': {message}"):
        load(stored(tensor, "w", NOWHERE))


def test_a_field_of_integers_is_counted_before_it_is_decoded(tmp_path):
    tensor = helper.make_tensor("w", TensorProto.INT64, (2000,), [1] * 2000)
    tensor.dims[0] = 1500
    lying = from_file(tensor, tmp_path)
    with pytest.raises(DataError, match=r"shape \(1500,\) of int64 needs 1,500 entries\n  here    2,000 entries"):
        load(lying)
    tensor.dims[0] = 2001
    with pytest.raises(DataError, match=r"shape \(2001,\) of int64 needs 2,001 to 20,010 bytes\n  here    2,000 bytes"):
        from_file(tensor, tmp_path)
    tensor.dims[0] = 199
    with pytest.raises(DataError, match=r"shape \(199,\) of int64 needs 199 to 1,990 bytes\n  here    2,000 bytes"):
        from_file(tensor, tmp_path)


@pytest.mark.parametrize("number", [n for n, entry in FORMATS.items() if entry.name in UNREADABLE])
def test_types_without_arrays_are_known_by_name_and_refused_when_loaded(number):
    name = FORMATS[number].name
    tensor = helper.make_tensor("w", number, (3,), [b"a", b"b", b"c"] if name == "string" else [1, 1, 1])
    found = stored(tensor, "w", NOWHERE)
    assert (found.dtype, found.shape) == (name, (3,))
    with pytest.raises(DataError, match=f"tensor 'w': arrays of {name} are not read"):
        load(found)


def test_sizes_that_no_array_can_have_are_refused_though_it_is_empty():
    tensor = TensorProto(data_type=1, dims=[0, 1 << 40, 1 << 40], raw_data=b"")
    with pytest.raises(DataError, match="tensor 'w': its sizes are too large"):
        load(stored(tensor, "w", NOWHERE))


def test_an_array_beyond_memory_is_refused(monkeypatch):
    found = stored(numpy_helper.from_array(np.zeros(1 << 21), "w"), "w", NOWHERE)
    monkeypatch.setattr(memory, "available", lambda: 1 << 20)
    with pytest.raises(OutOfMemoryError) as refusal:
        load(found)
    assert (
        str(refusal.value)
        == """\
tensor 'w': the array does not fit into memory.
  rule    bytes needed <= bytes available
  here    16 MiB > 1 MiB"""
    )


def test_a_file_that_has_changed_since_is_refused(tmp_path):
    path = saved(tmp_path, conv(200))
    w = read(path).initializers["w"]
    assert load(w)[199, 2, 2, 2] == 5399
    saved(tmp_path, conv(100))
    with pytest.raises(DataError, match=r"tensor 'w': the file '.*' has changed since it was read"):
        load(w)
    path.unlink()
    with pytest.raises(DataError, match=r"tensor 'w': the file '.*' cannot be read.\n  here    No such file"):
        load(w)


def test_arrays_of_bytes_do_not_need_a_file():
    proto = conv(200)
    graph = read(proto.SerializeToString())
    assert same(load(graph.initializers["w"]), as_onnx(proto.graph.initializer[0]))


def test_arrays_are_loaded_when_they_are_asked_for(tmp_path):
    path = saved(tmp_path, conv(200))
    arrays = import_onnx(path).parameters
    path.rename(tmp_path / "away")
    assert list(arrays) == ["conv.w", "conv.b"]
    assert len(arrays) == 2
    assert "conv.w" in arrays
    assert "b" not in arrays
    with pytest.raises(DataError):
        arrays["conv.w"]
    (tmp_path / "away").rename(path)
    assert arrays["conv.w"].shape == (200, 3, 3, 3)
    assert arrays["conv.w"] is not arrays["conv.w"]
    with pytest.raises(UnknownNameError, match="there is no array 'w'"):
        arrays["w"]


def test_a_file_of_100_megabytes_is_read_in_less_than_one(tmp_path):
    path, size = tmp_path / "large.onnx", 100 << 20
    proto = conv()
    del proto.graph.initializer[0]
    last = field(1, 0, varint(8)) + field(1, 0, varint(size // 32)) + field(2, 0, b"\x01") + field(8, 2, b"w")
    last += varint(9 << 3 | 2) + varint(size)
    graph = proto.graph.SerializeToString() + varint(5 << 3 | 2) + varint(len(last) + size) + last
    proto.ClearField("graph")
    with path.open("wb") as file:
        file.write(proto.SerializeToString() + varint(7 << 3 | 2) + varint(len(graph) + size) + graph)
        file.truncate(file.tell() + size)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    graph = read(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert graph.initializers["w"].bytes == size
    assert most < 1 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident < 5 << 10


def test_a_mask_or_a_shift_of_one_number_takes_the_memory_of_one():
    net = helper.make_node("Dropout", ["x"], ["y", "mask"], "drop")
    graph = helper.make_graph(
        [net],
        "g",
        [value("x", 1, 1 << 20, 1 << 20)],
        [value("y", 1, 1 << 20, 1 << 20), helper.make_tensor_value_info("mask", 9, None)],
    )
    found = import_onnx(helper.make_model(graph)).stored["mask"]
    assert found.shape == (1, 1 << 20, 1 << 20)
    assert found.strides == (0, 0, 0)
