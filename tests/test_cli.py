"""The command line: what it prints, its exit status, and what it says of every likely mistake."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

import pytest

import cnnmath
from cnnmath import cli, errors, ops, zoo
from cnnmath.graph import Architecture, analyze
from cnnmath.numeric import KERNELS, Kernel

HOME = Path(cnnmath.__file__).parent.parent
NUMBERS = {
    "lenet5": (61_706, 416_520, (16, 4, 0)),
    "alexnet": (61_100_840, 714_188_480, (195, 32, 66)),
    "vgg16": (138_357_544, 15_470_264_320, (212, 32, 90)),
    "resnet50": (25_557_032, 4_089_184_256, (427, 32, 213)),
}
STAGES = {
    "relu": (7, 2, 3),
    "maxpool": (11, 4, 5),
    "layer1": (35, 4, 17),
    "layer2": (91, 8, 45),
    "layer3": (267, 16, 133),
    "layer4": (427, 32, 213),
}
WRONG = {
    "unknown network": ("analyze resnet5", "there is no network 'resnet5'.", "near    resnet56, resnet50"),
    "unknown operator": ("derive maxpol", "there is no subject 'maxpol'.", "near    maxpool"),
    "unknown operator to verify": ("verify convolution", "there is no operator 'convolution'.", "known   "),
    "unknown operand": ("derive relu --wrt w", "there is no operand 'w'.", "known   x, y"),
    "a size that fits nowhere": ("analyze alexnet --input 3x20x20", "'features.5'", "takes inputs from 3x63x63"),
    "a size that is none": ("analyze alexnet --input big", "this is no list of sizes.", "here    --input big"),
    "a size of nothing": ("analyze alexnet --input 3x0x0", "this is no shape of an input.", "(3, 0, 0)"),
    "a size of another rank": ("analyze alexnet --input 3x224", "another rank than the network", "3x224x224"),
    "channels last": ("analyze resnet18 --input 224x224x3", "224 channels; is this ch", "fix     --input 3x224x224"),
    "channels last in a call": ("analyze lenet5(input_shape=(32,32,1))", "is this channels last?", "give 1x32x32"),
    "an image without channels": ("analyze conv(8,5) --input 32x32", "the wrong rank", "CxHxW, without a batch axis"),
    "an operator with its settings": ("derive conv(4,3)", "no subject 'conv(4,3)'", "options: derive conv --kernel 3"),
    "a call of an operator": ("derive relu()", "there is no subject 'relu()'.", "options: derive relu"),
    "an operator's whole name": ("derive convolution", "there is no subject", "near    conv, "),
    "a kernel with a comma": ("derive conv --kernel 3,2", "this is no list of sizes.", "example --kernel 3, or"),
    "rungs that are none": ("verify relu --rungs few", "this is no list of sizes.", "for example --rungs 1,2"),
    "a report at a size that fits nowhere": ("report lenet5 -o {tmp}/out --input 1x9x9", "does not fit", "1x16x16"),
    "a stride of 0": ("derive conv --kernel 3 --stride 0", "the stride must be at least 1.", "here    0 < 1"),
    "a dilation of 0": ("derive conv --kernel 3 --dilation 0", "the dilation must be at least 1.", "here    0 < 1"),
    "a kernel of 0": ("derive maxpool --kernel 0", "the kernel must be at least 1.", "here    0 < 1"),
    "padding below 0": ("derive conv --kernel 3 --padding=-1", "this is no list of sizes.", "without a sign"),
    "padding of three parts": ("derive conv --kernel 3 --padding 1:2:3", "before and after", "1:2:3"),
    "padding that is none": ("derive conv --kernel 3 --padding some", "this is no list of sizes.", "some"),
    "no groups": ("derive conv --kernel 3 --groups 0", "groups must be at least 1.", "here    0 < 1"),
    "groups that do not divide": (
        "derive conv --kernel 3 --groups 2 --filters 3 --input 5x5",
        "the groups do not divide the filters.", "3 mod 2 = 1",
    ),
    "channels that groups do not divide": (
        "derive conv --kernel 1 --groups 2 --filters 2 --input 3x3 --channels 3",
        "the groups do not divide the input channels.", "3 mod 2 = 1",
    ),
    "a kernel too long": ("derive conv --kernel 7 --input 4x4", "the kernel does not fit the input.", "= -2"),
    "another rank": ("derive conv --kernel 3x3 --input 5", "the kernel has another number", "2 entries, 1 axes"),
    "settings of another rank": ("derive conv --kernel 3x3x3 --stride 2x2", "another rank than the kernel", "(2, 2)"),
    "an option of another operator": ("derive relu --kernel 3", "relu: it has no such setting.", "here    --kernel"),
    "an option no pool has": ("derive maxpool --kernel 2 --groups 2", "maxpool: it has no such setting", "--stride"),
    "settings without a kernel": ("derive conv --stride 2", "the kernel is missing.", "--kernel 3"),
    "too much to write out": ("derive conv --kernel 3 --input 90x90", "too long to write out", "at most 1,000 "),
    "figures of a node without a map": ("plot lenet5 -o {tmp}/out --node flatten", "no spatial axes", "(1, 400)"),
    "figures in no format": ("plot lenet5 -o {tmp}/out --format gif", "no format 'gif'", "known   pdf, png, svg"),
    "an image that is none": ("plot lenet5 -o {tmp}/out --image {tmp}/file", "there is no image", "name a PNG file"),
    "figures that cannot be written": ("plot lenet5 -o {tmp}/file/out", "cannot be written", "Not a directory"),
    "an output that cannot be written": ("report lenet5 -o {tmp}/file/out", "cannot be written", "here    "),
}  # fmt: skip
USAGE = ("analyze", "frobnicate", "report lenet5", "plot lenet5", "verify relu --examples 0",
         "verify relu --examples few", "derive conv --rank 0", "analyze alexnet --nothing")  # fmt: skip


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command line as its entry point does: status, standard output, standard error."""

    def ran(line):
        monkeypatch.setattr(sys, "argv", ["cnnmath", *line.split()])
        monkeypatch.setenv("COLUMNS", "200")
        try:
            cli.main()
        except SystemExit as end:
            return end.code or 0, *capfd.readouterr()
        return 0, *capfd.readouterr()

    return ran


