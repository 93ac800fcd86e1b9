"""`cnnmath analyze`: every way to say a network, every format, and a reader that goes away."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import cnnmath
from cnnmath import cli, zoo
from cnnmath.errors import CnnmathError
from cnnmath.graph import Architecture, Opaque, analyze, parse, save
from cnnmath.graph.notation import sizes

HOME = Path(cnnmath.__file__).parent.parent
CHAIN = "conv(8, 5) > maxpool(2) > flatten > linear(10)"


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command line as its entry point does: status, standard output, standard error."""

    def ran(*words):
        monkeypatch.setattr(sys, "argv", ["cnnmath", *words])
        monkeypatch.setenv("COLUMNS", "200")
        try:
            cli.main()
        except SystemExit as end:
            return end.code or 0, *capfd.readouterr()
        return 0, *capfd.readouterr()

    return ran


@pytest.fixture
def files(tmp_path):
    """A network in a file, one with an operator that is not known, and a file that is none."""
    save(parse(CHAIN, (3, 32, 32), "mine"), tmp_path / "mine.json")
    net = Architecture("mixed", (3, 8, 8))
    net.add("attention", Opaque("attention(8)", (3, 8, 8)))
    save(net, tmp_path / "mixed.json")
    (tmp_path / "slip.json").write_text('{"graph": {}\n "nodes": []}')
    return tmp_path


@pytest.mark.parametrize(
    ("words", "net"),
    [
        (["lenet5"], zoo.lenet5()),
        (["LeNet-5", "--input", "1x28x28"], zoo.lenet5((1, 28, 28))),
        (["resnet50(classes=10)"], zoo.resnet50(classes=10)),
        (["vgg16(input_shape=(3, 64, 64))"], zoo.vgg16((3, 64, 64))),
        (["vgg16(classes=7)", "--input", "3x96x96"], zoo.vgg16((3, 96, 96), 7)),
        ([CHAIN, "--input", "3x32x32"], parse(CHAIN, (3, 32, 32))),
        (["relu", "--input", "3x4"], parse("relu", (3, 4))),
        ([CHAIN.replace("8", "F"), "--input", "CxHxW"], parse(CHAIN.replace("8", "F"), sizes("CxHxW"))),
        (["lenet5", "--input", "1xHxW"], zoo.lenet5().with_input(sizes("1xHxW"))),
        (["{files}/mine.json"], parse(CHAIN, (3, 32, 32), "mine")),
        (["{files}/mine.json", "--input", "3x40x40"], parse(CHAIN, (3, 40, 40), "mine")),
    ],
)
def test_a_network_is_named_called_written_out_or_read(words, net, run, files):
    status, out, err = run("analyze", *(word.replace("{files}", str(files)) for word in words), "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == analyze(net).record()


WRONG = {
    "neither": (["resnet5"], "there is no network 'resnet5'.", "resnet50, resnet152"),
    "neither, and what it may be": (["resnet5"], "there is no network", "rule    a name of `cnnmath zoo`, a call such"),
    "a call of neither": (["resnet5(classes=3)"], "there is no network or operator 'resnet5'.", "resnet50, resnet152"),
    "a wrong argument": (["lenet5(clases=3)"], "lenet5: there is no setting 'clases'.", "near    classes"),
    "a chain with a slip": (["relu > maxpol(2)"], "there is no operator 'maxpol'.", "                 ^"),
    "a network in a chain": (["relu > lenet5", "--input", "3x4"], "there is no operator 'lenet5'.", "relu > lenet5"),
    "a chain without input": ([CHAIN], "operators alone do not say the shape of the input.", "--input 3x224x224"),
    "a chain that does not fit": ([CHAIN, "--input", "3x4x4"], "conv 'conv1': the kernel does not fit", "= 0"),
    "malformed": (["lenet 5"], "this cannot be read.", "rule    a name of `cnnmath zoo`, a call such"),
    "nothing": ([""], "an operator was expected here.", "rule    a name of `cnnmath zoo`, a call such"),
    "a folder": (["some/net"], "an operator was expected here.", "or a file .json"),
    "a missing file": (["none.json"], "'none.json': the file cannot be read.", "No such file"),
    "a slip in a file": (["{files}/slip.json"], "line 2, column 2: this is no JSON.", "Expecting ',' delimiter"),
    "an input of letters and signs": (["lenet5", "--input", "1xH+1"], "this is no list of sizes.", "--input 1xH+1"),
    "a huge input": (["lenet5", "--input", "1x" + "9" * 5000], "this is no list of sizes.", "5,002 letters"),
    "another rank": (["{files}/mine.json", "--input", "3x4"], "the input has another rank", "as in 3x32x32"),
    "symbols that do not fit": (["alexnet", "--input", "3xHx20"], "maxpool 'features.5': the kernel", "from 3x63x63"),
    "another input of an unknown operator": (
        ["{files}/mixed.json", "--input", "3x9x9"], "node 'attention': an unknown operator declares", "3x8x8"
    ),
    "two formats": (["lenet5", "--json", "--format", "csv"], "there are two formats.", "--json --format csv"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_network_is_answered_with_the_reading_that_failed(name, run, files):
    words, fact, detail = WRONG[name]
    status, out, err = run("analyze", *(word.replace("{files}", str(files)) for word in words))
    kind, colon, message = err.partition(": ")
    assert (status, out, colon) == (2, "", ": ")
    assert issubclass(getattr(cnnmath.errors, kind), CnnmathError)
    assert message.startswith(fact)
    assert detail in message
    assert "Traceback" not in err


def test_the_whole_answer_to_a_slip(run):
    assert run("analyze", "conv(8, 5) > maxpool(2, strid=2)", "--input", "3x32x32") == (
        2,
        "",
        "UnknownNameError: maxpool: there is no setting 'strid'.\n"
        "  text    conv(8, 5) > maxpool(2, strid=2)\n"
        "                                  ^\n"
        "  near    stride\n"
        "  known   ceil, dilation, kernel, padding, stride\n",
    )


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("table", " "),
        ("markdown", "**lenet5, input 1x32x32**\n\n| layer |"),
        ("csv", "layer,operator,output,parameters,MACs,field,stride,padding,buffers,activations,"),
        ("json", '{"name": "lenet5", "input_shape": [1, 32, 32], "parameters": 61706, '),
        ("html", "<!DOCTYPE html>\n<html lang='en'>"),
    ],
)
def test_the_layers_are_written_in_every_format(form, start, run):
    status, out, err = run("analyze", "lenet5", "--format", form)
    assert (status, err) == (0, "")
    assert out.startswith(start)
    assert out.endswith("\n")


def test_json_is_one_of_the_formats(run):
    assert run("analyze", "lenet5", "--json") == run("analyze", "lenet5", "--format", "json")


def test_another_format_is_wrong_usage(run):
    status, out, err = run("analyze", "lenet5", "--format", "xml")
    assert (status, out) == (2, "")
    assert "'xml' is not one of" in err


def test_a_report_takes_a_chain_too(run, tmp_path):
    status, out, _ = run("report", "relu > flatten", "--input", "2x3x4", "-o", str(tmp_path / "out"))
    assert (status, out.splitlines()[1]) == (0, "2 distinct operator settings, all agreeing exactly")


@pytest.mark.parametrize("words", [["analyze", "resnet50"], ["analyze", "resnet50", "--json"], ["zoo"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(words):
    command = [sys.executable, "-m", "cnnmath", *words]
    ran = subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ran.stdout.close()
    with ran.stderr:
        assert (ran.stderr.read(), ran.wait()) == (b"", 0)
