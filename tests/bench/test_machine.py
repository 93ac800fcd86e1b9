"""What is said of a machine is read where the system says it."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tests.bench import machine


def test_the_processor_is_the_one_that_the_system_names(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\ncpu family\t: 6\nmodel\t\t: 207\nmodel name\t: A Processor\nstepping\t: 2\n")
    assert machine.processor(cpuinfo) == "A Processor (family 6, model 207)"
    assert machine.processor(tmp_path / "nothing")


def test_resident_memory_is_read_in_bytes(tmp_path):
    status = tmp_path / "status"
    status.write_text("VmPeak:\t  900 kB\nVmHWM:\t  700 kB\nVmRSS:\t  500 kB\n")
    assert (machine.resident(status), machine.resident(status, "VmHWM")) == (500 * 1024, 700 * 1024)


def test_the_description_names_what_is_installed():
    lines = dict(machine.describe(2))
    assert f"numpy {np.__version__}" in lines["Libraries"]
    assert lines["Cores"] == f"{os.cpu_count()}, of which 2 are used"
    assert machine.installed("no-such-library") is None


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinity of processes")
def test_a_process_that_is_limited_has_so_many_processors():
    code = "import os; from tests.bench.machine import limit; limit(1); print(len(os.sched_getaffinity(0)))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "1\n"
