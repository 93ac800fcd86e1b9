"""The package's kernels leave memory alone and do not mind it; each kind of disorder is caught by its own check."""

import sys
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnmath import ops
from cnnmath.numeric import KERNELS
from cnnmath.verify.adapter import Adapter
from cnnmath.verify.ladder import climb
from cnnmath.verify.rungs.layouts import LAYOUTS, repeated, root, within
from cnnmath.verify.strategies import Case, cases
from cnnmath.verify.telling import telling
from cnnmath.verify.verdict import Certificate, Counterexample
from tests.support import every_operator
from tests.symbolic.instances import small
from tests.verify.kernels import MUTANTS

RECTIFIER = Case(ops.ReLU(), ((2, 3, 4),))
POOL = Case(ops.MaxPool((2,)), ((2, 3, 4),))
TAIL = "it leaves operands alone, writes all of a result of its own, and gives the same always and for every layout"


def relu(x):
    return np.maximum(x, 0)


def in_place(x):
    y = relu(x)
    x[...] = y
    return y


def beside(x):
    if root(x).size > x.size:
        root(x).ravel()[0] = 7
    return relu(x)


def first_row(x):
    y = np.empty(x.shape)
    y[:, :, 1:] = relu(x)[:, :, 1:]
    return y


def counting(steps):
    """Wrong from the eighth call on."""
    return lambda x: relu(x) + (next(steps) > 7)


def drawing(generator):
    return lambda x: relu(x) + generator.random()


def buffered(buffer):
    return lambda x: np.maximum(x, 0, out=buffer)


def of_the_base(x):
    return relu(x) + 0 * root(x).ravel()[0]


def as_it_lies(x):
    return relu(x.ravel(order="K").reshape(x.shape))


def by_strides(x):
    strides = np.empty(x.shape).strides
    if any(s < 0 for s in x.strides):
        raise ValueError("strides that are negative")
    return relu(np.lib.stride_tricks.as_strided(x, x.shape, strides)) if 0 not in x.strides else relu(x)


def not_repeated(x):
    return relu(x) * (0 not in x.strides)


def chosen(x):
    return np.where(x > 0, x, 0.0)


def without_nan(x):
    return np.fmax(x[..., ::2], x[..., 1::2])


