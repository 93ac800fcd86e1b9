"""Normalisation by stored statistics, by those of a batch, and across neighbouring channels."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from fractions import Fraction

from cnnmath.axis import Axis, Whole
from cnnmath.errors import SettingError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape, rational
from cnnmath.ops.checks import check_filled, check_flag, check_number, check_rank, integer
from cnnmath.ops.spatial import inside
from cnnmath.ops.statistics import HALF, Block, standardised
from cnnmath.window import IDENTITY, Size, Window


@dataclass(frozen=True, slots=True)
class BatchNorm(Operator):
    r"""Batch normalisation: at inference by stored statistics, in training by those of the batch itself.

    .. math:: y_{n,c,o} = \gamma_c \frac{x_{n,c,o} - \mu_c}{\sqrt{\sigma^2_c + \epsilon}} + \beta_c

    where, in training,

    .. math:: \mu_c = \frac1M \sum_{n,i} x_{n,c,i}, \quad
       \sigma^2_c = \frac1M \sum_{n,i} (x_{n,c,i} - \mu_c)^2, \quad M = N H W

    Parameters
    ----------
    epsilon
        Added to the variance.
    training
        Whether mean and variance are those of the batch; otherwise they are stored, and given as ``mean`` and ``var``.
    momentum
        Share m of a batch in the stored statistics, which become ``(1 - m)*stored + m*batch``; only
        `cnnmath.numeric.running_statistics` reads it.

    Notes
    -----
    *Shape*: x and y (N, C, \*spatial); gamma, beta, mean and var (C,).

    *Cost*: at inference one multiplication and two additions a number, one division and one root a channel; in training
    three multiplications and four additions a number, and a few more operations a channel.

    *Conventions*: gamma and beta are trainable; mean and var are buffers, which training does not read. The variance of
    a batch is divided by M where it normalises, and by M - 1 where it is stored. In training every output sees all
    positions of its channel in all samples, and a kernel refuses a batch with one number a channel, whose y is beta
    whatever x is. The momentum is PyTorch's; that of ONNX and Keras is 1 - m.

    References
    ----------
    .. [1] S. Ioffe and C. Szegedy, "Batch normalization", arXiv:1502.03167, algorithms 1 and 2.

    Examples
    --------
    >>> BatchNorm().parameters((1, 64, 56, 56))
    {'gamma': (64,), 'beta': (64,)}
    >>> BatchNorm().buffers((1, 64, 56, 56)), BatchNorm(training=True).buffers((1, 64, 56, 56))
    ({'mean': (64,), 'var': (64,)}, {})
    """

    epsilon: float | Fraction = 1e-5
    _: KW_ONLY
    training: bool = False
    momentum: float | Fraction = 0.1

    def __post_init__(self) -> None:
        check_number("epsilon", self.epsilon, positive=True)
        check_flag("training", self.training)
        check_number("momentum", self.momentum, least=0)
        if self.momentum > 1:
            raise SettingError("the momentum must lie in [0, 1].", here=f"momentum {self.momentum!r}", fix="use 0.1")

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        check_rank(x)
        if self.training:
            check_filled(x, "mean")
        return x

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """Scale and shift of each channel."""
        return dict.fromkeys(("gamma", "beta"), x[1:2])

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """Stored mean and variance of each channel, where they are read."""
        return {} if self.training else dict.fromkeys(("mean", "var"), x[1:2])

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """In training none: an output sees the whole input."""
        return None if self.training else (IDENTITY,) * len(sizes)

    def axes(self, sizes: Shape) -> tuple[Axis, ...]:
        """In training an output reads the whole of each axis."""
        return tuple(map(Whole, sizes)) if self.training else (IDENTITY,) * len(sizes)

    def element(
        self,
        m: Algebra,
        at: tuple[Size, ...],
        x: Operand,
        gamma: Operand,
        beta: Operand,
        mean: Operand | None = None,
        var: Operand | None = None,
    ) -> Number:
        """One output: the input less the mean, scaled and shifted."""
        c = at[1]
        if mean is None or var is None:
            batch, *sizes = x.shape[0], *x.shape[2:]
            block = Block(lambda of: m.sum(lambda n, *i: of(x[n, c, *i]), batch, *sizes), (batch, *sizes), (c,))
            return standardised(m, x, at, block, self.epsilon) * gamma[c] + beta[c]
        scale = m.let("scale", (c,), lambda: gamma[c] / m.power(var[c] + rational(self.epsilon), HALF))
        return (x[at] - mean[c]) * scale + beta[c]


@dataclass(frozen=True, slots=True)
class LocalResponseNorm(Operator):
    r"""Local response normalisation across neighbouring channels.

    .. math:: y_{n,c,o} = x_{n,c,o} \Big/ \Big(\kappa + \frac{\alpha}{m} \sum_{q=0}^{m-1}
       x_{n,\,c+q-\lfloor m/2 \rfloor,\,o}^2\Big)^{\beta}

    Parameters
    ----------
    size
        Number m of neighbouring channels.
    alpha, beta, k
        The constants of the formula (k is the kappa above).

    Notes
    -----
    *Shape*: x and y (N, C, \*spatial). *Conventions*: alpha is divided by the size, as in PyTorch and ONNX; the 2012
    paper's alpha is not, so that its 1e-4 is 5e-4 here. For an even size the odd channel lies before, as in PyTorch.

    References
    ----------
    .. [1] A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet classification with deep convolutional neural
       networks", NeurIPS 2012, section 3.3.

    Examples
    --------
    >>> LocalResponseNorm(5, alpha=5e-4, k=2).shape((1, 96, 55, 55))
    (1, 96, 55, 55)
    """

    size: Size
    alpha: float | Fraction = 1e-4
    beta: float | Fraction = 0.75
    k: float | Fraction = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", integer("size", self.size, 1))
        check_number("alpha", self.alpha, least=0)
        check_number("beta", self.beta)
        check_number("k", self.k, positive=True)

    def output(self, x: Shape) -> Shape:
        """The shape of the input."""
        check_rank(x)
        return x

    def neighbours(self) -> Window:
        """The window along the channels."""
        return Window(self.size, before=self.size // 2, after=(self.size - 1) // 2)

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand) -> Number:
        """One output: the input divided by a power of its neighbours' sum of squares."""
        n, c, *o = at
        window = self.neighbours()
        total = m.sum(
            lambda q: x[n, window.tap(c, q), *o] * x[n, window.tap(c, q), *o],
            self.size,
            where=lambda q: inside([window], [window.tap(c, q)], x.shape[1:2]),
        )
        base = rational(self.k) + rational(self.alpha) / self.size * total
        return x[at] / m.power(base, rational(self.beta))
