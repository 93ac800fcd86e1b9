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
from cnnmath.window import check_at_least

RANKS: Mapping[Agreement, int] = {"exact": 0, "rounded": 1, "truncated": 2}


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
        Readings that agree with the figure, those with the fewest differences first.
    nearest
        Where none does: the readings nearest below and above.
    tried
        How many readings were compared.
    """

    network: str
    quantity: str
    printed: str
    usual: Reading
    matches: tuple[Reading, ...]
    nearest: tuple[Reading, ...]
    tried: int

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
        }

    def __repr__(self) -> str:
        shown = [("or" if i else "is", match) for i, match in enumerate(self.matches)]
        shown = shown or [("nearest", reading) for reading in self.nearest]
        if self.usual.reasons == () and self.usual.value not in [reading.value for _, reading in shown]:
            shown.append(("usual", self.usual))
        lines = [f"{self.network}: {self.quantity} {self.printed}"]
        if not self.matches:
            lines.append(f"  none of {self.tried} readings (conventions, variants, input sizes) gives it")
        return "\n".join([*lines, *(line for label, reading in shown for line in _lines(reading, label))])


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
    judged = [_judged(reading, figure) for reading in tried]
    matches = sorted((r for r in judged if r.agreement), key=_simplicity)
    below = max((r for r in tried if r.value < figure.value), key=lambda r: r.value, default=None)
    above = min((r for r in tried if r.value > figure.value), key=lambda r: r.value, default=None)
    nearest = () if matches else tuple(reading for reading in (below, above) if reading)
    return Explanation(usual.network, quantity, str(printed), usual, tuple(matches[:limit]), nearest, len(tried))


def _simplicity(reading: Reading) -> tuple[int, int]:
    """Few differences first, then the better agreement; else the usual conventions stay first."""
    return len(reading.reasons), RANKS[reading.agreement] if reading.agreement else len(RANKS)


def _judged(reading: Reading, figure: Printed) -> Reading:
    return replace(reading, agreement=agreement(figure, reading.value))


def _lines(reading: Reading, label: str) -> list[str]:
    """A number and how it agrees, then its reasons, one a line."""
    how = f", {reading.agreement}" if reading.agreement not in (None, "exact") else ""
    reasons = reading.reasons or (f"{reading.network} as it was asked for, counted in the usual way",)
    return [f"  {label:<8} {count(reading.value)}{how}", *(f"           {reason}" for reason in reasons)]
