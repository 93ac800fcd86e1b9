"""The plugin of pytest: a fixture and a decorator that make a kernel a test, and failures that read as reports."""

import subprocess
import sys

import cnnmath.verify.testing  # noqa: F401 - pytester forgets what a run loads, and NumPy loads once in a process

SUITE = """
import numpy as np
from cnnmath.ops import LeakyReLU, ReLU
from cnnmath.verify.testing import kernel_test

def relu(x):
    return np.maximum(x, 0)

def slope(dy, x):
    return dy * (x >= 0)

test_relu = kernel_test(relu, ReLU)
test_slope = kernel_test(slope, ReLU(), wrt="x", rungs=[2])

def test_by_the_fixture(cnnmath_verify):
    certificate = cnnmath_verify(relu, ReLU(), (2, 3, 4), rungs=[2], claim="shapes")
    assert certificate.rung == 2
    cnnmath_verify(relu, ReLU, examples=10)

def test_that_fails(cnnmath_verify):
    cnnmath_verify(slope, ReLU(), wrt="x", rungs=[2])
"""


def test_a_suite_with_right_and_wrong_kernels(pytester):
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-v")
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] == 2
    result.stdout.fnmatch_lines_random([
        "*test_relu[[]drawn settings[]] PASSED*",
        "*test_by_the_fixture PASSED*",
        "*test_slope[[]relu() on *[]] FAILED*",
        "Counterexample: slope is not dx of relu() on (1, 1, 1*)",
        "*known*your dx behaves as if the derivative at 0 were 1*",
    ])  # fmt: skip
    assert "Traceback" not in result.stdout.str()
    assert "pytest.fail" not in result.stdout.str()


UNCALLABLE = """
from cnnmath.ops import Conv
from cnnmath.verify.testing import kernel_test

def conv(x, w, b, strides):
    return x

test_conv = kernel_test(conv, Conv(4, 3))

def test_by_the_fixture(cnnmath_verify):
    cnnmath_verify(conv, Conv(4, 3))
"""


def test_a_kernel_that_cannot_be_called_fails_with_the_message_alone(pytester):
    pytester.makepyfile(UNCALLABLE)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rN")
    assert result.parseoutcomes() == {"failed": 2}
    result.stdout.fnmatch_lines(
        ["*_ test_conv[[]*_", "conv: its parameter 'strides' is nothing that conv(4, 3) has.", "*  fix*"]
    )
    for line in ("Traceback", "adapter.py", "guard.py", "raise ", "SettingError", "pytest.fail"):
        assert line not in result.stdout.str()


def test_the_plugin_loads_nothing_of_the_package_by_itself():
    code = "import sys, cnnmath.plugin; print(sorted(m for m in sys.modules if m in ('numpy', 'sympy', 'hypothesis')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_it_is_registered_for_pytest(pytestconfig):
    assert pytestconfig.pluginmanager.hasplugin("cnnmath")
