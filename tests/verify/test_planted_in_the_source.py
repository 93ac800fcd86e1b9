"""The promise of ``cnnmath verify``: one wrong line in a kernel's source, and it names a smallest failing setting."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cnnmath
from cnnmath import ops
from cnnmath.verify.strategies import covering

PACKAGE = Path(cnnmath.__file__).parent
KERNEL = "cnnmath/numeric/methods/direct.py"  # the method that computes with exact numbers
PLANTED = {
    "a flipped kernel": (
        "w = problem.w.reshape(groups,",
        "w = problem.w[..., ::-1].reshape(groups,",
    ),
    "axes exchanged": (
        "w = problem.w.reshape(groups,",
        "w = problem.w.swapaxes(2, -1).reshape(groups,",
    ),
    "padding dropped": (
        "(w.outputs(i, n) for w,",
        "(type(w)(w.kernel, w.stride, w.dilation).outputs(i, n) for w,",
    ),
    "dilation ignored": (
        "ends = [(w.tap(o[0], i), w.tap(o[-1], i)) for w,",
        "ends = [(w.stride * o[0] + i - w.before, w.stride * o[-1] + i - w.before) for w,",
    ),
}


@pytest.fixture
def copy(tmp_path):
    """A temporary copy of the package, to plant mistakes in."""
    shutil.copytree(PACKAGE, tmp_path / "cnnmath", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def verified(home):
    environment = os.environ | {"PYTHONPATH": str(home)}
    command = [sys.executable, "-m", "cnnmath", "verify", "conv"]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def test_the_package_as_it_is_passes(copy):
    ran = verified(copy)
    first, *lines = ran.stdout.splitlines()
    title = r"Certificate: the package's Conv computes y, dx, dw, db of Conv at (\d+) settings"
    found = re.fullmatch(title, first)
    assert ran.returncode == 0
    assert found, first
    assert len(covering(ops.Conv)) < int(found[1]) <= 100
    assert lines[0].startswith("  2 exact     equal to the definition on random integers")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("name", PLANTED)
def test_one_wrong_line_is_found_and_a_smallest_setting_named(name, copy):
    right, wrong = PLANTED[name]
    source = (copy / KERNEL).read_text()
    assert source.count(right) == 1
    (copy / KERNEL).write_text(source.replace(right, wrong))
    ran = verified(copy)
    assert ran.returncode == 1
    title, wrong, *_ = ran.stdout.splitlines()
    assert title.startswith("Counterexample: the package's Conv is not ")
    assert " of conv(" in title
    assert "but the definition gives" in wrong or "raises" in wrong
    assert "Traceback" not in ran.stdout + ran.stderr
