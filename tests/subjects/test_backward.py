"""The gradients of a convolution as convolutions: by hand, by the operators themselves, and on drawn windows."""

from dataclasses import replace
from random import Random

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import ops, readers
from cnnmath.errors import DerivationError, SettingError
from cnnmath.readers import Tensor
from cnnmath.subjects import derive
from cnnmath.symbolic import WrittenOut, general
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import drawn, values
from cnnmath.symbolic.terms import Sigma, array, index
from cnnmath.symbolic.written import Letters

dx, dy, w = array("dL/dx"), array("dL/dy"), array("w")


@st.composite
def convolutions(draw, most=3, axes=2):
    """A convolution with strides up to a bound, on one axis or two, and a shape that it takes."""
    rank, groups = draw(st.integers(1, axes)), draw(st.integers(1, 2))
    kernel, stride, dilation = (tuple(draw(st.integers(1, bound)) for _ in range(rank)) for bound in (3, most, 2))
    extents = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    pads = tuple((draw(st.integers(0, e - 1)), draw(st.integers(0, e - 1))) for e in extents)
    filters, channels = (groups * draw(st.integers(1, 2)) for _ in range(2))
    op = ops.Conv(filters, kernel, stride=stride, dilation=dilation, padding=pads, groups=groups, bias=False)
    return op, (draw(st.integers(1, 2)), channels, *(e + draw(st.integers(0, 4)) for e in extents))


def gradients(op, shape):
    """Numbers for x, w and dL/dy, and the gradients by the reader that knows no formula."""
    draw = Random(5)
    tensors = {name: drawn(size, draw) for name, size in ops.operands(op, shape).items()}
    above = drawn(op.shape(shape), draw)
    return tensors, above, readers.backward(op, above, tensors)