@pytest.mark.parametrize("name", NUMBERS)
def test_analyze_prints_the_numbers_that_are_published(name, run):
    status, out, err = run(f"analyze {name} --json")
    record = json.loads(out)
    parameters, macs, field = NUMBERS[name]
    assert (status, err) == (0, "")
    assert set(record) == {"name", "input_shape", "parameters", "macs", "receptive_field", "not_counted", "layers"}
    assert (record["name"], record["parameters"], record["macs"]) == (name, parameters, macs)
    assert record["receptive_field"] == in_json(field)
    assert sum(layer["macs"] for layer in record["layers"]) == macs
    assert record == json.loads(json.dumps(analyze(zoo.named(name)).record()))


def test_every_stage_of_resnet_has_its_receptive_field(run):
    layers = json.loads(run("analyze resnet50 --json")[1])["layers"]
    for stage, field in STAGES.items():
        last = [layer for layer in layers if layer["name"].partition(".")[0] == stage][-1]
        assert last["receptive_field"] == in_json(field), stage


def tiny():
    """A network of two settings that are derived in no time."""
    net = Architecture("tiny", (2, 5, 6))
    net.add("relu", ops.ReLU())
    net.add("flat", ops.Flatten())
    return net


def in_json(field):
    return {name: [n, n] for name, n in zip(("size", "stride", "padding"), field, strict=True)}


@pytest.mark.parametrize("name", NUMBERS)
def test_analyze_prints_a_table_with_totals(name, run):
    status, out, _ = run(f"analyze {name}")
    assert status == 0
    assert all(layer.name in out for layer in analyze(zoo.named(name)).layers)
    assert all(f"{number:,}" in out for number in NUMBERS[name][:2])


def test_another_input_changes_shapes_and_not_parameters(run):
    small, large = (json.loads(run(f"analyze vgg16 --json --input 3x{n}x{n}")[1]) for n in (64, 320))
    assert small["parameters"] == large["parameters"] == NUMBERS["vgg16"][0]
    assert small["macs"] < large["macs"]
    assert (small["input_shape"], large["input_shape"]) == ([3, 64, 64], [3, 320, 320])


def test_zoo_lists_every_network_with_what_it_is(run):
    status, out, _ = run("zoo")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["name", *zoo.ALL]
    assert all(len(line.split()) > 3 for line in out.splitlines()[1:])


@pytest.mark.parametrize("name", WRONG)
def test_what_the_user_got_wrong_is_answered_on_standard_error(name, run, tmp_path):
    (tmp_path / "file").write_text("in the way")
    line, fact, detail = WRONG[name]
    status, out, err = run(line.format(tmp=tmp_path))
    kind, colon, message = err.lstrip().partition(": ")  # a progress bar leaves an empty line before it
    first, *rest = message.splitlines()
    assert (status, out, colon) == (2, "", ": ")
    assert issubclass(getattr(errors, kind), errors.CnnmathError)
    assert fact in first
    assert rest
    assert all(row.startswith("  ") for row in rest)
    assert detail in message
    assert "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize("line", USAGE)
def test_wrong_usage_has_status_2_and_no_traceback(line, run):
    status, out, err = run(line)
    assert (status, out) == (2, "")
    assert "Usage: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["", "analyze", "derive", "verify", "report", "plot"])
def test_help_has_status_0(command, run):
    status, out, _ = run(f"{command} --help")
    assert status == 0
    assert "Usage: " in out


