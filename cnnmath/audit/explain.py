"""Which count a printed figure comes from: the convention, the variant of the network, the size of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cnnmath.audit.printed import Agreement, Printed, agreement
from cnnmath.audit.readings import EXPLAINABLE, Reading, readings
from cnnmath.errors import SettingError, unknown
from cnnmath.graph import Architecture
from cnnmath.graph.text import count
from cnnmath.notebook import report
from cnnmath.window import check_at_least

RANKS: Mapping[Agreement, int] = {"exact": 0, "rounded": 1, "truncated": 2}

MANY = 20
"""Where more values than these agree, the printed digits decide little."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a printed figure comes from, simplest explanation first; or that it comes from nowhere known.

    Attributes
    ----------
    network, quantity, printed
        The question.
    usual
        The network as it was asked for, counted in the usual way.
    matches
        Readings that agree with the figure, one for each value, those with the fewest differences first.
    nearest
        Where none does: the readings nearest below and above.
    tried
        How many readings were compared.
    agreeing
        How many different values agree, beyond the matches, too.
    """

    network: str
    quantity: str
    printed: str
    usual: Reading
    matches: tuple[Reading, ...]
    nearest: tuple[Reading, ...]
    tried: int
    agreeing: int

    @property
    def explained(self) -> bool:
        """Whether some reading agrees."""
        return bool(self.matches)

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "network": self.network,
            "quantity": self.quantity,
            "printed": self.printed,
            "explained": self.explained,
            "usual": self.usual.record(),
            "matches": [match.record() for match in self.matches],
            "nearest": [reading.record() for reading in self.nearest],
            "tried": self.tried,
            "agreeing": self.agreeing,
        }

    def headline(self) -> str:
        """The question."""
        return f"{self.network}: {self.quantity} {self.printed}"

    def remarks(self) -> list[str]:
        """What is to be said ahead of the readings."""
        said = []
        if not self.matches:
            said.append(f"none of {self.tried} readings (conventions, variants, input sizes) gives it")
        if self.agreeing > MANY:
            digits = Printed.of(self.printed).digits
            count_of = "one digit" if digits == 1 else f"{digits} digits"
            said.append(f"{count_of}: {self.agreeing} values agree, the simplest first")
        return said

    def rows(self) -> list[tuple[str, str]]:
        """Values with their labels, each followed by its reasons."""
        shown = [("or" if i else "is", match) for i, match in enumerate(self.matches)]
        shown = shown or [("nearest", reading) for reading in self.nearest]
        if self.usual.reasons == () and self.usual.value not in [reading.value for _, reading in shown]:
            shown.append(("usual", self.usual))
        return [row for label, reading in shown for row in _rows(reading, label)]

    def __repr__(self) -> str:
        rows = (f"  {label:<8} {text}" for label, text in self.rows())
        return "\n".join([self.headline(), *(f"  {text}" for text in self.remarks()), *rows])

    def _repr_html_(self) -> str:
        return report(self.headline(), [*(("", text) for text in self.remarks()), *self.rows()])


def explain(
    network: str | Architecture,
    printed: Any,
    quantity: str = "macs",
    limit: int = 3,
    *,
    input_shape: Sequence[int] | None = None,
) -> Explanation:
    """Find the convention, the variant or the input size that a printed figure comes from.

    Parameters
    ----------
    network
        Name of a network of the zoo, whose variants are tried too, or an architecture of one's own.
    printed
        The figure as it is printed: ``4111512576``, ``"4.11e9"``, ``"3.8 G"``. Its last digit says how exact it is.
    quantity
        ``"macs"``, ``"parameters"`` or ``"field"`` (the receptive field's size).
    limit
        How many matches at most.
    input_shape
        Shape of one sample, where it is not the network's own.

    Raises
    ------
    UnknownNameError, SettingError
        For a quantity or network that is not known, for text that is no number, and where the network has no such
        quantity.
    ShapeError
        Where the network does not fit its input, or has sizes that are no numbers.

    Examples
    --------
    >>> explain("resnet50", "3.8e9", limit=1)
    resnet50: macs 3.8e9
      is       3,857,973,248, truncated
               stride in the first 1x1 of a stage (the 2015 paper)
               or stride in the first 1x1 of a stage, convolutions with biases (Keras)
      usual    4,089,184,256
               resnet50 as it was asked for, counted in the usual way
    """
    if quantity not in EXPLAINABLE:
        raise unknown("quantity", quantity, EXPLAINABLE)
    check_at_least("limit", limit, 1)
    figure = Printed.of(printed)
    tried = list(readings(network, quantity, input_shape))
    if not tried or tried[0].reasons:
        raise SettingError(
            f"there is no {quantity} to explain.",
            here="no feature map of this network has one receptive field",
            fix="ask for macs or parameters",
        )
    usual = tried[0]
    judged = (replace(reading, agreement=agreement(figure, reading.value)) for reading in tried)
    matches = _one_a_value(sorted((r for r in judged if r.agreement), key=_simplicity))
    below = max((r for r in tried if r.value < figure.value), key=lambda r: r.value, default=None)
    above = min((r for r in tried if r.value > figure.value), key=lambda r: r.value, default=None)
    nearest = () if matches else tuple(reading for reading in (below, above) if reading)
    shown = tuple(matches[:limit])
    return Explanation(usual.network, quantity, str(printed), usual, shown, nearest, len(tried), len(matches))


def _simplicity(reading: Reading) -> tuple[int, int]:
    """Few differences first, then the better agreement; else the usual conventions stay first."""
    return len(reading.reasons), RANKS[reading.agreement] if reading.agreement else len(RANKS)


def _one_a_value(matches: Sequence[Reading]) -> list[Reading]:
    """Of readings in their order, the first for each value, with those as simple; more differences are needless."""
    found: dict[int, Reading] = {}
    for reading in matches:
        first = found.setdefault(reading.value, reading)
        if reading is not first and len(reading.reasons) == len(first.reasons):
            found[reading.value] = replace(first, alike=(*first.alike, reading.reasons))
    return list(found.values())


def _rows(reading: Reading, label: str) -> list[tuple[str, str]]:
    """A number and how it agrees, then its reasons."""
    how = f", {reading.agreement}" if reading.agreement not in (None, "exact") else ""
    usual = (f"{reading.network} as it was asked for, counted in the usual way",)
    others = [f"or {'; '.join(reasons)}" for reasons in reading.alike]
    return [
        (label, f"{count(reading.value)}{how}"),
        *(("", reason) for reason in (*(reading.reasons or usual), *others)),
    ]
