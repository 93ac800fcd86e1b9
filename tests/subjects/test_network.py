"""The chain rule in networks: its steps, followed from the loss back, give the gradient of the whole network."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import pykatex
import pytest
import sympy as sp

from cnnmath import zoo
from cnnmath.errors import CnnmathError, DerivationError, SettingError, ShapeError, UnknownNameError
from cnnmath.graph import INPUT, Architecture, Opaque, parse
from cnnmath.graph.propagate import walk
from cnnmath.ops import (
    Add,
    BatchNorm,
    Concat,
    Conv,
    ConvTranspose,
    Flatten,
    GlobalAveragePool,
    Linear,
    LSTMCell,
    MaxPool,
    ReLU,
    RNNCell,
    Select,
    Sigmoid,
    operands,
)
from cnnmath.readers import Tensor
from cnnmath.readers.exact import Exact
from cnnmath.readers.gradient import gradients
from cnnmath.subjects import derive
from cnnmath.symbolic.evaluate import evaluate
from cnnmath.symbolic.instance import drawn, labelled
from cnnmath.symbolic.notations import Text
from cnnmath.symbolic.terms import Bracket, size

BATCH = 2


def chain():
    return parse("conv(3, 3, stride=2, padding=1) > relu > maxpool(2) > flatten > linear(4)", (2, 7, 6), "chain")


def branches():
    """Branches of unequal widths, groups, a sum that reads one node twice, and a node that many read."""
    net = Architecture("branches", (4, 4, 3))
    stem = net.add("stem", Conv(4, 3, padding=1, groups=2))
    left = net.add("left", Conv(2, 1, bias=False), stem)
    middle = net.add("middle", Conv(2, (1, 3), padding=(0, 1)), stem)
    pooled = net.add("pooled", MaxPool(3, stride=1, padding=1), stem)
    net.add("joined", Concat(), left, middle, pooled)
    net.add("norm", BatchNorm())
    net.add("mixed", Conv(8, 1))
    net.add("sum", Add(), "mixed", "norm", "mixed")
    net.add("some", Select((7, 0, 3)))
    net.add("up", ConvTranspose(2, 2, stride=2))
    return net


def shared():
    """One kernel used twice, once on the result of the first use."""
    net = Architecture("shared", (2, 4, 5))
    net.add("first", Conv(2, 3, padding=1))
    net.add("act", Sigmoid())
    net.add("second", Conv(2, 3, padding=1), shares="first")
    net.add("pool", GlobalAveragePool())
    return net


def classifier():
    """A dropout in training, and a loss at the end, with labels of which some are ignored."""
    layers = "conv(2, 3) > dropout(0.75, training=True) > relu > flatten > linear(3)"
    return parse(f"{layers} > crossentropy(weighted=True, ignored=1)", (2, 4, 4), "classifier")


def segmenter():
    """A loss for every position, so that its output has no channels."""
    return parse("conv(3, 2) > crossentropy('none')", (2, 3, 4), "segmenter")


def through_time():
    """A simple cell at two times, and behind it a long short-term memory, whose cell state is the last state of it."""
    net = Architecture("through time", (5,))
    times = [net.add(f"x{t}", Select((2 * t, 2 * t + 1)), INPUT) for t in (0, 1)]
    state = net.add("start", Linear(2), INPUT)
    for t, x in enumerate(times):
        state = net.add(f"h{t}", RNNCell(2), x, state, shares="h0" if t else None)
    net.add("memory", LSTMCell(2), INPUT, "start", state)
    net.add("read", Linear(1))
    return net


def two_outputs():
    net = Architecture("two outputs", (2, 4, 4))
    body = net.add("body", Conv(3, 3, padding=1))
    net.add("head", Linear(2), net.add("flat", Flatten(), body))
    net.add("side", ReLU(), body)
    return net


def numbers(net, seed=0):
    """Numbers for the input and all parameters, by the names that derivations give them."""
    draw = Random(seed)
    known = {"x": drawn((BATCH, *net.input_shape), draw)}
    for node, op, inputs, _ in walk(net, BATCH):
        levels = op.levels(*inputs)
        for name, shape in [*operands(op, *inputs).items()][len(inputs) :]:
            if name in levels:
                known[f"{name}({node})"] = labelled(shape, draw, levels[name])
            elif not net.shares(node):
                known[f"{name}({node})"] = drawn(shape, draw, low=1 if name in ("var", "weights") else -3)
    return known


def forward(net, m, known):
    """Outputs of all nodes, in the verbs."""
    outputs = {INPUT: known["x"]}
    for node, op, inputs, facts in walk(net, BATCH):
        names = [*operands(op, *inputs)][len(inputs) :]
        own = [known[f"{name}({net.shares(node) or node})"] for name in names]
        given = [*(outputs[read] for read in net.inputs(node)), *own]
        values = []
        for at in product(*map(range, facts.output)):
            number = op.element(m, at, *given)
            values.append(m.sum(lambda _: number, 1))  # noqa: B023 - a plain zero becomes the reader's own
        outputs[node] = Tensor(facts.output, values)
    return outputs


def whole(net, known, above):
    """Gradient of the whole network by dual numbers, in one piece; by no label."""
    names = {f"a{i}": name for i, name in enumerate(known) if name[:2] != "t("}

    def loss(m, **read):
        outputs = forward(net, m, known | {names[letter]: tensor for letter, tensor in read.items()})
        return sum(above[end][at] * outputs[end][at] for end in above for at in above[end].positions())

    found = gradients(loss, {letter: known[name] for letter, name in names.items()})
    return {names[letter]: tensor for letter, tensor in found.items()}


def followed(derivation, known):
    """Every array that a derivation gives, from its steps alone, on a network's own numbers."""
    equations = [f for remark in derivation.assumptions for f in remark.formulas if isinstance(f, sp.Eq)]
    here = {size("N"): BATCH, **{e.lhs: int(e.rhs) for e in equations if e.rhs.is_number}}
    for equation in equations:
        here.setdefault(equation.lhs, int(evaluate(equation.rhs, here)))
    arrays = dict(known)
    for step in derivation.steps:
        extents = [int(evaluate(extent, here)) for _, extent in step.over]
        symbols = [symbol for symbol, _ in step.over]
        values = {}
        for at in product(*map(range, extents)):
            full = {**here, **arrays, **dict(zip(symbols, at, strict=True))}
            values[tuple(int(evaluate(i, full)) for i in step.left.indices)] = evaluate(step.right, full)
        arrays[str(step.left.base)] = values
    return arrays


