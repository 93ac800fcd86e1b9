"""What is said where a kernel was asked for wrongly, or does not run: the line, and what to do."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from cnnmath import ops
from cnnmath.cli import app
from cnnmath.errors import SettingError
from cnnmath.numeric import KERNELS
from cnnmath.verify import Adapter, NoPower, search, verify
from cnnmath.verify.mistakes import MISTAKES

ASKED = "its parameter 'dy' is the gradient from above, and no gradient is asked for."


def relu_dx(dy, x):
    return dy * (x > 0)


def bias_gradient(dy):
    return dy.sum((0, *range(2, dy.ndim)))


def failing(x):
    return x / (1 // 0)


def planar(x):
    n, c, _h, _w = x.shape
    assert (n, c) == x.shape[:2]
    return np.maximum(x, 0)


@pytest.mark.parametrize(("ask", "kind"), [(verify, ops.ReLU()), (search, ops.ReLU)])
@pytest.mark.parametrize("kernel", [relu_dx, lambda dy: dy])
def test_a_gradient_that_was_not_asked_for_is_to_be_asked_for(ask, kind, kernel):
    with pytest.raises(SettingError) as error:
        ask(kernel, kind)
    assert error.value.fact == ASKED
    assert error.value.lines["fix"] == 'say by which operand it gives the gradient: wrt="x", in a shell --wrt x'


def test_all_operands_are_named_by_which_there_is_a_gradient():
    with pytest.raises(SettingError) as error:
        verify(lambda dy, x, w: (dy, x, w), ops.Conv(1, 3))
    assert error.value.lines["fix"].endswith('wrt="x", in a shell --wrt x; or w, b')


def test_a_parameter_dy_that_has_a_default_or_takes_an_operand_is_none_of_a_gradient():
    assert verify(lambda x, dy=0: np.maximum(x, dy), ops.ReLU(), rungs=[2])
    assert verify(Adapter(lambda dy: np.maximum(dy, 0), names={"x": "dy"}), ops.ReLU(), rungs=[2])
    assert verify(relu_dx, ops.ReLU(), wrt="x", rungs=[2])


IN_A_SHELL = "in a shell one that the module holds, in place of the function: my_module:adapted"


def refused(kernel, op):
    with pytest.raises(SettingError) as error:
        verify(kernel, op)
    return error.value


def test_a_parameter_of_another_name_is_answered_with_the_near_one():
    error = refused(lambda x, w, b, strides: (x, w, b, strides), ops.Conv(4, 3))
    assert error.fact == "its parameter 'strides' is nothing that conv(4, 3) has."
    assert error.lines["near"] == "stride"
    fix = f'give an Adapter with names={{"stride": "strides"}}, {IN_A_SHELL}; or give it a default'
    assert error.lines["fix"] == fix


def test_a_parameter_that_is_near_no_name_is_answered_with_all():
    error = refused(lambda x, w, b, qqq: (x, w, b, qqq), ops.Conv(4, 3))
    assert "near" not in error.lines
    assert error.lines["fix"].startswith('give an Adapter with names={"<one of these>": "qqq"}')


def test_a_kernel_without_a_bias_is_told_of_the_operator_without_it():
    error = refused(lambda x, w: (x, w), ops.Conv(4, 3))
    assert error.fact == "it does not read 'b', on which the output of conv(4, 3) depends."
    fix = f'give an Adapter with names={{"b": "<its parameter>"}}, {IN_A_SHELL}'
    assert error.lines["fix"] == f"{fix}; or say bias=False, for an operator without b"
    error = refused(lambda x, b: (x, b), ops.Conv(4, 3))
    assert error.lines["fix"] == fix.replace('"b"', '"w"')


def test_a_kernel_of_too_few_parameters_is_told_what_was_passed():
    error = refused(lambda image, weights: (image, weights), ops.Conv(4, 3))
    assert error.fact == "it takes 2 of the 3 operands of conv(4, 3)."
    assert error.lines["here"] == "its parameters are image, weights; passed are x, w, b"
    assert error.lines["fix"] == "take them all; or say bias=False, for an operator without b"
    assert refused(lambda image: image, ops.Conv(4, 3)).lines["fix"] == "take them all"
    assert refused(lambda: 0, ops.ReLU()).lines["here"] == "its parameters are none; passed are x"
    assert verify(lambda *operands: operands[0] * (operands[0] > 0), ops.ReLU(), rungs=[2])


def test_an_exception_is_told_with_the_innermost_line_of_the_users_own_code():
    def broken(x):
        return np.broadcast_to(x, (0, 0))  # raises within NumPy

    line = broken.__code__.co_firstlineno + 1
    assert verify(broken, ops.ReLU()).finding.lines == (("where", f"line {line} of test_advice.py"),)


def test_an_exception_that_no_line_of_the_user_raised_has_none():
    found = verify(np.linalg.inv, ops.ReLU(), (1, 2, 3))
    assert found.finding.fact.startswith("it raises LinAlgError: ")
    assert found.finding.lines == ()


@pytest.mark.parametrize(
    ("kernel", "says"),
    [
        (lambda x, *_: (np.maximum(x, 0), None), "it gives a tuple of 2, not an array"),
        (lambda x, *_: [[1, 2], [3], [x.size]], "it gives a ragged list of 3, not an array"),
    ],
)
def test_several_things_instead_of_an_array_are_no_exception_of_the_kernel(kernel, says):
    for op in (ops.ReLU(), ops.Conv(2, 3)):  # of which the second is tried on polynomials first
        found = verify(kernel, op)
        assert (found.finding.kind, found.finding.fact) == ("array", says)


def test_what_is_no_tensor_is_said_to_be_none():
    restored = Adapter(lambda x: (np.maximum(x, 0), None), restore=lambda y: y.astype(float))
    assert verify(restored, ops.ReLU()).finding.fact == "it gives a tuple of 2, not an array"
    raising = Adapter(lambda x: x, restore=lambda y: y.numpy())
    assert verify(raising, ops.ReLU()).finding.fact.startswith("it raises AttributeError: ")


def test_a_kernel_that_runs_at_another_number_of_axes_is_told_so():
    found = search(planar, ops.ReLU)
    fix = "it runs with 2 spatial axes: say rank=2, in a shell --rank 2, or give one setting"
    assert found.finding.kind == "raises"
    assert found.finding.lines[1:] == (("fix", fix),)
    assert search(planar, ops.ReLU, 5, rank=2)
    assert search(planar, ops.ReLU, 5, rank=1).finding.lines == found.finding.lines[:1]
    assert search(failing, ops.ReLU, 5).finding.lines == (
        ("where", f"line {failing.__code__.co_firstlineno + 1} of test_advice.py"),
    )


def test_what_has_no_power_is_mended_in_the_words_of_where_it_was_asked():
    found = verify(KERNELS[ops.Conv], ops.Conv(4, 3), (1, 1, 5, 5), rungs=[2])
    assert isinstance(found, NoPower)
    assert found.fix.endswith('or claim="shapes" to certify these shapes alone')
    ran = CliRunner().invoke(app, ["verify", "conv", "--op", "conv(4, 3)", "--input", "1x1x5x5", "--rungs", "2"])
    assert ran.exit_code == 3
    assert "--claim shapes to certify these shapes alone" in " ".join(ran.stdout.split())
    assert 'claim="shapes"' not in ran.stdout


def test_a_result_that_some_settings_lack_is_searched_at_the_others():
    found = search(bias_gradient, ops.Conv, 30, wrt="b", rank=2)
    assert found.certified
    assert all(case.op.bias for case in found.cases)
    assert not search(lambda dy: 2 * bias_gradient(dy), ops.Conv, 30, wrt="b", rank=2).certified
    with pytest.raises(SettingError, match=r"there is no result by 'q'\.\n  rule    wrt is one of y, x, w, b"):
        search(bias_gradient, ops.Conv, wrt="q", rank=2)
    with pytest.raises(SettingError, match=r"there is no result by 'b'\.\n  rule    wrt is one of y, x\n"):
        search(bias_gradient, ops.ReLU, wrt="b")


@pytest.mark.parametrize("extra", [1, -0.5])
def test_a_constant_that_the_rounding_of_large_integers_would_cover_is_found_on_small_ones(extra):
    def more(x, w, b, stride, padding, dilation):
        op = ops.Conv(4, (3, 2), stride=stride, padding=padding, dilation=dilation)
        return KERNELS[ops.Conv].forward(op, x, w, b) + extra

    found = verify(more, ops.Conv(4, (3, 2)), rungs=[2])
    said = "1" if extra == 1 else "-1/2"
    assert f"known     your y behaves as if {said} were added to every number" in repr(found)


def test_a_search_of_which_no_setting_has_power_says_so():
    found = search(KERNELS[ops.MaxPool], ops.MaxPool, 3, rungs=[1])
    assert isinstance(found, NoPower)
    assert len(found.cases) >= 3
    assert repr(found).splitlines() == [
        f"No power: nothing can be said of the package's kernel at {len(found.cases)} settings",
        "  why       the definition is no polynomial",
    ]


def swapped(name):
    """A convolution that takes the first axis's stride, or another setting, for the last, and the last one's for it."""

    def conv(op, x, w):
        return KERNELS[ops.Conv].forward(replace(op, **{name: getattr(op, name)[::-1]}), x, w)

    return conv


@pytest.mark.parametrize(
    ("name", "setting", "says"),
    [
        ("dilation", {"dilation": (1, 2)}, "the dilations of the first and the last axis were exchanged"),
        ("stride", {"stride": (1, 2)}, "the strides of the first and the last axis were exchanged"),
        ("padding", {"padding": (1, 0)}, "the padding of the first and the last axis were exchanged"),
    ],
)
def test_a_setting_of_the_wrong_axis_is_named(name, setting, says):
    found = verify(swapped(name), ops.Conv(1, 3, bias=False, **setting), rungs=[2])
    assert found.explanations == (says,)


def test_a_gradient_of_the_wrong_shape_is_explained_too():
    def uncut(dy, w, x_shape):
        dx = np.zeros((*x_shape[:2], x_shape[2] + 2))
        for k in range(w.shape[2]):
            dx[:, :, k : k + dy.shape[2]] += np.einsum("nfo,fc->nco", dy, w[:, :, k])
        return dx

    found = verify(uncut, ops.Conv(1, (3,), padding=1, bias=False), (2, 2, 5), wrt="x", rungs=[2])
    assert found.finding.kind == "shape"
    assert found.explanations == ("dx were not cut to the input, but kept the padding around it",)


def test_of_mistakes_that_do_the_same_at_the_smallest_setting_the_one_is_told_that_does_it_at_the_first_too():
    found = verify(lambda dy, x: dy * (x >= 0), ops.ReLU(), wrt="x", rungs=[2])
    assert found.case.inputs == ((1, 1, 1, 1),)
    assert found.explanations == ("the derivative at 0 were 1",)


def test_what_no_known_mistake_explains_is_said_to_be_new():
    found = verify(lambda x: x * x + x.sum(), ops.ReLU(), rungs=[2])
    count = sum(m.kind is ops.ReLU and "y" in m.spoils for m in MISTAKES)
    assert found.explanations == ()
    assert f"  known     none of the {count} known mistakes of ReLU's y does this\n" in repr(found)
    assert "known  " not in repr(verify(failing, ops.ReLU()))
