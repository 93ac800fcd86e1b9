"""A test suite that the site runs: what pytest says of it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).parents[1] / "howto" / "test-with-pytest.md"


def run() -> str:
    """Run the first block of Python of the page on pytest as a suite, and give what is said, as Markdown.

    Raises
    ------
    RuntimeError
        Where another test fails than the one that the page plants a mistake for.
    """
    code = PAGE.read_text(encoding="utf-8").split("```python\n", 1)[1].split("```", 1)[0]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_kernels.py").write_text(code, encoding="utf-8")
        pytest = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "test_kernels.py"]
        said = subprocess.run(pytest, cwd=folder, capture_output=True, text=True, check=False).stdout
    if "FAILED test_kernels.py::test_slope" not in said or "test_relu" in said or "test_by_the_fixture" in said:
        raise RuntimeError(f"{PAGE.name}: the suite should fail in test_slope alone.\n{said}")
    said = re.sub(r" in [\d.]+s$", "", said, flags=re.MULTILINE)
    lines = [line for line in said.splitlines() if not line.startswith(("===", "____"))]
    return "```text\n" + "\n".join(lines) + "\n```"