def close(ours, theirs):
    return ours.keys() == {*theirs.positions()} and all(
        abs(ours[at] - theirs[at]) <= Fraction(1, 10**30) for at in ours
    )


@pytest.mark.parametrize("build", [chain, branches, shared, through_time, two_outputs, classifier, segmenter])
def test_steps_followed_from_the_loss_back_give_the_gradient_of_the_whole_network(build):
    net = build()
    draw, known = Random(5), numbers(net)
    shapes = {node: facts.output for node, _, _, facts in walk(net, BATCH)}
    above = {end: drawn(shapes[end], draw) for end in net.outputs()}
    truth = whole(net, known, above)
    outputs = forward(net, Exact(), known)
    read = {f"y({node})": tensor for node, tensor in outputs.items() if node != INPUT}
    read |= {f"dL/dy({end})": tensor for end, tensor in above.items()}
    for node, op, inputs, _ in walk(net, BATCH):
        for parameter in op.parameters(*inputs):
            name = f"{parameter}({net.shares(node) or node})"
            found = followed(derive(net, node, parameter), known | read)
            assert close(found[f"dL/d{name}"], truth[name]), name
    assert close(followed(derive(net, "input"), known | read)["dL/dx"], truth["x"])


def test_a_loss_passes_back_what_is_predicted_less_what_is_true():
    (back, *_) = derive(parse("linear(3) > relu > crossentropy('sum')", (2,), "classes"), "linear1").steps
    assert repr(back) == (
        "At relu1: dL/dy(relu1)[n,c] = dL/dy(crossentropy1)*exp(y(relu1)[n,c])/(sum{q'<C1} exp(y(relu1)[n,q'])) - "
        "[t(crossentropy1)[n] = c]*dL/dy(crossentropy1)"
    )


def test_a_dropout_is_the_identity_at_inference_alone():
    for op, said in (("dropout", True), ("dropout(training=True)", False)):
        text = derive(parse(f"linear(3) > {op} > relu", (2,), "net"), "linear1").text()
        assert ("Dropout is the identity" in text) == said


