"""Sizes of outputs, windows, matrices and receptive fields."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import islice
from math import isqrt, prod

import sympy as sp

from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Finding, Findings, Formula, NotCoveredError, Said, Sizes, exactly
from cnnmath.audit.formulas import parse
from cnnmath.audit.given import filters, image, integer, sizes, wrong
from cnnmath.audit.grammar import Grammar
from cnnmath.audit.proof import same
from cnnmath.ops import AdaptiveAveragePool, Conv, Flatten
from cnnmath.readers import Tensor, gradient
from cnnmath.symbolic.terms import Expr, index, size
from cnnmath.window import Window, compose, fit

INPUT, KERNEL, STRIDE, PADDING = (
    ("input", "inputs", "image", "L", "n", "W1", "W", "H", "N"),
    ("kernel", "window", "F", "f", "K", "k"),
    ("stride", "S", "s"),
    ("padding", "P", "p"),
)
"""Keys under which a claim gives what a size depends on."""

EXACT_DIVISION = "the stride divides, so that no floor is needed"
LARGEST_MATRIX = 100_000
"""Entries of a matrix that is written out."""

MOST_LAYERS = 1000
NEARBY = 64
"""How far from the input that is given another one is looked for."""


def output_rule(claim: Claim) -> Findings:
    """The size rule as a formula; its other parts, where it has them, are a convolution's depth and counts."""
    n, k, s = (size(_letter(claim, *keys)) for keys in (INPUT, KERNEL, STRIDE))
    p = index(_letter(claim, *PADDING)) if set(PADDING) & set(claim.given) else 0
    names = [letter for letter in (n, k, s, p) if letter != 0]
    if "D1" in claim.given:
        depth, count = size(_letter(claim, "D1")), size(_letter(claim, "K"))
        conv = Conv(count, (k, k), stride=(s, s), padding=((p, p), (p, p)))
        _, channels, length, _ = conv.shape((1, depth, n, n))
        counts = conv.parameters((1, depth, n, n))
        whole = [*names, depth, count]
        return {
            "W2": _length(length, whole),
            "D2": exactly(formula(channels, whole)),
            "weights": exactly(formula(sp.prod(counts["w"]), whole)),
            "biases": exactly(formula(sp.prod(counts["b"]), whole)),
        }
    return {"": _length(Window(k, s, before=p, after=p).placements(n), names)}


def formula(truth: Expr, symbols: list[Expr]) -> Formula:
    """A formula in these symbols, as the package has it."""
    return Formula(str(truth), Grammar({str(s): s for s in symbols}), lambda other: same(sp.sympify(truth), other))


def output_size(claim: Claim) -> Findings:
    """The size of an output, for one integer or for an image; a rounding up where that is given."""
    if "filters" in claim.given:
        return _filtered(claim)
    found = sizes(claim, *INPUT)
    k, s, p = integer(claim, *KERNEL), integer(claim, *STRIDE, default=1), integer(claim, *PADDING, least=0, default=0)
    up = claim.given.get("rounding", "floor")
    if up not in ("floor", "ceil"):
        raise wrong(claim, "rounding", "there is no such rounding.", "use floor or ceil")
    spatial = found[:2] if len(found) == 3 else found
    first = spatial[0]
    windows = [fit(n, k, s, padding=(p, p), ceil=up == "ceil") for n in spatial]
    outputs = tuple(w.placements(n) for w, n in zip(windows, spatial, strict=True))
    if min(outputs) < 1:
        raise wrong(claim, next(key for key in KERNEL if key in claim.given), "the window does not fit.", "shrink it")
    quotient = Fraction(first + 2 * p - k, s) + 1
    if isinstance(claim.claimed, str) and "integer" in claim.claimed:
        return {"": _fits(claim.claimed, quotient, outputs[0])}
    if len(found) > 1:
        return {"": exactly(Sizes(outputs))}
    others = sorted(range(max(first - NEARBY, 1), first + NEARBY), key=lambda n: abs(n - first))
    slips = [(Window(k, s, before=p, after=p).placements(n), f"an input of {n} has it, not {first}") for n in others]
    return {"": exactly(outputs[0], slips=[slip for slip in slips if slip[0] != outputs[0]])}


def windows(claim: Claim) -> Findings:
    """Weights of a window, and how many windows an image holds: one at every position, or side by side."""
    (height, width), kernel = image(claim, "image")[2:], image(claim, "window")[2:]
    apart = "non-overlapping" in claim.subject
    conv = Conv(1, kernel, stride=kernel if apart else integer(claim, *STRIDE, default=1), bias=False)
    x = (1, 1, height, width)
    return {"weights": exactly(prod(conv.parameters(x)["w"])), "windows": exactly(prod(conv.shape(x)))}


def full_padding(claim: Claim) -> Findings:
    """What padding by K - 1 on both sides does: two statements, each tested."""
    letter, n = size(_letter(claim, *KERNEL)), size("n")
    growth = Window(letter, before=letter - 1, after=letter - 1).placements(n) - n
    holds = []
    for statement in map(str.strip, str(claim.claimed).split(";")):
        grows = re.fullmatch(r"(?:the )?size grows by (.+)", statement)
        if grows:
            rule = formula(growth, [letter])
            holds.append(bool(rule.same(parse(grows[1], rule.grammar))))
        elif re.fullmatch(r"every (?:pixel|input) (?:is )?visited the same number of times", statement):
            holds.append(all(_visits(k, n) == {k} for k in range(1, 7) for n in range(1, 9)))
        else:
            raise NotCoveredError(f"the statement is not understood: '{statement}'")
    truth = f"every pixel visited the same number of times; size grows by {growth}"
    return {"": exactly(Said(all(holds), truth))}


