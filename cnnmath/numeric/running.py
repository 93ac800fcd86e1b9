"""What batch normalisation remembers of the batches it is trained on."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnmath.errors import SettingError
from cnnmath.numeric.arrays import declared
from cnnmath.numeric.scalar import constant
from cnnmath.numeric.statistics import framed, moments
from cnnmath.numeric.verbs import located, run
from cnnmath.numeric.windows import Array
from cnnmath.ops import BatchNorm, inference


def running_statistics(op: BatchNorm, x: Any, *, mean: Any, var: Any) -> dict[str, Array]:
    """The stored mean and variance of a batch normalisation in training, after a batch.

    Parameters
    ----------
    op
        The operator, with its momentum m.
    x
        The batch that it has normalised, (N, C, *spatial).
    mean, var
        What is stored so far, (C,): at the beginning, usually zeros and ones.

    Returns
    -------
    dict
        New arrays ``mean`` and ``var``, each ``(1 - m)*stored + m*batch``; the variance of the batch is the unbiased
        one, divided by one less than there are numbers a channel.

    Raises
    ------
    SettingError, ShapeError, DataError
        Where the operator is not in training, and for arrays that are not what it declares.

    References
    ----------
    .. [1] S. Ioffe and C. Szegedy, "Batch normalization", arXiv:1502.03167, algorithm 2, line 10.

    Examples
    --------
    >>> x, zero, one = np.array([[1.0], [2.0], [6.0]]), np.zeros(1), np.ones(1)
    >>> running_statistics(BatchNorm(training=True, momentum=0.5), x, mean=zero, var=one)
    {'mean': array([1.5]), 'var': array([4.])}
    """
    with located(op):
        if not op.training:
            raise SettingError(
                "at inference the stored statistics stay as they are.",
                here="training=False",
                fix="give the operator as it is in training: ops.training(op)",
            )
        channels = np.zeros(np.shape(x)[1:2], np.asarray(x).dtype)
        parameters = {"gamma": channels, "beta": channels, "mean": mean, "var": var}
        given = declared(inference(op), (x,), parameters)
        return run(inference(op), _moved, given, [np.shape(x)])


def _moved(op: BatchNorm, x: Array, gamma: Array, beta: Array, mean: Array, var: Array) -> dict[str, Array]:
    at = framed(op, x)
    centre, _, variance = moments(x, at)  # (1, C, 1...)
    share = constant(op.momentum, x)
    unbiased = variance.reshape(var.shape) * at.count / (at.count - 1)  # (C,)
    return {
        "mean": (1 - share) * mean + share * centre.reshape(mean.shape),
        "var": (1 - share) * var + share * unbiased,
    }
