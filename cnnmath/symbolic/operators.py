"""From an operator's sentence to its forward and backward formulas, in four steps."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from cnnmath.errors import unknown
from cnnmath.ops import Operator
from cnnmath.ops.algebra import check_operator
from cnnmath.symbolic import named
from cnnmath.symbolic.derivation import Derivation, Step, Target, step
from cnnmath.symbolic.differentiate import collapse, jacobian
from cnnmath.symbolic.evaluate import Entry
from cnnmath.symbolic.indices import gradient_indices, output_at
from cnnmath.symbolic.letters import Letters
from cnnmath.symbolic.reader import Symbolic, read
from cnnmath.symbolic.remark import remark
from cnnmath.symbolic.terms import Expr, Maximum, Partial, Sigma, array, entry_at
from cnnmath.window import check_at_least

FIRST_MAXIMUM = remark("{} is the first tap, in row-major order, at which the maximum is attained.", sp.Symbol("k*"))


def derive(op: Operator, wrt: str = "x", *, rank: int = 2) -> Derivation:
    """Derive the forward formula of an operator (``wrt="y"``), or the gradient with respect to an operand.

    Sizes and widths are symbols N, C, F, H, W; window settings are what the operator has, integers or symbols. What a
    sentence names, such as a mean or a gate, has a step of its own, and so has the gradient by it.

    Parameters
    ----------
    op
        The operator.
    wrt
        ``"y"``, or the name of an input or a trainable parameter: ``"x"``, ``"w"``, ``"b"`` ...
    rank
        Number of spatial axes, for an operator that takes any.

    Raises
    ------
    UnknownNameError
        For an operand that the operator does not have.
    DerivationError
        Where a step's check fails: a mistake in the derivation itself, which it names.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> print(derive(Conv(1, (2,), stride=2, bias=False)).text(full=False))
    dL/dx of conv(F, (2,), stride=2, bias=False)
      x (N, C, L), w (F, C, 2), y (N, F, O)
      O = floor(L/2)
         dL/dx[n,c,j] = sum{f<F | j < 2*O} dL/dy[n,f,floor(j/2)]*w[f,c,j mod 2]
    """
    known = targets(op, rank=rank)
    if not (isinstance(wrt, str) and wrt in known):
        raise unknown("operand", wrt, known).at(type(op).__name__.lower())
    letters = Letters.of(op, rank)
    reading = named.Reading.of(letters)
    definitions = named.definitions(reading)
    entry, definition = named.definition(reading) if definitions else _definition(letters)
    steps = [*definitions, definition]
    if wrt != "y":
        entry, *further = named.gradients(letters, reading, wrt) if definitions else _gradient(letters, wrt)
        steps += further
    return Derivation(
        f"y = {letters.setting}" if wrt == "y" else f"dL/d{wrt} of {letters.setting}",
        letters.assumptions,
        tuple(steps),
        letters.instances(),
        (FIRST_MAXIMUM,) if wrt != "y" and definition.right.has(Maximum) else (),
        Target(letters.op, wrt, letters.inputs, letters.definitions, entry),
    )


def targets(op: Operator, *, rank: int = 2) -> list[str]:
    """What can be derived of an operator: the output, and the gradient of every input and trainable parameter.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> targets(Conv(8, 3))
    ['y', 'x', 'w', 'b']
    """
    check_operator(op)
    check_at_least("rank", rank, 0)
    letters = Letters.of(op, rank)
    buffers = letters.op.buffers(*letters.inputs)
    return ["y", *(name for name in letters.operands if name not in buffers)]


def unchecked(op: Operator, wrt: str = "x", *, rank: int = 2) -> Step:
    """The result of `derive` for an operand, before any check: a part of a derivation that checks it in its place.

    Examples
    --------
    >>> from cnnmath.ops import Linear
    >>> unchecked(Linear(10))
    Collapse: dL/dx[n,c] = sum{f<F} dL/dy[n,f]*w[f,c]
    """
    return _gradient(Letters.of(op, rank), wrt)[-1]


def _definition(letters: Letters) -> tuple[Entry, Step]:
    reader, op, declared = Symbolic(), letters.padded, letters.operands
    at, bound = output_at(op, letters.shapes["y"], declared, reader)
    ranges = {symbol: reader.ranges[symbol] for symbol in bound}
    right = read(op, declared, at, reader)
    return (at, ranges), step(
        "Definition", "the operator's sentence, read with symbols.", entry_at("y", at), right, ranges
    )


def _gradient(letters: Letters, wrt: str) -> tuple[Entry, Step, Step, Step]:
    reader, op, declared = Symbolic(called=True), letters.padded, letters.operands
    free = reader.bind_each(gradient_indices(op, wrt, len(declared[wrt])), declared[wrt])
    entry: Entry = (free, dict(reader.ranges))
    x, total = array(wrt)[tuple(free)], array(f"dL/d{wrt}")[tuple(free)]
    at, bound = output_at(op, letters.shapes["y"], declared, reader)
    ranges = {symbol: reader.ranges[symbol] for symbol in bound}
    y, upstream = entry_at("y", at), entry_at("dL/dy", at)
    slope = jacobian(read(op, declared, at, reader), x, at, reader)
    result = collapse(_summed(upstream * slope, ranges), bound, entry[1], letters.definitions)
    return (
        entry,
        step(
            "Chain rule",
            "every output that the entry touches passes its gradient on.",
            total,
            _summed(upstream * Partial(y, x), ranges),
            entry[1],
        ),
        step(
            "Jacobian",
            "an output depends on the entry where the indices agree.",
            Partial(y, x),
            slope,
            ranges | entry[1],
        ),
        step(
            "Collapse",
            "a sum against a bracket leaves the one term that solves it, if there is one.",
            total,
            result,
            entry[1],
        ),
    )


def _summed(body: Expr, ranges: Mapping[sp.Symbol, Expr]) -> Expr:
    """Sum over all outputs; where there is but one, no sum."""
    return Sigma(body, ranges.items()) if ranges else body
