"""Derivations: from an operator's sentence to its forward and backward formulas, in named and checked steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from cnnmath.errors import unknown
from cnnmath.ops import Operator, operands
from cnnmath.ops.algebra import Shape
from cnnmath.ops.notation import describe
from cnnmath.symbolic.check import Instance, instances
from cnnmath.symbolic.differentiate import collapse, jacobian
from cnnmath.symbolic.evaluate import Entry
from cnnmath.symbolic.notations import Latex, MathML, Notation, Text
from cnnmath.symbolic.reader import Symbolic, read
from cnnmath.symbolic.setting import gradient_indices, named_padding, output_at, output_sizes, symbolic
from cnnmath.symbolic.terms import Expr, Maximum, Partial, Sigma, array
from cnnmath.symbolic.typeset import equation, typeset

TIE_RULE = "k* is the first tap, in row-major order, at which the maximum is attained."


@dataclass(frozen=True, slots=True)
class Step:
    """One equation of a derivation: what it is called, why it holds, and its two sides."""

    name: str
    rule: str
    left: Expr
    right: Expr

    def write(self, notation: Notation) -> str:
        """The equation in a notation."""
        return equation(self.left, self.right, notation)


@dataclass(frozen=True, slots=True)
class Derivation:
    """The formula of an output (``wrt="y"``) or of the gradient of a loss L with respect to an operand.

    Every step has been evaluated, both sides, exactly, on small instances; one that fails cannot be built.

    Attributes
    ----------
    op, wrt
        The operator, and the operand whose gradient is derived.
    inputs
        Symbolic shapes of the inputs.
    definitions
        What the names of output sizes stand for.
    entry
        Indices of the entry that the result speaks of, with their ranges.
    steps
        The steps in order; the last one is the result.
    """

    op: Operator
    wrt: str
    inputs: tuple[Shape, ...]
    definitions: Mapping[sp.Symbol, Expr]
    entry: Entry
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        """What is derived."""
        return f"y = {self.setting}" if self.wrt == "y" else f"dL/d{self.wrt} of {self.setting}"

    @property
    def setting(self) -> str:
        """The operator, its symbols as text formulas write them: K1, not K_1."""
        return re.sub(r"\b([A-Za-z])_(\w)\b", r"\1\2", describe(self.op))

    @property
    def shapes(self) -> dict[str, Shape]:
        """Symbolic shapes of the operands and of the output y."""
        output, _ = output_sizes(self.op, *self.inputs)
        return {**operands(self.op, *self.inputs), "y": output}

    @property
    def tie(self) -> str:
        """The rule for ties, where a maximum makes it matter."""
        return TIE_RULE if self.wrt != "y" and self.steps[0].right.has(Maximum) else ""

    def assumptions(self, notation: Notation) -> list[str]:
        """Shapes, and what the names of sizes stand for."""
        shapes = (f"{name} {_shape(shape, notation)}" for name, shape in self.shapes.items())
        return [", ".join(shapes), *(equation(*pair, notation) for pair in self.definitions.items())]

    @property
    def result(self) -> Step:
        """The last step."""
        return self.steps[-1]

    def text(self, *, full: bool = True) -> str:
        """Plain text: all steps, or the result alone."""
        lines = [self.title, *(f"  {line}" for line in [*self.assumptions(Text()), self.tie] if line)]
        for i, step in enumerate(self.steps if full else self.steps[-1:], 1):
            lines += ["", f"  {i}. {step.name}: {step.rule}" if full else "", f"     {step.write(Text())}"]
        return "\n".join(line for line in lines if line or full)

    def latex(self, *, full: bool = True) -> str:
        r"""LaTeX, for the package amsmath: the equations in an ``align*``, then what their names stand for."""
        rows = [step.write(Latex()) for step in (self.steps if full else self.steps[-1:])]
        rows += [equation(*pair, Latex()) for pair in self.definitions.items()]
        return aligned([*rows, *([rf"& \text{{{self.tie.replace('k*', '$k^*$')}}}"] if self.tie else [])])

    def html(self) -> str:
        """HTML whose mathematics is MathML: it needs no script and no font of its own."""
        steps = "".join(
            f"<li><p><b>{step.name}.</b> {step.rule}</p><math displaystyle='true'>{step.write(MathML())}</math></li>"
            for step in self.steps
        )
        return f"<ol class='steps'>{steps}</ol>"

    def remarks(self) -> str:
        """The assumptions as HTML."""
        shapes, *sizes = self.assumptions(MathML())
        return "; ".join([f"where {shapes}", *(f"<math>{size}</math>" for size in sizes)])

    def __repr__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_html_(self) -> str:
        tie = f"<p>{self.tie}</p>" if self.tie else ""
        return f"<h4>{self.title}</h4><p>{self.remarks()}</p>{tie}{self.html()}"


def derive(op: Operator, wrt: str = "x", *, rank: int = 2) -> Derivation:
    """Derive the forward formula of an operator (``wrt="y"``), or the gradient with respect to an operand.

    Sizes and widths are symbols N, C, F, H, W; window settings are what the operator has, integers or symbols.

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
    op, shapes = symbolic(op, rank)
    declared, known = operands(op, *shapes), targets(op, rank=rank)
    if wrt not in known:
        raise unknown("operand", wrt, known).at(type(op).__name__.lower())
    sentence, padding = named_padding(op, *shapes)
    output, outputs = output_sizes(op, *shapes)
    definitions = padding | outputs
    checks = instances(op, shapes, definitions)
    entry, *steps = _definition(sentence, declared, output, checks)
    if wrt != "y":
        entry, *further = _gradient(sentence, wrt, declared, output, checks)
        steps += further
    return Derivation(op, wrt, shapes, definitions, entry, tuple(steps))


