"""``make conformance``: ONNX's own cases for single operators: passed, failed, or not claimed, and why.

The cases are made in this process by ``onnx.backend.test``. What is expected is what ships with them: data written down
beside the case, or, where a case is made of a formula, what its authors computed; never the reference evaluator's.
"""

from __future__ import annotations

import sys
import warnings
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cnnmath.errors import CnnmathError
from cnnmath.interchange import import_onnx
from cnnmath.interchange.onnx.rules import RULES

FIXED = {
    "BatchNormalization": range(1, 5),
    "Clip": range(1, 3),
    "Conv": range(1, 3),
    "ConvTranspose": range(1, 3),
    "Dropout": range(1, 2),
    "Gemm": range(1, 3),
    "GroupNormalization": range(1, 3),
    "InstanceNormalization": range(1, 3),
    "LayerNormalization": range(1, 3),
    "PRelu": range(1, 2),
    "Pad": range(2, 3),
    "RMSNormalization": range(1, 2),
    "Resize": range(1, 3),
    "Upsample": range(1, 2),
}
"""Inputs that are parameters, where they are floats: in the cases they are inputs as well. Of whole numbers all are."""

NOT_CLAIMED = "not claimed"

PAGE = """# ONNX's own cases

ONNX ships cases for its operators: a model of one node, inputs, and the outputs that are expected. Every case of every
operator that the importer has a rule for is imported and run through the numeric engine.

**{passed} cases of {operators} operators pass, {failed} fail, and {rest} are not claimed, each for a reason.**

Expected outputs are ONNX's own, which ship with the cases, and never the reference evaluator's. Integers must be equal,
floats as near as the case says. Cases have no stored arrays, files have: what is a parameter or a setting, and is an
input of the case, is given as a stored array. The cases are those of onnx {version}, of models of one node. Those in
which an operator is expanded into its function are run by the tests: none of them fails where all its nodes are known.

`make conformance` runs them and writes this page.

{table}

Not claimed means that the importer says so by name, and reads the network around the node.

## Operators without a rule

ONNX has {cases} cases of {others} more operators. A network that has one of them is still analysed around it.

??? note "Cases of each"

{list}
"""


NO_NETWORK = {
    "no input is an array": "of a sequence or an optional value",
    "this is no shape of an input": "of an input whose sample has no numbers",
}
"""Why a case makes no network at all, by what the package says of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case."""

    name: str
    kind: str
    outcome: str
    reason: str = ""


@cache
def collected() -> tuple[Any, ...]:
    """All of ONNX's cases of operators."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return tuple(collect_testcases(None))


@cache
def cases() -> tuple[Any, ...]:
    """Cases of one node each, the operator's own."""
    return tuple(case for case in collected() if len(case.model.graph.node) == 1 and not case.model.functions)


def expanded() -> list[Any]:
    """Cases in which an operator of tensors is written out as its function."""
    found = (case for case in collected() if "_expanded" in case.name and len(case.model.graph.node) > 1)
    return [case for case in found if all(value.type.HasField("tensor_type") for value in case.model.graph.input)]


def kind_of(case: Any) -> str:
    """The operator of a case."""
    return case.model.graph.node[0].op_type


def claimed() -> list[Any]:
    """Cases of operators that the importer has a rule for."""
    return [case for case in cases() if kind_of(case) in RULES and case.model.graph.node[0].domain in ("", "ai.onnx")]


def outcomes(some: Sequence[Any]) -> Iterator[Outcome]:
    """What becomes of some cases."""
    for case in some:
        yield outcome(case)


def outcome(case: Any) -> Outcome:
    """Run one case: every output of every set of data must be what is expected."""
    kind = kind_of(case)
    for inputs, expected in case.data_sets:
        try:
            found = _run(case, inputs)
        except CnnmathError as error:
            reason = next((why for fact, why in NO_NETWORK.items() if fact in error.fact), "")
            return Outcome(case.name, kind, NOT_CLAIMED if reason else "failed", reason or str(error).splitlines()[0])
        if isinstance(found, str):
            return Outcome(case.name, kind, NOT_CLAIMED, found)
        for value, wanted in zip(found, expected, strict=True):
            if reason := differs(value, wanted, case.rtol, case.atol):
                return Outcome(case.name, kind, "failed", reason)
    return Outcome(case.name, kind, "passed")


