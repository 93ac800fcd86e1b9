"""How a fit went, epoch by epoch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from cnnmath.notebook import table


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch of a fit.

    Attributes
    ----------
    number
        Which one it is, from 1.
    rate
        The optimiser's.
    loss
        Mean over the epoch's batches, weighted by their samples, each before its step.
    held_out
        Loss of the held-out samples after the epoch; None where there are none.
    accuracy
        Share of the held-out labels that are met; None where there are none.
    seconds
        What it took; two epochs are equal whatever they took.

    Examples
    --------
    >>> print(Epoch(3, 0.05, 0.25, 0.5, 0.9375, 1.5))
    epoch   3  loss 0.2500  held out 0.5000  accuracy  93.75 %  1.5 s
    """

    number: int
    rate: float
    loss: float
    held_out: float | None
    accuracy: float | None
    seconds: float = field(compare=False)

    def __str__(self) -> str:
        parts = [
            f"epoch {self.number:>3}",
            f"loss {self.loss:.4f}",
            None if self.held_out is None else f"held out {self.held_out:.4f}",
            None if self.accuracy is None else f"accuracy {self.accuracy:7.2%}".replace("%", " %"),
            f"{self.seconds:.1f} s",
        ]
        return "  ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class History:
    """All epochs of a fit, and whether it was interrupted in the one after them.

    Examples
    --------
    >>> history = History((Epoch(1, 0.05, 0.25, None, None, 1.5),), interrupted=True)
    >>> print(history)
    epoch   1  loss 0.2500  1.5 s
    interrupted in epoch 2
    """

    epochs: tuple[Epoch, ...]
    interrupted: bool = False

    @property
    def seconds(self) -> float:
        """What all epochs took."""
        return sum(epoch.seconds for epoch in self.epochs)

    def record(self) -> dict[str, Any]:
        """As plain lists and dicts, for JSON."""
        return asdict(self)

    def _repr_html_(self) -> str:
        head = ("epoch", "rate", "loss", "held out", "accuracy", "seconds")
        end = [f"interrupted in epoch {len(self.epochs) + 1}"] if self.interrupted else []
        return table("history", head, map(_cells, self.epochs), notes=end)

    def __str__(self) -> str:
        end = [f"interrupted in epoch {len(self.epochs) + 1}"] if self.interrupted else []
        return "\n".join([*map(str, self.epochs), *end])


def _cells(epoch: Epoch) -> tuple[str, ...]:
    accuracy = "" if epoch.accuracy is None else f"{100 * epoch.accuracy:.2f} %"
    held_out = "" if epoch.held_out is None else f"{epoch.held_out:.4f}"
    return (str(epoch.number), f"{epoch.rate:g}", f"{epoch.loss:.4f}", held_out, accuracy, f"{epoch.seconds:.1f}")