def turned(tensor, *, flip=False, groups=1):
    """The first two axes exchanged, within each group; the others read backwards where they are flipped."""
    rows, inner, *kernel = tensor.shape
    own = rows // groups
    shape = (groups * inner, own, *kernel)

    def source(c, f, *k):
        at = [n - 1 - i for i, n in zip(k, kernel, strict=True)] if flip else k
        return tensor[(c // inner) * own + f, c % inner, *at]

    return Tensor(shape, [source(*at) for at in Tensor(shape, []).positions()])


def number(tensor, entry):
    """What a written entry stands for; axes of samples and channels of length one are not written."""
    skipped = [i for i, n in enumerate(tensor.shape) if i < 2 and n == 1]
    indices = list(map(int, entry.indices))
    for axis in skipped:
        indices.insert(axis, 0)
    return int(tensor[tuple(indices)])


def test_the_full_convolution_of_a_2x2_kernel_is_the_nine_formulas_of_the_lecture():
    op = ops.Conv(1, 2, bias=False)
    found = WrittenOut(derive("full-convolution", op), op, ((1, 1, 3, 3),)).equations()
    assert dict(found) == {
        dx[0, 0]: w[0, 0] * dy[0, 0],
        dx[0, 1]: w[0, 1] * dy[0, 0] + w[0, 0] * dy[0, 1],
        dx[0, 2]: w[0, 1] * dy[0, 1],
        dx[1, 0]: w[1, 0] * dy[0, 0] + w[0, 0] * dy[1, 0],
        dx[1, 1]: w[1, 1] * dy[0, 0] + w[1, 0] * dy[0, 1] + w[0, 1] * dy[1, 0] + w[0, 0] * dy[1, 1],
        dx[1, 2]: w[1, 1] * dy[0, 1] + w[0, 1] * dy[1, 1],
        dx[2, 0]: w[1, 0] * dy[1, 0],
        dx[2, 1]: w[1, 1] * dy[1, 0] + w[1, 0] * dy[1, 1],
        dx[2, 2]: w[1, 1] * dy[1, 1],
    }


@settings(max_examples=25)
@given(convolutions(most=1))
def test_dx_at_stride_one_is_the_convolution_operator_on_dy_with_the_flipped_kernel(case):
    op, shape = case
    tensors, above, truth = gradients(op, shape)
    full = replace(
        op,
        filters=shape[1],
        padding=tuple(
            tuple(d * (k - 1) - p for p in pads) for d, k, pads in zip(op.dilation, op.kernel, op.padding, strict=True)
        ),
    )
    assert full.shape(above.shape) == shape
    kernel = turned(tensors["w"], flip=True, groups=op.groups)
    assert readers.forward(full, shape, above, kernel).values == truth["x"].values


@settings(max_examples=6)
@given(convolutions(most=1, axes=1))
def test_the_full_convolution_of_a_drawn_window_written_out_is_what_the_reader_says(case):
    op, shape = case
    tensors, above, truth = gradients(op, shape)
    letters = {"dL/dy": above, "w": tensors["w"]}
    for left, right in WrittenOut(derive("full-convolution", op), op, (shape,)).equations():
        numbers = {entry: number(letters[str(entry.base)], entry) for entry in right.atoms(sp.Indexed)}
        assert right.xreplace(numbers) == number(truth["x"], left)


@pytest.mark.parametrize("padding", [0, 1, 4])
def test_a_padding_beyond_the_extent_crops_the_gradient(padding):
    op = ops.Conv(1, (3,), padding=padding, bias=False)
    ((_, first), *_) = WrittenOut(derive("full-convolution", op), op, ((1, 1, 4),)).equations()
    reached = [dy[o] * w[k] for k in (2, 1, 0) if 0 <= (o := padding - k) < 2 + 2 * padding]
    assert first == sp.Add(*reached)


def test_a_strided_full_convolution_is_refused_and_zero_stuffing_named():
    with pytest.raises(SettingError, match="zero-stuffed") as caught:
        derive("full-convolution", ops.Conv(1, (3, 2), stride=(2, 1)))
    assert "stride 2x1" in str(caught.value)


def test_the_stride_of_a_general_window_is_one_in_a_full_convolution():
    found = derive("full-convolution", general(ops.Conv, 2))
    assert "stride" not in found.title
    assert not found.result.right.has(sp.Symbol("s_1", integer=True, positive=True))


def test_a_kernel_that_is_not_flipped_is_refused():
    found = derive("full-convolution", ops.Conv(1, (3,), bias=False))
    k, f, c, n, j = (index(name) for name in "kfcnj")
    flip = found.result
    body = flip.right.body.xreplace({w[f, c, 2 - k]: w[f, c, k]})
    assert body != flip.right.body
    wrong = replace(flip, right=Sigma(body, flip.right.ranges, flip.right.conditions))
    with pytest.raises(DerivationError, match="'flip' does not hold"):
        replace(found, steps=(*found.steps[:-1], wrong))
    assert flip.left == dx[n, c, j]


@settings(max_examples=25)
@given(convolutions())
def test_dw_is_the_convolution_operator_with_dy_as_its_filters(case):
    op, shape = case
    tensors, above, truth = gradients(op, shape)
    exchanged = replace(
        op, filters=op.filters, kernel=above.shape[2:], stride=op.dilation, dilation=op.stride, groups=1
    )
    x, filters = turned(tensors["x"]), turned(above)
    output = exchanged.shape(x.shape)
    surplus = [
        (n + sum(p) - d * (k - 1) - 1) % s // d
        for n, p, d, k, s in zip(shape[2:], op.padding, op.dilation, op.kernel, op.stride, strict=True)
    ]
    assert output[2:] == tuple(k + extra for k, extra in zip(op.kernel, surplus, strict=True))
    z = readers.forward(exchanged, output, x, filters)
    width, own = shape[1] // op.groups, op.filters // op.groups
    for f, c, *k in truth["w"].positions():
        assert truth["w"][f, c, *k] == z[f // own * width + c, f, *k]


def test_a_surplus_output_is_dropped_where_the_stride_leaves_a_rest():
    found = {step.name: step for step in derive("weight-gradient", ops.Conv(1, (2,), stride=3)).steps}
    rest = found["Surplus"].right
    assert [rest.subs(sp.Symbol("L", integer=True, positive=True), n) for n in (5, 6, 7, 8)] == [2, 3, 4, 2]


def test_stride_and_dilation_exchange_their_roles():
    found = {step.name: step for step in derive("weight-gradient", general(ops.Conv, 1)).steps}
    assert str(found["Exchange"]) == "Exchange: z[c,f,k] = sum{n<N, o<O} dL/dy[n,f,o]*x'[n,c,s*o+d*k]"
    assert str(found["Crop"]) == "Crop: dL/dw[f,c,k] = z[c,f,k]"
    assert "Padding" not in [step.name for step in derive("weight-gradient", ops.Conv(1, (3,))).steps]


@settings(max_examples=6)
@given(convolutions(axes=1))
def test_every_backward_subject_is_derived_for_a_drawn_window(case):
    op, _ = case
    assert derive("zero-stuffed", op).result.name == "Flip"
    assert derive("weight-gradient", op).result.name == "Crop"
    assert derive("bias-gradient", replace(op, bias=True)).result.name == "Collapse"


def test_a_convolution_without_a_bias_has_no_gradient_by_it():
    with pytest.raises(SettingError, match="there is no bias"):
        derive("bias-gradient", ops.Conv(1, (3,), bias=False))


def test_the_bias_gradient_adds_all_samples_and_positions():
    op = ops.Conv(1, 2)
    ((left, right),) = WrittenOut(derive("bias-gradient", op), op, ((1, 1, 3, 3),)).equations()
    assert (left, right) == (sp.Symbol("dL/db"), dy[0, 0] + dy[0, 1] + dy[1, 0] + dy[1, 1])


class Stuffed:
    """Letters for the zero-stuffed gradient of three outputs: zero at odd places and beyond the last one."""

    def __getitem__(self, at):
        return array("u")[at[2]] if at[2] in (0, 2, 4) else 0


def test_the_odd_residues_of_a_strided_gradient_are_zero():
    stuffed = derive("zero-stuffed", ops.Conv(1, (2,), stride=2, dilation=2, bias=False))
    j = next(symbol for symbol, _ in stuffed.result.over if str(symbol) == "j")
    sizes = {**dict.fromkeys(stuffed.result.right.free_symbols, 0), **values(F=1)}
    letters = {"u": Stuffed(), "w": Letters("w", (1, 1, 2))}
    found = [evaluate(stuffed.result.right, {**sizes, **letters, j: at}) for at in range(7)]
    u = array("u")
    assert found[1::2] == [0, 0, 0]
    assert found[0::2] == [u[0] * w[0], u[0] * w[1] + u[2] * w[0], u[2] * w[1] + u[4] * w[0], u[4] * w[1]]


@pytest.mark.parametrize(
    ("padding", "words"),
    [
        (0, "pad dL/dy by 2 before and 2 after"),
        (4, "crop dL/dy by 2 before and 2 after"),
        (((4, 0),), "crop dL/dy by 2 before and pad it by 2 after"),
        (((2, 3),), "pad dL/dy by 0 before and crop it by 1 after"),
    ],
)
def test_padding_beyond_the_extent_is_cropped_from_the_gradient(padding, words):
    told = derive("full-convolution", ops.Conv(1, (3,), padding=padding)).text()
    assert f"Size: {words}: a window" in told
