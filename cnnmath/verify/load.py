"""Kernels by name: ``my_module:my_conv`` from a shell, and the operator that such a name speaks of."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from cnnmath import ops
from cnnmath.errors import NotationError
from cnnmath.ops import Operator


def load(reference: str) -> Any:
    """The object that a reference names: a module, or a file that ends in .py, a colon, and a name in it.

    Modules are looked for in the working directory too.

    Raises
    ------
    NotationError
        Where there is no such module or name, or the module raises.

    Examples
    --------
    >>> load("numpy:maximum")
    <ufunc 'maximum'>
    """
    module, colon, name = reference.rpartition(":")
    if not (colon and module and name):
        raise NotationError(
            "this names no kernel.",
            here=f"'{reference}'",
            rule="module:function",
            fix='for example "my_module:my_conv"',
        )
    found: Any = _module(module)
    for part in name.split("."):
        if not hasattr(found, part):
            raise NotationError(
                f"'{module}' has no '{part}'.", here=f"'{reference}'", fix="name a function of the module"
            )
        found = getattr(found, part)
    return found


def _module(name: str) -> ModuleType:
    try:
        if name.endswith(".py"):
            return _from_file(Path(name))
        if "" not in sys.path and str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(name)
    except Exception as error:  # whatever the user's module raises
        raise NotationError(
            f"the module '{name}' cannot be imported.",
            here=f"{type(error).__name__}: {error}",
            fix="run from the folder that holds it, or give the path of its file, which ends in .py",
        ) from error


def _from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def kind_of(name: str) -> type[Operator]:
    """The operator that a function's name speaks of: that with the longest name in it.

    Raises
    ------
    NotationError
        Where it speaks of none.

    Examples
    --------
    >>> kind_of("my_conv").__name__, kind_of("conv_transpose2d").__name__, kind_of("fast_max_pool").__name__
    ('Conv', 'ConvTranspose', 'MaxPool')
    """
    plain = name.lower().replace("_", "").replace("-", "")
    kinds = [kind for kind in ops.ALL if kind.__name__.lower() in plain]
    if not kinds:
        raise NotationError(
            f"the name '{name}' speaks of no operator.",
            rule="without --op, the operator is the one that the function is named after",
            fix='say which, for example --op conv, or one setting of it, --op "conv(4, 3, stride=2)"',
        )
    return max(kinds, key=lambda kind: len(kind.__name__))
