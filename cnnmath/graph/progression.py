"""Sets of sizes that repeat: some numbers, and from a start on everything in some residue classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cnnmath.primes import primes


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes: those of ``few``, and from ``start`` on all n with ``n mod period`` among the residues.

    Examples
    --------
    >>> Sizes((193, 194, 195, 200)), Sizes(start=63, period=1, residues=(0,))
    (193..195, 200, 63 and above)
    >>> canonical(Sizes((2, 5), 8, 6, (2, 5)))
    n = 2 mod 3, n >= 2
    """

    few: tuple[int, ...] = ()
    start: int = 1
    period: int = 1
    residues: tuple[int, ...] = ()

    def __contains__(self, n: int) -> bool:
        return n in self.few or (n >= self.start and n % self.period in self.residues)

    def __bool__(self) -> bool:
        return bool(self.few or self.residues)

    @property
    def least(self) -> int | None:
        """Smallest of them, or None where there is none."""
        return self.following(0)

    def following(self, n: int) -> int | None:
        """Smallest of them that is at least ``n``."""
        first = max(n, self.start)
        later = [first + (residue - first) % self.period for residue in self.residues]
        return min([*(m for m in self.few if m >= n), *later], default=None)

    def preceding(self, n: int) -> int | None:
        """Largest of them that is at most ``n``."""
        later = [n - (n - residue) % self.period for residue in self.residues]
        return max([*(m for m in self.few if m <= n), *(m for m in later if m >= self.start)], default=None)

    def between(self, low: int, high: int) -> Sizes:
        """Those from ``low`` to ``high``."""
        found, n = [], self.following(low)
        while n is not None and n <= high:
            found.append(n)
            n = self.following(n + 1)
        return Sizes(tuple(found))

    def record(self) -> dict[str, object]:
        """As JSON has it."""
        few = [[run.start, run[-1]] for run in runs(self.few)]
        tail = {"start": self.following(self.start), "period": self.period, "residues": list(self.residues)}
        return {"ranges": few, "then": tail if self.residues else None}

    def __repr__(self) -> str:
        texts = [str(run[0]) if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs(self.few)]
        first = self.following(self.start)
        if self.residues and self.period == 1:
            texts.append(f"{first} and above")
        elif self.residues:
            which = ", ".join(map(str, self.residues))
            texts.append(f"n = {which} mod {self.period}, n >= {first}")
        return ", ".join(texts) or "none"


def canonical(sizes: Sizes) -> Sizes:
    """The same set with the smallest period and start.

    Notes
    -----
    The periods of a set are the multiples of the smallest, so that primes are divided out one by one.
    """
    for prime in primes(sizes.period):
        while sizes.period % prime == 0:
            period = sizes.period // prime
            classes = {residue % period for residue in sizes.residues}
            if len(classes) * prime != len(sizes.residues):
                break
            sizes = replace(sizes, period=period, residues=tuple(sorted(classes)))
    start = _unlike(sizes) + 1 if sizes.residues else sizes.start
    return replace(sizes, few=tuple(n for n in sizes.few if n < start), start=start)


def _unlike(sizes: Sizes) -> int:
    """Largest number below the start that does not follow the residues, or 0."""
    few, classes = set(sizes.few), set(sizes.residues)
    found = max((n for n in few if n % sizes.period not in classes), default=0)
    for residue in classes:
        n = sizes.start - 1 - (sizes.start - 1 - residue) % sizes.period
        while n in few:
            n -= sizes.period
        found = max(found, n)
    return found


def runs(numbers: tuple[int, ...]) -> Iterator[range]:
    """Ascending numbers as ranges of consecutive ones.

    Examples
    --------
    >>> list(runs((1, 2, 3, 7)))
    [range(1, 4), range(7, 8)]
    """
    first = last = None
    for n in numbers:
        if last is not None and first is not None and n != last + 1:
            yield range(first, last + 1)
            first = n
        first, last = n if first is None else first, n
    if first is not None and last is not None:
        yield range(first, last + 1)