PLANTED = {
    "writes to its operand": (RECTIFIER, lambda: in_place, "writes", "it changes x["),
    "writes beside its operand": (RECTIFIER, lambda: beside, "writes", "it writes to memory around x"),
    "gives its operand": (
        Case(ops.Dropout(), ((2, 3),)), lambda: lambda x: x, "view", "the result has its memory from x"
    ),
    "gives a view": (
        Case(ops.Flatten(), ((2, 3, 2),)), lambda: lambda x: x.reshape(2, 6), "view", "the result has its memory from x"
    ),
    "gives one array always": (
        RECTIFIER, lambda: buffered(np.empty((2, 3, 4))), "view", "results of two calls have one memory"
    ),
    "leaves a row unwritten": (RECTIFIER, lambda: first_row, "unwritten", "y[0, 0, 0] is what memory held before"),
    "counts its calls": (RECTIFIER, lambda: counting(count(1)), "unstable", "when it is asked again"),
    "draws numbers": (RECTIFIER, lambda: drawing(np.random.default_rng(0)), "unstable", "when it is asked again"),
    "reads around its operand": (RECTIFIER, lambda: of_the_base, "surroundings", "where nan lies ahead of"),
    "reads memory as it lies": (RECTIFIER, lambda: as_it_lies, "layout", "for arrays in Fortran order"),
    "takes rows to be packed": (RECTIFIER, lambda: by_strides, "layout", "for arrays "),
    "knows no stride of 0": (RECTIFIER, lambda: not_repeated, "layout", "for arrays with strides of 0"),
    "chooses where NaN is": (RECTIFIER, lambda: chosen, "nan", "but nan by the definition, where x["),
    "drops NaN": (POOL, lambda: without_nan, "nan", "but nan by the definition, where x["),
    "raises": (RECTIFIER, lambda: lambda x: x / (1 // 0), "raises", "it raises ZeroDivisionError"),
    "ends the process": (RECTIFIER, lambda: lambda x: sys.exit(x.ndim), "raises", "it raises SystemExit: 3"),
    "gives nothing": (RECTIFIER, lambda: lambda x: x.copy().sort(), "nothing", "it gives nothing"),
    "gives NaN": (RECTIFIER, lambda: lambda x: x * np.nan, "nan", "what goes in is finite"),
}  # fmt: skip
"""By name: the setting, the kernel, the kind of finding, and words of it."""

UNSEEN = (
    *("writes to its operand", "writes beside its operand", "gives its operand", "gives a view"),
    *("reads around its operand", "reads memory as it lies", "takes rows to be packed", "knows no stride of 0"),
    *("chooses where NaN is", "drops NaN"),
)
"""What no value shows where operands are finite and lie as usual."""


@every_operator
@settings(max_examples=3)
@given(st.data())
def test_every_kernel_is_clean_at_drawn_settings(kind, data):
    case, seed = data.draw(cases(kind)), data.draw(st.integers(0, 99))
    found = climb(KERNELS[kind], case, rungs=[5], seed=seed)
    assert isinstance(found, Certificate), found
    assert not found.withheld
    assert {e.fact for e in found.evidence} <= {TAIL, TAIL + ", to half of the digits"}


@pytest.mark.parametrize("name", PLANTED)
def test_disorder_is_caught_and_named(name):
    case, kernel, kind, words = PLANTED[name]
    found = climb(kernel(), case, rungs=[5])
    assert isinstance(found, Counterexample)
    assert (found.finding.kind, found.finding.rung) == (kind, 5)
    assert words in found.finding.fact


@pytest.mark.parametrize("name", UNSEEN)
def test_no_other_rung_sees_it(name):
    case, kernel, *_ = PLANTED[name]
    assert climb(kernel(), case, rungs=[2, 3]).certified


def test_a_layout_that_is_refused_is_withheld():
    def particular(x):
        if not x.flags.c_contiguous:
            raise ValueError("I take arrays in row-major order")
        return relu(x)

    found = climb(particular, RECTIFIER, rungs=[5])
    assert isinstance(found, Certificate)
    assert found.evidence[0].fact == TAIL + " that it takes"
    assert [w.why.partition(": ") for w in found.withheld] == [
        (f"it refuses arrays {words}", ": ", "ValueError: I take arrays in row-major order")
        for words in [*(w for w in LAYOUTS if "read-only" not in w), "with strides of 0"]
    ]


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_what_a_function_does_to_its_own_layout_is_seen(layout):
    case = Case(ops.ReLU(), ((2, 3, 4),))
    assert climb(Adapter(relu, layout=layout), case, rungs=[5]).certified
    assert climb(Adapter(in_place, layout=layout), case, rungs=[5]).finding.kind == "writes"
    assert (
        climb(Adapter(lambda x: x, layout=layout), Case(ops.Dropout(), ((2, 3, 4),)), rungs=[5]).finding.kind == "view"
    )
    assert climb(Adapter(as_it_lies, layout=layout), case, rungs=[5]).finding.kind == "layout"
    plain = []
    climb(Adapter(lambda x: plain.append(x.flags.c_contiguous) or relu(x), layout=layout), case, rungs=[5])
    assert all(plain[:4])


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64"])
def test_disorder_is_seen_in_other_formats(dtype):
    for name in ("writes to its operand", "gives its operand", "reads memory as it lies"):
        case, kernel, kind, _ = PLANTED[name]
        assert climb(Adapter(kernel(), dtype=dtype), case, rungs=[5]).finding.kind == kind
    assert climb(Adapter(relu, dtype=dtype), RECTIFIER, rungs=[5]).certified


@pytest.mark.parametrize("size", [1, 7, 40, 200, 3000])
def test_memory_that_is_not_written_is_seen_at_any_size(size):
    found = climb(first_row, Case(ops.ReLU(), ((1, 2, size),)), rungs=[5])
    assert found.finding.kind == "unwritten"


@pytest.mark.parametrize("name", [name for name, (kind, *_) in MUTANTS.items() if kind is ops.ReLU])
def test_no_broken_kernel_breaks_the_verifier(name):
    kind, kernel, _ = MUTANTS[name]
    found = climb(kernel, telling(small(kind).op)[0], rungs=[5])
    assert isinstance(found, (Certificate, Counterexample))


def test_layouts_hold_the_same_numbers():
    array = np.arange(24.0).reshape(2, 3, 4)
    for layout in (*LAYOUTS.values(), within):
        for a in (array, array[0, 0], np.array(5.0)):
            laid = layout(a, np.nan)
            assert laid.shape == a.shape
            assert (laid == a).all()
            assert not np.may_share_memory(laid, a)
    assert np.isnan(root(within(array, np.nan))[[0, -1]]).all()
    assert (repeated(array, everywhere=True) == 0).all()
    assert (repeated(array, everywhere=False) == array[:1]).all()
    assert repeated(np.array(5.0), everywhere=True) == 5


def test_kernels_of_torch_are_clean_but_for_strides_that_it_has_not():
    torch = pytest.importorskip("torch")
    outside = {"convert": torch.from_numpy, "restore": lambda t: t.detach().numpy()}
    found = climb(Adapter(torch.relu, **outside), RECTIFIER, rungs=[3, 5])
    assert isinstance(found, Certificate)
    assert [w.why.split(":")[0] for w in found.withheld] == ["it refuses arrays with negative strides"]
    assert climb(Adapter(torch.relu_, **outside), RECTIFIER, rungs=[5]).finding.kind == "writes"
