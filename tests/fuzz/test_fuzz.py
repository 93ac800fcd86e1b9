"""A bounded run of the fuzzer finds nothing, and would find what there was; the long run is ``make fuzz``."""

import sys

import pytest

from cnnmath.errors import DataError
from tests.fuzz import __main__ as command
from tests.fuzz import corpus, loop
from tests.fuzz.change import messages
from tests.fuzz.loop import Finding, Tally, judge, run
from tests.fuzz.targets import TARGETS

MODELS = corpus.models()


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_but_the_packages_own_errors_comes_of_changed_models(target):
    tally = Tally()
    run(TARGETS[target], MODELS, 1, lambda tally: tally.executions == 300, tally)
    assert not tally.findings, "\n".join(finding.trace for finding in tally.findings.values())
    assert tally.outcomes["taken"] > 30
    assert tally.outcomes["DataError"] > 30
    assert tally.outcomes["GraphError"] > 10


@pytest.mark.parametrize("i", range(len(MODELS)))
def test_the_models_are_taken_before_they_are_changed(i):
    assert judge(TARGETS["read"], MODELS[i].SerializeToString()) == "taken"


def test_the_same_seed_makes_the_same_changes():
    def made(seed):
        found = []
        run(found.append, MODELS, seed, lambda tally: tally.executions == 30, Tally())
        return found

    assert made(1) == made(1)
    assert made(1) != made(2)


def raises(error):
    """A target that raises."""

    def target(_):
        raise error

    return target


def test_a_foreign_error_is_found_and_an_own_one_is_not():
    assert judge(raises(DataError("no")), b"") == "DataError"
    found = judge(raises(ValueError("no")), b"abc")
    assert isinstance(found, Finding)
    assert (found.place, found.data) == ("ValueError at outside", b"abc")
    assert "ValueError: no" in found.trace
    found = judge(raises(RecursionError()), b"")
    assert isinstance(found, Finding)


def test_what_does_not_end_is_found(monkeypatch):
    monkeypatch.setattr(loop, "PATIENCE", 0.05)

    def endless(_):
        while True:
            pass

    found = judge(endless, b"")
    assert isinstance(found, Finding)
    assert found.place == "HangError at outside"


def test_what_takes_the_memory_is_found(monkeypatch):
    monkeypatch.setattr(loop, "ROOM", -1)
    tally = Tally()
    run(lambda _: None, MODELS, 1, lambda tally: tally.executions == 1, tally)
    assert list(tally.findings) == ["memory"]


def test_messages_inside_a_model_are_all_changed():
    kinds = {message.DESCRIPTOR.name for proto in MODELS for message in messages(proto)}
    assert {"GraphProto", "NodeProto", "AttributeProto", "TensorProto", "ValueInfoProto", "TypeProto"} < kinds
    assert {"FunctionProto", "OperatorSetIdProto", "StringStringEntryProto", "Dimension", "Sequence"} < kinds


def test_what_was_found_is_kept_and_printed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "TARGETS", {"read": raises(KeyError("lost"))})
    folder = tmp_path / "kept"
    monkeypatch.setattr(
        sys, "argv", ["fuzz", "--small", "--minutes", "0.001", "--target", "read", "--seed", "1", "--keep", str(folder)]
    )
    assert command.main() == 1
    assert "KeyError at outside: KeyError: 'lost'" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == ["0.onnx", "0.txt"]


def test_a_run_that_is_stopped_says_what_it_has(monkeypatch, capsys):
    def target(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "TARGETS", {"read": target})
    monkeypatch.setattr(sys, "argv", ["fuzz", "--small", "--target", "read", "--seed", "1"])
    assert command.main() == 0
    said = capsys.readouterr().out
    assert "seed 1, target read" in said
    assert "stopped\n0 executions" in said