def targets(op: Operator, *, rank: int = 2) -> list[str]:
    """What can be derived of an operator: the output, and the gradient of every input and trainable parameter.

    Examples
    --------
    >>> from cnnmath.ops import Conv
    >>> targets(Conv(8, 3))
    ['y', 'x', 'w', 'b']
    """
    op, shapes = symbolic(op, rank)
    return ["y", *(name for name in operands(op, *shapes) if name not in op.buffers(*shapes))]


def _definition(
    op: Operator, declared: dict[str, Shape], output: Shape, checks: Sequence[Instance]
) -> tuple[Entry, Step]:
    reader = Symbolic()
    at, bound = output_at(op, output, declared, reader)
    ranges = {symbol: reader.ranges[symbol] for symbol in bound}
    left, right = array("y")[at], read(op, declared, at, reader)
    for check in checks:
        check.forward("definition", right, (at, ranges))
    return (at, ranges), Step("Definition", "the operator's sentence, read with symbols.", left, right)


def _gradient(
    op: Operator, wrt: str, declared: dict[str, Shape], output: Shape, checks: Sequence[Instance]
) -> tuple[Entry, Step, Step, Step]:
    reader = Symbolic()
    names = gradient_indices(op, wrt, len(declared[wrt]))
    free = [reader.bind(*pair) for pair in zip(names, declared[wrt], strict=True)]
    entry: Entry = (free, dict(reader.ranges))
    x, total = array(wrt)[tuple(free)], array(f"dL/d{wrt}")[tuple(free)]
    at, bound = output_at(op, output, declared, reader)
    ranges = {symbol: reader.ranges[symbol] for symbol in bound}
    y, upstream = array("y")[at], array("dL/dy")[at]
    slope = jacobian(read(op, declared, at, reader), x, at, reader)
    chain = Sigma(upstream * slope, ranges.items())
    result = collapse(chain, bound, entry[1])
    for check in checks:
        check.partials("jacobian", slope, wrt, (at, ranges), entry)
        check.backward(wrt, entry, chain=chain, collapse=result)
    unworked = Sigma(upstream * Partial(y, x), ranges.items())
    return (
        entry,
        Step("Chain rule", "every output that the entry touches passes its gradient on.", total, unworked),
        Step("Jacobian", "an output depends on the entry where the indices agree.", Partial(y, x), slope),
        Step("Collapse", "a sum against a bracket leaves the one term that solves it, if there is one.", total, result),
    )


def aligned(equations: Sequence[str]) -> str:
    """LaTeX equations, aligned at their first equals sign."""
    rows = " \\\\\n".join(row.replace(" = ", " &= ", 1) for row in equations)
    return f"\\begin{{align*}}\n{rows}\n\\end{{align*}}"


def _shape(shape: Sequence[Expr], notation: Notation) -> str:
    sizes = [typeset(sp.sympify(n), notation) for n in shape]
    if isinstance(notation, MathML):
        return f"<math><mo>(</mo>{'<mo>,</mo>'.join(sizes)}<mo>)</mo></math>"
    return f"({', '.join(sizes)})"
