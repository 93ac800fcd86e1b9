"""The floors of the house: import-linter's contracts hold, and each is broken by a planted violation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cnnmath

PROJECT = Path(cnnmath.__file__).parent.parent
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
VIOLATIONS = {
    "window from readers": ("window.py", "import cnnmath.readers", "Imports point one way"),
    "ops from numeric": ("ops/linear.py", "import cnnmath.numeric", "Imports point one way"),
    "numeric from graph": ("numeric/linear.py", "import cnnmath.graph", "Imports point one way"),
    "numeric from symbolic": ("numeric/linear.py", "import cnnmath.symbolic", "Imports point one way"),
    "numeric from filters": ("numeric/conv.py", "import cnnmath.filters", "Imports point one way"),
    "filters from graph": ("filters/named.py", "import cnnmath.graph", "Imports point one way"),
    "filters with sympy": ("filters/kernels.py", "import sympy", "Kernels are NumPy and SciPy alone"),
    "graph from verify": ("graph/propagate.py", "import cnnmath.verify.strategies", "Imports point one way"),
    "graph from training": ("graph/execute.py", "import cnnmath.training", "Imports point one way"),
    "training from verify": ("training/fit.py", "import cnnmath.verify", "Imports point one way"),
    "verify from audit": ("verify/data.py", "import cnnmath.audit.claims", "Imports point one way"),
    "audit from interchange": ("audit/claims.py", "import cnnmath.interchange", "Imports point one way"),
    "interchange from report": ("interchange/model.py", "import cnnmath.report", "Imports point one way"),
    "plot from report": ("plot/bars.py", "import cnnmath.report", "Imports point one way"),
    "report from plot": ("report/page.py", "import cnnmath.plot", "Imports point one way"),
    "ops with numpy": ("ops/conv.py", "import numpy", "The spine is pure Python"),
    "readers with sympy": ("readers/cost.py", "import sympy", "The spine is pure Python"),
    "inverse with sympy": ("inverse.py", "import sympy", "The spine is pure Python"),
    "toomcook with numpy": ("toomcook.py", "import numpy", "The spine is pure Python"),
    "inverse from ops": ("inverse.py", "import cnnmath.ops", "Imports point one way"),
    "window with networkx": ("window.py", "import networkx", "The spine is pure Python"),
    "kernels with sympy": ("numeric/conv.py", "import sympy", "Kernels are NumPy and SciPy alone"),
    "kernels with hypothesis": ("numeric/pool.py", "import hypothesis", "Kernels are NumPy and SciPy alone"),
}


def lint(home):
    """Run import-linter on the package in ``home``; its report names every contract."""
    environment = os.environ | {"PYTHONPATH": str(home), "COLUMNS": "200"}
    command = [sys.executable, "-c", LINT, "--no-cache"]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path):
    """A temporary copy of the package and its contracts, to plant mistakes in."""
    shutil.copytree(PROJECT / "cnnmath", tmp_path / "cnnmath", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold():
    ran = lint(PROJECT)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 broken" in ran.stdout


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(copy, violation):
    path, line, contract = VIOLATIONS[violation]
    module = copy / "cnnmath" / path
    module.write_text(
        module.read_text().replace(
            "\nfrom __future__ import annotations\n", f"\nfrom __future__ import annotations\n\n{line}\n", 1
        )
    )
    assert line in module.read_text()
    ran = lint(copy)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert any(contract in row and "BROKEN" in row for row in ran.stdout.splitlines()), ran.stdout
