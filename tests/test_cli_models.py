"""The command line on files of ONNX: analysed, run, compared; and on arrays, good and bad."""

import json
import sys

import numpy as np
import pytest

from cnnmath import cli, training, zoo
from cnnmath.graph import diff, parse

onnx = pytest.importorskip("onnx")
helper = onnx.helper
CHAIN = "conv(4, 3, padding=1, bias=False) > relu"


@pytest.fixture
def run(monkeypatch, capfd):
    """Run the command line as its entry point does: status, standard output, standard error."""

    def ran(*words):
        monkeypatch.setattr(sys, "argv", ["cnnmath", *map(str, words)])
        monkeypatch.setenv("COLUMNS", "200")
        try:
            cli.main()
        except SystemExit as end:
            return end.code or 0, *capfd.readouterr()
        return 0, *capfd.readouterr()

    return ran


def write(path, *, pads=1, w=None, size=(6, 6), last=("Relu", "")):
    """A model of a convolution and what follows it."""
    x = helper.make_tensor_value_info("x", 1, (1, 3, *size))
    side = [n if isinstance(n, str) else n + 2 * pads - 2 for n in size]
    y = helper.make_tensor_value_info("y", 1, (1, 4, *side))
    w = np.arange(108).reshape(4, 3, 3, 3) % 5 - 2 if w is None else w
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], "conv", pads=[pads] * 4),
        helper.make_node(last[0], ["c"], ["y"], "act", domain=last[1]),
    ]
    graph = helper.make_graph(nodes, "g", [x], [y], [helper.make_tensor("w", 1, (4, 3, 3, 3), w.ravel().astype(float))])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("command", ["analyze", "count", "field", "sizes", "flow", "explain"])
def test_a_file_is_a_network_of_every_command_that_takes_one(command, run, tmp_path):
    path = write(tmp_path / "mine.onnx")
    more = ["--macs", "3888"] if command == "explain" else []
    status, out, err = run(command, path, *more)
    assert (status, err) == (0, "")
    assert "mine" in out or command == "count"


def test_a_file_is_analysed_as_the_same_network_written_out(run, tmp_path):
    path = write(tmp_path / "mine.onnx")
    ours, theirs = (json.loads(run("analyze", *what, "--json")[1]) for what in ([path], [CHAIN, "--input", "3x6x6"]))
    for key in ("input_shape", "parameters", "macs", "receptive_field"):
        assert ours[key] == theirs[key]


def test_another_input_and_sizes_left_open(run, tmp_path):
    path = write(tmp_path / "mine.onnx", size=("H", "W"))
    assert json.loads(run("analyze", path, "--json")[1])["macs"] == "108*H*W"
    assert json.loads(run("analyze", path, "--input", "3x5x7", "--json")[1])["macs"] == 108 * 35


def test_what_is_not_known_is_said_once_and_the_totals_are_in_part(run, tmp_path):
    status, out, err = run("analyze", write(tmp_path / "mine.onnx", last=("Strange", "mine")))
    assert status == 0
    assert err == "mine.onnx: 'act' is not known here: Strange, of the domain 'mine'\n"
    assert "3,888 in part" in out


def test_a_derivation_and_the_verification_of_every_setting(run, tmp_path):
    path = write(tmp_path / "mine.onnx")
    status, out, _ = run("derive", path, "--node", "conv", "--wrt", "w", "--steps", "brief")
    assert status == 0
    assert "dL/dw" in out
    status, out, _ = run("verify", path, "--json")
    found = json.loads(out)
    assert (status, [one["nodes"] for one in found]) == (0, [["conv"], ["act"]])
    assert all(one["certified"] for one in found)
    status, _, err = run("verify", path, "--op", "relu")
    assert status == 2
    assert "verified at the settings that it has" in err


