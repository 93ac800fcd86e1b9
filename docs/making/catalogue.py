"""The catalogue of errors: every kind, and what small wrong calls are told, run while the page is made."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from unittest import mock

from cnnmath import errors
from cnnmath.errors import CnnmathError
from making.examples import folder
from making.reference import sentence

CALLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "SettingError": (
            "from cnnmath.ops import Conv\nConv(8, 3, stride=0)",
            "from cnnmath.ops import Conv\nConv(8, 3, groups=3)",
        ),
        "ShapeError": (
            "from cnnmath import analyze, zoo\nanalyze(zoo.lenet5((1, 4, 4)))",
            "from cnnmath.ops import Add\nAdd().shape((1, 8, 5, 5), (1, 8, 4, 4))",
        ),
        "DataError": (
            "import numpy as np\nfrom cnnmath import forward, ops\nforward(ops.ReLU(), np.array([['a', 'b']]))",
            "from cnnmath import import_onnx\nimport_onnx('model.onnx').run()",
        ),
        "OutOfMemoryError": (
            "import numpy as np\nfrom cnnmath import forward, ops\n"
            "x = np.broadcast_to(np.float32(1), (1, 64, 100_000, 100_000))\nforward(ops.ReLU(), x)",
        ),
        "NotationError": (
            "from cnnmath.graph import parse\nparse('conv(8, 3) > relu > maxpool(2', (1, 28, 28))",
            'from cnnmath.graph import from_json\nfrom_json(\'{"name": "mine"}\')',
        ),
        "GraphError": (
            "from cnnmath.graph import Architecture\nfrom cnnmath.ops import ReLU\n"
            "net = Architecture('mine', (3, 8, 8))\nnet.add('relu', ReLU())\nnet.add('relu', ReLU())",
            "from cnnmath.graph import parse\nfrom cnnmath.graph.seen import seen\nseen(parse('linear(2)', (3,)))",
        ),
        "UnknownNameError": (
            "from cnnmath import zoo\nzoo.named('resnet-5')",
            "from cnnmath import ops\nops.named('convolution')",
        ),
        "DerivationError": (
            "import sympy as sp\nfrom cnnmath.symbolic import Derivation, step\n"
            "from cnnmath.symbolic.instance import Instance, values\n"
            "from cnnmath.symbolic.terms import Sigma, index, size\n"
            "i, n = index('i'), size('n')\n"
            "wrong = step('Sum', 'pair the first with the last.', Sigma(i, [(i, n)]), n * (n + 1) / 2)\n"
            "Derivation('A sum of integers', (), (wrong,), (Instance(values(n=3), {}),))",
        ),
        "VerificationError": (
            "from cnnmath import ops\nfrom cnnmath.numeric import KERNELS\n"
            "from cnnmath.report.examined import certificates\n"
            "certificates(KERNELS[ops.MaxPool], ops.AveragePool)",
        ),
        "TrainingError": (
            "import numpy as np\nfrom cnnmath.graph import parse\nfrom cnnmath.training import fit, initialise\n"
            "net = parse('linear(2)', (1,))\nx = np.array([[1.0], [np.nan]])\n"
            "fit(net, initialise(net), (x, [0, 1]), progress=False)",
        ),
        "CampaignError": (
            "from pathlib import Path\nfrom cnnmath.cli import app\n"
            "run = ['verify', 'relu', '--settings', '2', '--log']\n"
            "Path('log.jsonl').write_text('something else\\n')\napp([*run, 'log.jsonl'], standalone_mode=False)",
        ),
        "MissingExtraError": ("from cnnmath import analyze, zoo\nanalyze(zoo.lenet5()).dataframe()",),
    }
)
"""One or two small calls for each kind of error, each of which raises it."""

ABSENT = {"MissingExtraError": {"pandas": None}}
"""Modules that are not there while the calls of a kind are run."""


def kinds() -> dict[str, type[CnnmathError]]:
    """All kinds of errors, in the order of their module."""
    found = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    return {name: kind for name, kind in found.items() if issubclass(kind, CnnmathError) and kind is not CnnmathError}


def page() -> str:
    """Every kind: when it is raised, what Python's own error it is too, and messages."""
    return "\n\n".join(section(name) for name in kinds())


def section(name: str) -> str:
    """One kind of error."""
    kind = kinds()[name]
    base = next(b.__name__ for b in kind.__bases__ if b is not CnnmathError)
    shown = (f"```python\n{call}\n```\n\n```text\n{name}: {message(name, call)}\n```" for call in CALLS[name])
    return "\n\n".join([f"### `{name}`", f"{sentence(kind)} It is a `{base}`, too.", *shown])


def message(name: str, call: str) -> str:
    """What a call is told.

    Raises
    ------
    RuntimeError
        Where it does not raise an error of this very kind.

    Examples
    --------
    >>> print(message("UnknownNameError", "from cnnmath import zoo; zoo.named('resnet5')").splitlines()[0])
    there is no network 'resnet5'.
    """
    with folder(), mock.patch.dict("sys.modules", ABSENT.get(name, {})):
        try:
            exec(compile(call, name, "exec"), {"__name__": "__main__"})
        except CnnmathError as error:
            if type(error) is kinds()[name]:
                return str(error)
            raise RuntimeError(f"not {name}, but {type(error).__name__}: {error}\nin\n{call}") from error
    raise RuntimeError(f"no {name} in\n{call}")
