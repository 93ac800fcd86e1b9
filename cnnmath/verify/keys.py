"""Settings as keys: a text that says what was judged, from which the setting can be read back; and as many as asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import settings as profile

from cnnmath.ops import Operator
from cnnmath.ops.notation import describe, parse
from cnnmath.verify.strategies import Case, cases, covering

PATIENCE = 200
"""Draws in a row without a new setting, after which an operator's space counts as exhausted."""

BYTES = 1024
"""Of chance for each draw, more than any setting needs."""


def key_of(case: Case) -> str:
    """A setting as the key of a campaign, in the group of its operator.

    Examples
    --------
    >>> from cnnmath.ops import Add, Conv
    >>> key_of(Case(Conv(2, (3, 1), stride=(2, 1)), ((1, 2, 6, 7),)))
    'Conv/conv(2, (3, 1), stride=(2, 1)) on 1x2x6x7'
    >>> key_of(Case(Add(), ((1, 2), (1, 2))))
    'Add/add() on 1x2 and 1x2'
    """
    inputs = " and ".join("x".join(map(str, shape)) for shape in case.inputs)
    return f"{type(case.op).__name__}/{describe(case.op)} on {inputs}"


def case_of(key: str) -> Case:
    """Read a setting: the inverse of `key_of`.

    Examples
    --------
    >>> case_of("Conv/conv(2, 3) on 1x2x6x7").inputs
    ((1, 2, 6, 7),)
    """
    _, _, setting = key.partition("/")
    op, _, inputs = setting.rpartition(" on ")
    return Case(parse(op), tuple(tuple(map(int, shape.split("x"))) for shape in inputs.split(" and ")))


def keys(kinds: Sequence[type[Operator]], settings: int) -> list[str]:
    """So many settings of some operators, no two alike, grouped by operator; the same at every call.

    Each operator has an equal share: first settings that cover all pairs of classes, then drawn ones. What an operator
    has not, because its space is small, the others share.

    Examples
    --------
    >>> from cnnmath.ops import LSTMCell, ReLU
    >>> chosen = keys([ReLU, LSTMCell], 10)
    >>> len(chosen), chosen[5]
    (10, 'LSTMCell/lstmcell(1, bias=False) on 1x1 and 1x1 and 1x1')
    """
    found: dict[type[Operator], list[str]] = {kind: [] for kind in kinds}
    for kind, case in islice(_in_turns(list(found)), settings):
        found[kind].append(key_of(case))
    return [key for some in found.values() for key in some]


def _in_turns(kinds: Sequence[type[Operator]]) -> Iterator[tuple[type[Operator], Case]]:
    """One setting of each operator after the other, until no operator has another."""
    sources = {kind: _distinct(kind) for kind in kinds}
    while sources:
        for kind, source in list(sources.items()):
            case = next(source, None)
            if case is None:
                del sources[kind]
            else:
                yield kind, case


def _distinct(kind: type[Operator]) -> Iterator[Case]:
    """Settings of an operator, each once: the covering ones, then what is drawn."""
    seen: set[Case] = set()
    since = 0
    for case in covering(kind):
        if case not in seen:
            seen.add(case)
            yield case
    for case in drawn(kind):
        since = since + 1 if case in seen else 0
        if since > PATIENCE:
            return
        if not since:
            seen.add(case)
            yield case


def drawn(kind: type[Operator]) -> Iterator[Case]:
    """Settings of an operator without end, the same at every call.

    Notes
    -----
    *Conventions.* Hypothesis makes a setting of bytes that are given. Left to draw by itself, it would also draw the
    constants of whatever modules are loaded, and the log of a campaign be refused where others are.
    """
    found: list[Case] = []

    def collect(case: Case) -> None:
        found.append(case)

    draw: Any = profile(database=None, deadline=None)(given(cases(kind))(collect))
    for number in count():
        draw.hypothesis.fuzz_one_input(Random(f"{kind.__name__}/{number}").randbytes(BYTES))
        yield from found
        found.clear()