def differs(value: Any, wanted: Any, rtol: float, atol: float) -> str:
    """How a value differs from what is expected, if it does: integers exactly, floats as ONNX's own runner has it."""
    value, wanted = np.asarray(value), np.asarray(wanted)
    if value.shape != wanted.shape:
        return f"shape {value.shape}, expected {wanted.shape}"
    if wanted.dtype.kind not in "fV":
        return "" if np.array_equal(value, wanted) else "other numbers"
    value, wanted = value.astype(wanted.dtype).astype(np.float64), wanted.astype(np.float64)
    if np.allclose(value, wanted, rtol=rtol, atol=atol, equal_nan=True):
        return ""
    return f"by {np.nanmax(abs(value - wanted)):.3g}"


def table(found: Sequence[Outcome]) -> str:
    """Rows of Markdown: an operator, how many cases passed, failed and are not claimed, and why not."""
    rows = ["| operator | passed | failed | not claimed | why not |", "| :--- | ---: | ---: | ---: | :--- |"]
    for kind in sorted({one.kind for one in found}):
        own = [one for one in found if one.kind == kind]
        count = Counter(one.outcome for one in own)
        why = "; ".join(dict.fromkeys(one.reason for one in own if one.outcome == NOT_CLAIMED))
        rows.append(f"| {kind} | {count['passed']} | {count['failed'] or ''} | {count[NOT_CLAIMED] or ''} | {why} |")
    return "\n".join(rows)


def page(found: Sequence[Outcome]) -> str:
    """The page of the documentation."""
    from onnx import __version__

    count = Counter(one.outcome for one in found)
    others = Counter(kind_of(case) for case in cases()) - Counter(one.kind for one in found)
    return PAGE.format(
        passed=count["passed"],
        failed=count["failed"] or "none",
        rest=count[NOT_CLAIMED],
        operators=len({one.kind for one in found}),
        version=__version__,
        table=table(found),
        cases=others.total(),
        others=len(others),
        list="\n".join(f"    - {kind}: {cases}" for kind, cases in sorted(others.items())),
    )


def _run(case: Any, inputs: Sequence[Any]) -> list[Any] | str:
    """Outputs of a case in their order, or why the importer does not claim it."""
    graph, node = case.model.graph, case.model.graph.node[0]
    named = dict(zip((value.name for value in graph.input), inputs, strict=True))
    fixed = {node.input[i] for i in FIXED.get(node.op_type, ()) if i < len(node.input)}
    floats = [name for name, a in named.items() if name not in fixed and np.asarray(a).dtype.kind in "fV"]
    floats = floats or list(named)[:1]
    constants = {name: np.asarray(a) for name, a in named.items() if name not in floats}
    model = import_onnx(case.model, constants=constants)
    if model.notes:
        return model.notes[0].partition(f"{node.op_type}, ")[2] or model.notes[0]
    found = model.run(**{name: _widened(np.asarray(named[name])) for name in floats})
    return [found[value.name] for value in graph.output]


def _widened(array: Any) -> Any:
    """Numbers of bfloat16 as float32, which is how those of a file are read."""
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def main() -> None:
    parser = ArgumentParser("python -m tests.interchange.onnx.conformance", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="a page of Markdown")
    chosen = parser.parse_args()
    found = list(outcomes(claimed()))
    print(", ".join(f"{count} {what}" for what, count in Counter(one.outcome for one in found).items()))
    if chosen.write:
        chosen.write.write_text(page(found))
    sys.exit(any(one.outcome == "failed" for one in found))


if __name__ == "__main__":
    main()
