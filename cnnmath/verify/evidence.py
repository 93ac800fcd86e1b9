"""What a rung says of a kernel: what it has shown, why it does not apply, or what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

RUNGS = {
    1: "proved for these shapes",
    2: "exact on integers",
    3: "laws",
    4: "rounding",
    5: "hygiene",
}
"""The ladder of belief; the first rung says most."""

SHORT = {1: "proved", 2: "exact", 3: "laws", 4: "rounding", 5: "hygiene"}
TO_DIGITS = "to 40 digits, on fractions"
"""What rung 2 says of irrational numbers."""


def result_name(wrt: str) -> str:
    """What a kernel computes, as one writes it: ``y``, or ``dx`` for the gradient by x."""
    return "y" if wrt == "y" else f"d{wrt}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one rung has shown.

    Attributes
    ----------
    rung
        Number of the rung.
    wrt
        Which result: ``y``, or the operand whose gradient it is.
    fact
        What was shown, in a sentence that stands for every setting.
    runs, numbers
        Calls of the kernel, and numbers that were compared.
    assumes
        What is taken for granted.
    settings
        At how many settings.
    """

    rung: int
    wrt: str
    fact: str
    runs: int = 1
    numbers: int = 0
    assumes: tuple[str, ...] = ()
    settings: int = 1


@dataclass(frozen=True, slots=True)
class Withheld:
    """A rung that does not apply, and why."""

    rung: int
    wrt: str
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a kernel.

    Attributes
    ----------
    kind
        One word: ``raises``, ``hangs``, ``nothing``, ``array``, ``shape``, ``dtype``, ``nan``, ``value``, ``law``,
        ``bound``, ``view``, ``writes``, ``unwritten``, ``unstable``, ``surroundings``, ``layout``.
    fact
        What was seen, in one line.
    rung, wrt
        Where it was seen, and in which result.
    at
        Position of the first number that is wrong, where there is one.
    lines
        More about it, by label.
    """

    kind: str
    fact: str
    rung: int
    wrt: str = "y"
    at: tuple[int, ...] | None = None
    lines: tuple[tuple[str, str], ...] = ()
