"""The words of a verdict's report: settings, results and lists in few of them, and lines folded as a terminal would."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from cnnmath.ops.notation import describe
from cnnmath.verify.evidence import Evidence, Withheld, result_name
from cnnmath.verify.strategies import Case

WIDE = 100
"""Columns of a report."""

SHOWN = 4
"""Settings, lines and explanations that a report shows of a long list."""


def report(headline: str, rows: Iterable[tuple[str, str]], width: int) -> str:
    """A report as text: its headline, and labelled lines below it."""
    return "\n".join([headline, *(_folded(f"{label:<{width}}", text) for label, text in rows)])


def _folded(label: str, text: str) -> str:
    return textwrap.fill(
        text, WIDE, initial_indent=f"  {label}", subsequent_indent=" " * (2 + len(label)), break_long_words=False
    )


def none_of(known: int, what: str) -> str:
    """That no known mistake explains a result."""
    if known == 1:
        return f"the one known mistake of {what} does not do this"
    return f"none of the {known} known mistakes of {what} does this"


def settings(cases: tuple[Case, ...]) -> str:
    """The setting, or the operator of several inputs, or how many settings there are."""
    if len(cases) == 1:
        return str(cases[0])
    if len({case.op for case in cases}) == 1:
        return describe(cases[0].op)
    kinds = dict.fromkeys(type(case.op).__name__ for case in cases)
    return f"{listed(tuple(kinds), ', ')} at {len(cases)} settings"


def inputs(cases: tuple[Case, ...]) -> list[tuple[str, str]]:
    """The inputs of one operator, where there are several."""
    if len(cases) == 1 or len({case.op for case in cases}) > 1:
        return []
    return [("at", listed(tuple(" and ".join(map(str, case.inputs)) for case in cases), "; "))]


def labelled(label: str, texts: Sequence[str], then: str = "") -> list[tuple[str, str]]:
    """A line for each text, the first under the label, the others under what stands for it then."""
    return [(then if i else label, text) for i, text in enumerate(texts)]


def shown(label: str, texts: Sequence[str], then: str = "") -> list[tuple[str, str]]:
    """The first lines of a long list, and how many are not shown."""
    more = [("", f"and {len(texts) - SHOWN} more")] if len(texts) > SHOWN else []
    return [*labelled(label, texts[:SHOWN], then), *more]


def listed(texts: tuple[str, ...], between: str) -> str:
    """The first texts of a list, and how many more there are."""
    rest = f"{between}and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return between.join(texts[:SHOWN]) + rest


def results(those: Iterable[Evidence | Withheld], all_results: tuple[str, ...]) -> str:
    """The results that a line speaks of, unless they are all there are."""
    named = tuple(dict.fromkeys(e.wrt for e in those))
    return "" if set(named) == set(all_results) else f"{', '.join(map(result_name, named))}: "


def counts(those: list[Evidence], settings: int) -> str:
    """How often, and at how many of the settings where it is not at all of them."""
    runs, numbers, least = sum(e.runs for e in those), sum(e.numbers for e in those), min(e.settings for e in those)
    where = f"at {least:,} of {settings:,} settings, " if least < settings else ""
    compared = f", {numbers:,} numbers" if numbers else ""
    return f" ({where}{runs:,} run{'s' if runs != 1 else ''}{compared})"
