"""Derivations as JSON, and back: what is read is checked again, on the instances that the file brings.

Formulas are written as trees of known heads; nothing in a file is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from types import MappingProxyType
from typing import Any

import sympy as sp

from cnnmath.errors import NotationError, check_kind, clip
from cnnmath.readers import Tensor
from cnnmath.symbolic import terms
from cnnmath.symbolic.check import terms as count_terms
from cnnmath.symbolic.derivation import Derivation, Step
from cnnmath.symbolic.instance import Array, Instance, Lazy, Sparse
from cnnmath.symbolic.notations import Latex, Text
from cnnmath.symbolic.remark import Remark
from cnnmath.symbolic.rings import number

FORMAT = "cnnmath derivation 1"
"""What a record begins with; the number rises when older readers could not read it."""

HIGHEST, LARGEST = 10_000, 1_000_000
"""Numbers that an exponent of a record may contain, and that a symbol of it may stand for."""

LONGEST = 1_000_000
"""Terms that one evaluation of a step of a record may take."""

_EXACT = (
    *(sp.Add, sp.Mul, sp.Pow, sp.exp, sp.log, sp.erf, sp.tanh, sp.sign, sp.floor, sp.Mod, sp.Abs, sp.Max, sp.Min),
    *(sp.Eq, sp.Ne, sp.Ge, sp.Gt, sp.Le, sp.Lt, sp.MatMul, sp.HadamardProduct),
)
"""Heads that are put together as they were written down, without being worked out anew."""

_HEADS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        head.__name__: head
        for head in (
            *(*_EXACT, sp.Tuple, sp.And, sp.Or, sp.Not, sp.Transpose),
            *(terms.Sigma, terms.Pi, terms.Maximum, terms.Bracket, terms.Divides, terms.Attains, terms.Partial),
            terms.Logistic,
        )
    }
)

_KINDS: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "index": {"integer": True, "nonnegative": True},
        "size": {"integer": True, "positive": True},
        "integer": {"integer": True},
        "real": {"real": True},
        "positive": {"positive": True},
        "any": {},
    }
)


def record(derivation: Derivation) -> dict[str, Any]:
    """A derivation as values of JSON: every step as text, as LaTeX and as a tree, and the instances it was checked on.

    Examples
    --------
    >>> from cnnmath.ops import ReLU
    >>> from cnnmath.symbolic import derive
    >>> derivation = derive(ReLU(), "y", rank=0)
    >>> record(derivation)["steps"][0]["text"]
    'y[n,c] = (x[n,c] if x[n,c] > 0 else 0)'
    >>> from_record(record(derivation)) == derivation
    True
    """
    check_kind(derivation, Derivation, "derivation", "give what cnnmath.derive gives")
    return {
        "format": FORMAT,
        "title": derivation.title,
        "assumptions": [_remark(remark) for remark in derivation.assumptions],
        "conventions": [_remark(remark) for remark in derivation.conventions],
        "steps": [
            {
                "name": step.name,
                "rule": _remark(step.rule),
                "text": step.write(Text()),
                "latex": step.write(Latex()),
                "left": tree(step.left),
                "relation": step.relation,
                "right": tree(step.right),
                "over": [[tree(symbol), tree(extent)] for symbol, extent in step.over],
            }
            for step in derivation.steps
        ],
        "instances": [
            {
                "values": [[tree(symbol), _plain(value)] for symbol, value in instance.values.items()],
                "arrays": {name: _numbers(array) for name, array in instance.arrays.items()},
            }
            for instance in derivation.instances
        ],
    }


def from_record(values: Mapping[str, Any]) -> Derivation:
    """The derivation of a record. Its steps are checked again, on the instances of the record.

    Raises
    ------
    NotationError
        For values that are no record of a derivation.
    DerivationError
        Where a step of it does not hold.
    """
    if not isinstance(values, Mapping) or values.get("format") != FORMAT or not isinstance(values.get("title"), str):
        raise NotationError(
            "this is no record of a derivation.", rule=f'it has "format": "{FORMAT}"', fix="write it with record()"
        )
    try:
        steps = tuple(map(_read_step, values["steps"]))
        instances = tuple(map(_read_instance, values["instances"]))
        _check_effort(steps, instances)
        return Derivation(
            values["title"],
            tuple(map(_read_remark, values["assumptions"])),
            steps,
            instances,
            tuple(map(_read_remark, values["conventions"])),
        )
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
        if isinstance(error, NotationError):
            raise
        raise NotationError(
            "this record of a derivation is damaged.", here=clip(f"{type(error).__name__}: {error}")
        ) from None


def _check_effort(steps: Iterable[Step], instances: Sequence[Instance]) -> None:
    """Refuse formulas that would take long to evaluate: a file may come from anywhere."""
    for step in steps:
        for instance in instances:
            effort = sum(count_terms(side, instance.environment) for side in (step.left, step.right))
            if effort > LONGEST:
                raise NotationError(
                    f"the step '{clip(step.name)}' of the record is too long to check.",
                    here=f"about {effort:,} terms",
                    rule=f"at most {LONGEST:,}",
                )


def tree(expr: Any) -> Any:
    """A formula as nested lists, each with the name of its head first; integers as they are."""
    expr = sp.sympify(expr)
    match expr:
        case sp.Integer():
            return int(expr)
        case sp.Rational():
            return ["Rational", int(expr.p), int(expr.q)]
        case sp.Symbol():
            return ["Symbol", expr.name, _kind(expr)]
        case sp.Indexed():
            return ["Entry", str(expr.base), *map(tree, expr.indices)]
        case sp.IndexedBase():
            return ["Array", str(expr)]
        case sp.MatrixSymbol():
            return ["MatrixSymbol", expr.name, *map(tree, expr.shape)]
        case sp.MatrixBase():
            return ["Matrix", *([tree(entry) for entry in expr.row(i)] for i in range(expr.rows))]
        case _ if expr in (sp.oo, -sp.oo, sp.pi, sp.true, sp.false):
            return ["Constant", str(expr)]
        case sp.Piecewise():
            return ["Piecewise", *([tree(value), tree(condition)] for value, condition in expr.args)]
        case _ if type(expr).__name__ in _HEADS:
            return [type(expr).__name__, *map(tree, expr.args)]
    raise TypeError(f"no record of {type(expr).__name__}")


def read_tree(values: Any) -> Any:
    """The formula of a tree."""
    if isinstance(values, int):
        return sp.Integer(values)
    head, *arguments = values
    if head == "Pow":
        _check_exponent(arguments[1])
    match head:
        case "Rational":
            return sp.Rational(*arguments)
        case "Symbol":
            assumed = arguments[1]
            return sp.Symbol(arguments[0], **(_KINDS[assumed] if isinstance(assumed, str) else assumed))
        case "Entry":
            return terms.entry_at(arguments[0], tuple(map(read_tree, arguments[1:])))
        case "Array":
            return terms.array(*arguments)
        case "MatrixSymbol":
            return sp.MatrixSymbol(arguments[0], *map(read_tree, arguments[1:]))
        case "Matrix":
            return sp.ImmutableMatrix([[read_tree(entry) for entry in row] for row in arguments])
        case "Constant":
            return {"oo": sp.oo, "-oo": -sp.oo, "pi": sp.pi, "True": sp.true, "False": sp.false}[arguments[0]]
        case "Piecewise":
            return sp.Piecewise(*((read_tree(value), read_tree(condition)) for value, condition in arguments))
    if head not in _HEADS:
        raise NotationError("a formula of the record has an unknown head.", here=clip(str(head)))
    options = {"evaluate": False} if _HEADS[head] in _EXACT else {}
    return _HEADS[head](*map(read_tree, arguments), **options)


def _check_exponent(exponent: Any) -> None:
    """Refuse powers that would take long to compute: a tower, or a number too large."""
    if isinstance(exponent, int) and abs(exponent) > HIGHEST:
        raise NotationError(
            "a power of the record is too high.", here=f"exponent {exponent:,}", rule=f"at most {HIGHEST}"
        )
    if isinstance(exponent, list):
        if exponent[0] == "Pow" and exponent[2] != -1:
            raise NotationError("an exponent of the record is a power itself.", here=clip(str(exponent)))
        for part in exponent[1:]:
            _check_exponent(part)


def _kind(symbol: sp.Symbol) -> str | dict[str, bool]:
    """What is assumed of a symbol: by a name where it has one, else written down."""
    kinds = (kind for kind, assumed in _KINDS.items() if sp.Symbol(symbol.name, **assumed) == symbol)
    return next(kinds, symbol.assumptions0)


def _remark(remark: Remark) -> dict[str, Any]:
    return {"text": remark.text, "formulas": [tree(formula) for formula in remark.formulas]}


def _read_remark(values: Mapping[str, Any]) -> Remark:
    return Remark(values["text"], tuple(map(read_tree, values["formulas"])))


def _read_step(values: Mapping[str, Any]) -> Step:
    over = tuple((read_tree(symbol), read_tree(extent)) for symbol, extent in values["over"])
    left, right = read_tree(values["left"]), read_tree(values["right"])
    return Step(values["name"], _read_remark(values["rule"]), left, right, over, values["relation"])


def _numbers(array: Array) -> dict[str, Any]:
    """Numbers of an array: all of a dense one, those that are not zero of any other."""
    match array:
        case Tensor():
            return {"shape": list(array.shape), "numbers": [str(value) for value in array.values]}
        case Lazy():
            numbers = {at: array[at] for at in product(*map(range, array.shape))}
            shape = list(array.shape)
        case Sparse():
            numbers, shape = array.numbers, None if array.shape is None else list(array.shape)
        case _:
            raise TypeError(f"no record of {type(array).__name__}")
    return {"shape": shape, "nonzero": [[list(at), str(value)] for at, value in numbers.items() if value != 0]}


def _plain(value: Any) -> int | str:
    """An integer as it is, any other number as text."""
    return value if isinstance(value, int) else str(value)


def _read_numbers(values: Mapping[str, Any]) -> Array:
    shape = None if values["shape"] is None else tuple(values["shape"])
    if "numbers" in values and shape is not None:
        return Tensor(shape, [Fraction(value) for value in values["numbers"]])
    return Sparse({tuple(at): number(value) for at, value in values["nonzero"]}, shape)


def _read_instance(values: Mapping[str, Any]) -> Instance:
    sizes = {read_tree(symbol): number(v) if isinstance(v, str) else v for symbol, v in values["values"]}
    if any(isinstance(size, int) and abs(size) > LARGEST for size in sizes.values()):
        raise NotationError("an instance of the record is too large.", rule=f"no number above {LARGEST:,}")
    return Instance(sizes, {name: _read_numbers(array) for name, array in values["arrays"].items()})
