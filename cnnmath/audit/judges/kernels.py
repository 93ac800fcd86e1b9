"""Worked examples, computed twice: by the exact reader and by the numeric kernel."""

from __future__ import annotations

import re
from fractions import Fraction
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy as sp

from cnnmath import numeric
from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Candidate, Finding, Findings, Formula, NotCoveredError, exactly, notes_style
from cnnmath.audit.formulas import parse
from cnnmath.audit.given import integer, matrix, numbers, wrong
from cnnmath.audit.grammar import Grammar
from cnnmath.audit.judges.sizes import PADDING, STRIDE
from cnnmath.audit.printed import Printed, agreement
from cnnmath.audit.proof import same
from cnnmath.audit.prose import COUNTS
from cnnmath.errors import CnnmathError, DerivationError
from cnnmath.ops import AveragePool, Conv, Linear, MaxPool, Operator, ReLU, Softmax
from cnnmath.readers import Tensor, exact, gradient
from cnnmath.symbolic import WrittenOut, derive
from cnnmath.symbolic.terms import Expr, Logistic

LARGEST = 1_000_000
"""Products of numbers that an example may take."""

POOLS = MappingProxyType({"average": AveragePool, "mean": AveragePool, "max": MaxPool})


def computed(op: Operator, *operands: Tensor) -> Tensor:
    """Output of an operator, by the exact reader; the kernel has to agree, number by number.

    Raises
    ------
    DerivationError
        Where it does not.
    """
    output = op.shape(operands[0].shape)
    if prod(output) * max(prod(operand.shape) for operand in operands) > LARGEST:
        raise NotCoveredError("the example is too large to be computed exactly")
    truth = exact.forward(op, output, *operands)
    arrays = [_array(operand) for operand in operands]
    given = numeric.forward(op, arrays[0], **dict(zip(op.parameters(operands[0].shape), arrays[1:], strict=True)))
    if given.shape != truth.shape or given.ravel().tolist() != truth.values:
        raise DerivationError("the kernel does not agree with the definition.", here=f"{op!r}")
    return truth


def rows(y: Tensor) -> list[list[Any]]:
    """The last two axes of an array, as rows."""
    width = y.shape[-1]
    return [y.values[i : i + width] for i in range(0, len(y.values), width)]


def full_convolution(claim: Claim) -> Findings:
    """One output of the full convolution of two arrays: padded to every overlap, the kernel flipped."""
    x, h = (_positions(claim, key) for key in ("x", "h"))
    at = claim.need("output")
    if not isinstance(at, list) or len(at) != 2 or not all(isinstance(i, int) for i in at):
        raise wrong(claim, "output", "this is no position.", "write it as in [0, 0]")
    kernel = h.shape[2:]
    conv = Conv(1, kernel, padding=tuple(k - 1 for k in kernel), bias=False)
    y = computed(conv, x, Tensor(h.shape, h.values[::-1]))
    inside = all(0 <= i < n for i, n in zip(at, y.shape[2:], strict=True))
    return {"": exactly(y[0, 0, *at] if inside else 0)}


def sliding(claim: Claim) -> Findings:
    """A filter slid over an image: the whole output, or as much of its beginning as the subject says."""
    x, w = matrix(claim, "input"), matrix(claim, "kernel")
    stride, padding = integer(claim, *STRIDE, default=1), integer(claim, *PADDING, least=0, default=0)
    op = Conv(1, w.shape[2:], stride=stride, padding=padding, bias=False)
    found = computed(op, x, w)
    y = rows(found)
    first = re.search(r"first (?:(\w+) )?outputs?$", claim.subject)
    if claim.subject.endswith("first output row"):
        return {"": exactly(y[0])}
    if first is None:
        return {"": exactly(y, slips=_other_input(op, x, found, claim.claimed, w))}
    return {"": exactly([v for row in y for v in row][: COUNTS.get(first[1], 1)] if first[1] else y[0][0])}


