"""The rungs of the ladder, each a function that tries a kernel at one setting and says what it has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from cnnmath.verify.evidence import Evidence, Finding, Withheld
from cnnmath.verify.guard import Guard
from cnnmath.verify.rungs.hygiene import hygienic
from cnnmath.verify.rungs.integers import exact_on_integers
from cnnmath.verify.rungs.laws import lawful
from cnnmath.verify.rungs.proof import proved
from cnnmath.verify.rungs.rounding import within_rounding
from cnnmath.verify.strategies import Case

Rung: TypeAlias = Callable[[Guard, Case, Sequence[str], np.random.Generator], Iterator[Evidence | Withheld | Finding]]
"""``rung(guard, case, wanted, generator)``: what was seen of each result; after a `Finding` nothing more comes."""

LADDER: Mapping[int, Rung] = MappingProxyType(
    {1: proved, 2: exact_on_integers, 3: lawful, 4: within_rounding, 5: hygienic}
)
