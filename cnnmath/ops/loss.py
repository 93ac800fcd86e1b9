"""Losses: how far predictions are from what they should be, as one number or as one each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from numbers import Integral

from cnnmath.errors import SettingError
from cnnmath.ops.algebra import Algebra, Number, Operand, Operator, Shape, rational
from cnnmath.ops.checks import check_flag, check_number, check_rank, check_word
from cnnmath.window import IDENTITY, Size, Window

REDUCTIONS = ("mean", "sum", "none")
"""What is made of the losses of a batch."""

TARGETS = ("labels", "probabilities")
"""How the true class of a cross-entropy is given."""


@dataclass(frozen=True, slots=True)
class Loss(Operator):
    """What all losses have: their reduction."""

    reduction: str = "mean"

    def __post_init__(self) -> None:
        check_word("reduction", self.reduction, REDUCTIONS)

    @property
    def indices(self) -> tuple[str, ...]:  # type: ignore[override]  # a loss that is one number has none
        """Names of the first indices of the output."""
        return self.own_indices if self.reduction == "none" else ()

    @property
    def own_indices(self) -> tuple[str, ...]:
        """Names of the first indices of a loss that is not reduced."""
        return ("n", "c")

    def output(self, x: Shape) -> Shape:
        """No axis, or those of the single losses."""
        check_rank(x)
        return self.losses(x) if self.reduction == "none" else ()

    @abstractmethod
    def losses(self, x: Shape) -> Shape:
        """Shape of the losses before they are reduced."""

    def windows(self, sizes: Shape) -> tuple[Window, ...] | None:
        """A single loss sees its own position; their sum and their mean see all."""
        return (IDENTITY,) * len(sizes) if self.reduction == "none" else None

    def reduced(
        self,
        m: Algebra,
        at: tuple[Size, ...],
        extents: Shape,
        loss: Callable[..., Number],
        weight: Callable[..., Number],
    ) -> Number:
        """The loss at a position, or the sum of all, or that divided by the sum of their weights."""
        if self.reduction == "none":
            return loss(*at)
        total = m.sum(loss, *extents)
        return total if self.reduction == "sum" else total / m.sum(weight, *extents)


@dataclass(frozen=True, slots=True)
class CrossEntropy(Loss):
    r"""Cross-entropy of the softmax of logits and the true classes.

    .. math:: \ell_{n,o} = w_t \Big( \log \sum_q e^{x_{n,q,o}} - x_{n,t,o} \Big), \quad t = t_{n,o}, \qquad
       y = \frac{\sum_{n,o} \ell_{n,o}}{\sum_{n,o} w_{t_{n,o}}}

    Parameters
    ----------
    reduction
        ``"mean"`` of the losses, weighted by the weights of their classes; their ``"sum"``; or ``"none"``, a loss a
        sample and position.
    weighted
        Whether each class c has a weight w_c, in ``weights``; 1 otherwise.
    smoothing
        Share epsilon of the truth that is spread over all classes:
        :math:`(1 - \epsilon)\,\ell_{n,o} + \frac{\epsilon}{C} \sum_c w_c (\log \sum_q e^{x_{n,q,o}} - x_{n,c,o})`.
    ignored
        A label that stands for no class: where it is, the loss is 0 and counts in no mean.
    targets
        ``"labels"``, the number of a class each, or ``"probabilities"``, a number a class:
        :math:`\ell_{n,o} = \sum_c w_c t_{n,c,o} (\log \sum_q e^{x_{n,q,o}} - x_{n,c,o})`.

    Notes
    -----
    *Shape*: x (N, C, \*spatial); labels t (N, \*spatial), or probabilities t (N, C, \*spatial); weights (C,). y has no
    axis, or is (N, \*spatial) where the reduction is ``"none"``.

    *Cost*: C exponentials, C - 1 additions and one logarithm a position; what a label names is looked up for nothing.

    *Conventions*: the softmax is part of it, so that x are logits; classes are counted from 0. All of it is as in
    PyTorch: the mean is over the weights of the labels that count, whatever the smoothing; for probabilities it is over
    all positions, the weights left out, and the smoothing is that of the probabilities. They are not checked to add up
    to 1. The mean of no loss is refused, where PyTorch gives NaN.

    Raises
    ------
    SettingError
        For other words, a smoothing outside [0, 1], and a label that is ignored among probabilities.

    References
    ----------
    .. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 6.2.2.3.
    .. [2] C. Szegedy et al., "Rethinking the inception architecture for computer vision", arXiv:1512.00567, section 7:
       label smoothing.

    Examples
    --------
    >>> CrossEntropy().shape((32, 10)), CrossEntropy("none").shape((2, 21, 64, 64))
    ((), (2, 64, 64))
    >>> CrossEntropy(weighted=True).buffers((32, 10))
    {'t': (32,), 'weights': (10,)}
    """

    _: KW_ONLY
    weighted: bool = False
    smoothing: float | Fraction = 0
    ignored: int | None = None
    targets: str = "labels"

    def __post_init__(self) -> None:
        Loss.__post_init__(self)
        check_flag("weighted", self.weighted)
        check_number("smoothing", self.smoothing, least=0)
        if self.smoothing > 1:
            raise SettingError("the smoothing must lie in [0, 1].", here=f"smoothing {self.smoothing!r}", fix="use 0.1")
        check_word("kind of targets", self.targets, TARGETS)
        if self.ignored is None:
            return
        if isinstance(self.ignored, bool) or not isinstance(self.ignored, Integral):
            raise SettingError(
                "the label that is ignored must be an integer.",
                here=f"ignored {self.ignored!r}",
                fix="use -100, which is no class",
            )
        if self.targets != "labels":
            raise SettingError(
                "a label is ignored, but the targets are probabilities.",
                here=f"ignored {self.ignored}",
                fix="leave it out; probabilities that are all 0 add nothing to a sum",
            )
        object.__setattr__(self, "ignored", int(self.ignored))

    @property
    def own_indices(self) -> tuple[str, ...]:
        """Names of the first indices of a loss that is not reduced."""
        return ("n",)

    def losses(self, x: Shape) -> Shape:
        """One a sample and position."""
        return (x[0], *x[2:])

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """The true classes, and the weights of all classes."""
        t = self.losses(x) if self.targets == "labels" else tuple(x)
        return {"t": t} | ({"weights": x[1:2]} if self.weighted else {})

    def levels(self, x: Shape) -> dict[str, Sequence[int]]:
        """Labels are the numbers of classes, or the one that is ignored."""
        if self.targets != "labels":
            return {}
        others = [] if self.ignored is None else [self.ignored]
        return {"t": [*(c for c in range(x[1]) if c not in others), *others]}

    def element(
        self, m: Algebra, at: tuple[Size, ...], x: Operand, t: Operand, weights: Operand | None = None
    ) -> Number:
        """One output: the logarithm of the sum of exponentials, less the logit of the true class."""

        def weight(c: Number) -> Number:
            return 1 if weights is None else weights[c]

        def surprise(n: Size, c: Number, o: Sequence[Size]) -> Number:
            total = m.let("total", (n, *o), lambda: m.log(m.sum(lambda q: m.exp(x[n, q, *o]), x.shape[1])))
            missing = total - x[n, c, *o]
            return missing if weights is None else weights[c] * missing

        def of_label(n: Size, *o: Size) -> Number:
            own = surprise(n, t[n, *o], o)
            return (
                own if self.smoothing == 0 else (1 - share) * own + even * m.sum(lambda c: surprise(n, c, o), classes)
            )

        def of_probabilities(n: Size, *o: Size) -> Number:
            def truth(c: Size) -> Number:
                return t[n, c, *o] if self.smoothing == 0 else (1 - share) * t[n, c, *o] + even

            return m.sum(lambda c: truth(c) * surprise(n, c, o), classes)

        share, classes = rational(self.smoothing), x.shape[1]
        even = share / classes
        if self.targets == "probabilities":
            return self.reduced(m, at, self.losses(x.shape), of_probabilities, lambda n, *o: 1)
        return self.reduced(
            m,
            at,
            self.losses(x.shape),
            lambda n, *o: self.counted(m, t[n, *o], lambda: of_label(n, *o)),
            lambda n, *o: self.counted(m, t[n, *o], lambda: weight(t[n, *o])),
        )

    def counted(self, m: Algebra, label: Number, number: Callable[[], Number]) -> Number:
        """A number, but 0 where the label is the one that is ignored: two differ where their distance has a square."""
        if self.ignored is None:
            return number()
        apart = label - self.ignored
        return m.when(apart * apart > 0, number, lambda: 0)


@dataclass(frozen=True, slots=True)
class BinaryCrossEntropy(Loss):
    r"""Cross-entropy of the logistic function of logits and answers of yes or no.

    .. math:: \ell_i = w_c\, t_i \log(1 + e^{-x_i}) + (1 - t_i) \log(1 + e^{x_i}), \quad i = (n, c, o)

    Parameters
    ----------
    reduction
        ``"mean"`` or ``"sum"`` of all losses, or ``"none"``, a loss a number.
    weighted
        Whether a yes in channel c has a weight w_c, in ``weights``; 1 otherwise.

    Notes
    -----
    *Shape*: x and t (N, C, \*spatial), weights (C,). y has no axis, or the shape of x where the reduction is
    ``"none"``.

    *Cost*: two exponentials and two logarithms a number.

    *Conventions*: the logistic function is part of it, so that x are logits; t is 1 for yes, 0 for no, and may lie
    between. The weights are PyTorch's ``pos_weight``, here one a channel; the mean is over all numbers and leaves them
    out.

    References
    ----------
    .. [1] C. Bishop, "Pattern Recognition and Machine Learning", Springer 2006, equation 4.90.

    Examples
    --------
    >>> BinaryCrossEntropy(weighted=True).buffers((8, 3))
    {'t': (8, 3), 'weights': (3,)}
    """

    _: KW_ONLY
    weighted: bool = False

    def __post_init__(self) -> None:
        Loss.__post_init__(self)
        check_flag("weighted", self.weighted)

    def losses(self, x: Shape) -> Shape:
        """One a number."""
        return tuple(x)

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """The answers, and the weights of a yes."""
        return {"t": tuple(x)} | ({"weights": x[1:2]} if self.weighted else {})

    def element(
        self, m: Algebra, at: tuple[Size, ...], x: Operand, t: Operand, weights: Operand | None = None
    ) -> Number:
        """One output: the logarithms of both answers' probabilities, each as far as it is true."""

        def loss(n: Size, c: Size, *o: Size) -> Number:
            yes = t[n, c, *o] * m.log(1 + m.exp(-x[n, c, *o]))
            no = (1 - t[n, c, *o]) * m.log(1 + m.exp(x[n, c, *o]))
            return (yes if weights is None else weights[c] * yes) + no

        return self.reduced(m, at, x.shape, loss, lambda n, c, *o: 1)


