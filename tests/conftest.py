"""Hypothesis profiles: ``dev`` while working, ``ci`` reproducible, ``intense`` for a night, ``mutants`` to kill them.

Modules that stand on a library which is not installed are not collected for their doctests; tests skip themselves.
"""

import os
from importlib.util import find_spec

from hypothesis import Phase, settings

settings.register_profile("dev", max_examples=20, deadline=None)
settings.register_profile("ci", max_examples=20, deadline=None, derandomize=True, database=None)
settings.register_profile("mutants", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate])
settings.register_profile("intense", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

STAND_ON = {
    "torch": [
        "zoo/twins.py",
        "peers/torch_*.py",
        "peers/kernels/torch_*.py",
        "bench/peers/torch_*.py",
        "interchange/onnx/torch_*.py",
    ],
    "onnx": ["bench/peers/onnx_*.py", "interchange/onnx/*.py", "interchange/onnx/export/*.py", "fuzz/*.py"],
    "onnxruntime": ["bench/peers/onnx_runtime.py", "peers/kernels/onnx_*.py"],
    "jax": ["bench/peers/jax_*.py", "peers/kernels/jax_*.py"],
    "mutmut": ["mutants.py"],
    "scipy": ["bench/peers/scipy_*.py", "peers/kernels/scipy_*.py"],
    "mygrad": ["bench/peers/mygrad_*.py"],
}
collect_ignore_glob = [path for library, paths in STAND_ON.items() if find_spec(library) is None for path in paths]