def test_the_steps_go_from_the_output_back():
    derivation = derive(chain(), "conv1")
    assert derivation.title == "dL/dw(conv1) and dL/db(conv1) in chain"
    assert [step.name for step in derivation.steps] == [
        "At flatten1",
        "At maxpool1",
        "At relu1",
        "At conv1",
        "Parameter b",
        "Parameter w",
    ]
    assert (
        repr(derivation.steps[0]) == "At flatten1: dL/dy(flatten1)[n,c] = sum{f<C4} dL/dy(linear1)[n,f]*w(linear1)[f,c]"
    )


def test_an_output_needs_no_step_for_its_own_parameters():
    derivation = derive(chain(), "linear1", "w")
    assert [repr(step) for step in derivation.steps] == [
        "Parameter w: dL/dw(linear1)[f,c] = sum{n<N} dL/dy(linear1)[n,f]*y(flatten1)[n,c]"
    ]


def test_what_a_node_reads_can_be_asked_for():
    net = branches()
    assert derive(net, "sum", "x2") == derive(net, "norm", "y")
    assert derive(net, "some", "x") == derive(net, "sum")
    assert derive(net, "stem", "x") == derive(net, "input", "y")


def test_a_node_that_is_read_twice_by_one_operator_gets_both_gradients():
    step = next(s for s in derive(branches(), "mixed", "y").steps if s.name == "At mixed")
    assert repr(step) == "At mixed: dL/dy(mixed)[n,c,j1,j2] = 2*dL/dy(sum)[n,c,j1,j2]"


def test_a_branch_of_a_concatenation_reads_its_own_stretch_of_channels():
    steps = {step.name: repr(step) for step in derive(branches(), "stem", "w").steps}
    assert steps["At left"].endswith("= dL/dy(joined)[n,c,j1,j2]")
    assert steps["At middle"].endswith("= dL/dy(joined)[n,c+C2,j1,j2]")
    assert steps["At pooled"].endswith("= dL/dy(joined)[n,c+C2+C3,j1,j2]")


def test_nodes_that_share_parameters_add_their_gradients():
    net = shared()
    assert derive(net, "first", "w") == derive(net, "second", "w")
    last = derive(net, "second", "w").result
    assert str(last.left.base) == "dL/dw(first)"
    assert {str(base) for base in last.right.atoms(sp.IndexedBase)} == {
        "dL/dy(first)", "dL/dy(second)", "x", "y(act)"
    }  # fmt: skip


def test_the_chain_rule_over_cells_that_share_their_weights_is_backpropagation_through_time():
    steps = {step.name: repr(step) for step in derive(through_time(), "h0", "b").steps}
    past = "sum{q'<C3} u(h0)[f,q']*y(h0)[n,q']"
    assert steps["At h0"] == (
        "At h0: dL/dy(h0)[n,c] = sum{f<C3} dL/dy(h1)[n,f]*u(h0)[f,c]"
        f"*(1 - tanh(b(h0)[f] + {past} + sum{{c'<C2}} w(h0)[f,c']*y(x1)[n,c'])^2)"
    )
    assert steps["Parameter b"].count("sum{n<N}") == 2


@pytest.mark.parametrize("node", ["stem", "norm", "mixed"])
def test_every_step_is_refused_once_it_is_wrong(node):
    derivation = derive(branches(), node)
    for i, step in enumerate(derivation.steps):
        wrong = replace(step, right=step.right + Bracket(sp.Eq(step.over[0][0], 0)))
        with pytest.raises(DerivationError, match=f"the step '{step.name.lower()}' does not hold"):
            replace(derivation, steps=(wrong, *derivation.steps[:i], *derivation.steps[i + 1 :]))


@pytest.mark.parametrize(
    ("net", "node"),
    [("lenet5", "conv2"), ("alexnet", "features.0"), ("resnet50", "conv1"), ("lenet5_1998", "C3.15.conv")],
)
def test_published_networks_have_their_chain_rule(net, node):
    net = getattr(zoo, net)()
    derivation = derive(net, node, "w")
    assert str(derivation.result.left.base) == f"dL/dw({node})"
    for formula in derivation.latex().split("$")[1::2]:
        assert pykatex.renderToString(formula)
    for step in derivation.latex().split(r"\begin{align*}")[1:]:
        assert pykatex.renderToString(
            rf"\begin{{align*}}{step.split(chr(92) + 'end{align*}')[0]}\end{{align*}}", displayMode=True
        )