@dataclass(frozen=True, slots=True)
class SquaredError(Loss):
    r"""Square of what predictions miss.

    .. math:: \ell_i = (x_i - t_i)^2, \quad i = (n, c, o)

    Parameters
    ----------
    reduction
        ``"mean"`` or ``"sum"`` of all squares, or ``"none"``, a square a number.

    Notes
    -----
    *Shape*: x and t (N, C, \*spatial). y has no axis, or the shape of x where the reduction is ``"none"``.

    *Cost*: one subtraction and one multiplication a number.

    *Conventions*: there is no factor 1/2, as in PyTorch; the mean is over all numbers, channels and positions included.

    References
    ----------
    .. [1] I. Goodfellow, Y. Bengio and A. Courville, "Deep Learning", MIT Press 2016, section 5.1.4, equation 5.4.

    Examples
    --------
    >>> SquaredError().shape((8, 3)), SquaredError("none").shape((8, 3))
    ((), (8, 3))
    """

    def losses(self, x: Shape) -> Shape:
        """One a number."""
        return tuple(x)

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """What should have been predicted."""
        return {"t": tuple(x)}

    def element(self, m: Algebra, at: tuple[Size, ...], x: Operand, t: Operand) -> Number:
        """One output: a square."""

        def loss(n: Size, c: Size, *o: Size) -> Number:
            missed = x[n, c, *o] - t[n, c, *o]
            return missed * missed

        return self.reduced(m, at, x.shape, loss, lambda n, c, *o: 1)
