"""Pairs: few settings in which every two classes of different features that can occur together do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import combinations
from random import Random

from allpairspy import AllPairs
from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample

from cnnmath.ops import Operator
from cnnmath.verify.strategies.cases import planned
from cnnmath.verify.strategies.classes import features
from cnnmath.verify.strategies.plan import Case, Plan
from cnnmath.verify.strategies.rules import possible

Pair = frozenset[tuple[str, str]]
"""Two features, each with a class."""

FEW = settings(max_examples=3, database=None, derandomize=True, deadline=None, phases=[Phase.generate])


@cache
def covering(kind: type[Operator], *, empty: bool = False) -> tuple[Case, ...]:
    """Few settings in which every pair of classes of two features occurs that can occur: the same at every call.

    Parameters
    ----------
    kind
        The operator.
    empty
        Whether batches of no samples are among them.

    Notes
    -----
    Most mistakes of software are triggered by one setting or by two that meet [1]_. The pairs are found by the library
    allpairspy; of each row a small setting is drawn that is in its classes.

    References
    ----------
    .. [1] D. R. Kuhn, D. R. Wallace and A. M. Gallo, "Software fault interactions and implications for software
       testing", IEEE Transactions on Software Engineering 30(6), 2004.

    Examples
    --------
    >>> from cnnmath.ops import Linear
    >>> plans(Linear)[0], len(covering(Linear))
    ({'batch': '1', 'channels': '1', 'units': '1', 'bias': 'without'}, 9)
    """
    return tuple(drawn(kind, plan) for plan in plans(kind, empty=empty))


def drawn(kind: type[Operator], plan: Plan) -> Case:
    """A case of the planned classes: not the simplest, but the last of a few that are drawn, which tells more."""
    seen: list[Case] = []
    with suppress(NoSuchExample):
        find(planned(kind, plan), lambda case: bool(seen.append(case)), settings=FEW, random=Random(len(seen)))
    return seen[-1]


@cache
def plans(kind: type[Operator], *, empty: bool = False) -> tuple[Plan, ...]:
    """The rows of `covering`: for each feature a class, every possible pair of them somewhere."""
    table = _table(kind, empty=empty)
    names = sorted(table, key=lambda name: -len(table[name]))
    rows = AllPairs([table[name] for name in names], filter_func=lambda row: _fits(kind, names, row))
    found: list[Plan] = [
        dict(sorted(zip(names, row, strict=True), key=lambda two: list(table).index(two[0]))) for row in rows
    ]
    missing = set(possible_pairs(kind, empty=empty)).difference(*map(_pairs_of, found))
    for pair in possible_pairs(kind, empty=empty):  # what a greedy search among constraints has left out
        if pair in missing:
            found.append(_completed(kind, table, dict(pair), missing))
            missing.difference_update(_pairs_of(found[-1]))
    return tuple(_needed(found))


def _needed(found: list[Plan]) -> list[Plan]:
    """The rows without those whose pairs all occur in others."""
    times = Counter(pair for plan in found for pair in _pairs_of(plan))
    kept = []
    for plan in found:
        pairs = list(_pairs_of(plan))
        if all(times[pair] > 1 for pair in pairs):
            times.subtract(pairs)
        else:
            kept.append(plan)
    return kept


@cache
def possible_pairs(kind: type[Operator], *, empty: bool = False) -> tuple[Pair, ...]:
    """Every two classes of different features with which some setting exists."""
    table = _table(kind, empty=empty)
    pairs = [frozenset({(a, i), (b, j)}) for a, b in combinations(table, 2) for i in table[a] for j in table[b]]
    return tuple(pair for pair in pairs if next(_completions(kind, table, dict(pair)), None) is not None)


def _completed(kind: type[Operator], table: Mapping[str, Sequence[str]], plan: Plan, missing: set[Pair]) -> Plan:
    """A possible plan with the given classes; each other is the one that brings most missing pairs."""
    for name in (name for name in table if name not in plan):
        options = [{**plan, name: one} for one in table[name]]
        options = [option for option in options if next(_completions(kind, table, option), None) is not None]
        plan = max(options, key=lambda option: len(missing.intersection(_pairs_of(option))))
    return {name: plan[name] for name in table}


def _completions(kind: type[Operator], table: Mapping[str, Sequence[str]], plan: Plan) -> Iterator[Plan]:
    """Every possible plan for all features that has the given classes."""
    if not possible(kind, plan):
        return
    left = next((name for name in table if name not in plan), None)
    if left is None:
        yield plan
        return
    for one in table[left]:
        yield from _completions(kind, table, {**plan, left: one})


def _fits(kind: type[Operator], names: Sequence[str], row: Sequence[str]) -> bool:
    return possible(kind, dict(zip(names, row, strict=False)))


def _pairs_of(plan: Plan) -> Iterator[Pair]:
    return (frozenset(two) for two in combinations(plan.items(), 2))


def _table(kind: type[Operator], *, empty: bool) -> dict[str, list[str]]:
    """Names of all classes, by feature; that of an empty batch only where it is asked for."""
    skipped = () if empty else ("0",)
    return {
        name: [one for one in feature.names if name != "batch" or one not in skipped]
        for name, feature in features(kind).items()
    }
