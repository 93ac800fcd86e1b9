"""What is no operator, tensor, window, claim ... where one is asked for, is told in the package's words."""

import numpy as np
import pytest

from cnnmath import audit, filters, graph, inverse, numeric, ops, plot, readers, symbolic, training, window, zoo
from cnnmath.errors import CnnmathError
from cnnmath.readers import Tensor
from cnnmath.verify import Case, climb, judge, search
from cnnmath.window import Window

CONV, X, W = ops.Conv(1, (2,), bias=False), Tensor((1, 1, 3), [1, 2, 3]), Tensor((1, 1, 2), [1, 1])
WINDOWS = "  fix     give one Window an axis, as in [Window(3), Window(3)]"
CHAIN = "  fix     give a chain, as in [Window(3), Window(2, stride=2)]"
CLAIMS = "  fix     give what audit.load, or audit.read, makes of a file of claims"
CASE = "  fix     give a Case(op, inputs), an operator and the shapes of its inputs"
STATES = "  fix     give the output of an LSTMCell, (N, 2*units)"
LEFT_OPEN = "it has no window that could be left open.\n  here    ReLU\n  fix     "

MESSAGES = {
    "no operator to evaluate": (
        lambda: readers.evaluate(None, (0, 0, 0), X),
        "this is no operator.\n  here    None\n  fix     give an instance, such as cnnmath.ops.ReLU()",
    ),
    "no position": (
        lambda: readers.evaluate(CONV, 3, X, W),
        "this is no position.\n  here    3\n  fix     give one index an axis of the output, as in (0, 0, 1)",
    ),
    "an operand too few": (
        lambda: readers.forward(CONV, (1, 1, 2), X),
        "conv: the operands are not those of its definition.\n  here    missing a required argument: 'w'\n"
        "  fix     give one tensor for each input, then one for each parameter",
    ),
    "an operand that is no tensor": (
        lambda: readers.forward(CONV, (1, 1, 2), X, [1, 1]),
        "conv: an operand is no tensor.\n  here    [1, 1]\n"
        "  fix     give a Tensor: Tensor.of(array), or Tensor(shape, numbers)",
    ),
    "no shape of an output": (
        lambda: readers.forward(CONV, 2, X, W),
        "this is no shape.\n  input   2\n  rule    a tuple of integers of at least 0\n  fix     give (N, C, *spatial)",
    ),
    "no gradient from above": (
        lambda: readers.backward(CONV, None, {"x": X, "w": W}),
        "this is no gradient from above.\n  here    None\n  fix     give a Tensor of the output's shape",
    ),
    "operands without names": (
        lambda: readers.backward(CONV, X, [X, W]),
        'this is no dict of operands.\n  here    [Tensor(shape=(1, 1, 3), values=[1, 2, 3]), Tensor(shape=(1…\n'
        '  fix     give them by name, as in {"x": x, "w": w}',
    ),
    "an operand that there is not": (
        lambda: readers.backward(CONV, X, {"x": X, "w": W}, ["b"]),
        "there is no operand 'b'.\n  known   w, x",
    ),
    "no loss": (
        lambda: readers.gradients(None, {"x": X}),
        "this is no loss.\n  here    None\n  fix     give a function of an algebra and of the operands by their names",
    ),
    "no class of an operator": (
        lambda: symbolic.general(None),
        "this is no kind of operator.\n  here    None\n  fix     give a class, such as cnnmath.ops.ReLU",
    ),
    "an operator without a window": (
        lambda: symbolic.general(ops.ReLU),
        f"{LEFT_OPEN}give an instance where it is asked for, such as cnnmath.ops.ReLU(...)",
    ),
    "no rank": (
        lambda: symbolic.general(ops.Conv, "two"),
        "the rank must be an integer.\n  here    rank 'two'\n  fix     use an integer of at least 1",
    ),
    "no operand to derive by": (
        lambda: symbolic.derive(ops.ReLU(), ["x"]),
        "relu: there is no operand '['x']'.\n  known   x, y",
    ),
    "no derivation": (
        lambda: symbolic.record("relu"),
        "this is no derivation.\n  here    'relu'\n  fix     give what cnnmath.derive gives",
    ),
    "no array to gather": (
        lambda: numeric.gather([1, 2], [Window(2)]),
        "this is no array.\n  here    [1, 2]\n  fix     give x as an array of NumPy",
    ),
    "no windows": (
        lambda: numeric.gather(np.zeros((1, 1, 3)), Window(2)),
        f"this is no list of windows.\n  here    Window(kernel=2, stride=1, dilation=1, before=0, after=0)\n{WINDOWS}",
    ),
    "a window too few": (
        lambda: numeric.gather(np.zeros((1, 1, 3, 3)), [Window(2)]),
        "there is not one window for each spatial axis.\n  input   x of shape (1, 1, 3, 3), 1 windows\n"
        "  rule    x is (N, C, *spatial), its columns are (N, C, *kernel, *outputs)\n"
        "  here    4 axes, 3 wanted\n  fix     give one window for each spatial axis",
    ),
    "columns of another input": (
        lambda: numeric.scatter(np.zeros((1, 1, 2, 2)), [Window(2)], [4]),
        "the columns are not those of an input of these sizes.\n  input   cols of shape (1, 1, 2, 2), sizes [4]\n"
        "  rule    cols (N, C, *kernel, *outputs), and one size an axis\n"
        "  fix     give the sizes of the input that was gathered",
    ),
    "no states": (lambda: numeric.states(None), f"this is no array.\n  here    None\n{STATES}"),
    "an odd number of states": (
        lambda: numeric.states(np.zeros((2, 7))),
        f"this is no output of a memory of two states.\n  input   shape (2, 7)\n{STATES}",
    ),
    "no history": (
        lambda: plot.learning(None),
        "this is no history.\n  here    None\n  fix     give what cnnmath.training.fit tells of a fit, fitted.history",
    ),
    "no images by name": (
        lambda: plot.views([1]),
        'this is no dict of images.\n  here    [1]\n  fix     give them by name, as in {"image": image}',
    ),
    "no path of a figure": (
        lambda: plot.save_figure(None, 3),
        "this is no path.\n  here    3\n  fix     name a file, as in 'network.svg'",
    ),
    "no claims": (lambda: audit.audit(3), f"this is no list of claims.\n  here    3\n{CLAIMS}"),
    "no claim": (lambda: audit.audit(["a"]), f"this is no claim.\n  here    'a'\n{CLAIMS}"),
    "no audit": (
        lambda: audit.text([]),
        "this is no audit.\n  here    []\n  fix     give what cnnmath.audit.audit gives",
    ),
    "no setting to climb at": (lambda: climb(abs, None), f"this is no setting.\n  here    None\n{CASE}"),
    "no settings to judge": (
        lambda: judge(abs, None),
        "this is no list of settings.\n  here    None\n"
        "  fix     give Case(op, inputs), each with its operator and shapes",
    ),
    "no rungs": (
        lambda: climb(abs, Case(ops.ReLU(), ((1, 1),)), rungs=2),
        "this is no list of rungs.\n  here    2\n  fix     give some of them, as in rungs=[1, 2]",
    ),
    "no result": (
        lambda: climb(abs, Case(ops.ReLU(), ((1, 1),)), wrt=3),
        'this is no result.\n  here    3\n  fix     ask for "y", or for an operand, as in wrt="x"',
    ),
    "nothing to search": (
        lambda: search(abs, ops.ReLU()),
        "this is no kind of operator.\n  here    ReLU()\n  fix     give a class, such as cnnmath.ops.ReLU",
    ),
    "no number of examples": (
        lambda: search(abs, ops.ReLU, None),
        "the number of examples must be an integer.\n  here    number of examples None\n"
        "  fix     use an integer of at least 1",
    ),
    "no chain": (lambda: window.compose(3), f"this is no list of windows.\n  here    3\n{CHAIN}"),
    "a chain of others": (lambda: window.paths("ab"), f"this is no window.\n  here    'a'\n{CHAIN}"),
    "no window": (
        lambda: inverse.layers_for(3, 9),
        "this is no window.\n  here    3\n  fix     give one, as in Window(3, stride=2)",
    ),
    "no folder of claims": (
        lambda: audit.load(None),
        "'None': the file cannot be read.\n  here    expected str, bytes or os.PathLike object, not NoneType\n"
        "  fix     name another file",
    ),
    "no file of arrays": (
        lambda: training.load(None),
        "this is no path.\n  here    None\n  fix     name a file, as in 'net.npz'",
    ),
    "no arrays to save": (
        lambda: training.save("net.npz", None),
        "this is no dict of arrays.\n  here    None\n  fix     give them by name, as `initialise` does",
    ),
    "no scheme": (
        lambda: training.initialise(zoo.lenet5(), ["he"]),
        "there is no scheme '['he']'.\n  near    he\n  known   glorot, glorot-normal, he, he-backward, lecun",
    ),
    "no dtype": (
        lambda: training.initialise(zoo.lenet5(), dtype="floaty"),
        "weights are drawn as floats.\n  here    dtype 'floaty'\n  fix     use numpy.float32",
    ),
    "no size of an output": (
        lambda: graph.inputs_for(zoo.lenet5(), None),
        "node 'pool2': this is no size of an output.\n  here    None\n"
        "  rule    positive integers, one for each of the 2 axes\n  fix     give (7, 7)",
    ),
    "no boundary": (
        lambda: filters.sobel(np.zeros((5, 5)), 0, boundary=["zero"]),
        "correlate: there is no boundary '['zero']'.\n  near    zero\n  known   edge, reflect, symmetric, wrap, zero",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_asked_for_is_said(name):
    call, message = MESSAGES[name]
    with pytest.raises(CnnmathError) as caught:
        call()
    assert str(caught.value) == message
