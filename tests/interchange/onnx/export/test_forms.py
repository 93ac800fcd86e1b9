"""Every operator has a form: a valid model that is read back as the same operator, and runs to the same numbers.

Each number of onnxruntime's is within the bound of its roundings, which is derived from the operator's sentence
(`cnnmath.verify.rounding`), sums in any order. Of exponentials, logarithms, error functions, powers and roots nothing
is derived: the bound takes them to be within 4 units in the last place, as of any library (`FUNCTION`).
"""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.errors import SettingError
from cnnmath.graph import Given
from cnnmath.interchange import export_onnx, import_onnx
from cnnmath.interchange.onnx.export.forms import FORMS
from cnnmath.verify.data import mode
from cnnmath.verify.rounding import FORMATS, bounded
from cnnmath.verify.strategies import cases, inputs
from tests.interchange.onnx.export.models import kinds, run, single, written
from tests.verify.test_rounding import worst


def test_every_operator_has_a_form():
    assert set(FORMS) == set(ops.ALL)


def drawn(kind):
    return cases(kind).flatmap(lambda case: st.tuples(st.just(case), inputs(case, float)))


def left_out(case):
    """What onnxruntime has no kernel for, or a wrong one: it copies where the output has the shape of the input."""
    op = case.op
    if isinstance(op, ops.Resize):
        copied = op.shape(*case.inputs) == case.inputs[0]
        return copied or op.antialias or op.mode == "cubic" or op.exclude_outside
    return False


@pytest.mark.parametrize("kind", ops.ALL, ids=lambda kind: kind.__name__)
def test_drawn_settings_are_valid_and_come_back_and_run_to_the_same_numbers(kind):
    runtime = pytest.importorskip("onnxruntime")

    @settings(max_examples=5, database=None, derandomize=True, deadline=None, phases=[Phase.generate])
    @given(drawn(kind))
    def check(found):
        case, (arrays, _) = found
        names = list(ops.operands(case.op, *case.inputs))
        reads, owned = names[: len(case.inputs)], names[len(case.inputs) :]
        own = {f"one.{name}": arrays[name] for name in owned}
        try:
            net, proto = written(case.op, *case.inputs, arrays=own)
        except SettingError as error:
            if "ONNX takes a scale or a size, not both" not in str(error):
                raise
            return
        back = import_onnx(proto)
        assert back.network.op("one") == case.op
        assert back.network.inputs("one") == net.inputs("one")
        assert {key: (a == own[key].astype(a.dtype)).all() for key, a in back.parameters.items()} == dict.fromkeys(
            own, True
        )
        if left_out(case):
            return
        feeds = dict(zip(net.inputs("one"), (arrays[name].astype(np.float32) for name in reads), strict=True))
        y = run(runtime, proto, **feeds)["one"]
        labels = case.op.levels(*case.inputs)
        held = {name: a.astype(int if name in labels else np.float32) for name, a in arrays.items()}
        exact = bounded(case.op, "y", held, None, FORMATS["float32"])
        assert worst(y, exact) <= 1
        if mode(case.op, *case.inputs) == "integers" and not isinstance(case.op, INEXACT):
            assert (y == exact.value).all()

    check()


INEXACT = (ops.AveragePool, ops.AdaptiveAveragePool, ops.GlobalAveragePool, ops.LpPool, ops.Resize, ops.LinearUpsample)
"""They stay among integers where sums are divided last, which onnxruntime does not promise."""


