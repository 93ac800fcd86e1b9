"""The dense layer, that on the last axis, the flattening before it, and distances to fixed codes."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import reduce

from cnnmath.axis import Axis, Whole
from cnnmath.errors import ShapeError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape
from cnnmath.ops.checks import check_flag, check_rank, integer
from cnnmath.ops.row_major import indices_of
from cnnmath.window import IDENTITY, Size


@dataclass(frozen=True, slots=True)
class Linear(Operator):
    r"""Every output is a weighted sum of every input.

    .. math:: y_{n,f} = b_f + \sum_c w_{f,c}\, x_{n,c}

    Parameters
    ----------
    units
        Number of outputs F.
    bias
        Whether a bias is added.

    Notes
    -----
    *Shape*: x (N, C), w (F, C), b (F,) to y (N, F). *Cost*: C multiply-accumulates an output.

    References
    ----------
    .. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 6.3.

    Examples
    --------
    >>> Linear(1000).parameters((1, 2048))
    {'w': (1000, 2048), 'b': (1000,)}
    """

    indices = ("n", "f")

    units: Size
    _: KW_ONLY
    bias: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", integer("number of units", self.units, 1))
        check_flag("bias", self.bias)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, F)."""
        check_rank(x, 0)
        return (x[0], self.units)

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """The weights w and, where there is one, the bias b."""
        w = (self.units, x[1])
        return {"w": w, "b": (self.units,)} if self.bias else {"w": w}

    def windows(self, sizes: Shape) -> None:
        """None: an output sees the whole input."""

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, w: Operand, b: Operand | None = None) -> Number:
        """One output: the inner product of a row of weights with the input."""
        n, f = at
        y = m.sum(lambda c: w[f, c] * x[n, c], w.shape[1])
        return y if b is None else y + b[f]


@dataclass(frozen=True, slots=True)
class LinearLast(Operator):
    r"""A dense layer on the last axis, with the same weights at every position of all others.

    .. math:: y_{n,\dots,f} = b_f + \sum_k w_{f,k}\, x_{n,\dots,k}

    Parameters
    ----------
    units
        Number of outputs F.
    bias
        Whether a bias is added.

    Notes
    -----
    *Shape*: x (N, C, \*spatial), the last axis of length K, w (F, K), b (F,) to y of x's shape with F for K. *Cost*: K
    multiply-accumulates an output.

    *Conventions*: PyTorch's Linear, and ONNX's MatMul with a stored matrix, on an input of three axes or more: tokens
    (N, L, K), or an image with its channels last, (N, H, W, K). On an image with its channels first, the same is a
    convolution by a kernel of 1. `Linear` is the case of two axes.

    References
    ----------
    .. [1] A. Vaswani et al., "Attention is all you need", arXiv:1706.03762, section 3.3.

    Examples
    --------
    >>> LinearLast(3072).shape((1, 196, 768)), LinearLast(3072).parameters((1, 196, 768))
    ((1, 196, 3072), {'w': (3072, 768), 'b': (3072,)})
    """

    units: Size
    _: KW_ONLY
    bias: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", integer("number of units", self.units, 1))
        check_flag("bias", self.bias)

    def output(self, x: Shape) -> Shape:
        """Shape of the output: that of the input, the last axis of F."""
        if len(x) < 3:
            raise ShapeError(
                "the input has the wrong rank.",
                input=f"shape {x}, {len(x)} axes",
                rule="three axes or more, the last of which is summed over",
                fix="of two axes it is Linear",
            )
        return (*x[:-1], self.units)

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """The weights w and, where there is one, the bias b."""
        w = (self.units, x[-1])
        return {"w": w, "b": (self.units,)} if self.bias else {"w": w}

    def windows(self, sizes: Shape) -> None:
        """None: an output sees all of the last axis, see `axes`."""

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """All of the last axis, and one position of each other."""
        return (*(IDENTITY for _ in sizes[:-1]), Whole(sizes[-1], self.units))

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, w: Operand, b: Operand | None = None) -> Number:
        """One output: the inner product of a row of weights with the input at the position."""
        *position, f = at
        y = m.sum(lambda k: w[f, k] * x[(*position, k)], w.shape[1])
        return y if b is None else y + b[f]


@dataclass(frozen=True, slots=True)
class Flatten(Operator):
    r"""All channels and positions of a sample in one row, the last axis fastest.

    .. math:: y_{n,\,(c H + h) W + w} = x_{n,c,h,w}

    Notes
    -----
    *Shape*: x (N, C, \*spatial) to y (N, C times the spatial sizes). *Cost*: none.

    References
    ----------
    .. [1] ONNX operator Flatten with axis 1.

    Examples
    --------
    >>> Flatten().shape((1, 16, 5, 5))
    (1, 400)
    """

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, C*H*W...)."""
        check_rank(x)
        return (x[0], reduce(lambda a, b: a * b, x[1:]))

    def windows(self, sizes: Shape) -> None:
        """None: positions are no longer spatial."""

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input at the position that the row index counts to."""
        n, j = at
        return x[n, *indices_of(j, x.shape[1:])]


@dataclass(frozen=True, slots=True)
class RadialBasis(Operator):
    r"""Squared Euclidean distance of the input to a fixed code for each unit.

    .. math:: y_{n,f} = \sum_c (x_{n,c} - w_{f,c})^2

    Parameters
    ----------
    units
        Number of units F.

    Notes
    -----
    *Shape*: x (N, C), w (F, C) to y (N, F). *Cost*: C multiplications and 2C - 1 additions an output.

    *Conventions*: w is a buffer: it is chosen by hand in the 1998 paper and not trained.

    References
    ----------
    .. [1] Y. LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 1998, equation 7.

    Examples
    --------
    >>> RadialBasis(10).shape((1, 84)), RadialBasis(10).buffers((1, 84))
    ((1, 10), {'w': (10, 84)})
    """

    indices = ("n", "f")

    units: Size

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", integer("number of units", self.units, 1))

    def output(self, x: Shape) -> Shape:
        """Shape of the output: (N, F)."""
        check_rank(x, 0)
        return (x[0], self.units)

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """The code w of each unit."""
        return {"w": (self.units, x[1])}

    def windows(self, sizes: Shape) -> None:
        """None: an output sees the whole input."""

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, w: Operand) -> Number:
        """One output: the squared distance of the input to the unit's code."""
        n, f = at
        return m.sum(lambda c: _squared(x[n, c] - w[f, c]), w.shape[1])


def _squared(a: Number) -> Number:
    return a * a
