"""Search: drawn settings of an operator's whole space, and the smallest one at which a kernel fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from cnnmath.numeric import Kernel
from cnnmath.ops import Operator
from cnnmath.verify.agreement import Agreement, verify
from cnnmath.verify.strategies import Case, cases


@dataclass(frozen=True, slots=True)
class Search:
    """What came of trying a kernel at drawn settings.

    Attributes
    ----------
    kind
        The operator.
    settings
        How many settings were tried before the search ended or began to shrink a failure.
    counterexample
        The smallest setting found at which the kernel fails, or None.
    """

    kind: type[Operator]
    settings: int
    counterexample: Agreement | None

    @property
    def agrees(self) -> bool:
        """Whether the kernel agreed at every setting."""
        return self.counterexample is None

    def record(self) -> dict[str, Any]:
        """As JSON has it."""
        failed = self.counterexample.record() if self.counterexample else None
        return {
            "operator": self.kind.__name__,
            "settings": self.settings,
            "agrees": self.agrees,
            "counterexample": failed,
        }

    def __repr__(self) -> str:
        if self.counterexample is None:
            return f"{self.kind.__name__}: {self.settings} drawn settings, all agree"
        return f"{self.kind.__name__}: a smallest setting that fails is\n{self.counterexample!r}"


def search(kind: type[Operator], examples: int = 100, *, kernel: Kernel | None = None) -> Search:
    """Try a kernel at drawn settings; shrink a failure to a smallest one. The draw is the same at every call.

    Examples
    --------
    >>> from cnnmath.ops import ReLU
    >>> search(ReLU, 20)
    ReLU: 20 drawn settings, all agree
    """
    tried: list[Case] = []
    failed: list[Case] = []

    def fails(case: Case) -> bool:
        tried.extend([] if failed else [case])
        wrong = not verify(case.op, *case.inputs, kernel=kernel).agrees
        failed.extend([case] if wrong else [])
        return wrong

    how = settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
    )
    try:
        smallest = find(cases(kind), fails, settings=how)
    except NoSuchExample:
        return Search(kind, len(tried), None)
    return Search(kind, len(tried), verify(smallest.op, *smallest.inputs, kernel=kernel))
