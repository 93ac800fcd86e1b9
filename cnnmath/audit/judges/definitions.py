"""Definitions as formulas: convolution and cross-correlation, local response normalisation."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from string import ascii_letters
from typing import Any

import sympy as sp

from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Findings, Formula, NotCoveredError, exactly
from cnnmath.audit.grammar import Grammar, Total, written_out
from cnnmath.audit.proof import same, throughout
from cnnmath.ops import Conv, LocalResponseNorm
from cnnmath.symbolic import WrittenOut, derive
from cnnmath.symbolic.terms import Expr, array

KERNEL, LENGTH = 2, 3
"""Sizes at which definitions are written out: of the kernel, and of what it slides over, along each axis."""

RESPONSE_RULE = "y_ijk = x_ijk (kappa + {} sum_(q in G(k)) x_ijq^2)^(-beta)"
PAPER_ALPHA = "alpha multiplies the sum itself, as in the 2012 paper; PyTorch and ONNX divide it by the group's size"
RESPONSE = tuple((n, Fraction(1, 2), Fraction(3, 4), Fraction(2)) for n in (2, 3, 5))
"""Settings of a local response normalisation at which its formula is compared: size, alpha, beta, kappa."""


def sliding(claim: Claim) -> Findings:
    """Convolution and cross-correlation: of what is printed, the array that is read at the bound indices is the kernel.

    Both are written out at a small size, with zeros outside, and compared with the package's convolution there, which
    is a cross-correlation; the kernel flipped, it is a convolution.
    """
    functions = {letter: _reader(letter) for letter in ascii_letters}
    grammar = Grammar(functions=functions)

    def formula(sign: str) -> Formula:
        return Formula(_template(claim, sign), grammar, lambda other: _same_sliding(other, sign))

    found = {"cross-correlation": exactly(formula("+")), "convolution": exactly(formula("-"))}
    alone = next((name for name in found if claim.subject.lower().startswith(name)), None)
    return {**found, **({"": found[alone]} if alone else {})}


def response_norm(claim: Claim) -> Findings:  # noqa: ARG001 - there is one formula
    """Local response normalisation across neighbouring channels; the last index is the channel."""
    return {
        "": exactly(
            Formula(RESPONSE_RULE.format("(alpha/m)"), Grammar(), lambda other: _same_norm(other, divided=True)),
            (
                Formula(RESPONSE_RULE.format("alpha"), Grammar(), lambda other: _same_norm(other, divided=False)),
                PAPER_ALPHA,
            ),
        )
    }


def _reader(letter: str) -> Any:
    """Read ``f(a)`` as the entry of an array."""
    return lambda *at: array(letter)[at]


def _template(claim: Claim, sign: str) -> str:
    """The definition in the letters of the claim's own notation: functions of one argument, or arrays of two."""
    if any("[" in str(printed) for printed in claim.parts.values()):
        return f"G[i,j] = sum_uv h[u,v] F[i{sign}u,j{sign}v]"
    return f"(f*g)(t) = sum_a f(a) g(t{sign}a)"


def _same_sliding(other: Expr, sign: str) -> bool | None:
    """Whether a printed sum is the package's convolution with the kernel as it is (+) or flipped (-)."""
    if not isinstance(other, Total):
        raise NotCoveredError("the definition is not a sum")
    body, *bound = other.args
    entries = body.atoms(sp.Indexed)
    kernels = [e for e in entries if list(e.indices) == bound]
    images = [e for e in entries if e not in kernels]
    if len(kernels) != 1 or len(images) != 1 or len(bound) > 2 or len(images[0].indices) != len(bound):
        raise NotCoveredError("the definition is not a sum over a kernel times what it slides over")
    (kernel,), (image,) = kernels, images
    free = [_shift(index, bound) for index in image.indices]
    sums = written_out(other, {str(i): range(KERNEL) for i in bound})
    outside = _zero_outside(str(image.base))
    return throughout(
        same(truth, sums.subs(dict(zip(free, at, strict=True))).replace(sp.Indexed, outside))
        for at, truth in _written_sliding(len(bound), sign, str(kernel.base), str(image.base))
    )


def _shift(index: Expr, bound: list[Expr]) -> Expr:
    """The index of the output in an index such as i + u."""
    free = index.free_symbols - set(bound)
    if len(free) != 1:
        raise NotCoveredError("an index of the definition is not understood")
    return free.pop()


def _zero_outside(image: str) -> Any:
    def entry(base: Expr, *at: Expr) -> Expr:
        return base[at] if str(base) != image or all(0 <= int(i) < LENGTH for i in at) else sp.S.Zero

    return entry


def _written_sliding(rank: int, sign: str, kernel: str, image: str) -> Iterable[tuple[tuple[int, ...], Expr]]:
    """Every output that is not zero throughout, by position, from the package's definition of convolution."""
    conv = Conv(1, (KERNEL,) * rank, padding=KERNEL - 1, bias=False)

    def named(base: Expr, *at: Expr) -> Expr:
        if str(base) == "x":
            return array(image)[at]
        return array(kernel)[at if sign == "+" else tuple(KERNEL - 1 - i for i in at)]

    shift = KERNEL - 1 if sign == "+" else 0
    for left, right in WrittenOut(derive(conv, "y"), conv, ((1, 1, *(LENGTH,) * rank),)).equations():
        yield tuple(int(i) - shift for i in left.indices), right.replace(sp.Indexed, named)


def _same_norm(other: Expr, *, divided: bool) -> bool | None:
    """Whether a printed normalisation is the package's, its alpha divided by the size or not."""
    totals = list(other.atoms(Total))
    outputs = list(other.replace(Total, lambda *_: sp.S.One).atoms(sp.Indexed))
    if len(outputs) != 1 or len(totals) != 1 or len(totals[0].args) != 2:
        raise NotCoveredError("the formula is not an input times a power of one sum")
    channel, bound = outputs[0].indices[-1], totals[0].args[1]
    return throughout(
        same(truth, written_out(other, {str(bound): group}).subs({**values, channel: c}).replace(sp.Indexed, _channel))
        for op, values in _settings(divided=divided)
        for c, group, truth in _written_norm(op)
    )


def _settings(*, divided: bool) -> Iterable[tuple[LocalResponseNorm, dict[Expr, Expr]]]:
    """Normalisations, and what the letters of a printed formula stand for in each."""
    for size, alpha, beta, kappa in RESPONSE:
        values = {"alpha": alpha, "beta": beta, "kappa": kappa, "m": size, "n": size}
        named = {sp.Symbol(name, real=True): sp.Rational(value) for name, value in values.items()}
        yield LocalResponseNorm(size, alpha=alpha if divided else alpha * size, beta=beta, k=kappa), named


def _written_norm(op: LocalResponseNorm) -> Iterable[tuple[int, list[int], Expr]]:
    """Every channel of a normalisation, the channels of its group, and its formula."""
    channels = op.size + 1
    equations = WrittenOut(derive(op, "y", rank=0), op, ((1, channels),)).equations()
    for c, (_, truth) in enumerate(equations):
        yield c, [q for q in op.neighbours().reads(c) if 0 <= q < channels], truth


def _channel(base: Expr, *at: Expr) -> Expr:
    """The entry of a channel, whatever its position."""
    return base[at[-1]]