def receptive_field(claim: Claim) -> Findings:
    """Units that one unit sees through a stack of equal layers."""
    layers = integer(claim, "layers")
    window = Window(integer(claim, *KERNEL), integer(claim, *STRIDE, default=1))
    if layers > MOST_LAYERS:
        raise wrong(claim, "layers", "these are too many layers.", f"use at most {MOST_LAYERS}")
    return {"": exactly(compose([window] * layers).extent)}


def flattened(claim: Claim) -> Findings:
    """Numbers of an image in one row."""
    return {"": exactly(Flatten().shape(image(claim, "image"))[1])}


def fixed_vector(claim: Claim) -> Findings:
    """Length of what adaptive pooling leaves, whatever the size of the image: the same for each way to make it."""
    length = integer(claim, "vector")
    bins = [b for b in range(1, isqrt(length) + 1) if length % (b * b) == 0][:16]
    found = {
        Flatten().shape(AdaptiveAveragePool(b).shape((1, length // (b * b), b + more, 2 * b + more)))[1]
        for b in bins
        for more in (0, 1, 5)
    }
    (only,) = found
    return {"": exactly(only)}


def im2col(claim: Claim) -> Findings:
    """Shapes of the matrices whose product is a convolution."""
    count, (height, width, channels) = filters(claim, "filters")
    x = image(claim, *INPUT)
    if channels != x[1]:
        raise wrong(claim, "filters", "the filters have other channels than the input.", f"use {x[1]} channels")
    conv = Conv(count, (height, width), stride=integer(claim, *STRIDE, default=1), bias=False)
    _, _, *outputs = conv.shape(x)
    rows, columns = prod(conv.parameters(x)["w"][1:]), prod(outputs)
    shapes = {
        "x_col": Sizes((rows, columns)),
        "w": Sizes((count, rows)),
        "product": [Sizes((count, columns)), Sizes((*outputs, count))],
    }
    asked = [value for name, value in shapes.items() if re.search(rf"\b{name}\b", claim.subject.lower())]
    if len(asked) != 1:
        raise NotCoveredError("which matrix is meant is not understood")
    return {"": exactly(asked[0])}


def weight_matrix(claim: Claim) -> Findings:
    """The matrix that a convolution is: one row an output, one column an input, read from the exact Jacobian."""
    x, (height, width) = image(claim, *INPUT), image(claim, "filter")[2:]
    conv = Conv(1, (height, width), bias=False)
    output, taps = conv.shape(x), height * width
    if x[1] != 1 or prod(x) * prod(output) > LARGEST_MATRIX:
        raise NotCoveredError("a matrix is written out for one channel and a small input alone")
    operands = {"x": Tensor(x, [1] * prod(x)), "w": Tensor((1, 1, height, width), list(range(1, taps + 1)))}
    entries = [
        value
        for at in Tensor(output, []).positions()
        for (name, _), value in gradient.partials(conv, at, operands).items()
        if name == "x" and value
    ]
    return {
        "shape": exactly(Sizes((prod(output), prod(x)))),
        "zeros": exactly(prod(output) * prod(x) - len(entries)),
        "distinct": exactly(len(set(entries))),
    }


def _filtered(claim: Claim) -> Findings:
    """An image padded, and the output of filters on it."""
    count, (height, width, channels) = filters(claim, "filters")
    n, c, *spatial = image(claim, *INPUT)
    if channels != c:
        raise wrong(claim, "filters", "the filters have other channels than the input.", f"use {c} channels")
    p = integer(claim, *PADDING, least=0, default=0)
    conv = Conv(count, (height, width), stride=integer(claim, *STRIDE, default=1), padding=p)
    _, depth, *outputs = conv.shape((n, c, *spatial))
    output = exactly(Sizes((*outputs, depth), channels=True))
    return {"padded": exactly(Sizes((*(m + 2 * p for m in spatial), c), channels=True)), "output": output, "": output}


def _length(length: Expr, names: list[Expr]) -> Finding:
    without = sp.sympify(length).replace(sp.floor, lambda a: a)
    return exactly(formula(length, names), (formula(without, names), EXACT_DIVISION))


def _fits(said: str, quotient: Fraction, outputs: int) -> Finding:
    """A statement that a size is, or is not, an integer."""
    here = f"(n + 2p - k)/s + 1 = {quotient}"
    denied = "not an integer" in said
    if not denied or quotient.denominator == 1:
        return exactly(Said(denied != (quotient.denominator == 1), here))
    rounded = Said(holds=False, truth=f"the floor of {quotient}: {outputs}")
    return exactly(rounded, (Said(holds=True, truth=here), "a stride must divide; no size is rounded down"))


def _visits(kernel: int, n: int) -> set[int]:
    """How often each input is read under full padding."""
    window = Window(kernel, before=kernel - 1, after=kernel - 1)
    return {len(list(islice(window.readers(j, n), kernel + 1))) for j in range(n)}


def _letter(claim: Claim, *keys: str) -> str:
    key = next((key for key in keys if key in claim.given), keys[0])
    value = claim.need(key)
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z]\w{0,9}", value, re.ASCII):
        raise wrong(claim, key, "this is no letter of a formula.", f"write it as in '{key}'")
    return value
