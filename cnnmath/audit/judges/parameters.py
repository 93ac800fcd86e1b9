"""Parameters of single layers."""

from __future__ import annotations

import re
from math import prod

import sympy as sp

from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Candidate, Finding, Findings, NotCoveredError, Sizes, exactly
from cnnmath.audit.given import filters, image, integer
from cnnmath.audit.judges.sizes import KERNEL, formula
from cnnmath.errors import clip
from cnnmath.ops import Conv, Flatten, Linear, Operator
from cnnmath.ops.algebra import Shape
from cnnmath.symbolic.terms import size

NO_BIASES = "biases left out"
ONE_BIAS = "one bias for the whole layer instead of one for each output"


def parameters(op: Operator, x: Shape) -> dict[str, Finding]:
    """Parameters of an operator, its weights and its biases; together they also stand alone."""
    shapes = op.parameters(x)
    weights, biases = (prod(shapes[name]) if name in shapes else 0 for name in ("w", "b"))
    whole = exactly(
        weights + biases,
        *([(weights, NO_BIASES)] if biases else []),
        slips=[(weights + 1, ONE_BIAS)],
    )
    return {"": whole, "parameters": whole, "weights": exactly(weights), "biases": exactly(biases)}


def image_channels(op: Operator, x: Shape, channels: int) -> tuple[Candidate, ...]:
    """A slip: parameters for the channels of the image instead of those that the layer reads."""
    if channels == x[1] or not isinstance(op, Conv) or channels % op.groups:
        return ()
    shapes = op.parameters((x[0], channels, *x[2:]))
    name = f"counted for the {channels} channels of the image, not for the {x[1]} that the layer reads"
    return Candidate(sum(map(prod, shapes.values())), name), Candidate(prod(shapes["w"]), name)


def neuron(claim: Claim) -> Findings:
    """Parameters of one dense unit, or of a dense layer, on an image."""
    x = Flatten().shape(image(claim, "image", "input"))
    return parameters(Linear(integer(claim, "units") if "layer" in claim.subject else 1), x)


def filter_bank(claim: Claim) -> Findings:
    """Parameters of filters that are given by number and size."""
    count, (height, width, channels) = filters(claim, "filters")
    return parameters(Conv(count, (height, width)), (1, channels, height, width))


def units(claim: Claim) -> Findings:
    """Numbers in a map."""
    return {"": exactly(Flatten().shape(image(claim, "map"))[1])}


def rule(claim: Claim) -> Findings:
    """Parameters of a convolution as a formula."""
    keys = (next((key for key in KERNEL if key in claim.given), KERNEL[0]), "n_c_in", "n_c_out")
    k, channels, count = (size(str(claim.need(key))) for key in keys)
    shapes = Conv(count, (k, k)).parameters((1, channels, k, k))
    weights, biases = (sp.prod(shapes[name]) for name in ("w", "b"))
    symbols = [k, channels, count]
    if "biases left out" in claim.subject:
        return {"": exactly(formula(weights, symbols))}
    return {"": exactly(formula(weights + biases, symbols), (formula(weights, symbols), NO_BIASES))}


def conv_and_dense(claim: Claim) -> Findings:
    """Weights of one filter, and of the dense layer that makes as many outputs."""
    x, kernel = image(claim, "input"), image(claim, "filter")[2:]
    wide, units = _counts(str(claim.need("dense")), r"(\d+) inputs?, (\d+) outputs?")
    row = Flatten().shape(x)
    if row[1] != wide:
        raise NotCoveredError(f"the dense layer has {wide} inputs, the image {row[1]} numbers")
    conv, dense = Conv(1, kernel).parameters(x), Linear(units).parameters(row)
    return {"conv": exactly(prod(conv["w"])), "dense": exactly(prod(dense["w"]))}


def filter_shape(claim: Claim) -> Findings:
    """Size and number of the filters between two volumes."""
    (channels,), (count,) = (_counts(str(claim.need(key)), r".*?(\d+) channels.*") for key in ("input", "output"))
    (kernel,) = _counts(str(claim.need("kernel", "note")), r"(?:kernel )?(\d+)(?:x\1)?")
    filters, depth, *window = Conv(count, kernel).parameters((1, channels, kernel, kernel))["w"]
    return {"filter": exactly(Sizes((*window, depth))), "filters": exactly(filters)}


def _counts(text: str, pattern: str) -> tuple[int, ...]:
    match = re.fullmatch(pattern, text, re.ASCII)
    if match is None or any(len(n) > 9 for n in match.groups()):
        raise NotCoveredError(f"what is given is not understood: '{clip(text)}'")
    return tuple(int(n) for n in match.groups())