def test_a_file_is_verified_at_two_rungs_or_at_those_that_are_asked_for(run, tmp_path):
    path = write(tmp_path / "mine.onnx")
    status, out, err = run("verify", path)
    assert (status, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["setting,", "at", "its", "smallest", "width", "kernel", "nodes", "which"],
        ["conv(2,", "3,", "padding=1,", "bias=False)", "proved", "1", "conv"],
        ["relu()", "agrees", "exactly", "1", "act"],
        [],
        ["2", "of", "2", "settings", "agree", "with", "their", "definitions,", "forward", "and", "backward"],
    ]
    found = json.loads(run("verify", path, "--rungs", "5", "--json")[1])
    assert {e["rung"] for one in found for e in one["evidence"]} == {5}
    for words in (["--layout", "NHWC"], ["--examples", "3"], ["--claim", "shapes"], ["--rank", "2"]):
        status, out, err = run("verify", path, *words)
        assert (status, out) == (2, "")
        assert f"here    {words[0]}\n" in err


def test_what_is_not_known_is_not_verified_and_said_to_be_so(run, tmp_path):
    status, out, _ = run("verify", write(tmp_path / "mine.onnx", last=("Strange", "mine")))
    assert status == 0
    assert out.splitlines()[-2:] == [
        "1 of 1 settings agree with their definitions, forward and backward",
        "not verified, for they are not known: act",
    ]


def test_a_verification_that_is_interrupted_says_what_is_done(run, tmp_path, monkeypatch):
    from cnnmath.verify import network

    judge, judged = network.judge, []

    def interrupted(*args, **how):
        if judged:
            raise KeyboardInterrupt
        judged.append(1)
        return judge(*args, **how)

    monkeypatch.setattr(network, "judge", interrupted)
    status, out, err = run("verify", write(tmp_path / "mine.onnx"))
    assert (status, err) == (130, "interrupted: 1 of 2 settings verified\n")
    assert "proved" in out


def test_a_kernel_that_differs_is_shown_with_what_is_wrong(run, tmp_path, monkeypatch):
    from cnnmath import numeric, ops

    own = numeric.KERNELS[ops.ReLU]
    broken = {**numeric.KERNELS, ops.ReLU: numeric.Kernel(lambda op, x: abs(x), own.backward)}  # noqa: ARG005
    monkeypatch.setattr(numeric, "kernel", lambda op: broken[type(op)])
    status, out, _ = run("verify", write(tmp_path / "mine.onnx"))
    assert status == 1
    assert next(line.split() for line in out.splitlines() if line.startswith("relu")) == [
        "relu()",
        "DIFFERS",
        "1",
        "act",
    ]
    assert "Counterexample: the package's kernel is not y of relu()" in out
    assert "1 of 2 settings agree" in out


def test_a_file_that_is_cut_off_is_refused_in_the_words_of_the_package(run, tmp_path):
    path = write(tmp_path / "mine.onnx")
    path.write_bytes(path.read_bytes()[:-40])
    for words in (["analyze", path], ["diff", path, "lenet5"], ["run", path, "--input", "x.npy", "-o", "y.npy"]):
        status, out, err = run(*words)
        assert (status, out) == (2, "")
        assert err.startswith(("DataError: ", "GraphError: "))
        assert "Traceback" not in err


def test_running_writes_what_the_network_gives(run, tmp_path):
    path, x = write(tmp_path / "mine.onnx"), np.arange(108.0, dtype=np.float32).reshape(1, 3, 6, 6)
    np.save(tmp_path / "x.npy", x)
    status, out, err = run("run", path, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    assert (status, err) == (0, "")
    assert out.split()[:7] == ["output", "shape", "dtype", "file", "y", "1x4x6x6", "float32"]
    w = np.arange(108).reshape(4, 3, 3, 3) % 5 - 2
    wanted = parse(CHAIN, (3, 6, 6)).forward(x, {"conv1.w": w.astype(np.float32)})
    assert np.array_equal(np.load(tmp_path / "y.npy"), wanted)
    assert run("run", path, "--input", f"x={tmp_path}/x.npy", "--output", tmp_path / "y.npz")[0] == 0
    assert np.array_equal(np.load(tmp_path / "y.npz")["y"], wanted)


def test_sizes_left_open_are_those_of_the_array(run, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 3, 5, 7)))
    path = write(tmp_path / "mine.onnx", size=("H", "W"))
    assert run("run", path, "--input", tmp_path / "x.npy", "-o", tmp_path / "y.npy")[0] == 0
    assert np.load(tmp_path / "y.npy").shape == (2, 4, 5, 7)