def test_derive_prints_every_target_step_by_step(run):
    status, out, _ = run("derive conv")
    titles = [block.splitlines()[0] for block in out.split("\n\n") if not block.startswith(" ")]
    assert status == 0
    assert [title.split()[0] for title in titles] == ["y", "dL/dx", "dL/dw", "dL/db"]
    assert out.count("Collapse: ") == 3
    assert "s1 divides j1 + p1 - d1*k1" in out


def test_derive_prints_latex_ready_to_be_set(run):
    status, out, _ = run("derive maxpool --kernel 3 --stride 2 --padding 1 --format latex")
    assert status == 0
    assert out.count(r"\begin{align*}") == out.count(r"\end{align*}") == 5
    assert out.count("{") == out.count("}")


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("--kernel 3 --rank 1", "conv(F, (3,))"),
        ("--kernel 3x2 --stride 2x1 --dilation 1x2", "conv(F, (3, 2), stride=(2, 1), dilation=(1, 2))"),
        ("--kernel 2 --padding 1:0x0:1", "conv(F, 2, padding=((1, 0), (0, 1)))"),
        ("--kernel 2 --padding 1:0", "conv(F, 2, padding=((1, 0), (1, 0)))"),
        ("--kernel 3 --padding same", "conv(F, 3, padding='same')"),
    ],
)
def test_options_say_which_convolution(line, title, run):
    assert run(f"derive conv --wrt y {line}")[1].splitlines()[0] == f"y = {title}"


def test_a_wrong_kernel_gives_verify_and_report_status_1(run, monkeypatch, tmp_path):
    right = KERNELS[ops.Flatten]
    wrong = Kernel(right.forward, lambda _, dy, x: {"x": -dy.reshape(x.shape)})
    kernels = MappingProxyType({**KERNELS, ops.Flatten: wrong})
    monkeypatch.setattr("cnnmath.numeric.kernels.KERNELS", kernels)
    monkeypatch.setattr("cnnmath.numeric.KERNELS", kernels)
    status, out, _ = run("verify flatten --examples 20")
    assert (status, out.splitlines()[0]) == (
        1, "Counterexample: the package's Flatten is not dx of flatten() on (1, 1, 1)",
    )  # fmt: skip
    status, out, _ = run("verify flatten --examples 20 --json")
    assert (status, json.loads(out)["certified"]) == (1, False)
    monkeypatch.setattr(zoo, "ALL", {"tiny": tiny})
    status, out, _ = run(f"report tiny -o {tmp_path}")
    assert (status, out.splitlines()[1]) == (1, "2 distinct operator settings, 1 agreeing, 1 NOT")
    assert (tmp_path / "report.html").exists()


def test_verify_and_report_have_status_0_where_all_agrees(run, tmp_path):
    status, out, _ = run("verify max-pool --examples 5 --json")
    record = json.loads(out)
    assert (status, record["verdict"], record["rung"], len(record["settings"])) == (0, "certificate", 2, 5)
    status, out, _ = run(f"report lenet5 -o {tmp_path / 'out'}")
    assert status == 0
    assert out.splitlines()[0].startswith("lenet5: 61,706 parameters")
    assert out.splitlines()[-1] == f"report: {tmp_path / 'out' / 'report.html'}"


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_plot_writes_four_figures_and_prints_their_paths(form, run, tmp_path):
    status, out, err = run(f"plot lenet5 -o {tmp_path / 'out'} --format {form} --input 1x36x36 --node conv2")
    assert (status, err) == (0, "")
    names = [f"lenet5-{figure}.{form}" for figure in ("network", "fields", "costs", "heat")]
    assert out.splitlines() == [str(tmp_path / "out" / name) for name in names]
    assert all((tmp_path / "out" / name).stat().st_size > 1000 for name in names)


def test_plot_without_matplotlib_names_the_extra(run, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, out, err = run(f"plot lenet5 -o {tmp_path}")
    assert (status, out) == (2, "")
    assert err.startswith(
        'MissingExtraError: figures need matplotlib.\n  fix     in a clone of cnnmath: pip install ".[plot]"'
    )


def test_the_version_is_that_of_the_package_that_is_installed(run):
    assert run("--version") == (0, f"cnnmath {version('cnnmath')}\n", "")
    assert cnnmath.__version__ == version("cnnmath")


def test_the_module_runs_as_a_program():
    command = [sys.executable, "-m", "cnnmath", "analyze"]
    ran = subprocess.run([*command, "lenet5", "--json"], cwd=HOME, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout)["parameters"] == 61_706
    ran = subprocess.run([*command, "lenet6"], cwd=HOME, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("UnknownNameError: there is no network 'lenet6'.\n  near    lenet5")


def test_operators_on_an_image_with_its_channels_last_are_analysed_with_a_note(run):
    status, _, err = run("analyze conv(8,3) --input 32x32x3")
    assert (status, err) == (0, "--input 32x32x3: CxHxW, channels first: 32 channels were given; is it 3x32x32?\n")
    assert run("analyze conv(8,3) --input 3x32x32")[::2] == (0, "")
