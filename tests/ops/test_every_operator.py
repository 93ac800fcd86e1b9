"""What every operator of the list must have; each test names the operator that lacks it."""

import inspect
from dataclasses import FrozenInstanceError, fields

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from cnnmath import numeric, ops
from cnnmath.errors import ShapeError, UnknownNameError
from cnnmath.ops import Operator, operands
from cnnmath.ops.broadcast import Elementwise
from cnnmath.ops.notation import describe
from cnnmath.verify.strategies import cases
from tests.support import each, every_operator, few, simple

MERGES = (ops.Add, ops.Maximum, ops.Minimum, ops.Concat)
PAIRS = (ops.Subtract, ops.Multiply, ops.Divide, ops.Pow, ops.MatMul)
SEVERAL = {ops.RNNCell: ("x", "h"), ops.LSTMCell: ("x", "h", "c"), **dict.fromkeys(PAIRS, ("x1", "x2"))}


def test_the_list_holds_every_operator_once():
    exported = {v for v in vars(ops).values() if inspect.isclass(v) and issubclass(v, Operator)}
    assert set(ops.ALL) == exported - {Operator}
    assert len(set(ops.ALL)) == len(ops.ALL)
    assert {kind.__name__ for kind in ops.ALL} <= set(ops.__all__)


@every_operator
def test_it_has_a_kernel(kind):
    assert kind in numeric.KERNELS, f"{kind.__name__} has no kernel in numeric.KERNELS"


@every_operator
@pytest.mark.parametrize("section", ["References", "Examples"])
def test_its_docstring_has_the_sections_of_a_textbook(kind, section):
    assert f"\n{section}\n{'-' * len(section)}\n" in inspect.cleandoc(kind.__doc__), f"{kind.__name__}: no {section}"


@every_operator
def test_its_docstring_starts_with_one_sentence_and_its_example_runs_it(kind):
    lines = inspect.cleandoc(kind.__doc__).splitlines()
    assert lines[0].endswith(".")
    assert lines[1] == ""
    assert any(line.startswith(">>>") and f"{kind.__name__}(" in line for line in lines)


@every_operator
def test_it_is_found_by_its_name_however_that_is_spelled(kind):
    for name in (kind.__name__, kind.__name__.upper(), "-".join(kind.__name__), "_".join(kind.__name__.lower())):
        assert ops.named(name) is kind


@every_operator
@few
@given(data=st.data())
def test_its_notation_is_the_call_that_builds_it(kind, data):
    op = data.draw(cases(kind)).op
    assert eval(describe(op), {kind.__name__.lower(): kind}) == op


@every_operator
@few
@given(data=st.data())
def test_it_is_a_frozen_record_of_equal_value_and_hash(kind, data):
    op = data.draw(cases(kind)).op
    twin = kind(**{f.name: getattr(op, f.name) for f in fields(op)})
    assert (twin, hash(twin)) == (op, hash(op))
    for f in fields(op):
        with pytest.raises(FrozenInstanceError):
            setattr(op, f.name, None)


@every_operator
@few
@given(data=st.data())
def test_its_sentence_reads_its_operands_in_the_order_in_which_they_are_declared(kind, data):
    case = data.draw(cases(kind))
    names = list(operands(case.op, *case.inputs))
    inputs = [f"x{i}" for i, _ in enumerate(case.inputs, 1)] if kind.variadic else list(kind.reads)
    declared = [*case.op.parameters(*case.inputs), *case.op.buffers(*case.inputs)]
    assert names == inputs + declared
    if not kind.variadic:
        _, _, _, *reads = inspect.signature(kind.element).parameters
        assert names == reads[: len(names)]


@every_operator
@few
@given(data=st.data())
def test_its_shape_with_symbols_becomes_its_shape_with_numbers(kind, data):
    case = data.draw(cases(kind))
    formal, values = symbolic_shapes(case)
    shape = case.op.shape(*formal)
    assert tuple(sympy.sympify(size).subs(values) for size in shape) == case.op.shape(*case.inputs)


@every_operator
def test_it_takes_one_input_unless_it_merges_or_names_several(kind):
    case = simple(kind)
    assert kind.variadic == (kind in MERGES)
    assert kind.reads == SEVERAL.get(kind, ("x",))
    wrong = case.inputs[:1] if kind.variadic else case.inputs * 2
    with pytest.raises(ShapeError, match=r"two or more inputs|one input|two inputs, x1? and |three inputs, x, h and c"):
        operands(case.op, *wrong)


@each((ops.Conv, ops.MaxPool, ops.AveragePool, ops.Subsample, ops.Pad))
@given(data=st.data())
def test_its_spatial_output_sizes_are_the_placements_of_its_windows(kind, data):
    case = data.draw(cases(kind))
    (x,) = case.inputs
    sizes = tuple(w.placements(n) for w, n in zip(case.op.windows(x[2:]), x[2:], strict=True))
    assert case.op.shape(x)[2:] == sizes


@each(
    (
        *(ops.ConvTranspose, ops.Upsample, ops.LinearUpsample, ops.Resize),
        *(ops.ReflectPad, ops.EdgePad, ops.WrapPad, ops.LinearLast),
    )
)
@given(data=st.data())
def test_its_spatial_output_sizes_are_the_placements_of_its_axes(kind, data):
    case = data.draw(cases(kind))
    (x,) = case.inputs
    sizes = tuple(axis.placements(n) for axis, n in zip(case.op.axes(x[2:]), x[2:], strict=True))
    assert case.op.shape(x)[2:] == sizes


def test_an_unknown_operator_is_answered_with_near_names():
    with pytest.raises(UnknownNameError) as caught:
        ops.named("conv2d")
    first, near, known = str(caught.value).splitlines()
    assert first == "there is no operator 'conv2d'."
    assert near.startswith("  near    conv")
    names = sorted(kind.__name__.lower() for kind in ops.ALL)
    assert known == f"  known   {len(names)} names, {names[0]} to {names[-1]}; listed by `cnnmath derive`"


def symbolic_shapes(case):
    """A symbol for each batch and spatial size, the same for equal sizes of an axis of several inputs, and values.

    Where lengths of 1 are repeated they stay numbers, and so do those that are multiplied out.
    """
    values = {}

    def symbol(axis, size):
        name = sympy.Symbol(f"n{axis}_{size}", integer=True, positive=True)
        return values.setdefault(name, size) and name

    if isinstance(case.op, (Elementwise, ops.Expand, ops.MatMul)):
        last = 2 if isinstance(case.op, ops.MatMul) else 0
        back = [[(len(x) - axis, size) for axis, size in enumerate(x)] for x in case.inputs]
        return [tuple(n if n == 1 or axis <= last else symbol(axis, n) for axis, n in x) for x in back], values
    formal = [tuple(size if axis == 1 else symbol(axis, size) for axis, size in enumerate(x)) for x in case.inputs]
    return formal, values
