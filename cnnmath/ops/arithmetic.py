"""Arithmetic of several inputs, number by number; axes of length 1 are repeated."""

from __future__ import annotations

from dataclasses import dataclass

from cnnmath.ops.algebra import Algebra, Number, Operand
from cnnmath.ops.broadcast import Elementwise, read
from cnnmath.window import Size


@dataclass(frozen=True, slots=True)
class Add(Elementwise):
    r"""Sum of two or more inputs: the merge of a residual connection.

    .. math:: y_i = x^{(1)}_i + x^{(2)}_i + ...

    Notes
    -----
    *Shape*: shapes are aligned at the last axes, and axes of length 1 are repeated: see `broadcast`. *Cost*: one
    addition less than inputs, an output.

    *Conventions*: the gradient by an input whose axis is repeated is the sum over that axis.

    References
    ----------
    .. [1] K. He et al., "Deep residual learning for image recognition", arXiv:1512.03385, equation 1.
    .. [2] ONNX, operators ``Add`` and ``Sum``.

    Examples
    --------
    >>> Add().shape((1, 256, 56, 56), (1, 256, 56, 56)), Add().shape((8, 10), (10,))
    ((1, 256, 56, 56), (8, 10))
    """

    variadic = True

    def element(self, m: Algebra, at: tuple[Size, ...], *xs: Operand) -> Number:
        """One output: the sum of the inputs at the same position."""
        total, *others = read(at, *xs)
        for x in others:
            total = total + x
        return total


@dataclass(frozen=True, slots=True)
class Subtract(Elementwise):
    r"""Difference of two inputs.

    .. math:: y_i = x^{(1)}_i - x^{(2)}_i

    Notes
    -----
    *Shape*: as `Add`. *Cost*: one addition an output.

    References
    ----------
    .. [1] ONNX, operator ``Sub``.

    Examples
    --------
    >>> Subtract().shape((1, 3, 224, 224), (3, 1, 1))
    (1, 3, 224, 224)
    """

    reads = ("x1", "x2")

    def element(self, m: Algebra, at: tuple[Size, ...], x1: Operand, x2: Operand) -> Number:
        """One output: the first number less the second."""
        a, b = read(at, x1, x2)
        return a - b


@dataclass(frozen=True, slots=True)
class Multiply(Elementwise):
    r"""Product of two inputs, number by number: the scale of a squeeze-and-excitation block, or a gate.

    .. math:: y_i = x^{(1)}_i\, x^{(2)}_i

    Notes
    -----
    *Shape*: as `Add`. *Cost*: one multiplication an output.

    *Conventions*: the gradient by each input is that from above times the other input, summed over the axes along
    which the input is repeated.

    References
    ----------
    .. [1] J. Hu, L. Shen, S. Albanie, G. Sun and E. Wu, "Squeeze-and-excitation networks", arXiv:1709.01507,
       equation 4.
    .. [2] ONNX, operator ``Mul``.

    Examples
    --------
    >>> Multiply().shape((8, 256, 56, 56), (8, 256, 1, 1))
    (8, 256, 56, 56)
    """

    reads = ("x1", "x2")

    def element(self, m: Algebra, at: tuple[Size, ...], x1: Operand, x2: Operand) -> Number:
        """One output: the product of both numbers."""
        a, b = read(at, x1, x2)
        return a * b


@dataclass(frozen=True, slots=True)
class Divide(Elementwise):
    r"""Quotient of two inputs.

    .. math:: y_i = x^{(1)}_i / x^{(2)}_i

    Notes
    -----
    *Shape*: as `Add`. *Cost*: one division an output.

    *Conventions*: integers have a quotient that need not be whole; ONNX cuts it off towards 0.

    References
    ----------
    .. [1] ONNX, operator ``Div``.

    Examples
    --------
    >>> Divide().shape((2, 3, 4, 4), (1, 3, 1, 1))
    (2, 3, 4, 4)
    """

    reads = ("x1", "x2")
    positive = ("x2",)

    def element(self, m: Algebra, at: tuple[Size, ...], x1: Operand, x2: Operand) -> Number:
        """One output: the first number over the second."""
        a, b = read(at, x1, x2)
        return a / b


@dataclass(frozen=True, slots=True)
class Pow(Elementwise):
    r"""First input to the power of the second.

    .. math:: y_i = e^{x^{(2)}_i \log x^{(1)}_i}

    Notes
    -----
    *Shape*: as `Add`. *Cost*: an exponential, a logarithm and a multiplication an output.

    *Conventions*: bases are positive. The kernel also takes bases that are not, where the power exists, and keeps exact
    numbers exact where their exponents are whole. The gradient by the base is 0 where the exponent is 0; that by the
    exponent is 0 where the base is 0 and the exponent is not negative, and not a number where the base is negative. So
    they are in PyTorch.

    References
    ----------
    .. [1] ONNX, operator ``Pow``.

    Examples
    --------
    >>> Pow().shape((2, 3, 4), (2, 3, 1))
    (2, 3, 4)
    """

    reads = ("x1", "x2")
    positive = ("x1",)

    def element(self, m: Algebra, at: tuple[Size, ...], x1: Operand, x2: Operand) -> Number:
        """One output: the exponential of the exponent times the base's logarithm."""
        base, exponent = read(at, x1, x2)
        return m.exp(exponent * m.log(base))


@dataclass(frozen=True, slots=True)
class Maximum(Elementwise):
    r"""Largest of two or more inputs, number by number.

    .. math:: y_i = \max(x^{(1)}_i, x^{(2)}_i, ...)

    Notes
    -----
    *Shape*: as `Add`. *Cost*: one comparison less than inputs, an output.

    *Conventions*: at a tie the first input takes the whole gradient, as of several maxima in a window the first does;
    PyTorch shares it out in equal parts. NaN wins.

    References
    ----------
    .. [1] ONNX, operator ``Max``.

    Examples
    --------
    >>> Maximum().shape((1, 8, 4, 4), (1, 8, 4, 4), (8, 1, 1))
    (1, 8, 4, 4)
    """

    variadic = True

    def element(self, m: Algebra, at: tuple[Size, ...], *xs: Operand) -> Number:
        """One output: the first of the largest numbers."""
        best, *others = read(at, *xs)
        for x in others:
            best = m.when(x > best, lambda x=x: x, lambda best=best: best)
        return best


@dataclass(frozen=True, slots=True)
class Minimum(Elementwise):
    r"""Smallest of two or more inputs, number by number.

    .. math:: y_i = \min(x^{(1)}_i, x^{(2)}_i, ...)

    Notes
    -----
    *Shape*: as `Add`. *Cost*: one comparison less than inputs, an output.

    *Conventions*: at a tie the first input takes the whole gradient; PyTorch shares it out in equal parts. NaN wins.

    References
    ----------
    .. [1] ONNX, operator ``Min``.

    Examples
    --------
    >>> Minimum().shape((1, 8, 4, 4), (1, 1, 1, 1))
    (1, 8, 4, 4)
    """

    variadic = True

    def element(self, m: Algebra, at: tuple[Size, ...], *xs: Operand) -> Number:
        """One output: the first of the smallest numbers."""
        best, *others = read(at, *xs)
        for x in others:
            best = m.when(best > x, lambda x=x: x, lambda best=best: best)
        return best
