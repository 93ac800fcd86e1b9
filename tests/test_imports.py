"""What importing loads, seen in fresh interpreters."""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cnnmath

PACKAGE = Path(cnnmath.__file__).parent
WATCHED = ("numpy", "scipy", "sympy", "networkx", "hypothesis", "torch", "onnx", "matplotlib")
QUESTION = "import sys, importlib; importlib.import_module('{}'); print(*(set({}) & set(sys.modules)))"


def loaded(module, home):
    """Those of the watched packages that importing a module loads, the package being found in ``home``."""
    code = QUESTION.format(module, WATCHED)
    ran = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split())


@pytest.fixture
def copy(tmp_path):
    """A temporary copy of the package, to plant mistakes in."""
    shutil.copytree(PACKAGE, tmp_path / "cnnmath", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize("module", ["cnnmath", "cnnmath.window", "cnnmath.inverse", "cnnmath.ops", "cnnmath.readers"])
def test_the_spine_loads_nothing_third_party(module):
    assert loaded(module, PACKAGE.parent) == set()


def test_kernels_load_numpy_and_neither_symbols_nor_graphs_nor_strategies():
    assert loaded("cnnmath.numeric.verbs", PACKAGE.parent) == {"numpy"}
    assert loaded("cnnmath.filters", PACKAGE.parent) == {"numpy"}


def test_graphs_load_neither_networkx_nor_symbols_nor_strategies():
    assert loaded("cnnmath.graph", PACKAGE.parent) == {"numpy"}


@pytest.mark.parametrize("module", ["cnnmath.graph", "cnnmath.interchange"])
def test_no_kernel_is_loaded_before_it_runs(module):
    code = f"import sys, {module}; print(*(name for name in sys.modules if name.startswith('cnnmath.numeric.')))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) <= {"cnnmath.numeric.windows", "cnnmath.numeric.memory"}


@pytest.mark.parametrize("module", ["numeric", "graph", "interchange", "interchange.onnx"])
def test_what_is_loaded_late_is_there_under_its_name(module):
    home = importlib.import_module(f"cnnmath.{module}")
    assert all(hasattr(home, name) for name in home.__all__)
    with pytest.raises(AttributeError, match=f"module 'cnnmath.{module}' has no attribute 'nothing'"):
        home.nothing  # noqa: B018 - the access is the test


@pytest.mark.parametrize(("batch", "symbols"), [(1, set()), ("N", {"sympy"})], ids=["number", "left open"])
def test_a_file_is_analysed_by_what_that_takes(tmp_path, batch, symbols):
    onnx = pytest.importorskip("onnx")
    x, y = (onnx.helper.make_tensor_value_info(name, 1, (batch, 3, 8, 8)) for name in "xy")
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "small", [x], [y])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "small.onnx")
    code = (
        "import sys; from cnnmath.cli import main; sys.argv = ['cnnmath', 'analyze', sys.argv[1]]\n"
        "try: main()\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, tmp_path / "small.onnx"]
    ran = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert "ReLU" in ran.stdout
    found = set(ran.stderr.split())
    assert {"onnx", "cnnmath.interchange.onnx.build"} <= found
    late = {"cnnmath.numeric.kernels", "cnnmath.interchange.onnx.export", "cnnmath.zoo", "cnnmath.verify"}
    late |= {"cnnmath.symbolic", "cnnmath.graph.paths", "rich"}
    assert not late & found
    assert set(WATCHED) & found == {"numpy", "onnx"} | symbols


def test_the_reader_of_onnx_loads_onnx_when_it_reads():
    assert not {"onnx", "torch", "sympy", "scipy", "hypothesis"} & loaded("cnnmath.interchange", PACKAGE.parent)


@pytest.mark.parametrize("planted", ["sympy", "networkx", "hypothesis"])
def test_a_planted_import_is_seen(copy, planted):
    assert loaded("cnnmath.numeric.kernels", copy) == {"numpy"}
    kernel = copy / "cnnmath" / "numeric" / "linear.py"
    kernel.write_text(kernel.read_text().replace("\nfrom cnnmath", f"\nimport {planted}\nfrom cnnmath", 1))
    assert planted in loaded("cnnmath.numeric.kernels", copy)


def test_every_public_name_is_loaded_when_it_is_first_used():
    code = "import cnnmath; print(cnnmath.analyze(cnnmath.zoo.lenet5()).parameters, cnnmath.forward.__name__)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["61706", "forward"]


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'cnnmath' has no attribute 'nothing'"):
        cnnmath.nothing  # noqa: B018 - the access is the test
