"""What people usually do to test a kernel: square sizes, numbers within a tolerance, PyTorch's gradcheck."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from cnnmath import ops
from cnnmath.numeric import Kernel
from cnnmath.numeric.kernels import KERNELS
from cnnmath.numeric.windows import Array
from cnnmath.ops import Operator
from cnnmath.verify.real import real
from cnnmath.verify.strategies import Case

IMAGE, CHANNELS, EVEN = (2, 3, 5, 5), (2, 4, 5, 5), (2, 2, 6, 6)
USUAL: Mapping[type[Operator], Case] = MappingProxyType(
    {
        ops.Conv: Case(ops.Conv(4, 3, padding=1), (IMAGE,)),
        ops.ConvTranspose: Case(ops.ConvTranspose(4, 3, stride=2, padding=1, output_padding=1), ((2, 3, 4, 4),)),
        **{kind: Case(kind(2), (EVEN,)) for kind in (ops.MaxPool, ops.AveragePool, ops.LpPool, ops.Subsample)},
        **{kind: Case(kind((2, 2)), (EVEN,)) for kind in (ops.AdaptiveAveragePool, ops.AdaptiveMaxPool)},
        **{kind: Case(kind((1, 1)), (IMAGE,)) for kind in (ops.Pad, ops.ReflectPad, ops.EdgePad, ops.WrapPad)},
        **{kind: Case(kind((2, 2)), ((2, 3, 4, 4),)) for kind in (ops.Upsample, ops.LinearUpsample)},
        ops.Resize: Case(ops.Resize((6, 6)), ((2, 3, 4, 4),)),
        ops.MaxUnpool: Case(ops.MaxUnpool((6, 6)), ((2, 2, 3, 3),)),
        **{kind: Case(kind(4), ((2, 5),)) for kind in (ops.Linear, ops.RadialBasis)},
        ops.LinearLast: Case(ops.LinearLast(4), ((2, 3, 5),)),
        ops.RNNCell: Case(ops.RNNCell(4), ((2, 4),) * 2),
        ops.LSTMCell: Case(ops.LSTMCell(4), ((2, 4),) * 3),
        ops.GroupNorm: Case(ops.GroupNorm(2), (CHANNELS,)),
        ops.LocalResponseNorm: Case(ops.LocalResponseNorm(5), ((2, 8, 3, 3),)),
        ops.Maxout: Case(ops.Maxout(2), (CHANNELS,)),
        ops.Clip: Case(ops.Clip(0, 6), (IMAGE,)),
        ops.Affine: Case(ops.Affine(2, 1), (IMAGE,)),
        ops.Power: Case(ops.Power(2), (IMAGE,)),
        ops.Reduce: Case(ops.Reduce("mean", (2, 3)), (IMAGE,)),
        ops.Select: Case(ops.Select((1, 0)), (IMAGE,)),
        ops.Slice: Case(ops.Slice((0, 0, 1, 1), (None, None, -1, -1)), (IMAGE,)),
        ops.Transpose: Case(ops.Transpose((0, 2, 3, 1)), (IMAGE,)),
        ops.Reshape: Case(ops.Reshape((3, -1)), (IMAGE,)),
        ops.Tile: Case(ops.Tile((1, 1, 2, 2)), (IMAGE,)),
        ops.SpaceToDepth: Case(ops.SpaceToDepth(2), (EVEN,)),
        ops.DepthToSpace: Case(ops.DepthToSpace(2), (CHANNELS,)),
        ops.ChannelShuffle: Case(ops.ChannelShuffle(2), (CHANNELS,)),
        **{kind: Case(kind(), (IMAGE, IMAGE)) for kind in (ops.Add, ops.Concat)},
        **{kind: Case(kind(), (IMAGE, IMAGE)) for kind in (ops.Subtract, ops.Multiply, ops.Divide, ops.Pow)},
        **{kind: Case(kind(), (IMAGE, IMAGE)) for kind in (ops.Maximum, ops.Minimum, ops.MatMul)},
        ops.Expand: Case(ops.Expand((5, 5)), ((2, 3, 1, 1),)),
        **{kind: Case(kind(), ((4, 5),)) for kind in (ops.CrossEntropy, ops.BinaryCrossEntropy, ops.SquaredError)},
    }
)
"""Settings with which a kernel is commonly tested, for operators that need some: batch 2, square images and kernels."""


class Tolerance(NamedTuple):
    """How far numbers may be apart: ``atol + rtol |b|``."""

    rtol: float
    atol: float


STRICT = Tolerance(1e-5, 1e-8)
"""That of NumPy and PyTorch where none is given."""

LAX = Tolerance(1e-3, 1e-3)
"""One that is chosen where the other is too narrow for float32."""


def usual(kind: type[Operator]) -> Case:
    """The setting at which a kernel is commonly tested.

    Examples
    --------
    >>> from cnnmath.ops import Conv, ReLU
    >>> print(usual(Conv), usual(ReLU), sep=", ")
    conv(4, 3, padding=1) on (2, 3, 5, 5), relu() on (2, 3, 5, 5)
    """
    return USUAL.get(kind) or Case(kind(), (IMAGE,))


def allclose(kernel: Kernel, case: Case, tolerances: Sequence[Tolerance] = (STRICT,), seed: int = 0) -> list[bool]:
    """Whether output and gradients are those of a right kernel within each tolerance, in a run on normal float32 data.

    The reference is the package's own kernel, so that no right kernel is refused for its roundings: this is the most
    that such a comparison can see.

    Examples
    --------
    >>> from cnnmath.verify.mistakes import named
    >>> case = usual(ops.Conv)
    >>> allclose(named("flipped-kernel").kernel, case), allclose(named("padding-swapped").kernel, case)
    ([False], [True])
    """
    trial = real(case, "float32", np.random.default_rng(seed))
    right = _results(KERNELS[type(case.op)], case.op, trial.arrays, trial.dy)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            given = _results(kernel, case.op, trial.arrays, trial.dy)
        except Exception:  # whoever compares sees it
            return [False for _ in tolerances]
        pairs = [(np.asarray(a), right[name]) for name, a in given.items()]
        return [all(a.shape == b.shape and np.allclose(a, b, t.rtol, t.atol) for a, b in pairs) for t in tolerances]


def has_torch() -> bool:
    """Whether PyTorch is installed."""
    return find_spec("torch") is not None


def gradcheck(kernel: Kernel, case: Case, seed: int = 0) -> bool:
    """Whether PyTorch's gradcheck, as it comes, passes the kernel as an `autograd.Function` on normal float64 data.

    The function gives the kernel the memory of PyTorch's tensors, as one writes it who does not want copies. Labels,
    masks and other buffers have no gradient.

    Raises
    ------
    ImportError
        Where PyTorch is not installed.
    """
    import torch

    trial = real(case, "float64", np.random.default_rng(seed))
    names, buffers, op = list(trial.arrays), case.op.buffers(*case.inputs), case.op

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            ctx.save_for_backward(*tensors)
            return _tensor(torch, kernel.forward(op, *(t.detach().numpy() for t in tensors)))

        @staticmethod
        def backward(ctx: Any, *dy: Any) -> Any:
            arrays = [t.detach().numpy() for t in ctx.saved_tensors]
            grads = kernel.backward(op, dy[0].numpy(), *arrays)
            return tuple(_tensor(torch, grads[name]) if name in grads else None for name in names)

    tensors = [_tensor(torch, a).requires_grad_(name not in buffers) for name, a in trial.arrays.items()]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return bool(torch.autograd.gradcheck(Function.apply, tensors, raise_exception=False))
        except Exception:  # whoever checks sees it
            return False


def _tensor(torch: Any, array: Any) -> Any:
    """A tensor that shares an array's memory, where it is in row-major order."""
    return torch.from_numpy(np.asarray(array, order="C"))


def _results(kernel: Kernel, op: Operator, arrays: Mapping[str, Array], dy: Array) -> dict[str, Array]:
    """Output and gradients of copies."""
    y = kernel.forward(op, *(a.copy() for a in arrays.values()))
    return {"y": y} | dict(kernel.backward(op, dy.copy(), *(a.copy() for a in arrays.values())))
