"""Judges: each computes, with the package, what is right for the claims of one subject."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from cnnmath.audit.claims import Claim
from cnnmath.audit.findings import Findings, NotCoveredError
from cnnmath.audit.judges import calculus, definitions, gradients, kernels, networks, parameters, sizes

Judge: TypeAlias = Callable[[Claim], Findings]

JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        r"output (length|size) rule|rules": sizes.output_rule,
        r"output size|size of the .*map|stride that does not fit|.*the last region smaller": sizes.output_size,
        r"(non-)?overlapping windows.*": sizes.windows,
        r"full padding": sizes.full_padding,
        r"units after .* layers.*|receptive field.*": sizes.receptive_field,
        r"length of a flattened image": sizes.flattened,
        r"fixed-size vector.*": sizes.fixed_vector,
        r"shape of (x_col|w|the product.*)": sizes.im2col,
        r"rows and columns of the weight matrix.*": sizes.weight_matrix,
        r"parameters of one (mlp neuron|dense layer)": parameters.neuron,
        r"(first layer parameters|parameters of a layer)": parameters.filter_bank,
        r"first layer output units": parameters.units,
        r"parameters of a conv layer.*": parameters.rule,
        r"weights of conv and dense.*": parameters.conv_and_dense,
        r"filter size and count": parameters.filter_shape,
        r"layer .+": networks.layer,
        r"(total )?parameters": networks.total,
        r"weights and biases by layer": networks.by_layer,
        r"number of layers": networks.number_of_layers,
        r"l\d+\b.*|(conv |dense )?(subtotal|total)": networks.row,
        r"network given.*": networks.whole,
        r"full 2-d convolution, one output": kernels.full_convolution,
        r"\d+x\d+ with \d+x\d+|first (output row|(\w+ )?outputs?)": kernels.sliding,
        r"filter response.*": kernels.response,
        r"(edge detection|sharpen) kernel": kernels.constant_image,
        r"\d+x\d+ stride \d+": kernels.pooling,
        r"outer product": kernels.outer_product,
        r"softmax": kernels.softmax,
        r"residual block with zero weights": kernels.residual_block,
        r"gradient of z_\d\d": gradients.pooled,
        r"dl/d[a-z]_.*": gradients.convolution,
        r"gradient of max\(x, y\)": gradients.maximum,
        r"range of the derivative of .*": calculus.derivative_range,
        r"derivative of .*": calculus.derivative,
        r"(the )?((logistic )?sigmoid|tanh|softplus|elu|(leaky )?relu)": calculus.activation,
        r"(discrete )?definitions|(convolution|cross-correlation)": definitions.sliding,
        r"local response normali[sz]ation": definitions.response_norm,
    }
)
"""Subjects, in small letters, and who judges them."""

ABSENT: Mapping[str, str] = MappingProxyType(
    {r"cross[- ]entropy": "the package has no loss function", r"recurren\w+": "the package has no recurrent cell"}
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
    for pattern, known in JUDGES.items():
        if re.fullmatch(pattern, subject):
            return known(claim)
    reason = next((why for pattern, why in ABSENT.items() if re.search(pattern, subject)), "the subject is not known")
    raise NotCoveredError(reason)
