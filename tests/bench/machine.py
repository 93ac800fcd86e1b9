"""What the figures were measured on, and how many threads everyone has."""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("numpy", "scipy", "torch", "onnxruntime", "onnx", "jax", "mygrad")
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def limit(threads: int) -> None:
    """Give this process and its children so many processors, and all that it loads from now on so many threads.

    NumPy's BLAS is loaded already; what it started of threads shares the processors too, and ``threadpoolctl`` tells
    it how many to use, where it is installed.
    """
    for variable in VARIABLES:
        os.environ[variable] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    try:
        import threadpoolctl
    except ImportError:
        return
    threadpoolctl.threadpool_limits(threads)


def describe(threads: int) -> list[tuple[str, str]]:
    """The machine, line by line."""
    return [
        ("Processor", processor()),
        ("Cores", f"{os.cpu_count()}, of which {threads} are used"),
        ("System", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"),
        ("BLAS of NumPy", blas()),
        ("Libraries", ", ".join(f"{name} {known}" for name in LIBRARIES if (known := installed(name)))),
        ("Date", f"{datetime.now(UTC):%Y-%m-%d}"),
    ]


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Its model, as the system names it, with family and model numbers where the name alone says little."""
    if not cpuinfo.exists():
        return platform.processor() or platform.machine()
    found = dict(re.findall(r"^(model name|cpu family|model|stepping)\s*:\s*(.*)$", cpuinfo.read_text(), re.MULTILINE))
    numbers = ", ".join(f"{key.removeprefix('cpu ')} {found[key]}" for key in ("cpu family", "model") if key in found)
    return f"{found.get('model name', platform.machine())} ({numbers})" if numbers else platform.machine()


def blas() -> str:
    """What NumPy multiplies matrices with."""
    import numpy as np

    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{built['name']} {built['version']}"


def installed(name: str) -> str | None:
    """Version of a library, or None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def resident(path: Path = Path("/proc/self/status"), key: str = "VmRSS") -> int:
    """Bytes of memory that this process holds now (VmRSS), or held at most (VmHWM)."""
    (found,) = re.findall(rf"^{key}:\s*(\d+) kB$", path.read_text(), re.MULTILINE)
    return 1024 * int(found)


def peak() -> int:
    """Bytes that it held at most since it began, where there is no /proc."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def give_back() -> None:
    """Return to the system what this process has freed but keeps, where its C library can (glibc)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim:
        trim(0)
