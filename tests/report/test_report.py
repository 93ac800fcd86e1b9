"""Reports: the numbers in them, and files that appear whole or not at all."""

import json
from types import MappingProxyType

import pytest

from cnnmath import ops
from cnnmath.errors import DataError
from cnnmath.graph import Architecture
from cnnmath.numeric import KERNELS, Kernel
from cnnmath.report import build, write_report


def interrupting(at):
    def progress(done, total, _):
        assert 0 <= done <= total
        if done == at:
            raise KeyboardInterrupt

    return progress


def tiny():
    """A network of three settings that are derived in no time."""
    net = Architecture("tiny", (2, 5, 6))
    for name, op in (("conv", ops.Conv(3, 1)), ("relu", ops.ReLU()), ("again", ops.ReLU()), ("flat", ops.Flatten())):
        net.add(name, op)
    return net


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_lenet_has_the_numbers_of_its_paper(lenet):
    written, _ = lenet
    numbers, verdict = written.headline().splitlines()
    assert numbers == "lenet5: 61,706 parameters, 416,520 multiply-accumulates, receptive field 16, stride 4, padding 0"
    assert verdict.startswith("5 distinct operator settings, all agreeing exactly (1 ")
    assert verdict.endswith("to 40 digits)")


def test_resnet_has_twelve_settings_and_every_one_agrees(resnet):
    written, _ = resnet
    assert written.headline().splitlines() == [
        "resnet50: 25,557,032 parameters, 4,089,184,256 multiply-accumulates, "
        "receptive field 427, stride 32, padding 213",
        "12 distinct operator settings, all agreeing exactly",
    ]
    assert len(written.sections) == 12
    assert all(section.verdict.certified for section in written.sections)


def test_every_operator_of_a_network_stands_in_exactly_one_section(resnet):
    written, _ = resnet
    nodes = [node for section in written.sections for node in section.setting.nodes]
    assert sorted(nodes) == sorted(layer.name for layer in written.summary.layers)
    assert len(nodes) == len(set(nodes))
    assert len({section.setting.op for section in written.sections}) == len(written.sections)


def test_a_section_derives_the_output_and_every_gradient(lenet):
    written, _ = lenet
    derived = {section.title: [*section.derivations] for section in written.sections}
    assert derived == {
        "conv(F, 5)": ["y", "x", "w", "b"],
        "tanh()": ["y", "x"],
        "averagepool(2)": ["y", "x"],
        "flatten()": ["y", "x"],
        "linear(F)": ["y", "x", "w", "b"],
    }


@pytest.mark.parametrize("name", ["lenet", "resnet"])
def test_json_beside_the_page_says_the_same(name, request):
    written, directory = request.getfixturevalue(name)
    record = json.loads((directory / "report.json").read_text())
    assert record == json.loads(json.dumps(written.record()))
    assert set(record) == {
        *(
            "name",
            "input_shape",
            "parameters",
            "macs",
            "receptive_field",
            "not_counted",
            "layers",
            "agrees",
            "settings",
        ),
    }
    assert record["parameters"] == written.summary.parameters == sum(layer["parameters"] for layer in record["layers"])
    assert record["macs"] == written.summary.macs == sum(layer["macs"] for layer in record["layers"])
    assert record["agrees"] is True
    assert len(record["settings"]) == len(written.sections)
    for entry, section in zip(record["settings"], written.sections, strict=True):
        assert set(entry) == {"operator", "setting", "nodes", "derivations", "verdict"}
        assert entry["derivations"] == {wrt: d.latex() for wrt, d in section.derivations.items()}
        assert entry["verdict"] == section.verdict.record()


def test_a_report_is_two_files_and_nothing_else(lenet):
    _, directory = lenet
    assert set(contents(directory)) == {"report.html", "report.json"}


@pytest.mark.parametrize("at", [0, 2, 3])
def test_an_interrupted_report_leaves_no_file_and_no_directory(at, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_report(tiny(), tmp_path / "new", interrupting(at))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_report_leaves_an_older_one_as_it_was(tmp_path):
    (tmp_path / "report.html").write_text("older")
    (tmp_path / "report.json").write_text("{}")
    before = contents(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        write_report(tiny(), tmp_path, interrupting(2))
    assert contents(tmp_path) == before
    write_report(tiny(), tmp_path)
    assert set(contents(tmp_path)) == set(before)
    assert b"<h1>tiny</h1>" in contents(tmp_path)["report.html"]


def test_progress_counts_up_to_the_number_of_settings():
    seen = []
    build(tiny(), lambda *step: seen.append(step))
    assert seen == [(0, 3, "conv(2, 1)"), (1, 3, "relu()"), (2, 3, "flatten()"), (3, 3, "")]


@pytest.mark.parametrize("target", ["file", "file/below"])
def test_a_target_that_cannot_be_written_is_refused_before_any_work(target, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError) as caught:
        write_report(tiny(), tmp_path / target, interrupting(0))
    assert f"the report cannot be written to '{tmp_path / target}'" in str(caught.value)
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_wrong_kernel_is_said_in_the_headline_the_json_and_the_page(monkeypatch, tmp_path):
    right = KERNELS[ops.ReLU]
    wrong = MappingProxyType({**KERNELS, ops.ReLU: Kernel(right.forward, lambda _op, dy, _x: {"x": -dy})})
    plant(monkeypatch, wrong)
    written = write_report(tiny(), tmp_path)
    assert not written.agrees
    assert written.headline().splitlines()[1] == "3 distinct operator settings, 2 agreeing, 1 NOT"
    record = json.loads((tmp_path / "report.json").read_text())
    assert record["agrees"] is False
    assert [s["operator"] for s in record["settings"] if not s["verdict"]["certified"]] == ["ReLU"]
    assert (tmp_path / "report.html").read_text().count("✗ differs") == 1


def plant(monkeypatch, kernels):
    """Other kernels for the whole package."""
    monkeypatch.setattr("cnnmath.numeric.kernels.KERNELS", kernels)
