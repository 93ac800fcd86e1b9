"""Resizing against numbers written out, against PyTorch's interpolate and against ONNX Runtime."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from tests.support import gamma

PLACES = ("half_pixel", "half_pixel_symmetric", "align_corners", "asymmetric")


def line(*numbers):
    return np.array([Fraction(v) for v in numbers], object).reshape(1, 1, -1)


def resized(op, *numbers):
    return numeric.forward(op, line(*numbers))[0, 0].tolist()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"scale": (2,)}, [0, 1, 3, 5, 7, 8]),
        ({"scale": ("3/2",)}, [0, 2, Fraction(14, 3), Fraction(22, 3)]),
        ({"outputs": (5,), "places": "align_corners"}, [0, 2, 4, 6, 8]),
        ({"outputs": (6,), "places": "asymmetric"}, [0, 2, 4, 6, 8, 8]),
        ({"outputs": (1,), "places": "align_corners"}, [0]),
        ({"outputs": (1,), "places": "half_pixel"}, [4]),
        ({"outputs": (1,), "places": "pytorch_half_pixel"}, [0]),
        ({"outputs": (2,), "places": "crop", "crop": (("1/4", "5/4"),), "value": -1}, [2, -1]),
        ({"outputs": (1,), "places": "crop", "crop": ((0, "1/2"),)}, [2]),
        ({"outputs": (3,), "places": "crop", "crop": ((1, 0),)}, [8, 4, 0]),
        ({"scale": ("1/2",), "antialias": True, "outputs": (2,)}, [Fraction(5, 2), Fraction(15, 2)]),
    ],
    ids=str,
)
def test_linear_weights_at_places_that_are_written_out(settings, expected):
    numbers = (0, 4, 8) if "antialias" not in settings else (0, 4, 8, 8)
    assert resized(ops.Resize(**settings), *numbers) == expected


def test_a_half_is_rounded_as_the_rule_says():
    halves = {word: resized(ops.Resize((2,), mode="nearest", nearest=word), 0, 1, 2, 3) for word in ROUNDED}
    assert halves == ROUNDED


ROUNDED = {"round_prefer_floor": [0, 2], "round_prefer_ceil": [1, 3], "floor": [0, 2], "ceil": [1, 3]}


def test_cubic_weights_keep_a_parabola_and_the_outside_is_repeated_or_left_out():
    squares = [Fraction(i * i) for i in range(8)]
    kept = resized(ops.Resize(scale=(2,), mode="cubic", a="-1/2"), *squares)
    assert kept[4:12] == [Fraction(2 * o - 1, 4) ** 2 for o in range(4, 12)]
    repeated, left_out = (
        resized(ops.Resize((2,), scale=(2,), mode="cubic", exclude_outside=out), 1) for out in (False, True)
    )
    assert repeated == left_out == [1, 1]
    first = [resized(ops.Resize(scale=(2,), mode="cubic", exclude_outside=out), 0, 64, 0)[0] for out in (False, True)]
    assert first[0] != first[1]


def test_two_axes_are_resized_one_after_the_other():
    x = np.arange(12).reshape(1, 1, 3, 4).astype(object)
    op = {"mode": "cubic", "antialias": True}
    both = numeric.forward(ops.Resize((5, 2), **op), x)
    rows = numeric.forward(ops.Resize((5, 4), **op), x)
    assert np.array_equal(both, numeric.forward(ops.Resize((5, 2), **op), x))
    assert np.array_equal(both, numeric.forward(ops.Resize((5, 2), **op), rows))


@st.composite
def enlargements(draw):
    scale = tuple(draw(st.integers(1, 3)) for _ in range(draw(st.integers(1, 2))))
    x = draw(st.lists(st.integers(1, 4), min_size=len(scale), max_size=len(scale)))
    return scale, np.random.default_rng(0).integers(-9, 9, (1, 2, *x)).astype(object)


@given(enlargements(), st.booleans())
def test_whole_scales_are_those_of_the_upsamplings(drawn, aligned):
    scale, x = drawn
    outputs = tuple(s * n for s, n in zip(scale, x.shape[2:], strict=True))
    nearest = ops.Resize(scale=scale, mode="nearest")
    linear = ops.Resize(outputs, places="align_corners" if aligned else "half_pixel")
    assert np.array_equal(numeric.forward(nearest, x), numeric.forward(ops.Upsample(scale), x))
    assert np.array_equal(
        numeric.forward(linear, x), numeric.forward(ops.LinearUpsample(scale, align_corners=aligned), x)
    )


MODES_OF_TORCH = {
    "nearest": {"mode": "nearest", "places": "asymmetric", "nearest": "floor"},
    "nearest-exact": {"mode": "nearest", "nearest": "round_prefer_ceil"},
    "bilinear": {},
    "bilinear, corners": {"places": "align_corners"},
    "bilinear, antialias": {"antialias": True, "exclude_outside": True},
    "bicubic": {"mode": "cubic"},
    "bicubic, corners": {"mode": "cubic", "places": "align_corners"},
    "bicubic, antialias": {"mode": "cubic", "a": "-1/2", "antialias": True, "exclude_outside": True},
}


@pytest.mark.parametrize("mode", MODES_OF_TORCH)
@given(sizes=st.tuples(*[st.integers(1, 7)] * 4))
def test_it_is_torchs_interpolate_with_its_gradient(mode, sizes):
    # At most 14 taps an axis of weights below 2, of numbers up to 9; torch's places lie within 2^-48 of the exact ones.
    # Its antialias takes an image of width 1 for one of channels last, and reads other numbers than it should.
    torch = pytest.importorskip("torch")
    name, _, how = mode.partition(", ")
    assume(how != "antialias" or min(sizes) > 1)
    extra = {"corners": {"align_corners": True}, "antialias": {"antialias": True}}.get(how, {})
    rng = np.random.default_rng(sum(sizes))
    x, op = rng.integers(-9, 10, (1, 2, *sizes[:2])).astype(float), ops.Resize(sizes[2:], **MODES_OF_TORCH[mode])
    dy = rng.integers(-9, 10, op.shape(x.shape)).astype(float)
    leaf = torch.tensor(x, requires_grad=True)
    theirs = torch.nn.functional.interpolate(leaf, sizes[2:], mode=name, **extra)
    theirs.backward(torch.tensor(dy))
    bound = (gamma(200) + 2.0**-46) * 9 * 200
    assert np.abs(numeric.forward(op, x) - theirs.detach().numpy()).max() <= bound
    assert np.abs(numeric.backward(op, dy, x)["x"] - leaf.grad.numpy()).max() <= bound


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("places", [*PLACES, "crop"])
def test_it_is_what_onnxruntime_computes(mode, places):
    # Float32: at most 16 roundings of numbers below 128, and places within 2^-20. No place is near a half.
    runtime = pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    x = np.arange(1, 21, dtype=np.float32).reshape(1, 1, 4, 5) ** 1.5
    box = ((Fraction(1, 8), Fraction(3, 4)), (Fraction(-1, 4), 1))
    crop = {"crop": box, "value": 7} if places == "crop" else {}
    op = ops.Resize((3, 7), mode=mode, places=places, **crop)
    node = onnx.helper.make_node(
        "Resize",
        ["x", "roi" if crop else "", "", "sizes"],
        ["y"],
        mode=mode,
        coordinate_transformation_mode="tf_crop_and_resize" if crop else places,
        **({"extrapolation_value": 7.0} if crop else {}),
    )
    stored = [onnx.numpy_helper.from_array(np.array([1, 1, 3, 7], np.int64), "sizes")]
    if crop:
        corners = [[0, 0, *(float(pair[end]) for pair in box)] for end in (0, 1)]
        corners[1][:2] = [1, 1]
        stored.append(onnx.numpy_helper.from_array(np.array(corners, np.float32).ravel(), "roi"))
    ends = {"x": x.shape, "y": op.shape(x.shape)}
    given, made = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ends[name]) for name in ends)
    graph = onnx.helper.make_graph([node], "g", [given], [made], stored)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 19)], ir_version=9)
    session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {"x": x})
    assert np.abs(numeric.forward(op, x) - theirs).max() <= 128 * 16 * 2.0**-20


def test_float16_weights_are_rounded_once():
    x = np.ones((1, 1, 3, 3), np.float16)
    y = numeric.forward(ops.Resize((7, 7), mode="cubic"), x)
    assert y.dtype == np.float16
    assert np.abs(y - 1).max() <= 32 * 2.0**-11