def test_a_built_in_network_runs_with_weights_from_a_file(run, tmp_path):
    net = zoo.lenet5()
    arrays = training.initialise(net, seed=1)
    training.save(tmp_path / "net.npz", arrays)
    np.savez(tmp_path / "x.npz", input=np.ones((2, 1, 32, 32)))
    words = ("run", "lenet5", "--input", tmp_path / "x.npz", "--output", tmp_path / "y.npy")
    assert run(*words, "--weights", tmp_path / "net.npz")[0] == 0
    assert np.array_equal(np.load(tmp_path / "y.npy"), net.forward(np.ones((2, 1, 32, 32)), arrays))
    status, _, err = run(*words)
    assert status == 2
    assert "the arrays of the network are missing." in err


WRONG = {
    "no such file": ("{tmp}/none.npy", "y.npy", "the file cannot be read.", "No such file"),
    "another ending": ("{tmp}/x.txt", "y.npy", "file of arrays that ends in '.txt'", ".npy, .npz"),
    "cut off": ("{tmp}/cut.npy", "y.npy", "no .npy of numbers, or not all of it", "mmap"),
    "pickled": ("{tmp}/objects.npy", "y.npy", "no .npy of numbers", "pickled objects are not read"),
    "texts": ("{tmp}/texts.npy", "y.npy", "a network reads numbers.", "dtype <U1"),
    "another shape": ("{tmp}/small.npy", "y.npy", "another shape than the network takes", "x (N, 3, 6, 6)"),
    "another name": ("z={tmp}/x.npy", "y.npy", "there is no input or output 'z'", "known   x"),
    "an output in no format": ("{tmp}/x.npy", "y.txt", "file of arrays that ends in '.txt'", ".npy, .npz"),
    "an output nowhere": ("{tmp}/x.npy", "none/y.npy", "the file cannot be written.", "No such file"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_array_that_does_not_fit_is_refused_and_nothing_is_written(case, run, tmp_path):
    given, output, fact, line = WRONG[case]
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 6, 6)))
    np.save(tmp_path / "small.npy", np.zeros((1, 3, 5, 5)))
    np.save(tmp_path / "texts.npy", np.array(["a"]))
    np.save(tmp_path / "objects.npy", np.array([None]), allow_pickle=True)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:300])
    path, before = write(tmp_path / "mine.onnx"), {*tmp_path.iterdir()}
    given = given.replace("{tmp}", str(tmp_path))
    status, out, err = run("run", path, "--input", given, "--output", tmp_path / output)
    assert (status, out) == (2, "")
    assert fact in err
    assert line in err
    assert {*tmp_path.iterdir()} == before


def test_an_operator_that_is_not_known_does_not_run_and_is_named(run, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1, 3, 6, 6)))
    path = write(tmp_path / "mine.onnx", last=("Strange", "mine"))
    status, _, err = run("run", path, "--input", tmp_path / "x.npy", "-o", tmp_path / "y.npy")
    assert status == 2
    assert "node 'act': the mathematics of 'Strange' is not known here." in err


def test_a_run_that_is_interrupted_leaves_the_older_file(run, tmp_path, monkeypatch):
    from cnnmath.interchange import Model

    def stopped(*_):
        raise KeyboardInterrupt

    np.save(tmp_path / "x.npy", np.zeros((1, 3, 6, 6)))
    np.save(tmp_path / "y.npy", np.ones(3))
    monkeypatch.setattr(Model, "compute", stopped)
    path = write(tmp_path / "mine.onnx")
    status, _, err = run("run", path, "--input", tmp_path / "x.npy", "-o", tmp_path / "y.npy")
    assert (status, err) == (130, "interrupted: no file is left half written\n")
    assert np.load(tmp_path / "y.npy").tolist() == [1, 1, 1]


