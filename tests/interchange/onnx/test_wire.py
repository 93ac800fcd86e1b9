"""Protobuf's wire format: copied without arrays, and refused at the byte where it is none."""

import tracemalloc

import numpy as np
import onnx
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from cnnmath.errors import DataError
from cnnmath.interchange.onnx import wire
from tests.interchange.onnx.models import array, calling, conv, field, function, model, nested, node, value, varint

REFUSED = {
    "a tag that is cut off": (
        b"\x88",
        """\
an integer does not end inside its message.
  rule    its last byte is below 128
  here    byte 0, in a ModelProto
  fix     fetch or write the file again""",
    ),
    "an integer of eleven bytes": (
        field(1, 0, b"\xff" * 10 + b"\x01"),
        """\
an integer is too long.
  rule    64 bits, in at most 10 bytes
  here    byte 1, in a ModelProto
  fix     fetch or write the file again""",
    ),
    "an integer of 70 bits": (
        field(1, 0, b"\xff" * 9 + b"\x7f"),
        """\
an integer is too long.
  rule    64 bits, in at most 10 bytes
  here    byte 1, in a ModelProto
  fix     fetch or write the file again""",
    ),
    "a length beyond the end": (
        field(1, 0, b"\x08") + field(7, 2, b"\x0a\x05abc"),
        """\
a field does not end inside its message.
  rule    5 bytes <= the 3 that are left
  here    byte 4, in a GraphProto
  fix     fetch or write the file again""",
    ),
    "a length of 2^40": (
        varint(7 << 3 | 2) + varint(1 << 40) + b"abc",
        """\
a field does not end inside its message.
  rule    1,099,511,627,776 bytes <= the 3 that are left
  here    byte 0, in a ModelProto
  fix     fetch or write the file again""",
    ),
    "a float that is cut off": (
        field(7, 2, field(1, 2, field(5, 2, b"\x15\x00\x00"))),
        """\
a field does not end inside its message.
  rule    4 bytes <= the 2 that are left
  here    byte 6, in a AttributeProto
  fix     fetch or write the file again""",
    ),
    "a group": (
        field(9, 3),
        """\
a field begins with 75.
  rule    a field begins with 8 times its number, plus 0, 1, 2, 5 for what it holds
  here    byte 0, in a ModelProto
  fix     fetch or write the file again""",
    ),
    "a field without a number": (
        field(0, 0, b"\x01"),
        """\
a field begins with 0.
  rule    a field begins with 8 times its number, plus 0, 1, 2, 5 for what it holds
  here    byte 0, in a ModelProto
  fix     fetch or write the file again""",
    ),
    "a graph that is a number": (
        field(7, 0, b"\x01"),
        """\
the field 'graph' holds a varint.
  rule    the field 'graph' holds a length and bytes
  here    byte 0, in a ModelProto
  fix     fetch or write the file again""",
    ),
    "two graphs": (
        field(7, 2) + field(7, 2),
        """\
a second graph in one message.
  rule    what is not repeated comes once
  here    byte 2, in a ModelProto
  fix     fetch or write the file again""",
    ),
    "two arrays of a tensor": (
        field(7, 2, field(5, 2, field(9, 2, b"abcd") + field(4, 2, b"abcd"))),
        """\
a second array in one message.
  rule    what is not repeated comes once
  here    byte 10, in a TensorProto
  fix     fetch or write the file again""",
    ),
    "a tensor in segments": (
        field(7, 2, field(5, 2, field(3, 2, b"\x08\x00"))),
        """\
a tensor comes in segments.
  rule    one field holds all its numbers
  here    byte 4, in a TensorProto
  fix     fetch or write the file again""",
    ),
    "a name that is no text": (
        field(7, 2, field(2, 2, b"net\xff")),
        """\
the field 'name' is no text.
  rule    text is in UTF-8
  here    byte 7, in a GraphProto
  fix     fetch or write the file again""",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bytes_that_are_no_message_are_refused_at_their_place(what):
    data, message = REFUSED[what]
    with pytest.raises(DataError) as refusal:
        wire.parse(data)
    assert str(refusal.value) == message


def types(depth):
    """A declared value whose type is a sequence of sequences, so many deep."""
    kind = b""
    for _ in range(depth):
        kind = field(4, 2, field(1, 2, kind))
    return field(7, 2, field(11, 2, field(1, 2, b"x") + field(2, 2, kind)))


def test_messages_inside_each_other_are_bounded():
    wire.parse(types(30))
    with pytest.raises(DataError, match=r"messages are nested too deep.\n  rule    at most 64 inside each other"):
        wire.parse(types(100))
    with pytest.raises(DataError, match=r"messages are nested too deep"):
        wire.parse(types(5000))


def test_the_count_of_fields_is_bounded(monkeypatch):
    monkeypatch.setattr(wire, "MOST_FIELDS", 100)
    wire.parse(field(7, 2, field(1, 2) * 99))
    with pytest.raises(DataError, match=r"too many fields.\n  rule    at most 100, an array being one"):
        wire.parse(field(7, 2, field(1, 2) * 100))
    ints = field(7, 2, field(1, 2, field(5, 2, field(8, 2, b"\x01" * 100))))
    with pytest.raises(DataError, match=r"too many fields"):
        wire.parse(ints)


def test_the_bytes_that_are_copied_are_bounded(monkeypatch):
    monkeypatch.setattr(wire, "MOST_BYTES", 100)
    wire.parse(field(7, 2, field(2, 2, b"n" * 98)))
    with pytest.raises(DataError, match=r"the model is too large.\n  rule    at most 100 bytes without its arrays"):
        wire.parse(field(7, 2, field(2, 2, b"n" * 99)))


def test_what_is_not_cut_is_copied_unchanged():
    small = model(
        [node("Conv", "x w", "y", kernel_shape=[1], alpha=0.5, mode="same", many=[0.5, 2.0], words=["a", "b"])],
        [value("x", "N", 3, None)],
        [value("y", 1, 2, 3)],
        [array("w", 5, 3, 1), array("b", 0), array("n", dtype=np.int64)],
    )
    caller = calling([function("f", "a", "b", [node("Relu", "a", "b")])], [node("f", "x", "y", domain="local")])
    for proto in (small, caller, conv()):
        copy, places = wire.parse(proto.SerializeToString())
        assert copy == proto
        assert places == ()


@pytest.mark.parametrize(
    ("dtype", "stands"), [(1, "float_data"), (7, "int64_data"), (11, "double_data"), (6, "int32_data")]
)
def test_a_large_array_is_cut_and_its_place_kept(dtype, stands):
    large = onnx.helper.make_tensor("w", dtype, (2000,), [i % 100 for i in range(2000)])
    data = model([node("Constant", "", "c", value=large)], [], [], [large, array("b", 3)]).SerializeToString()
    copy, places = wire.parse(data)
    assert [place.field for place in places] == [stands, stands]
    assert len(copy.SerializeToString()) < 250
    tag = onnx.TensorProto.DESCRIPTOR.fields_by_name[stands].number << 3 | 2
    for i, tensor in enumerate((copy.graph.node[0].attribute[0].t, copy.graph.initializer[0])):
        assert tensor.segment.begin == i
        kept = data[places[i].offset : places[i].offset + places[i].length]
        again = onnx.TensorProto.FromString(
            field(1, 0, varint(2000)) + field(2, 0, varint(dtype)) + field(tag >> 3, 2, kept)
        )
        assert (onnx.numpy_helper.to_array(again) == onnx.numpy_helper.to_array(large)).all()
    assert not copy.graph.initializer[1].HasField("segment")


def test_what_says_nothing_of_the_mathematics_is_left_out():
    proto = conv(doc_string="made by hand")
    proto.graph.doc_string = proto.graph.node[0].doc_string = "a" * 5000
    proto.metadata_props.add(key="k", value="v" * 5000)
    assert wire.parse(proto.SerializeToString() + field(99, 2, b"abc") + field(98, 5, b"abcd"))[0] == conv()


@pytest.mark.parametrize("depth", [1, 100, 3000])
def test_subgraphs_are_not_opened(depth):
    copy, _ = wire.parse(nested(depth))
    attribute = copy.graph.node[0].attribute[0]
    assert attribute.HasField("g")
    assert not attribute.g.ListFields()


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_refused(data):
    try:
        copy, _ = wire.parse(data)
    except DataError:
        return
    assert isinstance(copy, onnx.ModelProto)


@given(st.data())
def test_a_message_that_is_cut_off_is_refused_where_protobuf_refuses_it(data):
    whole = conv().SerializeToString()
    end = data.draw(st.integers(0, len(whole) - 1))
    try:
        copy, _ = wire.parse(whole[:end])
    except DataError:
        with pytest.raises(DecodeError):
            onnx.ModelProto.FromString(whole[:end])
    else:
        assert copy == onnx.ModelProto.FromString(whole[:end])


@given(st.integers(0, 2**64 - 1))
def test_integers_are_encoded_as_protobuf_does(value):
    assert wire.encoded(value) == onnx.TensorProto(uint64_data=[value]).SerializeToString()[2:]


def test_no_byte_of_a_large_array_is_read():
    head = model([node("Relu", "x", "y")]).graph.SerializeToString()
    tensor = field(1, 0, varint(20_000_000)) + field(2, 0, b"\x03") + varint(9 << 3 | 2) + varint(20_000_000)

    class Watched(bytes):
        """Bytes that know how far they have been read."""

        def __getitem__(self, key):
            start = key.start if isinstance(key, slice) else key
            assert start < 300 or start > 19_000_000, start
            return super().__getitem__(key)

    size = len(tensor) + 20_000_000
    data = head + varint(5 << 3 | 2) + varint(size) + tensor + bytes(20_000_000)
    data = Watched(varint(7 << 3 | 2) + varint(len(data)) + data)
    tracemalloc.start()
    copy, places = wire.parse(data)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [place.length for place in places] == [20_000_000]
    assert copy.graph.initializer[0].dims == [20_000_000]
    assert most < 100_000
