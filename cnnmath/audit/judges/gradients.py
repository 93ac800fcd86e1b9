"""Gradients of convolution and pooling, entry by entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp

from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Candidate, Finding, Findings, Formula, NotCoveredError, exactly, notes_style
from cnnmath.audit.given import image, matrix, read_sizes
from cnnmath.audit.grammar import Grammar, written_out
from cnnmath.audit.judges.kernels import computed, pool
from cnnmath.audit.proof import same, throughout
from cnnmath.ops import AveragePool, Conv, MaxPool
from cnnmath.readers import Tensor, gradient
from cnnmath.symbolic import WrittenOut, derive
from cnnmath.symbolic.terms import Expr, array

FROM_ONE = "indices start at 1"
EVERY_MAXIMUM = "at a tie every maximum takes the whole gradient"
SHARED = "at a tie the maxima share the gradient"
LARGEST = 9
"""Longest axis of an input for which a gradient is written out."""


def convolution(claim: Claim) -> Findings:
    """One entry of dL/dx or dL/dw, or all of them where its indices are letters; z is the output, f or w the filter."""
    target = re.search(r"dL/d([a-z])_([a-z]{2}|\d{2})\b", claim.subject)
    if target is None:
        raise NotCoveredError("which entry is meant is not understood")
    letter, indices = target[1], target[2]
    shapes = _shapes(claim)
    wrt = "x" if letter == "x" else "w"
    filters = "f" if wrt == "x" and "f_" in str(claim.claimed) else letter if wrt == "w" else "w"
    if not indices.isdigit() and (wrt == "x" or len({*indices, *"ij"}) < 4):
        raise NotCoveredError("with letters, the gradient of a filter alone is judged, its letters other than i and j")
    readings, written = [], _written(wrt, shapes)
    for start, name in ((0, ""), (1, FROM_ONE)):
        entries = dict(_entries(written, filters, start))
        if indices.isdigit():
            at = tuple(map(int, indices))
            if at in entries:
                readings.append(Candidate(_entry(entries[at], shapes, start), name))
        else:
            readings.append(Candidate(_all_entries(entries, indices, shapes, start), name))
    if not readings:
        raise NotCoveredError(f"there is no entry {indices}, whether indices start at 0 or at 1")
    return {"": Finding(tuple(readings))}


def pooled(claim: Claim) -> Findings:
    """Value and gradient of one output of a pooling, over the window that it reads."""
    x, op = matrix(claim, "input"), pool(claim, str(claim.need("window")))
    target = re.search(r"\bZ_(\d)(\d)\b", claim.subject)
    if target is None:
        raise NotCoveredError("which output is meant is not understood")
    y = computed(op, x)
    at = tuple(map(int, target.groups()))
    places = [(name, tuple(i - start for i in at)) for start, name in ((0, ""), (1, FROM_ONE))]
    inside = [(name, o) for name, o in places if all(0 <= i < n for i, n in zip(o, y.shape[2:], strict=True))]
    if not inside:
        raise NotCoveredError(f"there is no output {target[0]}, whether indices start at 0 or at 1")
    gradients = [
        Candidate(rows, " and ".join(filter(None, (name, tie))))
        for name, o in inside
        for rows, tie in _slopes(op, x, o)
    ]
    values = tuple(Candidate(y[0, 0, *o], name) for name, o in inside)
    return {"value": Finding(values), "dZ/dX": Finding(tuple(gradients)), "": Finding(tuple(gradients))}


def maximum(claim: Claim) -> Findings:  # noqa: ARG001 - the maximum of two numbers is always the same
    """Gradient of the larger of two numbers, with a rule for ties."""
    x, y = sp.symbols("x y", real=True)
    above = sp.Symbol("d", positive=True)
    cases = [{x: y + above}, {x: y}, {x: y - above}]
    above_it, below_it = _slopes_of_two(1, 0), _slopes_of_two(0, 1)

    def ruled(at_tie: Sequence[Any], text: str) -> Formula:
        slopes = zip(above_it, at_tie, below_it, strict=True)
        truth = sp.Tuple(*(sp.Piecewise((a, x > y), (tie, sp.Eq(x, y)), (b, True)) for a, tie, b in slopes))
        return Formula(text, Grammar({"x": x, "y": y}), lambda other: same(truth, other, cases))

    first, half = _slopes_of_two(0, 0), (Fraction(1, 2),) * 2
    shared = "[1(x > y) + 0.5 1(x == y), 1(y > x) + 0.5 1(x == y)]"
    return {
        "": exactly(
            ruled(first, "[1(x >= y), 1(y > x)]"),
            (ruled((1, 1), "[1(x >= y), 1(y >= x)]"), EVERY_MAXIMUM),
            (ruled(half, shared), SHARED),
        )
    }


def _slopes_of_two(a: int, b: int) -> tuple[Fraction, ...]:
    """Gradient of max(a, b), read from the sentence of a pooling."""
    found = gradient.partials(MaxPool((2,)), (0, 0, 0), {"x": Tensor((1, 1, 2), [a, b])})
    return tuple(found.get(("x", (0, 0, i)), Fraction(0)) for i in range(2))


def _slopes(op: AveragePool | MaxPool, x: Tensor, o: tuple[int, ...]) -> Iterator[tuple[list[list[Fraction]], str]]:
    """Gradient over the window of an output; of a maximum, also under other rules for ties."""
    windows = op.windows(x.shape[2:])
    places = [list(product([i], windows[1].reads(o[1]))) for i in windows[0].reads(o[0])]
    found = gradient.partials(op, (0, 0, *o), {"x": x})
    yield [[found.get(("x", (0, 0, *at)), Fraction(0)) for at in row] for row in places], ""
    if isinstance(op, MaxPool):
        numbers = [[x[0, 0, *at] for at in row] for row in places]
        top = max(map(max, numbers))
        tied = [[Fraction(v == top) for v in row] for row in numbers]
        count = sum(map(sum, tied))
        if count > 1:
            yield tied, EVERY_MAXIMUM
            yield [[v / count for v in row] for row in tied], SHARED


def _shapes(claim: Claim) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Input and filter, as given or as the subject says: ``a 3x3 input and a 2x2 filter``."""
    said = re.search(r"a (\d+x\d+) input and a (\d+x\d+) filter", claim.subject)
    if said and not claim.given:
        found = tuple(read_sizes(text) or (0, 0) for text in said.groups())
    else:
        found = (image(claim, "input")[2:], image(claim, "filter")[2:])
    x, w = found
    if any(not 0 < k <= n <= LARGEST for k, n in zip(w, x, strict=True)):
        raise NotCoveredError(
            f"a gradient is written out for a filter that fits its input of at most {LARGEST}x{LARGEST}"
        )
    return x, w