def test_in_a_deep_network_each_kind_of_step_is_written_once():
    derivation = derive(zoo.resnet50(), "conv1")
    rules = {step.name: step.rule.text for step in derivation.steps}
    assert rules["At layer4.2.relu1"].endswith("; so it is at 12 more nodes, layer4.1.relu1 to layer1.0.relu1.")
    assert rules["At layer4.1.relu"].startswith("it is read by layer4.2.conv1 and layer4.2.add: the gradients add")
    assert "Each kind of step is written once" in derivation.text()
    assert "so it is at" not in derive(zoo.alexnet(), "features.0").text()


def test_sizes_are_those_of_the_network():
    last = derive(zoo.lenet5(), "conv1").assumptions[-1]
    assert {str(e.lhs): int(e.rhs) for e in last.formulas}.items() >= {
        "C_1": 6,
        "H_1": 28,
        "H_2": 14,
        "C_5": 400,
    }.items()


def unknown_ahead():
    net = Architecture("attends", (2, 6, 6))
    net.add("conv1", Conv(2, 3))
    net.add("attend", Opaque("attention(8)", (2, 4, 4)))
    net.add("conv2", Conv(2, 3))
    net.add("relu", ReLU())
    return net


def wide():
    return parse("conv(64, 3, groups=32) > conv(1024, 3, groups=64)", (2048, 64, 64))


@pytest.mark.parametrize(
    ("net", "node", "wrt", "error", "words"),
    [
        (chain, "conv", None, UnknownNameError, ["no node 'conv'", "conv1"]),
        (chain, "relu1", "w", UnknownNameError, ["node 'relu1'", "no operand 'w'", "x, y"]),
        (chain, "conv1", "gamma", UnknownNameError, ["known   b, w, x, y"]),
        (chain, "input", "w", UnknownNameError, ["node 'input'", "known   y"]),
        (lambda: Architecture("nothing", (1, 2, 2)), "input", None, SettingError, ["node 'input'", "is given"]),
        (chain, "linear1", "y", SettingError, ["node 'linear1'", "is given"]),
        (unknown_ahead, "conv1", None, SettingError, ["node 'attend'", "attention(8)", "is unknown"]),
        (lambda: chain().with_input((2, sp.Symbol("H"), 6)), "conv1", None, ShapeError, ["numbers"]),
        (wide, "conv1", None, SettingError, ["too wide", "fewer channels"]),
    ],
)  # fmt: skip
def test_what_can_not_be_derived_is_refused_by_name(net, node, wrt, error, words):
    with pytest.raises(error) as caught:
        derive(net(), node, wrt)
    assert isinstance(caught.value, CnnmathError)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_an_unknown_operator_ahead_of_the_node_does_no_harm():
    assert [step.name for step in derive(unknown_ahead(), "conv2").steps] == ["At conv2", "Parameter b", "Parameter w"]


def test_the_last_parameter_is_that_of_torch():
    torch = pytest.importorskip("torch")
    net, known = chain(), numbers(chain(), seed=3)
    outputs = forward(net, Exact(), known)
    above = drawn((BATCH, 4), Random(1))

    def tensor(exact):
        return torch.tensor([float(v) for v in exact.values], dtype=torch.double).reshape(exact.shape)

    w = tensor(known["w(conv1)"]).requires_grad_()
    y = torch.nn.functional.conv2d(tensor(known["x"]), w, tensor(known["b(conv1)"]), stride=2, padding=1)
    y = torch.nn.functional.max_pool2d(torch.relu(y), 2).flatten(1)
    y = torch.nn.functional.linear(y, tensor(known["w(linear1)"]), tensor(known["b(linear1)"]))
    y.backward(tensor(above))
    read = {f"y({node})": values for node, values in outputs.items()} | {"dL/dy(linear1)": above}
    ours = followed(derive(net, "conv1", "w"), known | read)["dL/dw(conv1)"]
    assert {at: float(number) for at, number in ours.items()} == {at: float(w.grad[at]) for at in ours}


def test_the_hyperbolic_tangents_of_lenet_are_called_by_their_name():
    steps = {step.name: step.write(Text()) for step in derive(zoo.lenet5(), "conv1").steps}
    assert steps["At linear4"] == "dL/dy(linear4)[n,c] = dL/dy(tanh4)[n,c]*(1 - tanh(y(linear4)[n,c])^2)"
    assert not any("exp(" in written for written in steps.values())
