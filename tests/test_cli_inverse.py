"""The commands that ask backwards, and the flow of gradients: what they print, and what they say of mistakes."""

import json
import sys

import pytest

from cnnmath import cli, zoo
from cnnmath.graph import accepted_inputs, exact_inputs, inputs_for
from cnnmath.graph.flow import flow

WRONG = {
    "sizes alexnet --node features.12": ("the output is missing.", "--output 7x7"),
    "sizes alexnet --output big": ("this is no list of sizes.", "--output big"),
    "sizes alexnet --output 7x7x7": ("this is no size of an output.", "(7, 7, 7)"),
    "sizes alexnet --output 0": ("this is no size of an output.", "here    0"),
    "sizes alexnet --output 7 --node feature": ("there is no node 'feature'.", "near    features.9"),
    "sizes alexnet --output 7 --node flatten": ("it has no spatial axes.", "ahead of flattening"),
    "window --kernel 3 --stride 2": ("no padding keeps every size at stride 2.", "or pad (1, 1)"),
    "window --kernel 0": ("the kernel must be at least 1.", "here    0 < 1"),
    "window --kernel 1 --field 9": ("a kernel of 1 never sees more than one position.", "fix     use a kernel"),
    "window --kernel 3 --field 0": ("the field must be at least 1.", "here    0 < 1"),
    "flow alexnet --input 3x20x20": ("the kernel does not fit the input.", "takes inputs from 3x63x63"),
}


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command line as its entry point does: status, standard output, standard error."""

    def ran(line):
        monkeypatch.setattr(sys, "argv", ["cnnmath", *line.split()])
        try:
            cli.main()
        except SystemExit as end:
            return end.code or 0, *capfd.readouterr()
        return 0, *capfd.readouterr()

    return ran


def test_sizes_prints_what_fits_what_is_exact_and_what_gives_an_output(run):
    assert run("sizes alexnet --output 7") == (
        0,
        "alexnet: smallest input 3x63x63\n"
        "alexnet: inputs that every layer takes\n"
        "  height, width: 63 and above\n"
        "    at 62, maxpool 'features.12': its input has length 2, it takes 3 and above\n"
        "alexnet: inputs of which no window leaves a rest\n"
        "  height, width: n = 31 mod 32, n >= 63\n"
        "    at 224, conv 'features.0' leaves 1\n"
        "alexnet: inputs for 7x7 at 'features.12'\n"
        "  height, width: 255..286\n"
        "    at 254 it is 6, at 287 it is 8\n",
        "",
    )


def test_sizes_of_a_deep_network_names_a_few_layers(run):
    line = run("sizes resnet50")[1].splitlines()[-1]
    assert line == (
        "    at 224, conv 'conv1' leaves 1, maxpool 'maxpool' leaves 1, conv 'layer2.0.conv2' leaves 1 and 5 more do"
    )
    assert run("sizes alexnet --input 3x20x20")[1].splitlines()[-1] == (
        "    at 20, maxpool 'features.5': its input has length 1, it takes 3 and above"
    )


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16", "resnet50"])
def test_sizes_has_the_records_of_the_answers(name, run):
    net = zoo.named(name)
    found = json.loads(run(f"sizes {name} --output 2x3 --json")[1])
    answers = {"accepted": accepted_inputs(net), "exact": exact_inputs(net), "output": inputs_for(net, (2, 3))}
    assert {key: found[key] for key in answers} == {key: answer.record() for key, answer in answers.items()}
    assert found["smallest_input"] == list(accepted_inputs(net).least)


def test_window_answers_for_padding_and_for_depth(run):
    assert run("window --kernel 3 --field 99")[1].startswith("49 layers of kernel 3, stride 1, dilation 1 reach")
    assert run("window --kernel 3")[1] == "padding (1, 1) for every size: extent 3 - 1, even\n"
    assert json.loads(run("window --kernel 3 --stride 2 --input 224 --field 100 --json")[1]) == {
        "padding": {"before": 0, "after": 1, "symmetric": False, "n": 224},
        "depth": {"field": 100, "layers": 6, "below": 63, "reached": 127, "above": 255},
    }


def test_flow_prints_a_table_with_its_summary(run):
    status, out, err = run("flow resnet50")
    found = flow(zoo.resnet50())
    assert (status, out, err) == (0, f"{found.table()}\n\n{found!r}\n", "")
    assert out.splitlines()[-3:] == [
        "  without identity 16 paths, 16 over all of them",
        "  residual         12 with 2 instead of 1",
        "  exactly 0        can be: every path passes an activation whose derivative attains 0",
    ]
    assert json.loads(run("flow resnet50 --json")[1]) == json.loads(json.dumps(found.record()))


def test_columns_that_say_nothing_are_left_out(run):
    head = run("flow lenet5")[1].splitlines()[0]
    assert head == "node     operator     paths  activations  best path  all paths"


@pytest.mark.parametrize("line", WRONG)
def test_what_the_user_got_wrong_is_answered_on_standard_error(line, run):
    status, out, err = run(line)
    fact, detail = WRONG[line]
    assert (status, out) == (2, "")
    assert fact in err.splitlines()[0]
    assert detail in err
    assert "Traceback" not in err