def response(claim: Claim) -> Findings:
    """A filter's response to a patch of its own size."""
    x, w = matrix(claim, "patch"), matrix(claim, "filter")
    if x.shape != w.shape:
        raise wrong(claim, "filter", "the filter has another size than the patch.", "give them one size")
    return {"": exactly(computed(Conv(1, w.shape[2:], bias=False), x, w).values[0])}


def constant_image(claim: Claim) -> Findings:
    """A filter's response to a constant image c, away from its border: a multiple of c."""
    if "constant image" not in str(claim.need("input")):
        raise NotCoveredError("the input is not a constant image")
    w = matrix(claim, "kernel")
    conv = Conv(1, w.shape[2:], bias=False)
    factor = computed(conv, Tensor(w.shape, [Fraction(1)] * prod(w.shape)), w).values[0]
    c = sp.Symbol("c", real=True)
    rule = c * sp.Rational(factor)
    return {"": exactly(Formula(str(rule), Grammar({"c": c}), lambda other: same(rule, other)))}


def pooling(claim: Claim) -> Findings:
    """A pooled image; the subject gives the window, and the place or the subject the kind."""
    x, op = matrix(claim, "input"), pool(claim, claim.subject)
    y = computed(op, x)
    return {"": exactly(rows(y), slips=_other_input(op, x, y, claim.claimed))}


def pool(claim: Claim, window: str) -> AveragePool | MaxPool:
    """The pooling of a window in words, as in ``2x2 stride 2``, of the kind that the claim speaks of."""
    said = f"{claim.subject} {claim.where}".lower()
    kinds = {kind for word, kind in POOLS.items() if re.search(rf"\b{word}", said)}
    match = re.search(r"\b(\d{1,4})x(\d{1,4})(?: stride (\d{1,4}))?", window)
    if len(kinds) != 1 or match is None:
        raise NotCoveredError("which pooling is meant is not understood")
    kernel = int(match[1]), int(match[2])
    return kinds.pop()(kernel, stride=int(match[3]) if match[3] else None)


def outer_product(claim: Claim) -> Findings:
    """A kernel from a column and a row, times a number where the part says so: a dense layer of one input."""
    column, row = numbers(claim, "column"), numbers(claim, "row")
    height, width = len(column.values), len(row.values)
    outer = Linear(width, bias=False)
    y = rows(computed(outer, Tensor((height, 1), column.values), Tensor((width, 1), row.values)))
    found = {}
    for part in claim.parts:
        times = re.fullmatch(r"(?:kernel)?(?:\*(\d{1,9}))?", part)
        if times:
            found[part] = exactly([[v * int(times[1] or 1) for v in row] for row in y])
    return found


def softmax(claim: Claim) -> Findings:
    """A softmax with its intermediate values, exact and from intermediate values as they are printed."""
    z = numbers(claim, "z")
    if len(z.shape) != 1 or max(map(abs, z.values)) > 10_000:
        raise wrong(claim, "z", "this is no list of moderate numbers.", "give one row of numbers within 10,000 of 0")
    exponentials = [exact.Exact().exp(v) for v in z.values]
    shares = exact.forward(Softmax(), (1, len(z.values)), Tensor((1, len(z.values)), z.values)).values
    printed = _rounded(exponentials)
    from_printed = [Candidate([v / sum(printed) for v in printed], "computed from exponentials rounded to integers")]
    found = {
        "exp": _endless(exponentials),
        "sum": _endless(sum(exponentials), Candidate(sum(printed), "the sum of rounded exponentials")),
        "softmax": _endless(shares, *(from_printed if sum(printed) else [])),
    }
    return {**found, "": found["softmax"]}


