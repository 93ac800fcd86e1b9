"""A kernel and an operator as a test of one's own suite: parametrised over settings, each with a name of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cnnmath.errors import CnnmathError, MissingExtraError
from cnnmath.ops import Operator
from cnnmath.verify.ladder import ALL, climb, shrunk
from cnnmath.verify.search import RUNGS, search, taken
from cnnmath.verify.strategies import Case
from cnnmath.verify.subject import under_test
from cnnmath.verify.telling import telling
from cnnmath.verify.verdict import Certificate, Counterexample, Verdict

DRAWN = "drawn settings"
"""The last of the parameters: what is drawn at random, and shrunk."""


def kernel_test(
    kernel: Any,
    what: Operator | type[Operator],
    *,
    wrt: str | Sequence[str] | None = None,
    dtype: str | None = None,
    rungs: Sequence[int] | None = None,
    rank: int | None = None,
    examples: int = 50,
) -> Callable[..., None]:
    """A test for pytest, to be given a name that begins with ``test_``.

    Parameters
    ----------
    kernel
        As `verify` takes it.
    what
        One setting of an operator, at telling inputs; or an operator's class: every setting of those that cover all
        pairs of classes is a test of its own, and drawn settings are the last one.
    wrt, dtype, rungs
        As `verify` takes them.
    rank
        Number of spatial axes, for a kernel that is written for one.
    examples
        How many settings are drawn.

    Examples
    --------
    >>> from cnnmath.ops import ReLU
    >>> test_my_relu = kernel_test(lambda x: x * (x > 0), ReLU())
    """
    try:
        import pytest
    except ImportError as error:
        raise MissingExtraError("pytest is not installed.", fix="pip install pytest") from error
    subject = under_test(kernel, dtype)
    settings: list[Any] = telling(what) if isinstance(what, Operator) else [*taken(subject, what, wrt, rank), DRAWN]
    climbed = rungs or (RUNGS if isinstance(what, type) else ALL)

    def judged(setting: Any) -> Verdict:
        if isinstance(setting, Case):
            verdict = climb(subject, setting, wrt=wrt, rungs=climbed)
            return shrunk(subject, verdict) if isinstance(verdict, Counterexample) else verdict
        return search(subject, what, examples, wrt=wrt, rungs=climbed, rank=rank)  # type: ignore[arg-type]

    @pytest.mark.parametrize("setting", settings, ids=str)
    def test_kernel(setting: Any) -> None:
        certificate(lambda: judged(setting))

    return test_kernel


def certificate(judge: Callable[[], Verdict]) -> Certificate:
    """The certificate that a kernel is given; where it is none, the test that asks fails with the report alone.

    A kernel that cannot be called as the operator asks, which is an error and no verdict, fails with its message.
    """
    import pytest

    try:
        verdict = judge()
    except CnnmathError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    if not isinstance(verdict, Certificate):
        pytest.fail(repr(verdict), pytrace=False)
    return verdict