@pytest.mark.parametrize(
    ("op", "shape", "nodes"),
    [
        (ops.Conv(4, 3, padding=1, stride=2), (1, 2, 8, 8), ["Conv"]),
        (ops.Linear(4), (1, 3), ["Gemm"]),
        (ops.Clip(0, 6), (1, 3), ["Clip"]),
        (ops.Affine(-1), (1, 3), ["Neg"]),
        (ops.Affine(2, 1), (1, 3), [["Mul", "Add"]]),
        (ops.LogSigmoid(), (1, 3), [["Neg", "Softplus", "Neg"]]),
        (ops.Dropout(), (1, 3), [["Dropout"]]),
        (ops.AdaptiveAveragePool(1), (1, 3, 4, 4), [["GlobalAveragePool"]]),
        (ops.AdaptiveAveragePool(2), (1, 3, 4, 4), [["AveragePool"]]),
        (ops.AdaptiveAveragePool((3,)), (1, 3, 4), [["MatMul"]]),
        (ops.LocalResponseNorm(5), (1, 8, 3, 3), ["LRN"]),
        (ops.HardSigmoid(), (1, 3), [["HardSigmoid"]]),
        (ops.HardSigmoid(0.2), (1, 3), ["HardSigmoid"]),
        (ops.Reduce("max", (2, 3)), (1, 3, 4, 4), ["ReduceMax"]),
        (ops.RadialBasis(2), (1, 3), [["Unsqueeze", "Sub", "Mul", "ReduceSum"]]),
        (ops.CrossEntropy(), (2, 3), [["SoftmaxCrossEntropyLoss"]]),
    ],
    ids=str,
)
def test_an_operator_is_one_node_where_that_is_read_back_as_what_it_is(op, shape, nodes):
    _, proto = written(op, shape)
    assert kinds(proto) == nodes


def test_an_even_number_of_channels_reaches_one_further_ahead():
    runtime = pytest.importorskip("onnxruntime")
    op, x = ops.LocalResponseNorm(2, 1.0, 1.0, 1.0), np.array([[[[2]], [[4]], [[6]]]], np.float32)
    _, proto = written(op, x.shape)
    assert run(runtime, proto, input=x)["one"].ravel() == pytest.approx([2 / 3, 4 / 11, 6 / 27])


def test_numbers_that_go_to_one_place_add_up():
    runtime = pytest.importorskip("onnxruntime")
    switches = np.array([[[[3, 3], [0, 1]]]])
    _, proto = written(ops.MaxUnpool(2), (1, 1, 2, 2), arrays={"one.switches": switches})
    x = np.array([[[[1, 2], [4, 8]]]], np.float32)
    assert (run(runtime, proto, input=x)["one"] == [[[[4, 8], [0, 3]]]]).all()


@pytest.mark.parametrize("opset", [21, 22, 23, 24])
@pytest.mark.parametrize("op", [ops.SiLU(0.5), ops.RMSNorm(), ops.GroupNorm(2), ops.Pad(1)], ids=str)
def test_every_version_of_the_operators_is_read_back(op, opset):
    net, proto = written(op, (1, 4, 3, 3), opset=opset)
    assert proto.opset_import[0].version == opset
    assert import_onnx(proto).network == net


def test_labels_that_are_not_given_are_inputs():
    runtime = pytest.importorskip("onnxruntime")
    _, proto = written(ops.CrossEntropy(), (2, 3), arrays={})
    assert [value.name for value in proto.graph.input] == ["input", "one.t"]
    found = run(runtime, proto, input=np.zeros((2, 3), np.float32), **{"one.t": np.array([0, 2])})
    assert found["one"] == pytest.approx(np.log(3))


def test_what_onnx_cannot_say_is_refused_with_the_node():
    with pytest.raises(SettingError) as error:
        written(ops.Resize((3,), scale=("4/3",)), (1, 1, 2))
    assert str(error.value) == (
        "resize 'one': ONNX takes a scale or a size, not both.\n"
        "  rule    outputs = floor(scale*n)\n"
        "  here    n (2,), scale ('4/3',), outputs (3,)\n"
        "  fix     leave one of them out"
    )


def test_further_inputs_are_inputs():
    net = single(ops.Multiply(), (2, 3, 4), (3, 1))
    back = import_onnx(export_onnx(net, {}))
    assert back.network == net
    assert back.network.op("x2") == Given((3, 1), batched=False)
