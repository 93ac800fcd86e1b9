"""Excerpts of the code, read from its files while the site is built."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def source(*things: type | Callable[..., object]) -> str:
    """Functions or classes of one file, as they stand there, with the file above them.

    Examples
    --------
    >>> from cnnmath.ops.activation import rectifier
    >>> print(source(rectifier))
    ```python title="cnnmath/ops/activation.py"
    def rectifier(m: Algebra, x: Number) -> Number:
        \"\"\"The number where it is positive, else 0.\"\"\"
        return m.when(x > 0, lambda: x, lambda: 0)
    ```
    """
    file = inspect.getsourcefile(things[0])
    if file is None:
        raise ValueError(f"{things[0]} has no source")
    return _block(str(Path(file).relative_to(ROOT)), "\n\n".join(inspect.getsource(thing).strip() for thing in things))


def lines(file: str, word: str, more: int = 0) -> str:
    """Lines of a file that have a word, and how many come after each of them.

    Raises
    ------
    ValueError
        Where there is none.

    Examples
    --------
    >>> print(lines("cnnmath/numeric/kernels.py", "Tanh"))
    ```python title="cnnmath/numeric/kernels.py"
    ops.Tanh: Kernel(activation.tanh_forward, activation.tanh_backward),
    ```
    """
    text = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = [inspect.cleandoc("\n" + "\n".join(text[i : i + 1 + more])) for i, line in enumerate(text) if word in line]
    if not found:
        raise ValueError(f"no line of {file} has {word}")
    return _block(file, "\n".join(found))


def _block(file: str, code: str) -> str:
    return f'```python title="{file}"\n{code}\n```'
