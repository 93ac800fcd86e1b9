"""Hypothesis profiles: ``dev`` while working, ``ci`` reproducible, ``intense`` for a night, ``mutants`` to kill them.

Modules that stand on a library which is not installed are not collected for their doctests; tests skip themselves.
"""

import os
from importlib.util import find_spec

from hypothesis import Phase, settings

SURROUNDINGS = {
    "SYMPY_CACHE_SIZE": "100000",  # a derivation asks again for more than the thousand results that are kept otherwise
    "OMP_NUM_THREADS": "1",  # a process of the tests has one core: threads would wait for each other
    "OPENBLAS_NUM_THREADS": "1",
}
"""Settings that libraries read when they are first imported, which is after this file; what is set already stays."""
for name, value in SURROUNDINGS.items():
    os.environ.setdefault(name, value)

SEARCHES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink]
"""All but the phase that explains: of a planted mistake it traces hundreds of calls more."""
settings.register_profile("dev", max_examples=20, deadline=None, phases=SEARCHES)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, database=None)
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