def residual_block(claim: Claim) -> Findings:
    """What a block in symbols is, once its letters have the values that the claim gives them."""
    z = sp.Symbol("z", real=True)
    relu = written(ReLU(), "y")
    values: dict[str, Expr] = {}
    for name, value in claim.given.items():
        if name != "block":
            bound = value == f"{name} >= 0"
            if not bound and (not isinstance(value, int) or abs(value) > 10**9):
                raise wrong(claim, name, "this is no value of a letter.", f"give an integer, or '{name} >= 0'")
            values[name] = sp.Symbol(name, nonnegative=True) if bound else sp.Integer(value)
    grammar = Grammar(values, {"relu": lambda a: relu.subs(z, a)})
    block = claim.need("block")
    try:
        truth = parse(str(block), grammar)
    except CnnmathError as error:
        raise error.at(f"{claim.place}.given.block") from None
    by_case = sp.simplify(truth)
    return {"": exactly(Formula(notes_style(by_case), grammar, lambda other: same(truth, other)))}


def written(op: Operator, wrt: str) -> Expr:
    """A pointwise operator, or its derivative, as an expression in z, the logistic function with its exponential."""
    ((_, named),) = WrittenOut(derive(op, wrt, rank=0), op, ((1, 1),)).equations()
    right = named.replace(Logistic, lambda a: 1 / (1 + sp.exp(-a)))
    return right.subs({sp.Symbol("x"): sp.Symbol("z", real=True), sp.Symbol("dL/dy"): 1})


def _positions(claim: Claim, key: str) -> Tensor:
    """An array that is given by position: ``{"0,0": 4, "1,0": 5, ...}``; what is not given is 0."""
    given = claim.need(key)
    try:
        entries = {tuple(map(int, at.split(","))): Fraction(str(value)) for at, value in given.items()}
        height, width = (max(axis) + 1 for axis in zip(*entries, strict=True))
        if min(map(min, entries)) < 0 or height * width > 10_000:
            raise ValueError
    except (AttributeError, ValueError, TypeError):
        raise wrong(claim, key, "this is no array by position.", 'write it as in {"0,0": 4, "1,0": 5}') from None
    return Tensor(
        (1, 1, height, width), [entries.get((i, j), Fraction(0)) for i in range(height) for j in range(width)]
    )


def _endless(truth: Any, *others: Candidate) -> Finding:
    return Finding((Candidate(truth), *others), endless=True)


def _rounded(values: list[Fraction]) -> list[Fraction]:
    return [Fraction(round(v)) for v in values]


def _array(tensor: Tensor) -> Any:
    array = np.empty(len(tensor.values), object)
    array[:] = [Fraction(v) for v in tensor.values]
    return array.reshape(tensor.shape)


def _other_input(op: Operator, x: Tensor, y: Tensor, printed: Any, *parameters: Tensor) -> list[tuple[Any, str]]:
    """A slip: one input is another whole number, which makes every wrong output the printed one and no other."""
    flat = [v for row in printed for v in row] if isinstance(printed, list) and _rectangular(printed) else []
    if len(flat) != len(y.values):
        return []
    figures = [Printed.of(value) for value in flat]
    wrong = [agreement(figure, right) is None for figure, right in zip(figures, y.values, strict=True)]
    if not any(wrong):
        return []
    named = dict(zip(("x", *op.parameters(x.shape)), (x, *parameters), strict=True))
    explaining, touching = [], set()
    for at, figure, right, differs in zip(y.positions(), figures, y.values, wrong, strict=True):
        slopes = {place: d for (name, place), d in gradient.partials(op, at, named).items() if name == "x" and d}
        if differs:
            explaining.append({(place, x[place] + (figure.value - right) / d) for place, d in slopes.items()})
        else:
            touching |= set(slopes)
    for place, value in sorted(set.intersection(*explaining)):
        if place not in touching and value >= 0 and value.denominator == 1:
            values = [value if at == place else old for at, old in zip(x.positions(), x.values, strict=True)]
            output = rows(computed(op, Tensor(x.shape, values), *parameters))
            change = f"{value} for {x[place]} in row {place[2] + 1}, column {place[3] + 1}"
            return [(output, f"the output of another input, for example with {change}")]
    return []


def _rectangular(printed: list[Any]) -> bool:
    return all(isinstance(row, list) and not any(isinstance(v, (list, dict)) for v in row) for row in printed)