def test_equal_networks_do_not_differ(run, tmp_path):
    path = write(tmp_path / "a.onnx")
    status, out, _ = run("diff", path, path, "--weights")
    assert status == 0
    assert out.splitlines()[0] == "a -> a: 2 equal layers, equal arrays"


def test_a_planted_difference_of_a_setting_is_found(run, tmp_path):
    a, b = write(tmp_path / "a.onnx"), write(tmp_path / "b.onnx", pads=0)
    status, out, _ = run("diff", a, b)
    assert status == 1
    assert out.splitlines()[:6] == [
        "a -> b: 0 equal layers, 2 changed",
        "~ conv  Conv",
        "    padding      1 -> 0",
        "    output       4x6x6 -> 4x4x4",
        "    MACs         3,888 -> 1,728",
        "~ act  ReLU",
    ]
    record = json.loads(run("diff", a, b, "--json")[1])
    assert record["changes"][0]["kind"] == "changed"
    assert (record["equal"], record["macs"]) == (False, [3888, 1728])


def test_a_planted_difference_of_one_weight_is_found_with_its_size(run, tmp_path):
    w = np.arange(108).reshape(4, 3, 3, 3) % 5 - 2
    w[1, 2, 0, 1] += 3
    a, b = write(tmp_path / "a.onnx"), write(tmp_path / "b.onnx", w=w)
    assert run("diff", a, b)[0] == 0
    status, out, _ = run("diff", a, b, "--weights")
    assert status == 1
    assert "~ conv.w  differs by at most 3\n" in out
    status, _, err = run("diff", a, "lenet5", "--weights")
    assert status == 2
    assert "--weights compares arrays, and this network has none." in err


@pytest.mark.parametrize(
    ("new", "kinds"),
    [
        ("conv(4, 3) > dropout > relu", ["added"]),
        ("conv(4, 3)", ["removed"]),
        ("conv(4, 3) > tanh", ["removed", "added"]),
        ("conv(4, 3) > relu", []),
    ],
)
def test_layers_that_one_network_has_alone_are_told_from_those_that_changed(new, kinds):
    found = diff(parse("conv(4, 3) > relu", (3, 6, 6)), parse(new, (3, 6, 6)))
    assert [change.kind for change in found.changes] == kinds
    assert found.equal == (not kinds)


def test_another_wiring_of_the_same_layers_is_a_difference():
    nets = []
    for read in ("a", "b"):
        net = parse("relu", (3, 6, 6))
        net.add("a", zoo.lenet5().op("tanh1"), "relu1")
        net.add("b", zoo.lenet5().op("tanh1"), "relu1")
        net.add("c", zoo.lenet5().op("tanh1"), read)
        nets.append(net)
    (change,) = diff(*nets).changes
    assert change.changed == {"inputs": ("a", "b")}


def test_a_network_is_written_and_read_back(run, tmp_path):
    path = tmp_path / "lenet.onnx"
    assert run("export", "lenet5", "-o", path) == (0, f"{path}: 12 operators, 10 arrays\n", "")
    assert run("diff", "lenet5", path)[0] == 0
    again = tmp_path / "again.onnx"
    assert run("export", path, "-o", again)[0] == 0
    assert run("diff", path, again, "--weights")[0] == 0
    assert run("export", "lenet5", "-o", again, "--seed", "1")[0] == 0
    assert run("diff", path, again, "--weights")[0] == 1


def test_a_model_is_no_file_of_another_kind(run, tmp_path):
    status, out, err = run("export", "lenet5", "-o", tmp_path / "lenet.json")
    assert (status, out) == (2, "")
    assert err.startswith("SettingError: a model of ONNX is a file .onnx.")
