"""Judges: each computes, with the package, what is right for the claims of one subject."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Findings, NotCoveredError
from cnnmath.audit.judges import calculus, definitions, gradients, kernels, networks, parameters, sizes

Judge: TypeAlias = Callable[[Claim], Findings]


@dataclass(frozen=True, slots=True)
class Subject:
    """What claims of one subject are called, who judges them, and what they give.

    Attributes
    ----------
    pattern
        A regular expression for the whole subject, in small letters.
    judge
        The judge; its docstring says what it computes.
    gives
        Keys of what is given; those behind a semicolon may be left out.
    """

    pattern: str
    judge: Judge
    gives: str


SUBJECTS = (
    Subject(
        r"output (length|size) rule|rules",
        sizes.output_rule,
        "letters: input, kernel, stride, padding; for rules also D1 and K",
    ),
    Subject(
        r"output size|size of the .*map|stride that does not fit|.*the last region smaller",
        sizes.output_size,
        "input, kernel; stride, padding, rounding; or filters in place of a kernel",
    ),
    Subject(r"(non-)?overlapping windows.*", sizes.windows, "image, window; stride"),
    Subject(r"full padding", sizes.full_padding, "kernel, a letter"),
    Subject(r"units after .* layers.*|receptive field.*", sizes.receptive_field, "layers, kernel; stride"),
    Subject(r"length of a flattened image", sizes.flattened, "image"),
    Subject(r"fixed-size vector.*", sizes.fixed_vector, "vector"),
    Subject(r"shape of (x_col|w|the product.*)", sizes.im2col, "input, filters; stride"),
    Subject(r"rows and columns of the weight matrix.*", sizes.weight_matrix, "input, filter"),
    Subject(r"parameters of one (mlp neuron|dense layer)", parameters.neuron, "image or input; units"),
    Subject(r"(first layer parameters|parameters of a layer)", parameters.filter_bank, "filters"),
    Subject(r"first layer output units", parameters.units, "map"),
    Subject(r"parameters of a conv layer.*", parameters.rule, "letters: kernel, n_c_in, n_c_out"),
    Subject(r"weights of conv and dense.*", parameters.conv_and_dense, "input, filter, dense"),
    Subject(r"filter size and count", parameters.filter_shape, "input, output, kernel"),
    Subject(r"layer .+", networks.layer, "network; layer"),
    Subject(r"(total )?parameters", networks.total, "network"),
    Subject(r"weights and biases by layer", networks.by_layer, "network"),
    Subject(r"number of layers", networks.number_of_layers, "network"),
    Subject(r"l\d+\b.*|(conv |dense )?(subtotal|total)", networks.row, "network"),
    Subject(r"network given.*", networks.whole, "network"),
    Subject(r"full 2-d convolution, one output", kernels.full_convolution, "x and h by position, output"),
    Subject(
        r"\d+x\d+ with \d+x\d+|first (output row|(\w+ )?outputs?)", kernels.sliding, "input, kernel; stride, padding"
    ),
    Subject(r"filter response.*", kernels.response, "patch, filter"),
    Subject(r"(edge detection|sharpen) kernel", kernels.constant_image, "kernel, input: constant image"),
    Subject(r"\d+x\d+ stride \d+", kernels.pooling, "input"),
    Subject(r"outer product", kernels.outer_product, "column, row"),
    Subject(r"softmax", kernels.softmax, "z"),
    Subject(r"residual block with zero weights", kernels.residual_block, "block, and its letters"),
    Subject(r"gradient of z_\d\d", gradients.pooled, "input, window"),
    Subject(r"dl/d[a-z]_.*", gradients.convolution, "input, filter"),
    Subject(r"gradient of max\(x, y\)", gradients.maximum, "nothing"),
    Subject(r"range of the derivative of .*", calculus.derivative_range, "nothing"),
    Subject(r"derivative of .*", calculus.derivative, "alpha or slope, a number or a letter"),
    Subject(
        r"(the )?((logistic )?sigmoid|tanh|softplus|elu|(leaky )?relu)",
        calculus.activation,
        "alpha or slope, a number or a letter",
    ),
    Subject(r"(discrete )?definitions|(convolution|cross-correlation)", definitions.sliding, "nothing"),
    Subject(r"local response normali[sz]ation", definitions.response_norm, "nothing"),
)
"""Subjects in the order in which they are tried, and who judges them."""

ABSENT: Mapping[str, str] = MappingProxyType(
    {
        r"cross[- ]entropy": "no judge reads losses; see cnnmath derive softmax-cross-entropy",
        r"recurren\w+": "no judge reads recurrences; see cnnmath derive recurrent-step",
    }
)
"""Subjects that the package does not cover, and why."""


def judge(claim: Claim) -> Findings:
    """What is right for a claim.

    Raises
    ------
    NotCoveredError
        For a subject that no judge knows.
    CnnmathError
        Where the claim does not give what the subject needs.
    """
    subject = claim.subject.lower().strip()
    for known in SUBJECTS:
        if re.fullmatch(known.pattern, subject):
            return known.judge(claim)
    reason = next((why for pattern, why in ABSENT.items() if re.search(pattern, subject)), "the subject is not known")
    raise NotCoveredError(reason)