def _written(wrt: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> list[tuple[Expr, Expr]]:
    """Every entry of a gradient, as the package derives it."""
    x, w = shapes
    conv = Conv(1, w, bias=False)
    return WrittenOut(derive(conv, wrt), conv, ((1, 1, *x),)).equations()


def _entries(equations: Iterable[tuple[Expr, Expr]], letter: str, start: int) -> Iterator[tuple[tuple[int, ...], Expr]]:
    """The entries in the letters of notes: dL/dz for the gradient from above."""
    names = {"dL/dy": "dL/dz", "w": letter, "x": "x"}

    def renamed(base: Expr, *indices: Expr) -> Expr:
        return array(names[str(base)])[tuple(i + start for i in indices)]

    for left, right in equations:
        yield tuple(int(i) + start for i in left.indices), right.replace(sp.Indexed, renamed)


def _entry(truth: Expr, shapes: tuple[tuple[int, ...], tuple[int, ...]], start: int) -> Formula:
    def agrees(other: Expr) -> bool | None:
        return same(truth, written_out(other, _ranges(shapes, start)))

    return Formula(notes_style(truth), Grammar(), agrees)


def _all_entries(
    entries: Mapping[tuple[int, ...], Expr], names: str, shapes: tuple[tuple[int, ...], tuple[int, ...]], start: int
) -> Formula:
    """One formula for all entries, whose indices are letters."""
    letters = [sp.Symbol(name, real=True) for name in names]

    def agrees(other: Expr) -> bool | None:
        sums = written_out(other, _ranges(shapes, start))
        return throughout(same(truth, sums.subs(dict(zip(letters, at, strict=True)))) for at, truth in entries.items())

    shift = f"-{start}" if start else ""
    first, second = names
    return Formula(f"sum_ij dL/dz_ij x_(i+{first}{shift})(j+{second}{shift})", Grammar(), agrees)


def _ranges(shapes: tuple[tuple[int, ...], tuple[int, ...]], start: int) -> dict[str, range]:
    """Sums over i and j run over the outputs."""
    x, w = shapes
    outputs = Conv(1, w).shape((1, 1, *x))[2:]
    return {name: range(start, start + n) for name, n in zip("ij", outputs, strict=True)}
