"""Modules whose numbers are small integers, so that PyTorch and the package compute the same, whatever the order."""

from __future__ import annotations

import numpy as np
import pytest

from cnnmath.graph import analyze
from cnnmath.interchange import Model, import_torch

torch = pytest.importorskip("torch")
nn = torch.nn


def integers(module, seed=0):
    """The module in float64 with integers as parameters; its batch normalisations divide by 2."""
    draw = torch.Generator().manual_seed(seed)
    module = module.double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randint(-2, 3, parameter.shape, generator=draw))
        for part in module.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.eps = 1.0
                part.running_mean.copy_(torch.randint(-2, 3, part.running_mean.shape, generator=draw))
                part.running_var.fill_(3)
    return module


def image(*shape, seed=1):
    """Integers from -3 to 3, in float64."""
    return torch.randint(-3, 4, shape, generator=torch.Generator().manual_seed(seed)).double()


def read(module, *shape) -> Model:
    """The module with integers, read along a single sample; it computes what PyTorch does, for three samples, too."""
    model = import_torch(integers(module), image(1, *shape))
    x = image(3, *shape)
    with torch.no_grad():
        expected = module.eval()(x)
    (name,) = model.inputs
    (found,) = model.run(**{name: x.numpy()}).values()
    assert np.array_equal(found, expected.numpy())
    return model


def counts(model: Model) -> tuple[int, int]:
    """Parameters and multiply-accumulates."""
    summary = analyze(model.network)
    assert not summary.uncounted
    return summary.parameters, summary.macs


def names(model: Model) -> list[str]:
    """Nodes in order."""
    return model.network.order()
