"""What is said around the chain rule in a network: shapes, sizes, what is given, and conventions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy as sp

from cnnmath.graph import Architecture, shapes
from cnnmath.ops import BatchNorm, Dropout
from cnnmath.subjects.network.naming import Naming, output_name
from cnnmath.symbolic import Remark, Step, remark
from cnnmath.symbolic.operators import FIRST_MAXIMUM
from cnnmath.symbolic.terms import Attains, Expr, array


def assumptions(naming: Naming, steps: Sequence[Step]) -> tuple[Remark, ...]:
    """Shapes of what occurs in the steps, what sizes stand for, and what they are in this network."""
    occurring = {str(entry.base).removeprefix("dL/d") for s in steps for entry in (s.left + s.right).atoms(sp.Indexed)}
    listed: dict[object, list[str]] = {}
    for node, shape in naming.shapes.items():
        if output_name(node) in occurring:
            listed.setdefault(shape, []).append(output_name(node))
    parameters = {name: shape for name, shape in naming.parameters().items() if name in occurring}
    arrays = [*listed.items(), *((shape, [name]) for name, shape in parameters.items())]
    symbols = {s for shape, _ in arrays for extent in shape for s in sp.sympify(extent).free_symbols}
    symbols |= {s for each in steps for s in each.right.free_symbols}
    definitions: list[Expr] = []
    for symbol, meaning in reversed(naming.definitions.items()):
        if symbol in symbols:
            definitions.insert(0, sp.Eq(symbol, meaning, evaluate=False))
            symbols |= meaning.free_symbols
    known, numbers = shapes(naming.net), dict[sp.Symbol, Expr]()
    for node, shape in naming.shapes.items():
        numbers |= {s: n for s, n in zip(shape[1:], known[node][1:], strict=True) if s in symbols}
    return (
        *(remark(", ".join("{}" for _ in names) + " {}", *map(array, names), sp.Tuple(*s)) for s, names in arrays),
        *([_equations("Here {}.", definitions)] if definitions else []),
        _equations("In this network, {}.", [sp.Eq(*pair, evaluate=False) for pair in numbers.items()]),
    )


def _equations(sentence: str, equations: Sequence[Expr]) -> Remark:
    return remark(sentence.replace("{}", ", ".join("{}" for _ in equations)), *equations)


def conventions(
    net: Architecture, ends: Sequence[str], operators: Iterable[str], steps: Sequence[Step], *, deep: bool
) -> tuple[Remark, ...]:
    """What is given, and what others may have otherwise."""
    operators = list(operators)
    given = [array(f"dL/d{output_name(name)}") for name in ends]
    places = " and ".join("{}" for _ in ends)
    remarks = [
        remark(f"The loss L is any function of the output: {places} {'is' if len(ends) == 1 else 'are'} given.", *given)
    ]
    if deep:
        remarks.append(
            remark("Each kind of step is written once; at other nodes the gradients follow in the same way.")
        )
    if any(s.right.has(Attains) for s in steps):
        remarks.append(FIRST_MAXIMUM)
    if any(isinstance(op, BatchNorm) and not op.training for op in map(net.op, operators)):
        remarks.append(remark("Batch normalisation has a fixed mean and variance, as at inference."))
    if any(isinstance(op, Dropout) and not op.training for op in map(net.op, operators)):
        remarks.append(remark("Dropout is the identity, as at inference."))
    return tuple(remarks)


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
